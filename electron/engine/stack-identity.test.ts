import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { StackRef } from '../../shared/ipc/probe.ts';
import { ProbeHolder } from './machine.ts';
import { identityOf, type StackIdentity } from './stack-identity.ts';
import { cannotMount, Laboratory } from './testing/laboratory.ts';

let lab: Laboratory;
let probe: ProbeHolder;
beforeEach(() => {
  lab = new Laboratory();
  probe = new ProbeHolder(() => {});
});
afterEach(async () => {
  await probe.close();
  await lab.end();
});

const identity = async (ref: StackRef): Promise<StackIdentity> => identityOf((await probe.resolve(ref)).facts);

describe.skipIf(cannotMount !== null)(`the identity of a stack${cannotMount ? ` (${cannotMount})` : ''}`, () => {
  test('is that of its layers, however they are named and wherever they are mounted', async () => {
    lab.sh('mkdir -p src/l1 src/l2 src/u src/w');
    lab.filesystem('ext4', 'fs', 'src');
    lab.overlay('m', 'lowerdir=fs/l1:fs/l2,upperdir=fs/u,workdir=fs/w');
    const one = await identity(lab.mount('m'));
    expect(one).toEqual({ id: expect.stringMatching(/^[0-9a-f]{32}$/), upper: expect.any(String), isLasting: true });
    expect(await identity(lab.directories(['fs/l1', 'fs/l2'], 'fs/u'))).toEqual(one);

    lab.sh('umount m fs; mkdir elsewhere other; mount -t tmpfs other other; mount -o loop fs.img elsewhere');
    lab.sh('mv elsewhere/l1 elsewhere/renamed');
    expect(await identity(lab.directories(['elsewhere/renamed', 'elsewhere/l2'], 'elsewhere/u'))).toEqual(one);

    const turned = await identity(lab.directories(['elsewhere/l2', 'elsewhere/renamed'], 'elsewhere/u'));
    expect([turned.id === one.id, turned.upper === one.upper]).toEqual([false, true]);
    lab.sh('cp -a elsewhere/u elsewhere/u2');
    const copied = await identity(lab.directories(['elsewhere/renamed', 'elsewhere/l2'], 'elsewhere/u2'));
    expect([copied.id === one.id, copied.upper === one.upper]).toEqual([false, false]);
    expect((await identity(lab.directories(['elsewhere/l2', 'elsewhere/renamed']))).upper).toBeNull();
  });

  test('rests on paths where a layer has no uuid', async () => {
    lab.sh('mkdir src; echo x > src/x');
    lab.filesystem('squashfs', 'low', 'src');
    lab.filesystem('tmpfs', 'fs');
    lab.sh('mkdir fs/u');
    expect(await identity(lab.directories(['low'], 'fs/u'))).toMatchObject({ isLasting: false });
  });

  test('tells btrfs subvolumes apart, which have equal numbers', async () => {
    lab.filesystem('btrfs', 'fs');
    lab.sh('cd fs; for s in a b u; do btrfs -q subvolume create $s; done');
    const [a, b] = [
      await identity(lab.directories(['fs/a'], 'fs/u')),
      await identity(lab.directories(['fs/b'], 'fs/u')),
    ];
    expect([a.id === b.id, a.upper === b.upper]).toEqual([false, true]);
  });
});
