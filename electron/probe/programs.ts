/**
 * Where the probe's programs lie: beside their sources while it runs unbundled, beside each other in dist/ once it is
 * built (electron/probe/main.ts ↔ dist/probe.js, NAME.worker.ts ↔ dist/NAME.worker.js).
 */
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = import.meta.url;

/** The file of a program. `source` is relative to this folder; `bundled` is its name in dist/. */
function program(source: string, bundled: string): string {
  const relative = here.endsWith('.ts') ? source : bundled;
  return fileURLToPath(new URL(relative, here));
}

/** What Node is started with to be a probe. */
export const probeProgram = (): string => program('./main.ts', './probe.js');

/** Tells a probe that it is one apart (see walk/apart.ts): it hands nothing on, and ends with the one that started it. */
export const APART = '--apart';
export const isApart = process.argv.includes(APART);

/** What a Worker is started with; `source` is a NAME.worker.ts below this folder. */
export const workerProgram = (source: string): string => program(source, `./${basename(source, '.ts')}.js`);
