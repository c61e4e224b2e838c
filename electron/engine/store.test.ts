import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StackRef } from '../../shared/ipc/probe.ts';
import { Store } from './store.ts';

const IS_ROOT = process.getuid?.() === 0;

let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stratoscope-store-'));
  file = join(folder, 'stratoscope.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Opens a store, does something with it, and closes it. */
function using<T>(act: (store: Store) => T, at = folder): T {
  const store = new Store(at);
  try {
    return act(store);
  } finally {
    store.close();
  }
}

const stackAt = (mount: string): StackRef => StackRef.parse({ kind: 'mount', mount });

/** A store with enough rows to fill several pages. */
function fill(at = folder): void {
  using((store) => {
    for (let i = 0; i < 200; i++) store.setSetting(`key${i}`, 'x'.repeat(200));
  }, at);
}

/** That a store was begun anew, and the old file stands beside it byte by byte. */
function expectSetAside(before: Buffer, why: RegExp): void {
  using((store) => {
    expect(store.notice).toMatch(why);
    expect(store.notice).toContain(`${file}.set-aside`);
    expect(store.settings()).toEqual({});
    store.setSetting('theme', 'dark');
  });
  expect(readFileSync(`${file}.set-aside`)).toEqual(before);
  expect(using((store) => [store.notice, store.settings()])).toEqual([null, { theme: 'dark' }]);
}

/**
 * That settings last in memory alone, the notice says why, and neither a name nor a byte of the folder changed. `held`:
 * how many settings of the file are used.
 */
function expectInMemory(why: RegExp, held: number, at = folder): void {
  const before = readFileSync(join(at, 'stratoscope.db'));
  using((store) => {
    expect(store.notice).toMatch(why);
    expect(store.notice).toContain('until the app is closed');
    store.setSetting('theme', 'dark');
    expect(store.settings().theme).toBe('dark');
    expect(Object.keys(store.settings())).toHaveLength(held + 1);
  }, at);
  expect(readFileSync(join(at, 'stratoscope.db'))).toEqual(before);
  expect(readdirSync(at).filter((name) => name.includes('set-aside'))).toEqual([]);
}

test('settings come back as they were set, and the last value counts', () => {
  const values = { theme: 'dark', columns: ['name', 'size'], wide: true, zoom: 1.25, none: null, nested: { a: 1 } };
  using((store) => {
    expect(store.notice).toBeNull();
    store.setSetting('theme', 'light');
    for (const [key, value] of Object.entries(values)) store.setSetting(key, value);
  });
  expect(using((store) => store.settings())).toEqual(values);
});

test('saved stacks come back by name, and are forgotten alone', () => {
  const directories = StackRef.parse({
    kind: 'directories',
    lowers: ['/l1', '/l\u00ff2'],
    data: [],
    upper: '/u',
    work: null,
    options: { redirect_dir: 'on' },
  });
  const [b, a] = using((store) => [store.save('b', directories), store.save('a', stackAt('/m'))] as const);
  expect(using((store) => store.saved())).toEqual([a, b]);
  using((store) => store.forget(a.id));
  expect(using((store) => store.saved())).toEqual([b]);
  expect(b.stack).toEqual(directories);
});

test('recent stacks stand from the last opened, each once, twenty at most', () => {
  using((store) => {
    for (let i = 0; i < 25; i++) store.opened(stackAt(`/m${i}`));
    store.opened(stackAt('/m10'));
  });
  const mounts = using((store) => store.recent()).map((stack) => (stack.kind === 'mount' ? stack.mount : ''));
  expect(mounts).toEqual(['/m10', ...Array.from({ length: 20 }, (_, i) => `/m${24 - i}`).filter((m) => m !== '/m10')]);
});

test('a row that another hand spoiled is left out, and the others come back', () => {
  using((store) => {
    store.setSetting('theme', 'dark');
    store.save('a', stackAt('/a'));
    store.opened(stackAt('/a'));
  });
  const db = new Database(file);
  db.exec(`
    INSERT INTO setting VALUES ('spoiled', '{');
    INSERT INTO saved_stack (name, stack, saved_at) VALUES ('spoiled', '{', ''), ('other', '{"kind":"other"}', '');
    INSERT INTO recent VALUES ('{', 1), ('7', 2)`);
  db.close();
  using((store) => {
    expect(store.settings()).toEqual({ theme: 'dark' });
    expect(store.saved().map(({ name }) => name)).toEqual(['a']);
    expect(store.recent()).toEqual([stackAt('/a')]);
  });
});

test('the folder is made for its user alone', () => {
  const deep = join(folder, 'a', 'stratoscope');
  using((store) => expect(store.notice).toBeNull(), deep);
  expect(execFileSync('stat', ['-c', '%a', deep], { encoding: 'utf8' })).toBe('700\n');
});

test('an empty file is a store that was not begun', () => {
  writeFileSync(file, '');
  expect(using((store) => store.notice)).toBeNull();
});

test.each([
  ['a few letters', Buffer.from('hello')],
  ['noise', Buffer.from(Array.from({ length: 9000 }, (_, i) => (i * 7919 + 13) & 0xff))],
])('a file of garbage is set aside: %s', (_, garbage) => {
  writeFileSync(file, garbage);
  expectSetAside(garbage, /damaged/);
});

test('a torn file is set aside', () => {
  fill();
  truncateSync(file, 5 * 4096 + 100);
  expectSetAside(readFileSync(file), /damaged/);
});

test('a file with a broken page is set aside', () => {
  fill();
  const bytes = readFileSync(file);
  bytes.fill(0xa5, 4096);
  writeFileSync(file, bytes);
  expectSetAside(bytes, /damaged/);
});

test('a database of another program is set aside, with what its log holds', () => {
  // The writer is ended before it can fold its log into the file, as a crash would.
  const script = `
    const Database = require(${JSON.stringify(resolve('node_modules/better-sqlite3'))});
    const db = new Database(${JSON.stringify(file)});
    db.pragma('journal_mode = WAL');
    db.exec("CREATE TABLE t (x); INSERT INTO t VALUES ('kept')");
    process.kill(process.pid, 'SIGKILL');`;
  expect(() => execFileSync(process.execPath, ['-e', script], { stdio: 'ignore' })).toThrow();
  const log = readFileSync(`${file}-wal`);
  expect(log.length).toBeGreaterThan(0);
  expectSetAside(readFileSync(file), /another program/);
  expect(readFileSync(`${file}.set-aside-wal`)).toEqual(log);
  const aside = new Database(`${file}.set-aside`);
  expect(aside.prepare('SELECT x FROM t').all()).toEqual([{ x: 'kept' }]);
  aside.close();
});

test('a store of a newer version is set aside, and an earlier one beside it is not overwritten', () => {
  fill();
  const db = new Database(file);
  db.pragma('user_version = 99');
  db.close();
  writeFileSync(`${file}.set-aside`, 'earlier');
  writeFileSync(`${file}.set-aside-2-wal`, 'a log without its file');
  const newer = readFileSync(file);
  expect(using((store) => store.notice)).toMatch(/newer version \(99\).*set-aside-3,/);
  expect(readFileSync(`${file}.set-aside`, 'utf8')).toBe('earlier');
  expect(readFileSync(`${file}.set-aside-2-wal`, 'utf8')).toBe('a log without its file');
  expect(readFileSync(`${file}.set-aside-3`)).toEqual(newer);
});

test('a store that another connection has locked is left alone', () => {
  fill();
  const other = new Database(file);
  other.pragma('locking_mode = EXCLUSIVE');
  other.exec("BEGIN EXCLUSIVE; INSERT INTO setting VALUES ('other', '1')");
  try {
    expectInMemory(/another program holds it locked/, 0);
    other.exec('COMMIT');
  } finally {
    other.close();
  }
  expect(using((store) => [store.notice, store.settings().other])).toEqual([null, 1]);
});

test('two open stores share one file', () => {
  using((a) =>
    using((b) => {
      expect([a.notice, b.notice]).toEqual([null, null]);
      a.setSetting('from', 'a');
      expect(b.settings()).toEqual({ from: 'a' });
    }),
  );
});

test('a name that is no file is left alone', () => {
  mkdirSync(file);
  using((store) => {
    expect(store.notice).toMatch(/could not read or write/);
    store.setSetting('a', 1);
    expect(store.settings()).toEqual({ a: 1 });
  });
  expect(readdirSync(folder)).toEqual(['stratoscope.db']);
});

test('where no folder can be made, settings last in memory', () => {
  writeFileSync(join(folder, 'file'), '');
  using((store) => expect(store.notice).toMatch(/ENOTDIR.*until the app is closed/), join(folder, 'file', 'below'));
});

/** What a plain user's store says in the folder, and the settings that it then has. */
function asPlainUser(): { notice: string | null; settings: Record<string, unknown> } {
  const script = `
    const { Store } = await import(${JSON.stringify(resolve('electron/engine/store.ts'))});
    const store = new Store(${JSON.stringify(folder)});
    store.setSetting('theme', 'dark');
    console.log(JSON.stringify({ notice: store.notice, settings: store.settings() }));`;
  const node = [process.execPath, '--input-type=module', '-e', script];
  const user = ['--reuid=65534', '--regid=65534', '--clear-groups'];
  const [program, ...words] = IS_ROOT ? ['setpriv', ...user, ...node] : node;
  return JSON.parse(execFileSync(program as string, words, { encoding: 'utf8' }));
}

test.each([
  ['a file that may not be written', 0o444, 0o755, /may be read, but not written.*What it holds is used/, 201],
  ['a folder that may not be written', 0o644, 0o555, /may be read, but not written.*What it holds is used/, 201],
  ['a file that may not be read', 0o000, 0o755, /cannot be opened.*They last/, 1],
])('%s is left alone, and what can be read of it is used', (_, fileMode, folderMode, why, count) => {
  fill();
  const before = readFileSync(file);
  if (IS_ROOT) for (const path of [folder, file]) chownSync(path, 65534, 65534);
  chmodSync(file, fileMode);
  chmodSync(folder, folderMode);
  try {
    const { notice, settings } = asPlainUser();
    expect(notice).toMatch(why);
    expect(settings.theme).toBe('dark');
    expect(Object.keys(settings)).toHaveLength(count);
    if (count > 1) expect(settings.key7).toBe('x'.repeat(200));
  } finally {
    chmodSync(folder, 0o755);
    chmodSync(file, 0o644);
  }
  expect(readFileSync(file)).toEqual(before);
  expect(readdirSync(folder).filter((name) => name.includes('set-aside'))).toEqual([]);
});

/** Runs with a filesystem of 2 MiB mounted at the folder `disk`. */
function onTinyDisk(act: (disk: string) => void): void {
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m,mode=755', 'none', disk]);
  try {
    act(disk);
  } finally {
    execFileSync('umount', [disk]);
  }
}

/** Writes until the disk takes no more. */
function fillDisk(disk: string): void {
  expect(() => writeFileSync(join(disk, 'ballast'), Buffer.alloc(4 << 20))).toThrow(/ENOSPC/);
}

const needsRoot = 'only root can mount a tiny disk';

test('a full disk leaves a store as it is', (context) => {
  if (!IS_ROOT) return context.skip(needsRoot);
  onTinyDisk((disk) => {
    fill(disk);
    fillDisk(disk);
    expectInMemory(/disk is full|could not read or write/, 200, disk);
    rmSync(join(disk, 'ballast'));
    expect(using((store) => [store.notice, store.settings().key7], disk)).toEqual([null, 'x'.repeat(200)]);
  });
});

test('a full disk without a store has its settings in memory', (context) => {
  if (!IS_ROOT) return context.skip(needsRoot);
  onTinyDisk((disk) => {
    fillDisk(disk);
    using((store) => {
      expect(store.notice).toMatch(/disk is full|could not read or write/);
      store.setSetting('a', 1);
      expect(store.settings()).toEqual({ a: 1 });
    }, disk);
    rmSync(join(disk, 'ballast'));
    expect(using((store) => [store.notice, existsSync(join(disk, 'stratoscope.db'))], disk)).toEqual([null, true]);
  });
});

test('a disk that fills while the store is open is said as such, and nothing that was kept is lost', (context) => {
  if (!IS_ROOT) return context.skip(needsRoot);
  onTinyDisk((disk) => {
    using((store) => {
      expect(store.notice).toBeNull();
      store.setSetting('theme', 'dark');
      fillDisk(disk);
      const full = expect.objectContaining({
        failure: {
          code: 'disk-full',
          message: expect.stringMatching(/could not be written to .*stratoscope\.db: the disk is full/),
          path: join(disk, 'stratoscope.db'),
          hint: expect.stringContaining('make room'),
        },
      });
      const large = 'x'.repeat(100_000);
      expect(() => store.setSetting('large', large)).toThrow(full);
      expect(() => store.save(large, stackAt('/a'))).toThrow(full);
      expect(() => store.opened(stackAt(`/${'x'.repeat(3000)}`))).toThrow(full);
      expect(store.settings()).toEqual({ theme: 'dark' });
      rmSync(join(disk, 'ballast'));
      store.setSetting('large', large);
    }, disk);
    expect(using((store) => Object.keys(store.settings()), disk)).toEqual(['theme', 'large']);
  });
});

test('a file that turns out to be locked is said as such', () => {
  using((store) => {
    const other = new Database(file);
    other.exec('BEGIN IMMEDIATE');
    try {
      expect(() => store.setSetting('a', 1)).toThrow(
        expect.objectContaining({ failure: expect.objectContaining({ code: 'busy', hint: expect.any(String) }) }),
      );
    } finally {
      other.close();
    }
    store.setSetting('a', 1);
    expect(store.settings()).toEqual({ a: 1 });
  });
});

test('saved and recent stacks of a file that may not be written are there, and can be added to', (context) => {
  if (!IS_ROOT) return context.skip('only root can mount a read-only folder');
  const [kept] = using((store) => {
    store.opened(stackAt('/r'));
    return [store.save('kept', stackAt('/a'))];
  });
  execFileSync('mount', ['--bind', folder, folder]);
  try {
    execFileSync('mount', ['-o', 'remount,bind,ro', folder]);
    using((store) => {
      expect(store.notice).toMatch(/What it holds is used/);
      expect([store.saved(), store.recent()]).toEqual([[kept], [stackAt('/r')]]);
      const more = store.save('more', stackAt('/b'));
      expect(store.saved()).toEqual([kept, more]);
    });
  } finally {
    execFileSync('umount', [folder]);
  }
  expect(using((store) => store.saved())).toEqual([kept]);
});

test('nothing is taken from a database of another program that may not be set aside', (context) => {
  if (!IS_ROOT) return context.skip('only root can mount a read-only folder');
  const db = new Database(file);
  db.exec("CREATE TABLE setting (key, value); INSERT INTO setting VALUES ('theirs', '1')");
  db.close();
  execFileSync('mount', ['--bind', folder, folder]);
  try {
    execFileSync('mount', ['-o', 'remount,bind,ro', folder]);
    expect(using((store) => store.settings())).toEqual({});
  } finally {
    execFileSync('umount', [folder]);
  }
});
