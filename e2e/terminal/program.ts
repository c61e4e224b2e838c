/** Runs the terminal program as a person or a script does, and reads what it says. */
import { type ChildProcess, spawn } from 'node:child_process';
import { globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { z } from 'zod';
import { ErrorLine } from '../../shared/contract/scan.ts';

export const ROOT = join(import.meta.dirname, '..', '..');
export const NODE = join(ROOT, 'node_modules', '.bin', 'node');

/** The built program, which starts faster, or the sources where one of them is younger: what a test sees is what stands. */
function programNow(): string {
  const built = join(ROOT, 'dist', 'stratoscope.js');
  const builtAt = statSync(built, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = globSync(['electron/**/*.ts', 'shared/**/*.ts'], { cwd: ROOT });
  const isFresh = sources.every((source) => statSync(join(ROOT, source)).mtimeMs < builtAt);
  return isFresh ? built : join(ROOT, 'electron', 'cli', 'index.ts');
}
export const PROGRAM = programNow();

/** Sources that were compiled once need not be again: a test starts the program often. */
const COMPILE_CACHE = join(ROOT, 'node_modules', '.cache', 'stratoscope-tests');

export type Run = {
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** Standard output as JSON, a value a line. */
  lines: unknown[];
  milliseconds: number;
};

export type RunOptions = {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** What is started instead of Node and the program; the words follow. */
  command?: readonly string[];
  /** Called with the process, to signal it or to close its pipes. */
  onStart?: (child: ChildProcess) => void;
};

/** Runs the program with these words to its end. Words are texts, or bytes where they are no UTF-8. */
export function stratoscope(words: readonly string[], options: RunOptions = {}): Promise<Run> {
  const [file, ...before] = options.command ?? [NODE, PROGRAM];
  const started = performance.now();
  const child = spawn(file as string, [...before, ...words], {
    cwd: options.cwd ?? ROOT,
    env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  options.onStart?.(child);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => {
      const stdout = Buffer.concat(out).toString('utf8');
      resolve({
        status,
        signal,
        stdout,
        stderr: Buffer.concat(err).toString('utf8'),
        get lines() {
          return stdout
            .split('\n')
            .filter((line) => line !== '')
            .map((line) => JSON.parse(line) as unknown);
        },
        milliseconds: performance.now() - started,
      });
    });
  });
}

/** The value as its schema has it: every field known, none beside. */
export function exactly<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.parse(value);
  expect(parsed).toEqual(value);
  return parsed;
}

/** What every failure looks like: one line on standard error, no stack of calls; its JSON twin where asked for. */
export function expectFailure(run: Run, status: number, format: 'table' | 'json' | 'ndjson' = 'table'): void {
  expect([run.status, run.stderr]).toEqual([status, run.stderr]);
  const messages = run.stderr.trimEnd().split('\n');
  expect(messages.at(-1)).toMatch(/^stratoscope: [^:]+: .+: .+\.$/);
  expect(run.stderr).not.toMatch(/^\s+at /m);
  if (format === 'table') expect(run.stdout).toBe('');
  else exactly(ErrorLine, run.lines.at(-1));
}
