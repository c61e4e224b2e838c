import { execFileSync } from 'node:child_process';
import { linkSync, lstatSync, mkdirSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Probe, startProbe } from '../client.ts';
import { cannotMount, FILESYSTEMS, Sandbox } from '../testing/machine.ts';
import { type Walked, walkPaths } from '../testing/walked.ts';

const bytes = (root: string, path: string): Buffer => Buffer.from(path === '' ? root : `${root}/${path}`, 'latin1');

/** Names that are bytes and nothing else. */
const HOSTILE = [
  'a\nb',
  '\xff\xfe',
  '\x1b[31m',
  '\xe2\x80\xae',
  '<img onerror>',
  ' ',
  '-rf',
  'x'.repeat(255),
  '\x80'.repeat(255),
];

/** Makes one of everything below `root`; returns the paths, parents first. */
function makeTree(root: string): string[] {
  const made: string[] = [];
  const at = (path: string): Buffer => {
    made.push(path);
    return bytes(root, path);
  };
  for (const name of HOSTILE) {
    mkdirSync(at(name));
    writeFileSync(at(`${name}/file`), name);
  }
  mkdirSync(at('empty'));
  writeFileSync(at('plain'), 'data');
  linkSync(bytes(root, 'plain'), at('hardlink'));
  symlinkSync('nowhere\n\x01', at('symlink'));
  symlinkSync('t'.repeat(1000), at('long-symlink'));
  writeFileSync(at('sparse'), 'x');
  truncateSync(bytes(root, 'sparse'), 2 ** 33);
  utimesSync(bytes(root, 'sparse'), 1, 4_102_444_800.5);
  for (const [name, ...what] of [
    ['fifo', 'p'],
    ['char', 'c', '5', '1'],
    ['block', 'b', '7', '300'],
    ['whiteout', 'c', '0', '0'],
  ] as const) {
    execFileSync('mknod', [at(name).toString('latin1'), ...what]);
  }
  const setfattr = (path: string, name: string, value: string): void => {
    execFileSync('setfattr', ['-h', '-n', name, '-v', value, `${root}/${path}`]);
  };
  setfattr('empty', 'trusted.overlay.opaque', 'y');
  setfattr('empty', 'trusted.other', 'other');
  setfattr('plain', 'user.overlay.metacopy', '');
  setfattr('plain', 'trusted.overlay.redirect', '/some/where');
  setfattr('plain', 'trusted.overlay.overlay.opaque', 'y');
  setfattr('symlink', 'trusted.overlay.origin', '0x00fb1d00010000');
  setfattr('char', 'trusted.overlay.origin', '');
  setfattr('sparse', 'trusted.overlay.big', `0x${'ab'.repeat(600)}`);
  setfattr('sparse', 'security.other', 'other');
  return made;
}

/** The same, from Node's lstat and getfattr. */
function expected(root: string, path: string) {
  const stat = lstatSync(bytes(root, path), { bigint: true });
  const device = (dev: bigint): string =>
    `${((dev >> 8n) & 0xfffn) | ((dev >> 32n) & 0xfffff000n)}:${(dev & 0xffn) | ((dev >> 12n) & 0xffffff00n)}`;
  const xattrs: Record<string, string> = {};
  const text = /^[\x20-\x7e/]*$/.test(path)
    ? execFileSync('getfattr', ['-h', '-d', '-m', '-', '-e', 'hex', '--absolute-names', '--', `${root}/${path}`], {
        encoding: 'latin1',
      })
    : '';
  for (const [, name, hex] of text.matchAll(/^((?:trusted|user)\.overlay\.[^=\n]+)(?:=0x([0-9a-f]*))?$/gm)) {
    xattrs[name as string] = Buffer.from(hex ?? '', 'hex').toString('latin1');
  }
  return {
    path,
    mode: Number(stat.mode),
    ino: stat.ino,
    size: stat.size,
    blocks: stat.blocks,
    mtime: stat.mtimeNs,
    btime: stat.birthtimeNs,
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    nlink: Number(stat.nlink),
    dev: device(stat.dev),
    rdev: device(stat.rdev),
    isDirectory: stat.isDirectory(),
    xattrs,
  };
}

const times = (root: string, path: string) => {
  const { atimeNs, ctimeNs, mtimeNs, nlink } = lstatSync(bytes(root, path), { bigint: true });
  return { path, atimeNs, ctimeNs, mtimeNs, nlink };
};

const sandbox = new Sandbox();
let probe: Probe;
beforeAll(() => {
  probe = startProbe();
});
afterAll(async () => {
  await probe.close();
  sandbox.remove();
});

describe.skipIf(cannotMount)(`walk on real filesystems${cannotMount ? `: ${cannotMount}` : ''}`, () => {
  test.each(FILESYSTEMS)('%s: every record equals lstat and getfattr, and nothing has moved', async (name) => {
    const root = sandbox.filesystem(name);
    mkdirSync(`${root}/layer`);
    const layer = `${root}/layer`;
    const paths = makeTree(layer);
    const server = createServer().listen(`${layer}/socket`);
    paths.push('socket');
    try {
      const before = ['', ...paths].map((path) => times(layer, path));
      const { reader, result, progress } = await walkPaths(probe, [layer], { targets: true });
      expect(result).toMatchObject({ atime: 'untouched', entries: paths.length });
      expect(['', ...paths].map((path) => times(layer, path))).toEqual(before);

      const seen = reader.byPath();
      expect([...seen.keys()].sort()).toEqual([...paths].sort());
      for (const path of paths) {
        const { layer: _, errno, flags, dtype, target, ...rest } = seen.get(path) as Walked;
        expect({ ...rest, btime: rest.btime ?? 0n }).toEqual(expected(layer, path));
        expect({ errno, dtype }).toEqual({ errno: 0, dtype: rest.mode >> 12 });
        const other = ['empty', 'sparse'].includes(path);
        expect(flags & 3).toBe(0);
        expect((flags & 4) !== 0).toBe(other);
        expect(target).toBe(path === 'symlink' ? 'nowhere\n\x01' : path === 'long-symlink' ? 't'.repeat(1000) : null);
      }
      expect(progress.layers).toEqual([
        { layer: 0, directories: HOSTILE.length + 2, entries: paths.length, done: true, error: null },
      ]);
    } finally {
      server.close();
    }
    await probe.client.call('release', { session: 1 });
    sandbox.unmount(root);
  });
});
