import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asBytes, bytesOfText } from '../../../shared/bytes/bytes.ts';
import { RecordFlag } from '../../../shared/ipc/records.ts';
import { FailureError } from '../../../shared/ipc/rpc.ts';
import { type Probe, probeCommand, startProbe } from '../client.ts';
import { bind, path } from '../syscalls/libc.ts';
import { AT_FDCWD, close, Open, openat } from '../syscalls/open.ts';
import { cannotMount, Sandbox } from '../testing/machine.ts';
import { WalkReader, walkPaths } from '../testing/walked.ts';
import { Walk } from './walk.ts';

const sandbox = new Sandbox();
let probe: Probe;
let tmpfs = '';
beforeAll(() => {
  probe = startProbe();
  if (cannotMount === null) tmpfs = sandbox.filesystem('tmpfs');
});
afterAll(async () => {
  await probe.close();
  sandbox.remove();
});
const codeOf = (error: unknown): string => (error instanceof FailureError ? error.failure.code : String(error));
/** A probe of a plain user, who may do nothing special. */
const plain = (): Probe =>
  startProbe({ prefix: ['setpriv', '--reuid', '1000', '--regid', '1000', '--clear-groups', '--bounding-set', '-all'] });

describe.skipIf(cannotMount)(`walk at its limits${cannotMount ? `: ${cannotMount}` : ''}`, () => {
  test('a directory of 100,000 entries comes in parts, none large', async () => {
    const layer = `${tmpfs}/wide`;
    mkdirSync(layer);
    for (let i = 0; i < 100_000; i++) writeFileSync(`${layer}/${i}`, '');
    mkdirSync(`${layer}/last`);
    writeFileSync(`${layer}/last/file`, '');
    const { reader } = await walkPaths(probe, [layer]);
    expect(reader.entries.length).toBe(100_002);
    expect(new Set(reader.entries.map((entry) => entry.path)).size).toBe(100_002);
    expect(reader.chunks).toBeGreaterThan(30);
    expect(reader.largestChunk).toBeLessThanOrEqual(512 * 1024);
  });

  test('depth 3,000 with names of 255 bytes', async () => {
    const layer = `${tmpfs}/deep`;
    mkdirSync(layer);
    const name = asBytes('d'.repeat(255));
    const mkdirat = bind<(fd: number, path: number, mode: number) => number>('mkdirat', 'int', [
      'int',
      'address',
      'uint',
    ]);
    let fd = openat(AT_FDCWD, bytesOfText(layer), Open.path | Open.directory);
    for (let depth = 0; depth < 3000; depth++) {
      expect(mkdirat(fd, path(name), 0o755)).toBe(0);
      const next = openat(fd, name, Open.path | Open.directory);
      close(fd);
      fd = next;
    }
    close(fd);
    const { reader } = await walkPaths(probe, [layer]);
    expect(reader.entries.length).toBe(3000);
    expect(reader.entries.every((entry) => entry.errno === 0)).toBe(true);
    expect(Math.max(...reader.entries.map((entry) => entry.path.length))).toBe(3000 * 256 - 1);
  });

  test('more directories than descriptors: all are read, by name from the root', async () => {
    const layer = `${tmpfs}/many`;
    for (let i = 0; i < 60; i++) for (let j = 0; j < 20; j++) mkdirSync(`${layer}/${i}/${j}/x/y`, { recursive: true });
    const small = startProbe({ prefix: ['prlimit', '--nofile=550:550'], command: probeCommand() });
    const { reader } = await walkPaths(small, [layer]);
    await small.close();
    expect(reader.entries.length).toBe(60 + 60 * 20 * 3);
    expect([...reader.directories.values()].filter((directory) => directory.errno !== 0)).toEqual([]);
  });

  test('more directories than can be known: the rest say ENOMEM', async () => {
    const fd = openat(AT_FDCWD, bytesOfText(`${tmpfs}/many`), Open.path | Open.directory);
    const walk = new Walk([{ layer: 3, fd, byPath: true }], 100);
    const reader = new WalkReader();
    const { signal } = new AbortController();
    await walk.run({ targets: false, origins: [] }, { chunk: reader.take, drained: () => Promise.resolve(), signal });
    close(fd);
    const refused = [...reader.directories.values()].filter(({ errno }) => errno === 12);
    expect(refused.length).toBeGreaterThan(60);
    expect(reader.directories.size).toBe(100 + refused.length);
    expect(reader.entries.every(({ isDirectory }) => isDirectory)).toBe(true);
    expect(reader.directories.size).toBe(reader.entries.length + 1);
  });

  test('what a mount inside a layer hides is read through a clone, and unknown by path', async () => {
    const layer = `${tmpfs}/mounted`;
    mkdirSync(`${layer}/d/on`, { recursive: true });
    writeFileSync(`${layer}/d/on/under`, 'under');
    writeFileSync(`${layer}/d/file`, 'under');
    mkdirSync(`${tmpfs}/cover`);
    writeFileSync(`${tmpfs}/cover/over`, 'over');
    sandbox.mount('--bind', `${tmpfs}/cover`, `${layer}/d/on`);
    sandbox.mount('--bind', `${tmpfs}/cover/over`, `${layer}/d/file`);

    const { reader } = await walkPaths(probe, [layer]);
    expect([...reader.byPath().keys()].sort()).toEqual(['d', 'd/file', 'd/on', 'd/on/under']);
    expect(reader.byPath().get('d/file')?.size).toBe(5n);

    const other = plain();
    const seen = await walkPaths(other, [layer]);
    await other.close();
    expect(seen.result.atime).toBe('may move');
    const entries = seen.reader.byPath();
    expect([...entries.keys()].sort()).toEqual(['d', 'd/file', 'd/on']);
    for (const name of ['d/file', 'd/on'])
      expect(entries.get(name)?.flags).toBe(RecordFlag.covered | RecordFlag.xattrsRefused);
    expect(entries.get('d/on')?.isDirectory).toBe(false);
    sandbox.unmount(`${layer}/d/file`);
    sandbox.unmount(`${layer}/d/on`);
  });

  test('a layer or a directory that cannot be read says why, beside the others', async () => {
    const layer = `${tmpfs}/closed`;
    mkdirSync(`${layer}/no`, { recursive: true });
    mkdirSync(`${layer}/search`);
    writeFileSync(`${layer}/no/secret`, '');
    writeFileSync(`${layer}/search/listed`, '');
    chmodSync(`${layer}/no`, 0o700);
    chmodSync(`${layer}/search`, 0o644);
    const other = plain();
    const { reader, progress, result } = await walkPaths(other, [layer, `${tmpfs}/none`, `${layer}/no`]);
    await other.close();
    expect(progress.layers.map(({ error, done }) => ({ code: error?.code, done }))).toEqual([
      { code: undefined, done: true },
      { code: 'ENOENT', done: true },
      { code: 'EACCES', done: true },
    ]);
    const errors = [...reader.directories.values()].filter((directory) => directory.errno !== 0);
    expect(errors.map(({ layer: at, path: name, errno }) => [at, name, errno])).toEqual(
      expect.arrayContaining([
        [2, '', 13],
        [0, 'no', 13],
      ]),
    );
    expect(reader.byPath().get('search/listed')).toMatchObject({
      errno: 13,
      dtype: 8,
      flags: RecordFlag.xattrsRefused,
    });
    expect(result.entries).toBe(3);

    // With privilege nothing is closed.
    const all = await walkPaths(probe, [layer]);
    expect(all.reader.entries.length).toBe(4);
  });

  test('attributes that are listed but refused are told as such; trusted ones are absent without privilege', async () => {
    const layer = `${tmpfs}/refused`;
    mkdirSync(`${layer}/mine`, { recursive: true });
    for (const [name, value] of [
      ['user.overlay.opaque', 'y'],
      ['trusted.overlay.origin', 'x'],
    ] as const)
      execFileSync('setfattr', ['-n', name, '-v', value, `${layer}/mine`]);
    chmodSync(`${layer}/mine`, 0o700);
    const other = plain();
    const { reader } = await walkPaths(other, [layer]);
    await other.close();
    expect(reader.byPath().get('mine')).toMatchObject({ xattrs: { 'user.overlay.opaque': null }, flags: 0 });
    const all = await walkPaths(probe, [layer]);
    expect(all.reader.byPath().get('mine')?.xattrs).toEqual({
      'user.overlay.opaque': 'y',
      'trusted.overlay.origin': 'x',
    });
  });

  test('a filesystem without birth times has none', async () => {
    const image = `${sandbox.path}/old.img`;
    const root = `${sandbox.path}/old`;
    execFileSync('truncate', ['-s', '16M', image]);
    execFileSync('mkfs.ext4', ['-q', '-I', '128', image], { stdio: 'pipe' });
    mkdirSync(root);
    sandbox.mount('-o', 'loop', image, root);
    writeFileSync(`${root}/file`, '');
    const { reader } = await walkPaths(probe, [root]);
    expect(reader.byPath().get('file')).toMatchObject({ btime: null, errno: 0 });
    const place = { pid: null, path: root };
    expect((await probe.client.call('entry', { place, path: 'file', target: false })).btimeNs).toBeNull();
    await probe.client.call('release', { session: 1 });
    sandbox.unmount(root);
  });

  test('a cancelled walk ends within 100 ms, and leaves no descriptor', async () => {
    const layers = Array.from({ length: 8 }, () => `${tmpfs}/wide`);
    const open = (): number => readdirSync(`/proc/${pid}/fd`).length;
    const { pid } = await probe.client.call('hello', {});
    await probe.client.call('release', { session: 1 });
    const before = open();
    const controller = new AbortController();
    let at = 0;
    const reader = new WalkReader();
    const walking = probe.client
      .call(
        'walk',
        {
          session: 1,
          targets: false,
          layers: layers.map((name, layer) => ({ layer, place: { pid: null, path: name } })),
        },
        {
          onChunk: (chunk) => {
            reader.take(chunk);
            if (reader.chunks === 3) {
              at = performance.now();
              controller.abort();
            }
          },
          signal: controller.signal,
        },
      )
      .then(() => 'done', codeOf);
    expect(await walking).toBe('cancelled');
    expect(performance.now() - at).toBeLessThan(400);
    expect(reader.entries.length).toBeLessThan(100_000);
    await new Promise((resolve) => setTimeout(resolve, 100));
    // Fewer, where a thread came too late to be used again.
    expect(open()).toBeLessThanOrEqual(before);
  });

  test('after release the filesystem unmounts while the probe still runs', async () => {
    const root = sandbox.filesystem('ext4');
    mkdirSync(`${root}/layer`);
    await walkPaths(probe, [`${root}/layer`], { session: 7 });
    expect(spawnSync('umount', [root]).status).toBe(0);
    execFileSync('mount', ['-o', 'loop', `${sandbox.path}/ext4.img`, root]);
    await walkPaths(probe, [`${root}/layer`], { session: 7 });
    await probe.client.call('release', { session: 7 });
    sandbox.unmount(root);
    expect(() => lstatSync(`${root}/layer`)).toThrow('ENOENT');
  });
});
