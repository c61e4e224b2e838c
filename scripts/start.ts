/**
 * `npm start [-- STACK] [--as-root]`: what `stratoscope open` does, from the checkout. Builds first where nobody has.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const program = join(import.meta.dirname, '..', 'dist', 'stratoscope.js');
if (!existsSync(program)) await import('./build.ts');

// In place of this process, so that signals and the exit status are the program's own.
process.execve?.(process.execPath, [process.execPath, program, 'open', ...process.argv.slice(2)], process.env);
