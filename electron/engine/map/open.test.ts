import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FailureError } from '../../../shared/ipc/rpc.ts';
import { fillMap } from './fill.ts';
import { InodeMap } from './inode-map.ts';
import { upgrade } from './open.ts';
import { UPGRADES, VERSION } from './schema.ts';
import { FILESYSTEMS, manyMappings, mappingOf } from './testing/synthetic.ts';
import { everyMapping } from './windows.ts';

const IS_ROOT = process.getuid?.() === 0;
const rootOnly = IS_ROOT ? '' : ' (needs root: it mounts filesystems)';

let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stratoscope-map-file-'));
  file = join(folder, 'a.map');
});
afterEach(() => {
  if (IS_ROOT) execFileSync('sh', ['-c', `umount -l "${folder}/mnt" 2>/dev/null || :`]);
  rmSync(folder, { recursive: true, force: true });
});

function made(count = 2000, at = file): void {
  const map = InodeMap.open(at, 'create');
  fillMap(map, FILESYSTEMS, manyMappings(count));
  map.close();
}

/** That each way to open it, and to read it, fails in words, and changes nothing of it or beside it. */
function expectRefused(
  code: string,
  why: RegExp,
  modes: readonly ('read' | 'write' | 'create')[] = ['read', 'write', 'create'],
): void {
  const before = readFileSync(file);
  const names = readdirSync(folder);
  for (const mode of modes) {
    let failure: unknown = null;
    try {
      const map = InodeMap.open(file, mode);
      try {
        map.reading(() => [...everyMapping(map)]);
      } finally {
        map.close();
      }
    } catch (error) {
      failure = error;
    }
    expect(failure).toBeInstanceOf(FailureError);
    const { failure: told } = failure as FailureError;
    expect(told).toMatchObject({ code, path: file, hint: expect.stringMatching(/./) });
    expect(told.message).toMatch(why);
  }
  expect(readFileSync(file).equals(before)).toBe(true);
  expect(readdirSync(folder)).toEqual(names);
}

describe('a file that is no map is refused, and left alone', () => {
  test('of text', () => {
    writeFileSync(
      file,
      'not a database, and long enough to hold a header of one hundred bytes, as a database does have it.',
    );
    expectRefused('map-foreign', /no inode map/);
  });

  test('of one byte', () => {
    writeFileSync(file, 'x');
    expectRefused('map-foreign', /no inode map/);
  });

  test('that is another program’s database', () => {
    const db = new Database(file);
    db.exec('CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1)');
    db.close();
    expectRefused('map-foreign', /another program/);
  });

  test('that is a directory', () => {
    mkdirSync(file);
    for (const mode of ['read', 'write', 'create'] as const)
      expect(() => InodeMap.open(file, mode)).toThrow(
        expect.objectContaining({ failure: expect.objectContaining({ path: file }) }),
      );
  });

  test('of a newer version', () => {
    made();
    const db = new Database(file);
    db.pragma(`user_version = ${VERSION + 1}`);
    db.close();
    expectRefused('map-newer', /newer version/);
  });
});

describe('a torn map is told from a foreign file', () => {
  test.each([
    ['cut in the middle', (size: number) => Math.floor(size / 2)],
    ['cut by a page', (size: number) => size - 4096],
    ['cut in its header', () => 60],
  ])('%s', (_, cut) => {
    made();
    truncateSync(file, cut(readFileSync(file).length));
    expectRefused('map-torn', /damaged|cut short/);
  });

  test('overwritten in its schema', () => {
    made();
    const bytes = readFileSync(file);
    bytes.fill(0xa5, 100, 4096);
    writeFileSync(file, bytes);
    expectRefused('map-torn', /damaged/);
  });

  test('overwritten behind its schema', () => {
    made();
    const bytes = readFileSync(file);
    bytes.fill(0xa5, 4096);
    writeFileSync(file, bytes);
    expectRefused('map-torn', /damaged/, ['read']);
    // To write it its log is begun, before what lies behind is met.
    const torn = expect.objectContaining({ failure: expect.objectContaining({ code: 'map-torn' }) });
    expect(() => InodeMap.open(file, 'write')).toThrow(torn);
  });
});

describe('a file', () => {
  test('that is missing is made on wish alone, and not without its directory', () => {
    for (const mode of ['read', 'write'] as const)
      expect(() => InodeMap.open(file, mode)).toThrow(
        expect.objectContaining({ failure: expect.objectContaining({ code: 'not-found' }) }),
      );
    const nowhere = join(folder, 'none', 'a.map');
    for (const mode of ['read', 'write', 'create'] as const)
      expect(() => InodeMap.open(nowhere, mode)).toThrow(
        expect.objectContaining({ failure: expect.objectContaining({ code: 'not-found', path: nowhere }) }),
      );
    expect(readdirSync(folder)).toEqual([]);
  });

  test('that was never written is an empty map', () => {
    writeFileSync(file, '');
    const read = InodeMap.open(file, 'read');
    expect([read.count, read.filesystems]).toEqual([0, []]);
    read.close();
    expect(readFileSync(file).length).toBe(0);
    made(10);
    expect(new Database(file).pragma('user_version', { simple: true })).toBe(VERSION);
  });

  test('of an elder version is brought up to this one, all of it or nothing', () => {
    made(100);
    const db = new Database(file);
    const later = [...UPGRADES, 'ALTER TABLE filesystem ADD COLUMN label TEXT', "UPDATE filesystem SET label = 'x'"];
    const version = () => db.pragma('user_version', { simple: true });
    expect(() => upgrade(db, [...later, 'no such statement'])).toThrow(/syntax/);
    expect(version()).toBe(VERSION);
    expect(() => db.prepare('SELECT label FROM filesystem')).toThrow(/label/);
    upgrade(db, later);
    expect(version()).toBe(VERSION + 2);
    expect(db.prepare('SELECT DISTINCT label FROM filesystem').pluck().all()).toEqual(['x']);
    // Done once.
    upgrade(db, later);
    db.close();
  });

  test('whose making was killed before its first transaction is made all the same', () => {
    const db = new Database(file);
    db.pragma('journal_mode = WAL');
    db.close();
    expect(readFileSync(file).length).toBeGreaterThan(0);
    made(10);
    const map = InodeMap.open(file, 'read');
    expect(map.count).toBe(10);
    map.close();
  });

  test('that somebody else writes can be read meanwhile, and is waited for, not for ever', () => {
    made();
    const other = new Database(file, { timeout: 0 });
    other.pragma('journal_mode = WAL');
    other.exec('BEGIN IMMEDIATE');
    const reader = InodeMap.open(file, 'read');
    expect(reader.reading(() => reader.count)).toBe(2000);
    reader.close();
    const writer = InodeMap.open(file, 'write');
    expect(() => writer.writing(() => writer.put(mappingOf(5n, 6n)))).toThrow(
      expect.objectContaining({ failure: expect.objectContaining({ code: 'map-locked', path: file }) }),
    );
    other.exec('COMMIT');
    other.close();
    writer.writing(() => writer.put(mappingOf(5n, 6n)));
    writer.close();
  });
});

describe.skipIf(!IS_ROOT)(`on a disk of its own${rootOnly}`, () => {
  const mount = (...args: string[]): void => {
    mkdirSync(join(folder, 'mnt'), { recursive: true });
    execFileSync('mount', [...args, join(folder, 'mnt')]);
  };

  test('that is read-only, it is read, and not written', () => {
    mount('-t', 'tmpfs', 'tmpfs');
    file = join(folder, 'mnt', 'a.map');
    made(100);
    execFileSync('mount', ['-o', 'remount,ro', join(folder, 'mnt')]);
    const map = InodeMap.open(file, 'read');
    expect(map.reading(() => [...everyMapping(map)])).toHaveLength(100);
    map.close();
    for (const mode of ['write', 'create'] as const)
      expect(() => InodeMap.open(file, mode)).toThrow(
        expect.objectContaining({ failure: expect.objectContaining({ code: 'map-read-only', path: file }) }),
      );
    expect(() => InodeMap.open(join(folder, 'mnt', 'new.map'), 'create')).toThrow(
      expect.objectContaining({ failure: expect.objectContaining({ code: 'map-unopenable' }) }),
    );
  });

  test('that is full, nothing is lost of what it held', () => {
    mount('-t', 'tmpfs', '-o', 'size=4m', 'tmpfs');
    file = join(folder, 'mnt', 'a.map');
    made(2000);
    const map = InodeMap.open(file, 'write');
    const before = [...everyMapping(map)];
    expect(() =>
      map.writing(() => {
        for (const one of manyMappings(200_000, 100_000n)) map.put(one);
      }),
    ).toThrow(expect.objectContaining({ failure: expect.objectContaining({ code: 'map-disk-full', path: file }) }));
    expect([...everyMapping(map)]).toEqual(before);
    map.close();
    const again = InodeMap.open(file, 'read');
    expect([...everyMapping(again)]).toEqual(before);
    again.close();
  });

  test('that is full, an empty one stays empty', () => {
    mount('-t', 'tmpfs', '-o', 'size=2m', 'tmpfs');
    file = join(folder, 'mnt', 'a.map');
    expect(() => made(200_000)).toThrow(
      expect.objectContaining({ failure: expect.objectContaining({ code: 'map-disk-full' }) }),
    );
    const map = InodeMap.open(file, 'read');
    expect(map.count).toBe(0);
    map.close();
  });
});
