import { join } from 'node:path';

/** The folder of the built program: engine, probe and page. This module lies in it once built, else in electron/cli. */
export const distFolder = (): string =>
  import.meta.url.endsWith('.ts') ? join(import.meta.dirname, '..', '..', 'dist') : import.meta.dirname;
