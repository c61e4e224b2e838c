/**
 * Does operations on a directory, one a line of JSON on standard input, and says for each empty line how many took
 * effect. What fails fails: several of these work on the same names at once.
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
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import type { Operation } from './random-operations.ts';

const [, , folder = ''] = process.argv;
/** These make the directories on the way too. */
const MAKING: ReadonlySet<string> = new Set(['create', 'write', 'append', 'mkdir', 'symlink']);
let done = 0;

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
  if (line === '') {
    console.log(`${done}`);
    done = 0;
    continue;
  }
  try {
    const { op, path, to } = JSON.parse(line) as Operation;
    const [at, other] = [`${folder}/${path}`, `${folder}/${to}`];
    if (MAKING.has(op)) mkdirSync(dirname(at), { recursive: true });
    if (op === 'rename' || op === 'link') mkdirSync(dirname(other), { recursive: true });
    PERFORM[op](at, other);
    done++;
  } catch {
    // The name is another's, or not there.
  }
}
