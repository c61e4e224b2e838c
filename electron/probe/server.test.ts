import { execFileSync, spawn } from 'node:child_process';
import { lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bytesOfText } from '../../shared/bytes/bytes.ts';
import type { Place } from '../../shared/ipc/probe.ts';
import { FailureError } from '../../shared/ipc/rpc.ts';
import { type Probe, probeCommand, startProbe } from './client.ts';
import { mountNamespaceId } from './syscalls/namespace.ts';
import { AT_FDCWD, close, Open, openat } from './syscalls/open.ts';
import { cannotMount, Sandbox } from './testing/machine.ts';
import { WalkReader, walkPaths } from './testing/walked.ts';

const sandbox = new Sandbox();
let probe: Probe;
let at = '';
const layer = (name: string): string => join(at, name);
const place = (path: string): Place => ({ pid: null, nsId: null, path: path as Place['path'], handle: null });
const failureOf = (error: unknown) => (error instanceof FailureError ? error.failure : { code: String(error) });

beforeAll(() => {
  probe = startProbe();
  if (cannotMount !== null) return;
  at = sandbox.filesystem('ext4');
  for (const name of ['lower', 'upper', 'work', 'merged']) mkdirSync(layer(name));
  mkdirSync(`${layer('lower')}/dir`);
  for (const name of ['a', 'b', 'dir/c']) writeFileSync(`${layer('lower')}/${name}`, name);
  execFileSync('ln', ['a', 'a2'], { cwd: layer('lower') });
  symlinkSync('dir', `${layer('lower')}/to-dir`);
  symlinkSync('a', `${layer('lower')}/to-file`);
  const options = `index=on,lowerdir=${layer('lower')},upperdir=${layer('upper')},workdir=${layer('work')}`;
  sandbox.mount('-t', 'overlay', 'overlay', '-o', options, layer('merged'));
  execFileSync('sh', ['-c', 'echo >>a; echo >>b; rm dir/c'], { cwd: layer('merged') });
});
afterAll(async () => {
  await probe.close();
  sandbox.remove();
});

describe('requests', () => {
  test.each([
    ['walk', { session: 1, layers: [{ layer: 0, place: { pid: null, path: 'relative' } }], targets: false }],
    ['walk', { session: 1, layers: [{ layer: 0, place: { pid: null, path: '/a\0b' } }], targets: false }],
    ['entry', { place: { pid: -1, path: '/' }, path: '', target: false }],
    ['handles', { session: 1, requests: [{ layer: 0, handle: { type: 1, fid: 'xyz' } }] }],
    ['directories', { path: 7 }],
    ['remove', {}],
    ['constructor', {}],
  ])('%s %j is refused', async (call, params) => {
    const answer = probe.client.call(call as 'hello', params as never).catch(failureOf);
    expect(await answer).toMatchObject({ code: 'bad-request' });
  });

  test('a command without --stdio is told so, and ends', () => {
    const [node, program] = probeCommand();
    expect(() => execFileSync(node, [program as string], { stdio: 'pipe' })).toThrow(/--stdio/);
  });

  test('it ends when its input does', async () => {
    const other = startProbe();
    await other.client.call('hello', {});
    const exit = new Promise((resolve) => other.onExit(resolve));
    await other.close();
    expect(await exit).toEqual({ code: 0, signal: null, lastWords: '' });
  });

  test('a start that fails is an exit with a reason', async () => {
    const none = startProbe({ prefix: ['/nonexistent/sudo'] });
    expect(await none.client.call('hello', {}).catch(failureOf)).toMatchObject({ code: 'closed' });
    expect(await new Promise((resolve) => none.onExit(resolve))).toMatchObject({ lastWords: /ENOENT/ });
  });
});

describe.skipIf(cannotMount)(`answers about a real overlay${cannotMount ? `: ${cannotMount}` : ''}`, () => {
  test('entry: everything of one file, as lstat and getfattr say', async () => {
    const entry = await probe.client.call('entry', { place: place(layer('upper')), path: 'a', target: false });
    const stat = lstatSync(`${layer('upper')}/a`, { bigint: true });
    expect(entry).toMatchObject({
      mode: Number(stat.mode),
      ino: `${stat.ino}`,
      nlink: Number(stat.nlink),
      size: `${stat.size}`,
      atimeNs: `${stat.atimeNs}`,
      mtimeNs: `${stat.mtimeNs}`,
      ctimeNs: `${stat.ctimeNs}`,
      btimeNs: `${stat.birthtimeNs}`,
      target: null,
      handle: { type: 1 },
    });
    const text = execFileSync('getfattr', ['-d', '-m', '-', '-e', 'hex', '--absolute-names', `${layer('upper')}/a`]);
    for (const { name, value } of entry.xattrs) expect(`${text}`).toContain(`${name}=0x${value}\n`);
    expect(entry.xattrs.map(({ name }) => name)).toContain('trusted.overlay.origin');
  });

  test('entry: the root by the empty path, a symlink itself, and nothing outside', async () => {
    const lower = place(layer('lower'));
    const root = await probe.client.call('entry', { place: lower, path: '', target: false });
    expect(root.ino).toBe(`${lstatSync(layer('lower')).ino}`);
    const link = await probe.client.call('entry', { place: lower, path: 'to-dir', target: true });
    expect(link).toMatchObject({ target: 'dir', mode: 0o120777 });
    for (const [path, code] of [
      ['../upper', 'ENOENT'],
      ['to-dir/c', 'ENOTDIR'],
      ['none', 'ENOENT'],
    ] as const) {
      const answer = probe.client.call('entry', { place: lower, path, target: false }).catch(failureOf);
      expect(await answer).toMatchObject({ code });
    }
  });

  test('handles: each origin is opened; dead, foreign and unopened ones say why', async () => {
    const { reader } = await walkPaths(probe, [layer('upper'), layer('lower')], { session: 5 });
    const lower = new Map(reader.entries.filter((entry) => entry.layer === 1).map((entry) => [entry.path, entry]));
    const requests = [];
    const expected: unknown[] = [];
    for (const entry of reader.entries) {
      const origin = Buffer.from(entry.xattrs['trusted.overlay.origin'] ?? '', 'latin1');
      if (entry.layer !== 0 || origin.length === 0) continue;
      requests.push({ layer: 1, handle: { type: origin[4] as number, fid: origin.subarray(21).toString('hex') } });
      const { ino, dev, nlink, mode } = lower.get(entry.path) as {
        ino: bigint;
        dev: string;
        nlink: number;
        mode: number;
      };
      expected.push({ ino: `${ino}`, dev, nlink, mode });
    }
    expect(requests.length).toBe(3);
    const { handle } = requests[0] as (typeof requests)[0];
    const dead = { type: handle.type, fid: handle.fid.replace(/.{8}$/, 'deadbeef') };
    requests.push(
      { layer: -1, handle },
      { layer: 1, handle: dead },
      { layer: 8, handle },
      { layer: 1, handle: { type: 1, fid: '' } },
    );
    expected.push(expected[0], { errno: 'ESTALE' }, { errno: 'ENOENT' }, { errno: 'EINVAL' });
    const { answers } = await probe.client.call('handles', { session: 5, requests });
    expect(answers).toEqual(expected);
    await probe.client.call('release', { session: 5 });
    const after = await probe.client.call('handles', { session: 5, requests: requests.slice(0, 1) });
    expect(after.answers).toEqual([{ errno: 'ENOENT' }]);
  });

  test('work: temps and index entries, with their attributes', async () => {
    const { entries, error } = await probe.client.call('work', { place: place(layer('work')) });
    expect(error).toBeNull();
    const names = entries.map(({ path }) => path);
    expect(names.slice().sort()).toEqual(
      execFileSync('find', ['.', '-mindepth', '1', '-printf', '%P\n'], { cwd: layer('work'), encoding: 'latin1' })
        .trim()
        .split('\n')
        .sort(),
    );
    const index = entries.find(({ path }) => /^index\/00fb/.test(path));
    expect(index?.ino).toBe(`${lstatSync(`${layer('upper')}/a`).ino}`);
    expect(entries.find(({ path }) => path === 'index')?.xattrs.map(({ name }) => name)).toContain(
      'trusted.overlay.upper',
    );
    const none = await probe.client.call('work', { place: place(layer('none')) });
    expect(none).toMatchObject({ entries: [], error: { code: 'ENOENT' } });
  });

  test('directories: names that can be completed; nothing is looked up on an overlay', async () => {
    expect(await probe.client.call('directories', { path: layer('lower') })).toEqual({ names: ['dir', 'to-dir'] });
    for (const [path, code] of [
      [layer('merged'), 'overlay'],
      [`${layer('merged')}/dir`, 'overlay'],
      [layer('none'), 'ENOENT'],
    ] as const) {
      expect(await probe.client.call('directories', { path }).catch(failureOf)).toMatchObject({ code });
    }
  });
});

describe.skipIf(cannotMount)(`walks further off${cannotMount ? `: ${cannotMount}` : ''}`, () => {
  test('a layer in another mount namespace, read through a clone there', async () => {
    const script = `mount -t tmpfs none ${layer('work')}; mkdir -p ${layer('work')}/hidden/d; echo ready; exec sleep 60`;
    const child = spawn('unshare', ['-m', 'sh', '-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const reader = new WalkReader();
    const there = { ...place(`${layer('work')}/hidden`), pid: child.pid as number };
    const result = await probe.client.call(
      'walk',
      { session: 6, targets: false, layers: [{ layer: 0, place: there }] },
      { onChunk: reader.take },
    );
    expect(reader.entries.map(({ path }) => path)).toEqual(['d']);
    expect(result.atime).toBe('untouched');
    const entry = await probe.client.call('entry', { place: there, path: 'd', target: false });
    expect(entry.nlink).toBe(2);
    await probe.client.call('release', { session: 6 });
    child.kill();
  });

  test('a layer in a mount namespace that no process holds, by its id', async () => {
    const holder = join(sandbox.path, 'namespaces');
    mkdirSync(holder);
    sandbox.mount('-t', 'tmpfs', 'tmpfs', holder);
    execFileSync('mount', ['--make-private', holder]);
    writeFileSync(`${holder}/ns`, '');
    const script = `mount -t tmpfs none ${layer('work')}; mkdir ${layer('work')}/only-there`;
    execFileSync('unshare', [`--mount=${holder}/ns`, 'sh', '-c', script]);
    sandbox.adopt(`${holder}/ns`);
    const fd = openat(AT_FDCWD, bytesOfText(`${holder}/ns`), Open.readOnly);
    const nsId = `${mountNamespaceId(fd)}`;
    close(fd);
    const reader = new WalkReader();
    const layers = [{ layer: 0, place: { ...place(layer('work')), nsId } }];
    const result = await probe.client.call('walk', { session: 8, targets: false, layers }, { onChunk: reader.take });
    expect(reader.entries.map(({ path }) => path)).toEqual(['only-there']);
    expect(result.atime).toBe('untouched');
    await probe.client.call('release', { session: 8 });
    sandbox.unmount(`${holder}/ns`);
    sandbox.unmount(holder);
  });

  test('a layer by handle, where its path is covered', async () => {
    const lower = layer('lower');
    const { handle } = await probe.client.call('entry', { place: place(lower), path: '', target: false });
    sandbox.mount('-t', 'tmpfs', 'tmpfs', lower);
    const reader = new WalkReader();
    const byHandle = { ...place(at), handle };
    const layers = [{ layer: 1, place: byHandle }];
    await probe.client.call('walk', { session: 7, targets: false, layers }, { onChunk: reader.take });
    expect(reader.byPath(1).has('dir/c')).toBe(true);
    await probe.client.call('release', { session: 7 });
    sandbox.unmount(lower);
  });

  test('a slow reader slows the walk, not its memory', async () => {
    const wide = join(sandbox.path, 'wide');
    mkdirSync(wide);
    for (let i = 0; i < 60_000; i++) writeFileSync(`${wide}/${'n'.repeat(200)}${i}`, '');
    const other = startProbe();
    const { pid } = await other.client.call('hello', {});
    const peak = (): number => Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
    const before = peak();
    const layers = Array.from({ length: 10 }, (_, number) => ({ layer: number, place: place(wide) }));
    const reader = new WalkReader();
    const walking = other.client.call('walk', { session: 1, targets: false, layers }, { onChunk: reader.take });
    other.pause();
    await sleep(1500);
    // 600,000 records of 300 bytes are 180 MB; what waits to be read is a few chunks.
    expect(peak() - before).toBeLessThan(60);
    other.resume();
    expect((await walking).entries).toBe(600_000);
    expect(reader.entries.length).toBe(600_000);
    await other.close();
    rmSync(wide, { recursive: true });
  });
});
