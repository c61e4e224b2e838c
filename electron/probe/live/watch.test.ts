import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Raw } from '../../../shared/live/raw.ts';
import { type Probe, startProbe } from '../client.ts';
import { cannotMount, FILESYSTEMS, Sandbox } from '../testing/machine.ts';
import { heldBelow, type Layers, marksOf, placeAt, Watching } from './testing/watching.ts';

let sandbox: Sandbox;
let probe: Probe;
let pid: number;
const open: Watching[] = [];

const watch = (...args: [Layers, ConstructorParameters<typeof Watching>[2]?]): Watching => {
  const one = new Watching(probe.client, ...args);
  open.push(one);
  return one;
};
const sh = (script: string, cwd = sandbox.path): string =>
  execFileSync('bash', ['-ec', script], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** The layers of a stack in a folder: upper, work and one lower, all on one filesystem. */
function stackIn(at: string, name: string, fsType: string): { folder: string; layers: Layers } {
  const folder = join(at, name);
  for (const part of ['u', 'w', 'l', 'm']) mkdirSync(join(folder, part), { recursive: true });
  const layer = (number: number, part: string): Layers[number] => ({
    layer: number,
    place: placeAt(join(folder, part)),
    dev: '7:77',
    fsType,
  });
  return { folder, layers: [layer(0, 'u'), layer(1, 'l'), layer(-1, 'w')] };
}

describe.skipIf(cannotMount)(`watching${cannotMount ? `: ${cannotMount}` : ''}`, () => {
  const at: Record<string, string> = {};
  beforeAll(async () => {
    sandbox = new Sandbox();
    probe = startProbe();
    ({ pid } = await probe.client.call('hello', {}));
    for (const name of FILESYSTEMS) at[name] = sandbox.filesystem(name);
  });
  afterEach(async () => {
    for (const one of open.splice(0)) await one.stop();
  });
  afterAll(async () => {
    await probe.close();
    sandbox.remove();
  });

  test.each(FILESYSTEMS)('%s: one mark for all stacks on it, none left when they end', async (name) => {
    const stacks = ['a', 'b', 'c'].map((folder) => stackIn(at[name] as string, folder, name));
    const watches = stacks.map(({ layers }) => watch(layers));
    for (const one of watches)
      expect((await one.ready).map(({ by, why }) => [by, why])).toEqual(Array(3).fill(['filesystem', '']));
    expect(marksOf(pid).map((lines) => lines.length)).toEqual([1]);
    sh('mkdir u/d; echo x > u/d/f', stacks[1]?.folder);
    for (const one of watches) await one.quiet();
    expect(watches.map((one) => one.events.length > 0)).toEqual([false, true, false]);
    for (const one of watches) await one.stop();
    expect(marksOf(pid)).toEqual([]);
  });

  test('a btrfs of which only a subvolume is mounted', async () => {
    const image = join(sandbox.path, 'sub.img');
    sh(`truncate -s 256M ${image}; mkfs.btrfs -q ${image}; mkdir sub; mount -o loop ${image} sub`);
    sh('btrfs subvolume create sub/one >/dev/null; btrfs subvolume create sub/two >/dev/null; umount sub');
    sandbox.mount('-o', 'loop,subvol=one', image, join(sandbox.path, 'sub'));
    const { folder, layers } = stackIn(join(sandbox.path, 'sub'), 's', 'btrfs');
    const one = watch(layers);
    expect((await one.ready).map(({ by }) => by)).toEqual(['filesystem', 'filesystem', 'filesystem']);
    sh('echo x > u/f', folder);
    await one.quiet();
    expect(one.by('f')[0]?.pid).toEqual(expect.any(Number));
    sandbox.unmount(join(sandbox.path, 'sub'));
  });

  test('openings are marked while somebody watches lifetimes, and no longer', async () => {
    const { layers } = stackIn(at.ext4 as string, 'life', 'ext4');
    const mask = (): number =>
      Number(
        / mask:([0-9a-f]+)/.exec(marksOf(pid)[0]?.[0] ?? '')?.[1]
          ? `0x${/ mask:([0-9a-f]+)/.exec(marksOf(pid)[0]?.[0] ?? '')?.[1]}`
          : 0,
      );
    const plain = watch(layers);
    await plain.ready;
    expect(mask() & Raw.open).toBe(0);
    const whole = watch(layers, { lifetimes: true });
    await whole.ready;
    expect(mask() & Raw.open).toBe(Raw.open);
    await whole.stop();
    expect(mask() & Raw.open).toBe(0);
  });

  test('what happens elsewhere on the filesystem is not sent, nor what the probe itself does', async () => {
    const { folder, layers } = stackIn(at.ext4 as string, 'quiet', 'ext4');
    sh('mkdir -p l/x/y; echo 1 > l/x/y/z; echo 2 > u/t', folder);
    const one = watch(layers, { lifetimes: true });
    await one.ready;
    sh('mkdir other; for i in 1 2 3 4 5; do echo $i > other/$i; done; mv other/1 other/6; rm -r other', at.ext4);
    await probe.client.call('entry', { place: placeAt(join(folder, 'u')), path: 't' as never, target: true });
    await one.quiet();
    expect(one.events).toEqual([]);
  });

  test('directories that come, move, leave, and come from elsewhere', async () => {
    const { folder, layers } = stackIn(at.xfs as string, 'tree', 'xfs');
    sh('mkdir -p u/a/b elsewhere/q/r; echo 1 > elsewhere/q/r/s', folder);
    const one = watch(layers);
    await one.ready;
    sh('mkdir u/a/c; mv u/a/c u/d; echo 1 > u/d/f; mv u/a u/d/a; echo 1 > u/d/a/b/g', folder);
    sh(
      'mv elsewhere/q u/q; sleep 0.1; echo 2 >> u/q/r/s; mv u/q elsewhere/q2; sleep 0.1; echo 3 > elsewhere/q2/r/t',
      folder,
    );
    await one.quiet();
    const told = one.events.map(({ mask, at: place, from }) => {
      const what = Object.entries(Raw).filter(([name, bit]) => mask & bit && name !== 'isDir' && name !== 'closeWrite');
      const moved = from === undefined ? '' : ` from ${from?.path ?? 'elsewhere'}`;
      return `${what.map(([name]) => name).join('+')} ${place?.path ?? 'elsewhere'}${moved}`;
    });
    expect(told.filter((line) => !line.startsWith(' ') && !/^modify /.test(line))).toEqual([
      'create a/c',
      'rename d from a/c',
      expect.stringMatching(/^(modify\+)?create d\/f$/),
      'rename d/a from a',
      expect.stringMatching(/^(modify\+)?create d\/a\/b\/g$/),
      'rename q from elsewhere',
      'create q/r',
      'create q/r/s',
      'rename elsewhere from q',
    ]);
    expect(told).toContain('modify q/r/s');
  });

  test('who: name, program, arguments, control group; also of those that are gone', async () => {
    const { folder, layers } = stackIn(at.tmpfs as string, 'who', 'tmpfs');
    const one = watch(layers);
    await one.ready;
    const id = 'ab'.repeat(32);
    // The unified tree, or one of the old ones.
    const tree = ['/sys/fs/cgroup', '/sys/fs/cgroup/pids'].find((path) => existsSync(`${path}/cgroup.procs`));
    const group = tree === undefined ? null : `${tree}/docker-${id}.scope`;
    if (group !== null) mkdirSync(group);
    const child = spawn(
      'bash',
      ['-c', `${group === null ? '' : `echo $$ > ${group}/cgroup.procs; `}echo x > u/by; read`, 'word'],
      {
        cwd: folder,
        stdio: ['pipe', 'ignore', 'inherit'],
      },
    );
    await one.quiet();
    const [who] = one.by('by');
    expect(who).toMatchObject({ pid: child.pid, command: 'bash', commandLine: expect.stringContaining('word') });
    expect(who?.exe).toMatch(/\/bash$/);
    if (group !== null) expect(who?.container).toEqual({ engine: 'docker', id });
    child.stdin?.end();
    await once(child, 'close');
    if (group !== null) sh(`rmdir ${group}`);
    // While the probe stands still, they come and go.
    process.kill(pid, 'SIGSTOP');
    sh('touch u/gone; sh -c "exec mkdir u/changed"; (echo > u/subshell)', folder);
    process.kill(pid, 'SIGCONT');
    await one.quiet();
    expect(one.by('gone')[0]).toMatchObject({ command: 'touch', exe: expect.stringMatching(/\/touch$/) });
    expect(one.by('changed')[0]).toMatchObject({ command: 'mkdir' });
    expect(one.by('subshell')[0]).toMatchObject({ command: 'bash' });
  });

  test('an overflow is told, and what comes after it is right', async () => {
    const { folder, layers } = stackIn(at.tmpfs as string, 'flood', 'tmpfs');
    const one = watch(layers);
    await one.ready;
    const limit = Number(readFileSync('/proc/sys/fs/fanotify/max_queued_events', 'latin1'));
    process.kill(pid, 'SIGSTOP');
    const files = Math.ceil(limit / 2) + 1000;
    sh(`mkdir u/new; cd u/new; for ((i = 0; i < ${files}; i++)); do : > $i; done; mkdir deep; rm -f [0-9]*`, folder);
    process.kill(pid, 'SIGCONT');
    await one.quiet();
    expect(one.items.filter(({ kind }) => kind === 'overflow')).toEqual([
      { kind: 'overflow', layers: [0, 1, -1], readNs: expect.any(String), readMonotonicNs: expect.any(String) },
    ]);
    writeFileSync(join(folder, 'u/new/deep/after'), 'x');
    await one.quiet();
    expect(one.events.at(-1)?.at).toEqual({ layer: 0, path: 'new/deep/after' });
  });

  test('nothing is held at rest, and nothing kept busy', async () => {
    const { folder, layers } = stackIn(sandbox.filesystemAt('busy', 'ext4'), 's', 'ext4');
    const merged = join(folder, 'm');
    sandbox.mount(
      '-t',
      'overlay',
      'overlay',
      '-o',
      `lowerdir=${folder}/l,upperdir=${folder}/u,workdir=${folder}/w`,
      merged,
    );
    const line = readFileSync('/proc/self/mountinfo', 'latin1')
      .split('\n')
      .find((text) => text.includes(` ${merged} `));
    const [mountId, , dev] = (line ?? '').split(' ') as [string, string, string];
    const one = watch(layers, { lifetimes: true, mount: { mountId: Number(mountId), dev, ns: null, pid: null } });
    await one.ready;
    sh('for i in 1 2 3; do echo $i > $i; done; rm 1', merged);
    await one.quiet();
    expect(heldBelow(pid, join(sandbox.path, 'busy'))).toEqual([]);
    sh('echo last > last', merged);
    sandbox.unmount(merged);
    sandbox.unmount(join(sandbox.path, 'busy'));
    expect(await one.ended).toEqual({ unmounted: true });
    expect(one.items.at(-1)).toEqual({ kind: 'unmounted', stillAt: [] });
  });

  test('the layers of another mount namespace, and its mount', async () => {
    const script =
      'mount -t tmpfs t ns; cd ns; mkdir u w l m; mount -t overlay o -o lowerdir=l,upperdir=u,workdir=w m; echo ready; read; echo x > m/f; sleep 0.3; umount m; echo gone; read';
    mkdirSync(join(sandbox.path, 'ns'));
    const child = spawn('unshare', ['-m', '--propagation', 'private', 'bash', '-c', script], {
      cwd: sandbox.path,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    const mounts = readFileSync(`/proc/${child.pid}/mountinfo`, 'latin1').split('\n');
    const [mountId, , dev] = (mounts.find((text) => text.includes(`${sandbox.path}/ns/m `)) ?? '').split(' ') as [
      string,
      string,
      string,
    ];
    const layers = [
      [0, 'u'],
      [1, 'l'],
      [-1, 'w'],
    ].map(([layer, name]) => ({
      layer: layer as number,
      place: { ...placeAt(join(sandbox.path, 'ns', name as string)), pid: child.pid as number },
      dev: null,
      fsType: 'tmpfs',
    }));
    const ns = /\[(\d+)\]/.exec(sh(`readlink /proc/${child.pid}/ns/mnt`))?.[1] as string;
    const one = watch(layers, { mount: { mountId: Number(mountId), dev, ns, pid: child.pid as number } });
    expect((await one.ready).map(({ by }) => by)).toEqual(['filesystem', 'filesystem', 'filesystem']);
    child.stdin.write('\n');
    expect(await one.ended).toEqual({ unmounted: true });
    expect(one.by('f')[0]).toMatchObject({ pid: child.pid, command: 'bash' });
    const state = one.events.find(({ at: place }) => place?.path === 'f')?.now;
    expect(state).toMatchObject({ is: 'there', nlink: 1 });
    child.stdin.end('\n');
    await once(child, 'close');
  });

  test('directory by directory, where a filesystem takes no mark as a whole', async () => {
    // An ext4 has no top subvolume to mark.
    const { folder, layers } = stackIn(at.ext4 as string, 'each', 'btrfs');
    sh('mkdir -p u/a', folder);
    const one = watch(layers.map((layer) => ({ ...layer, dev: '7:78' })));
    expect((await one.ready).map(({ layer, by }) => [layer, by])).toEqual([
      [-1, 'directories'],
      [0, 'directories'],
      [1, 'directories'],
    ]);
    sh('mkdir -p u/a/b/c; echo 1 > u/a/b/c/d; sleep 0.1; echo 2 > u/a/b/c/e; rm -r u/a; true', folder);
    await one.quiet();
    const paths = new Set(one.events.filter(({ mask }) => mask & Raw.create).map((event) => event.at?.path));
    expect([...paths].sort()).toEqual(['a/b', 'a/b/c', 'a/b/c/d', 'a/b/c/e']);
    expect(one.by('a/b/c/e')[0]?.command).toBe('bash');
    expect(one.events.some(({ mask, at: place }) => mask & Raw.delete && place?.path === 'a')).toBe(true);
  });

  test('it ends with its pipe', async () => {
    const other = startProbe();
    const { pid: otherPid } = await other.client.call('hello', {});
    const { layers } = stackIn(at.ext4 as string, 'pipe', 'ext4');
    const one = new Watching(other.client, layers);
    await one.ready;
    one.ended.catch(() => {});
    await other.close();
    expect(() => process.kill(otherPid, 0)).toThrow();
  });
});

describe.skipIf(cannotMount)(`watching without privilege${cannotMount ? `: ${cannotMount}` : ''}`, () => {
  const user = [
    'setpriv',
    '--reuid',
    '1000',
    '--regid',
    '1000',
    '--clear-groups',
    '--bounding-set',
    '-all',
    '--inh-caps',
    '-all',
  ];
  beforeAll(async () => {
    sandbox = new Sandbox();
    probe = startProbe({ prefix: user });
    await probe.client.call('hello', {});
  });
  afterEach(async () => {
    for (const one of open.splice(0)) await one.stop();
  });
  afterAll(async () => {
    await probe.close();
    sandbox.remove();
  });

  test('inotify on each directory: names, but not who', async () => {
    const { folder, layers } = stackIn(sandbox.filesystem('ext4'), 'plain', 'ext4');
    sh('mkdir -p u/a l/b closed; chmod 700 w', folder);
    const one = watch(layers);
    expect(await one.ready).toEqual([
      { layer: -1, by: 'none', why: 'it may not be read', directories: 0 },
      { layer: 0, by: 'inotify', why: 'it takes privilege to be told who', directories: 2 },
      { layer: 1, by: 'inotify', why: 'it takes privilege to be told who', directories: 2 },
    ]);
    sh(
      'mkdir -p u/a/b/c; echo 1 > u/a/b/c/d; mv u/a/b u/e; sleep 0.1; echo 2 > u/e/c/f; mv u/e ..; mv ../e u/g',
      folder,
    );
    sh('sleep 0.1; echo 3 > u/g/c/h; rm -r u/g; echo 4 > l/b/i', folder);
    await one.quiet();
    expect(one.events.every(({ by }) => by === null)).toBe(true);
    const told = one.events
      .filter(({ mask }) => mask & (Raw.create | Raw.delete | Raw.rename))
      .map(
        ({ at: place, from }) =>
          `${place?.layer ?? ''} ${place?.path ?? 'elsewhere'}${from === undefined ? '' : ` from ${from?.path ?? 'elsewhere'}`}`,
      );
    expect(told).toContain('0 e from a/b');
    expect(told).toContain('0 e/c/f');
    expect(told).toContain(' elsewhere from e');
    expect(told).toContain('0 g from elsewhere');
    expect(told).toContain('0 g/c/f');
    expect(told).toContain('0 g/c/h');
    expect(told).toContain('1 b/i');
    expect(told.at(-2)).toBe('0 g');
  });
});
