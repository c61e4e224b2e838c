import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type Bytes, bytesOfBase64, bytesOfText } from '../../../shared/bytes/bytes.ts';
import { ScanMeta, ScanObject } from '../../../shared/contract/scan.ts';

/** What `scan --hidden` says of a stack, by the terminal program as a user runs it. */
export type Scan = { meta: ScanMeta['meta']; objects: ScanObject[] };

/** Scans what these words name. `as` are words before the command, to run it as somebody else. */
export function scan(words: string[], as: string[] = []): Scan {
  const program = join(import.meta.dirname, '../../cli/index.ts');
  const all = [...as, process.execPath, program, 'scan', '--format', 'ndjson', '--hidden', ...words];
  const [command = '', ...rest] = all;
  const [first = '', ...lines] = execFileSync(command, rest, { encoding: 'utf8', maxBuffer: 1 << 26 })
    .trim()
    .split('\n');
  return {
    meta: ScanMeta.parse(JSON.parse(first)).meta,
    objects: lines.map((line) => ScanObject.parse(JSON.parse(line))),
  };
}

/** The exact bytes of an object's path. */
export const pathOf = ({ path, pathB64 }: Pick<ScanObject, 'path' | 'pathB64'>): Bytes =>
  pathB64 === undefined ? bytesOfText(path) : bytesOfBase64(pathB64);

/** Each value of the contract's enumerations that a scan has, by the name of the enumeration. */
export function valuesOf(...scans: Scan[]): Record<string, Set<string>> {
  const values: Record<string, Set<string>> = {};
  const add = (name: string, value: string | null): void => {
    if (value === null) return;
    values[name] ??= new Set();
    values[name].add(value);
  };
  for (const object of scans.flatMap(({ objects }) => objects)) {
    for (const one of [object, ...object.entries]) {
      add('type', one.type);
      add('hiddenBy', one.hiddenBy);
      for (const mark of one.marks) add('mark', mark);
    }
    for (const { role } of object.entries) add('role', role);
    add('lookup', object.lookup);
    add('provenance', object.provenance);
    if (object.origin !== null) add('origin', object.origin === 'unknown' ? 'unknown' : object.origin.state);
    for (const finding of object.findings) add('finding', finding);
  }
  return values;
}

/** An object without what differs from one demo to the next: numbers of inodes, and moments. */
export function withoutNumbers(object: ScanObject): object {
  const { mtimeNs: _m, btimeNs: _b, blocks: _blocks, entries, origin, shown, size, type, findings, ...rest } = object;
  return {
    ...rest,
    type,
    // Which file gets a number that was freed is the filesystem's affair.
    findings: findings.filter((code) => code !== 'ino-reused'),
    // The size of a directory is its filesystem's affair.
    size: type === 'dir' ? null : size,
    entries: entries.map(({ dev: _dev, ino: _ino, nlink, size: bytes, ...entry }) =>
      entry.type === 'dir' ? entry : { ...entry, nlink, size: bytes },
    ),
    origin: origin === null || origin === 'unknown' ? origin : origin.state,
    // Whether a number lasts, and which one memory may still show, hangs on the user namespace, which plain directories
    // do not have.
    shown: shown && { dev: shown.dev, why: shown.why, cached: shown.cached !== undefined },
  };
}
