/**
 * Opens the app of a folder as `stratoscope open` does: node open.ts DIST [--as-root] [STACK as JSON]. The program's
 * own command opens the built app alone; here the shell stands around a page and an engine of the test's own.
 */
import { openApp } from '../../electron/cli/open/open.ts';

const [dist = '', ...words] = process.argv.slice(2);
const stack = words.find((word) => word.startsWith('{'));
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort());
await openApp({
  dist,
  ...(stack === undefined ? {} : { stack: JSON.parse(stack) as unknown }),
  asRoot: words.includes('--as-root'),
  env: process.env,
  say: (line) => process.stderr.write(`${line}\n`),
  progress: () => {},
  signal: interrupted.signal,
});
