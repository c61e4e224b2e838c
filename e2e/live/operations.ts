/**
 * Does operations on a directory, one a line of JSON on standard input, and says `done` when there are no more. What
 * fails fails: several of these work on the same names at once.
 */
import {
  appendFileSync,
  chmodSync,
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createInterface } from 'node:readline';
import type { Operation } from './random-operations.ts';

const [, , folder = ''] = process.argv;

const PERFORM: Record<Operation['op'], (at: string, other: string) => void> = {
  create: (at) => closeSync(openSync(at, 'wx')),
  write: (at) => writeFileSync(at, 'written'),
  append: (at) => appendFileSync(at, 'more'),
  truncate: (at) => truncateSync(at, 1),
  mkdir: (at) => void mkdirSync(at),
  unlink: unlinkSync,
  rmdir: (at) => rmdirSync(at),
  rmtree: (at) => rmSync(at, { recursive: true }),
  rename: renameSync,
  link: linkSync,
  symlink: (at) => symlinkSync('target', at),
  chmod: (at) => chmodSync(at, 0o640),
  utimes: (at) => utimesSync(at, 1, 1),
};

for await (const line of createInterface({ input: process.stdin })) {
  try {
    const { op, path, to } = JSON.parse(line) as Operation;
    PERFORM[op](`${folder}/${path}`, `${folder}/${to}`);
  } catch {
    // The name is another's, or not there.
  }
}
console.log('done');
