/** After `npm ci`: build what `npm start`, `npx stratoscope` and `npm test` run. */
await import('./build.ts');

export {};
