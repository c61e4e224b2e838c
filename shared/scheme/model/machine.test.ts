import { describe, expect, test } from 'vitest';
import { asBytes, type Bytes } from '../../bytes/bytes.ts';
import { Kind } from '../../merge/marks.ts';
import type { Attributes, Call, Result } from './call.ts';
import { apply, crash, type Outcome } from './machine.ts';
import { initialState, type LowerNode, type SchemeState, type TempfilePolicy } from './state.ts';

const file = (ino: bigint, data: string): LowerNode => ({ ino, kind: Kind.file, data: asBytes(data) });
const directory = (ino: bigint, children: Record<string, LowerNode>): LowerNode => ({
  ino,
  kind: Kind.dir,
  children: new Map(Object.entries(children).map(([name, node]) => [asBytes(name), node])),
});

const twice = file(13n, 'twice');
const TREE = directory(10n, {
  a: file(11n, 'old'),
  one: twice,
  d: directory(12n, { two: twice, f: file(14n, 'f') }),
  l: { ino: 15n, kind: Kind.symlink, data: asBytes('d/f') },
});

/** A union that is worked on, one call after the other. */
class Union {
  state: SchemeState;
  steps: string[] = [];
  constructor(policy: TempfilePolicy = 'last-close', clones = true) {
    this.state = initialState(TREE, { policy, clones, firstUpper: 100n });
  }

  /** Does it; gives what it answers, and keeps what steps were taken. */
  do<T = unknown>(call: Record<string, unknown>): T {
    const before = this.state;
    const { state, reply, steps }: Outcome = apply(before, call as unknown as Call);
    this.steps = steps.map(({ step }) => step);
    if ('errno' in reply) {
      expect(state).toBe(before);
      return reply.errno as T;
    }
    this.state = state;
    return reply.ok as T;
  }
  open(path: string, ...flags: string[]): { fd: number; ino: bigint } {
    return this.do({ op: 'open', path, flags: flags.length > 0 ? flags : ['RDONLY'], mode: 0o644 });
  }
  stat(path: string): Attributes {
    return this.do({ op: 'stat', path });
  }
  pread(fd: number, len = 100): Bytes {
    return this.do<{ data: Bytes }>({ op: 'pread', fd, len, off: 0 }).data;
  }
  stats(): Result {
    return this.do({ op: 'stats' });
  }
}

describe('numbers', () => {
  test("are the lower inode's from first sight, over copy-up, rename and restart; stat, open and fstat agree", () => {
    const union = new Union();
    expect(union.stat('a').ino).toBe(11n);
    const { fd, ino } = union.open('a', 'RDWR');
    expect(ino).toBe(11n);
    expect(union.steps).toEqual(['temp-born', 'cloned', 'mapping-added', 'temp-linked']);
    expect(union.do<Attributes>({ op: 'fstat', fd }).ino).toBe(11n);
    union.do({ op: 'rename', path: 'a', to: 'd/b', flags: [] });
    expect(union.steps).toEqual(['mapping-added', 'directory-copied', 'whiteout']);
    union.do({ op: 'evict' });
    union.state = crash(union.state);
    expect(union.stat('d/b').ino).toBe(11n);
    expect(union.stat('a')).toBe('ENOENT');
    const { entries } = union.do<{ entries: { name: string; dino: bigint }[] }>({ op: 'readdir', path: 'd' });
    expect(Object.fromEntries(entries.map(({ name, dino }) => [name, dino]))).toEqual({ two: 13n, f: 14n, b: 11n });
  });

  test('of the upper are given again once they are free, and inherit no mapping', () => {
    const union = new Union();
    union.do({ op: 'chmod', path: 'a', mode: 0o600 });
    union.do({ op: 'unlink', path: 'a' });
    expect(union.steps).toEqual(['whiteout', 'mapping-removed']);
    union.do({ op: 'mknod', path: 'new', kind: Kind.file, mode: 0o644, rdev: '0:0' });
    expect(union.stat('new').ino).toBe(101n);
    expect(union.stats()).toMatchObject({ mappings: 0 });
  });
});

describe('descriptors', () => {
  test('that were opened for reading see what is written afterwards, and mappings too', () => {
    const union = new Union();
    const reader = union.open('a');
    expect(union.steps).toEqual(['temp-born', 'cloned']);
    const { map } = union.do<{ map: number }>({ op: 'mmap', fd: reader.fd, len: 3 });
    const writer = union.open('a', 'WRONLY');
    expect(union.steps).toEqual(['temp-shared', 'mapping-added', 'temp-linked']);
    union.do({ op: 'write', fd: writer.fd, data: 'new' });
    expect(union.pread(reader.fd)).toBe('new');
    expect(union.do({ op: 'peek', map, off: 0, len: 5 })).toEqual({ data: 'new\0\0' });
    expect(union.do({ op: 'peek', map, off: 4090, len: 10 })).toBe('EFAULT');
  });

  test('without temporary files go on showing the lower file', () => {
    const union = new Union('none');
    const { fd } = union.open('a');
    expect(union.steps).toEqual(['lower-opened']);
    union.do({ op: 'write', fd: union.open('a', 'WRONLY', 'TRUNC').fd, data: 'new' });
    expect(union.pread(fd)).toBe('old');
    expect(union.pread(union.open('a').fd)).toBe('new');
  });

  test.each([
    ['last-close', 'close', 0],
    ['dentry-release', 'evict', 1],
  ] as const)('their temporary file is dropped: %s', (policy, when, left) => {
    const union = new Union(policy);
    const [one, other] = [union.open('a'), union.open('a')];
    expect(union.steps).toEqual(['temp-shared']);
    union.do({ op: 'close', fd: one.fd });
    union.do({ op: 'evict' });
    expect(union.stats()).toMatchObject({ tempfiles: 1, tempBytes: 3 });
    union.do({ op: 'close', fd: other.fd });
    expect(union.steps).toEqual(when === 'close' ? ['temp-dropped-at-close'] : []);
    expect(union.stats()).toMatchObject({ tempfiles: left });
    union.do({ op: 'evict' });
    expect(union.stats()).toMatchObject({ tempfiles: 0, mappings: 0 });
  });

  test('of a removed file go on, and its temporary file goes with the last', () => {
    const union = new Union();
    const { fd } = union.open('a');
    const { handle } = union.do<{ handle: bigint }>({ op: 'handle', path: 'a' });
    union.do({ op: 'unlink', path: 'a' });
    expect(union.do<Attributes>({ op: 'fstat', fd })).toMatchObject({ nlink: 0, size: 3, ino: 11n });
    expect(union.do({ op: 'openHandle', handle, flags: ['RDONLY'] })).toMatchObject({ ino: 11n });
    union.do({ op: 'close', fd });
    union.do({ op: 'close', fd: fd + 1 });
    expect(union.steps).toEqual(['temp-dropped-at-close']);
    expect(union.do({ op: 'openHandle', handle, flags: ['RDONLY'] })).toBe('ESTALE');
  });
});

describe('hard links', () => {
  test('stay whole: one inode in the upper, the same number by every name, as many links as names', () => {
    const union = new Union();
    expect([union.stat('one').nlink, union.stat('d/two').ino]).toEqual([2, 13n]);
    union.do({ op: 'chmod', path: 'one', mode: 0o600 });
    expect(union.steps).toEqual([
      'mapping-added',
      'directory-copied',
      'temp-born',
      'cloned',
      'mapping-added',
      'temp-linked',
      'link-kept',
    ]);
    expect(union.stat('d/two')).toMatchObject({ mode: 0o600, ino: 13n, nlink: 2 });
    union.do({ op: 'unlink', path: 'one' });
    expect(union.stat('d/two').nlink).toBe(1);
    expect(union.stats()).toMatchObject({ mappings: 2 });
  });

  test('renamed onto one another do nothing', () => {
    const union = new Union();
    expect(union.do({ op: 'rename', path: 'one', to: 'd/two', flags: [] })).toBe(true);
    expect(union.steps).toEqual([]);
    expect(union.stat('one').nlink).toBe(2);
  });
});

describe('directories', () => {
  test('that move remember where their lower content lies, one over a removed one shows nothing of it', () => {
    const union = new Union();
    union.do({ op: 'rename', path: 'd', to: 'e', flags: [] });
    expect(union.steps).toEqual(['mapping-added', 'directory-copied', 'redirect', 'whiteout']);
    union.do({ op: 'mkdir', path: 'd', mode: 0o755 });
    expect(union.steps).toEqual(['opaque']);
    expect(union.do({ op: 'readdir', path: 'd' })).toEqual({ entries: [] });
    union.do({ op: 'rename', path: 'e', to: 'd/e', flags: [] });
    expect(union.stat('d/e/f').ino).toBe(14n);
    expect(union.do({ op: 'rmdir', path: 'd' })).toBe('ENOTEMPTY');
    expect(union.do({ op: 'rename', path: 'd', to: 'd/e/x', flags: [] })).toBe('EINVAL');
  });

  test('symlinks on the way are followed, and never at the end', () => {
    const union = new Union();
    union.do({ op: 'symlink', path: 's', target: '/d' });
    expect(union.stat('s/f').ino).toBe(14n);
    expect(union.stat('s/../a').ino).toBe(11n);
    expect(union.open('l')).toBe('ELOOP');
    expect(union.do({ op: 'readlink', path: 'l' })).toEqual({ target: 'd/f' });
    union.do({ op: 'symlink', path: 'loop', target: 'loop/x' });
    expect(union.stat('loop/x')).toBe('ELOOP');
  });
});
