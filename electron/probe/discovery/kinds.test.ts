import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resolveStack } from './index.ts';
import { bytes, closeFd, inodeAt, listed, Machine, mount, mountNew, openPlace, states } from './testing/machine.ts';

/** Layers on every kind of filesystem, many of them, and on another overlay. */
let machine: Machine;
beforeEach(() => {
  machine = new Machine();
  machine.sh('mkdir m m2 src; mkdir src/d; echo 1 > src/f');
});
afterEach(() => machine.end());
const at = (name: string): string => machine.at(name);
const stack = () => listed(at('m'));

describe.each(['ext4', 'xfs', 'btrfs'] as const)('on %s', (type) => {
  test('the handle, the uuid and the superblock are told; an origin confirms', async () => {
    machine.filesystem(type, 'fs');
    machine.sh('mkdir fs/l1 fs/l2 fs/u fs/w; echo 1 > fs/l1/f');
    mount('overlay', at('m'), `lowerdir=${at('fs/l1')}:${at('fs/l2')},upperdir=${at('fs/u')},workdir=${at('fs/w')}`);
    machine.sh('echo 2 >> m/f; mv fs/u fs/u2');
    const facts = await stack();
    expect(states(facts)).toEqual([`moved ${at('fs/u2')}`, `ok ${at('fs/l1')}`, `unverified ${at('fs/l2')}`]);
    const uuid = machine.sh('blkid -p -s UUID -o value fs.img').replaceAll('-', '');
    for (const layer of facts.layers) {
      expect(layer).toMatchObject({ fs: { type, uuid, handle: { type: { ext4: 1, xfs: 0x81, btrfs: 0x4d }[type] } } });
      expect(layer.dev).toBe(machine.sh("awk '$5 == \"'$PWD/fs'\" {print $3}' /proc/self/mountinfo"));
    }
  });
});

test('a filesystem without a uuid: layers are still found by handle', async () => {
  machine.sh(`truncate -s 64M fs.img; mkfs.ext4 -q -F -U clear fs.img; mkdir fs; mount -o loop fs.img fs
    cd fs; mkdir l1 l2 u w; echo 1 > l1/f; mount -t overlay o -o lowerdir=l1:l2,upperdir=u,workdir=w ../m; echo 2 >> ../m/f`);
  expect(states(await stack())).toEqual([`ok ${at('fs/u')}`, `ok ${at('fs/l1')}`, `unverified assumed ${at('fs/l2')}`]);
  machine.sh('mv fs/u fs/u2');
  const facts = await stack();
  expect(facts.layers[0]).toMatchObject({ state: 'moved', path: at('fs/u2'), fs: { uuid: null } });
});

test('btrfs subvolumes: one superblock, a device each', async () => {
  machine.filesystem('btrfs', 'fs');
  machine.sh('cd fs; for i in 1 2 3; do btrfs -q subvolume create s$i; done; mkdir s3/u s3/w; echo 1 > s1/f');
  mount(
    'overlay',
    at('m'),
    `lowerdir=${at('fs/s1')}:${at('fs/s2')},upperdir=${at('fs/s3/u')},workdir=${at('fs/s3/w')}`,
  );
  machine.sh('echo 2 >> m/f');
  const facts = await stack();
  expect(states(facts)).toEqual([`ok ${at('fs/s3/u')}`, `ok ${at('fs/s1')}`, `unverified ${at('fs/s2')}`]);
  expect(new Set(facts.layers.map(({ dev }) => dev)).size).toBe(1);
  expect(new Set(facts.layers.map(({ stDev }) => stDev)).size).toBe(3);
});

test('a relative text on a subvolume that alone is mounted', async () => {
  machine.filesystem('btrfs', 'fs');
  machine.sh(`btrfs -q subvolume create fs/a; mkdir fs/a/u fs/a/w fs/a/l only
    device=$(findmnt -no SOURCE fs); mount -o subvol=a $device only; umount fs
    cd only; mount -t overlay o -o lowerdir=l,upperdir=u,workdir=w ../m`);
  expect(states(await stack())).toEqual([`ok ${at('only/u')}`, `unverified assumed ${at('only/l')}`]);
});

describe('read-only images', () => {
  test('squashfs has no uuid; its handle still names lower 1', async () => {
    machine.sh('mksquashfs src i.sq -quiet -noappend -no-progress >/dev/null; mkdir sq l2; mount -o loop,ro i.sq sq');
    mount('overlay', at('m'), `lowerdir=${at('sq')}:${at('l2')}`);
    const facts = await stack();
    expect(facts.layers[0]).toMatchObject({ state: 'ok', fs: { type: 'squashfs', uuid: null, handle: { type: 1 } } });
  });
  test('squashfs without exports has no handle that can be opened, and nothing to confirm it', async () => {
    machine.sh(
      'mksquashfs src i.sq -quiet -noappend -no-progress -no-exports >/dev/null; mkdir sq l2; mount -o loop,ro i.sq sq',
    );
    mount('overlay', at('m'), `lowerdir=${at('sq')}:${at('l2')}`);
    expect((await stack()).layers[0]).toMatchObject({ state: 'unverified', fs: { type: 'squashfs', handle: null } });
  });
  test('erofs', async () => {
    machine.sh('mkfs.erofs i.er src >/dev/null 2>&1; mkdir er u w; mount -t erofs -o loop,ro i.er er');
    mount('overlay', at('m'), `lowerdir=${at('er')}:${at('src')}`);
    expect((await stack()).layers[0]).toMatchObject({ state: 'ok', fs: { type: 'erofs', handle: { type: 0x81 } } });
  });
});

test('500 lowers, by descriptors', async () => {
  machine.filesystem('ext4', 'fs');
  machine.sh('cd fs; mkdir u w; for i in $(seq 500); do mkdir l$i; done; echo 1 > l500/f');
  const fds = Array.from({ length: 500 }, (_, i) => openPlace(at(`fs/l${i + 1}`)));
  mountNew(at('m'), [
    ...fds.map((fd): [string, number] => ['lowerdir+', fd]),
    ['upperdir', at('fs/u')],
    ['workdir', at('fs/w')],
  ]);
  fds.forEach(closeFd);
  machine.sh('echo 2 >> m/f');
  const facts = await stack();
  expect(facts.layers).toHaveLength(501);
  expect(facts.layers[499]).toMatchObject({ layer: 499, path: at('fs/l499'), state: 'unverified', access: 'clone' });
  expect(facts.layers[500]).toMatchObject({ layer: 500, path: at('fs/l500'), state: 'ok' });
});

test('a lower that lies on another overlay is told, and never looked at there', async () => {
  machine.filesystem('ext4', 'fs');
  machine.sh('cd fs; mkdir -p l1/deep/er l2 l3 u w u2 w2; mkdir u/deep');
  mount('overlay', at('m2'), `lowerdir=${at('fs/l1')}:${at('fs/l2')},upperdir=${at('fs/u')},workdir=${at('fs/w')}`);
  const inner = await listed(at('m2'));
  const before = machine.sh('getfattr -d -m - -e hex fs/u fs/u/deep 2>/dev/null | grep -v ^#; true');
  mount('overlay', at('m'), `lowerdir=${at('m2')}:${at('fs/l3')},upperdir=${at('fs/u2')},workdir=${at('fs/w2')}`);
  const facts = await stack();
  expect(facts.layers[1]).toMatchObject({ path: at('m2'), dev: inner.dev, fs: { type: 'overlay' } });
  const named = await resolveStack({
    kind: 'directories',
    lowers: [bytes(at('m2/deep')), bytes(at('fs/l3'))],
    data: [],
    upper: null,
    work: null,
    options: {},
  });
  expect(named.layers[0]).toMatchObject({
    path: at('m2/deep'),
    state: 'unverified',
    dev: inner.dev,
    ino: null,
    access: 'none',
  });
  expect(machine.sh('getfattr -d -m - -e hex fs/u fs/u/deep 2>/dev/null | grep -v ^#; true')).toBe(before);
});

test('a FUSE server that does not answer holds nobody up', async () => {
  machine.sh('mkdir fuse branch l2; mkdir branch/l');
  const script = 'unionfs -f branch fuse & echo $! > pid; until mountpoint -q fuse; do sleep 0.05; done; echo; wait';
  const server = await machine.start('bash', ['-c', script]);
  mount('overlay', at('m'), `lowerdir=${at('fuse/l')}:${at('l2')}`);
  expect((await stack()).layers[0]).toMatchObject({ path: at('fuse/l'), fs: { type: 'fuse.unionfs' }, access: 'path' });
  const holder = await machine.start('bash', ['-c', 'cd m; exec 7< .; echo; exec sleep 100']);
  machine.sh('kill -STOP $(cat pid)');
  try {
    const facts = await stack();
    expect(facts.layers[0]).toMatchObject({ state: 'unreadable', why: expect.stringContaining('does not answer') });
    expect(facts.layers[1]?.path).toBe(at('l2'));
    expect(await inodeAt(facts.layers[1])).toBe(facts.layers[1]?.ino);
  } finally {
    machine.sh('kill -CONT $(cat pid)');
    await machine.stop(holder);
    // Others on this machine that look at its mounts may have been waiting for that server too.
    machine.sh('for turn in $(seq 100); do ! umount m || break; sleep 0.1; done; umount fuse');
    await machine.stop(server);
  }
});
