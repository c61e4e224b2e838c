/** What the engine is compared with: the C floor on the layers, and find on the mount. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuOfEnded } from './cpu.ts';
import type { Sample } from './measure.ts';
import { run, type Tree } from './trees.ts';

let floorProgram: string | null = null;

/** The compiled floor.c. */
function floor(): string {
  if (floorProgram !== null) return floorProgram;
  const folder = mkdtempSync(join(tmpdir(), 'stratoscope-bench-floor-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const program = join(folder, 'floor');
  try {
    run('gcc', ['-O2', '-o', program, join(import.meta.dirname, 'floor.c')]);
  } catch (error) {
    throw new Error(`the C floor cannot be compiled (apt install gcc libc6-dev): ${(error as Error).message}`);
  }
  floorProgram = program;
  return program;
}

/** One run of a program, in ms from its start to its end. */
export function timed(file: string, args: readonly string[]): Sample & { output: string } {
  const cpu = cpuOfEnded();
  const begun = performance.now();
  const output = run(file, args);
  return { value: performance.now() - begun, cpuMs: cpuOfEnded() - cpu, output };
}

/** `floor -x` over all layers, one thread: every entry's attributes and the names of its extended attributes. */
export const runFloor = ({ layers }: Tree): Sample => timed(floor(), ['-x', ...layers]);

/** `find` over the merged view, which it reads through the kernel (and so touches the mount and its upper). */
export const runFind = ({ mount }: Tree): Sample => timed('find', [mount, '-printf', '%i %D\\n']);

/** Bytes of all names in the layers, a name once for each entry. */
export function bytesOfNames({ layers }: Tree): number {
  const lengths = run('find', [...layers, '-mindepth', '1', '-printf', '%f\\0']);
  return Buffer.byteLength(lengths) - lengths.split('\0').length + 1;
}
