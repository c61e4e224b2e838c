import { execFileSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { StackFacts } from '../../../shared/ipc/probe.ts';
import { listOverlays, resolveStack } from './index.ts';
import { bytes, inodeAt, listed, Machine, MS_BIND, mount, states, unmount } from './testing/machine.ts';

/** Overlays of other mount namespaces: with a process, without one, of a user namespace. */
let machine: Machine;
beforeEach(() => {
  machine = new Machine();
  machine.sh('mkdir m m2 hidden');
});
afterEach(() => machine.end());

/** A stack on a tmpfs that only the new namespace sees. */
const inside = (options = ''): string =>
  `mount -t tmpfs t hidden; cd hidden; mkdir l1 l2 u w; echo 1 > l1/f
   mount -t overlay inside -o lowerdir=$PWD/l1:$PWD/l2,upperdir=$PWD/u,workdir=$PWD/w${options} ${machine.at('m')}
   echo; read`;
const unshared = (flags: string[], script: string) =>
  machine.start('unshare', [...flags, '--propagation', 'private', 'bash', '-ec', script]);
const at = (name: string): string => machine.at(`hidden/${name}`);

describe('of another namespace', () => {
  test('layers are found and opened as its process sees them', async () => {
    const child = await unshared(['-m'], inside());
    const facts = await listed(machine.at('m'));
    expect(facts).toMatchObject({ pid: child.pid, userNamespace: false, work: at('w') });
    expect(states(facts)).toEqual([`ok ${at('u')}`, `unverified ${at('l1')}`, `unverified ${at('l2')}`]);
    for (const layer of facts.layers) {
      expect(layer).toMatchObject({ place: { pid: child.pid, nsId: null }, fs: { type: 'tmpfs' }, access: 'clone' });
      expect(await inodeAt(layer)).toBe(layer.ino);
    }
    const named = await resolveStack({ kind: 'mount', mount: bytes(machine.at('m')), pid: child.pid ?? 0 });
    expect({ ...named, readAt: '' }).toEqual({ ...facts, readAt: '' });
    await expect(resolveStack({ kind: 'mount', mount: bytes(machine.at('m')), pid: null })).rejects.toMatchObject({
      failure: { code: 'not-overlay' },
    });
  });

  test('an origin in there confirms a lower', async () => {
    await unshared(['-m'], inside().replace('echo; read', 'echo 2 >> ../m/f; echo; read'));
    expect(states(await listed(machine.at('m')))[1]).toBe(`ok ${at('l1')}`);
  });

  test('a symlink with an absolute target is followed below the root of the namespace', async () => {
    // The namespace's root is a tmpfs with what mount(8) needs bound into it; /link there leads to its own /l1.
    const script = `mount -t tmpfs t hidden; cd hidden; mkdir -p l1/own l2 m old bin lib lib64 usr proc; ln -s /l1 link
      for d in bin lib lib64 usr proc; do mount --rbind /$d $d; done
      pivot_root . old; cd /; mount -t overlay inside -o lowerdir=/link:/l2 /m; umount -l /old; echo; read`;
    const child = await unshared(['-m'], script);
    const facts = await resolveStack({ kind: 'mount', mount: bytes('/m'), pid: child.pid ?? 0 });
    expect(states(facts)).toEqual(['ok /l1', 'unverified /l2']);
    expect(facts.layers[0]?.shown).toBe('/link');
    expect(await inodeAt(facts.layers[0])).toBe(facts.layers[0]?.ino);
  });

  test('of a container whose mounter cannot be seen: unreadable, never missing, and not taken for a nested overlay', async () => {
    const script = `mount -t tmpfs t hidden; cd hidden; mkdir l2 u w m; mkdir -p l1/{old,bin,lib,lib64,usr,proc}
      mount -t overlay inside -o lowerdir=$PWD/l1:$PWD/l2,upperdir=$PWD/u,workdir=$PWD/w m; cd m
      for d in bin lib lib64 usr proc; do mount --rbind /$d $d; done
      pivot_root . old; cd /; umount -l /old; echo; read`;
    const child = await unshared(['-m'], script);
    const facts = await resolveStack({ kind: 'mount', mount: bytes('/'), pid: child.pid ?? 0 });
    expect(facts.mount).toBe('/');
    expect(states(facts)).toEqual(['unreadable null', 'unreadable null', 'unreadable null']);
    expect(facts.layers[0]).toMatchObject({
      place: null,
      dev: null,
      why: expect.stringContaining('namespace of the mounter'),
    });
  });

  test('the same mount copied into another namespace is one object, of the mounter', async () => {
    machine.sh('mkdir l1 l2; mount -t overlay o -o lowerdir=$PWD/l1:$PWD/l2 m');
    const child = await unshared(['-m'], 'echo; read');
    const facts = await listed(machine.at('m'));
    expect(facts.pid).not.toBe(child.pid);
    expect(facts.alsoAt).toEqual([]);
  });

  test('bind mounts, also of a part, are told beside the one whose root is /', async () => {
    machine.sh('mkdir -p l1/sub l2 b c; mount -t overlay o -o lowerdir=$PWD/l1:$PWD/l2 m');
    mount('none', machine.at('b'), null, MS_BIND, machine.at('m/sub'));
    mount('none', machine.at('c'), null, MS_BIND, machine.at('m'));
    const facts = await listed(machine.at('m'));
    expect([...facts.alsoAt].sort()).toEqual([machine.at('b'), machine.at('c')]);
    const byPart = await resolveStack({ kind: 'mount', mount: bytes(machine.at('b')), pid: null });
    expect(byPart.mount).toBe(machine.at('m'));
  });
});

describe('without a process', () => {
  async function expectFound(): Promise<StackFacts> {
    const facts = await listed(machine.at('m'));
    expect(facts.pid).toBeNull();
    expect(states(facts)).toEqual([`ok ${at('u')}`, `unverified ${at('l1')}`, `unverified ${at('l2')}`]);
    for (const layer of facts.layers) {
      expect(layer).toMatchObject({ place: { pid: null, nsId: expect.stringMatching(/^\d+$/) }, access: 'clone' });
      expect(await inodeAt(layer)).toBe(layer.ino);
    }
    const byDev = await resolveStack({ kind: 'dev', dev: facts.dev ?? '' });
    expect({ ...byDev, readAt: '' }).toEqual({ ...facts, readAt: '' });
    return facts;
  }

  test('held by a descriptor', async () => {
    const child = await unshared(['-m'], inside());
    const fd = openSync(`/proc/${child.pid}/ns/mnt`, 'r');
    try {
      await machine.stop(child);
      await expectFound();
    } finally {
      closeSync(fd);
    }
    let left = 0;
    await listOverlays((stack) => {
      if (stack.mount === machine.at('m')) left++;
    });
    expect(left).toBe(0);
  });

  test('held by a bind mount', async () => {
    const child = await unshared(['-m'], inside());
    machine.sh(
      `mount -t tmpfs t m2; mount --make-private m2; touch m2/ns; mount --bind /proc/${child.pid}/ns/mnt m2/ns`,
    );
    await machine.stop(child);
    await expectFound();
    unmount(machine.at('m2/ns'));
  });
});

test('a mount of a user namespace says so', async () => {
  machine.sh('chmod 755 .');
  const child = await unshared(['-U', '-r', '-m'], inside(',userxattr'));
  const facts = await listed(machine.at('m'));
  expect(facts).toMatchObject({ pid: child.pid, userNamespace: true });
  expect(facts.options).toMatchObject({ userxattr: '', redirect_dir: 'nofollow' });
  // Such an overlay gives handles of its own numbers only, so no handle can confirm a layer.
  expect(states(facts)).toEqual([`unverified ${at('u')}`, `unverified ${at('l1')}`, `unverified ${at('l2')}`]);
  expect(await inodeAt(facts.layers[1])).toBe(facts.layers[1]?.ino);
});

test('without userxattr it says so too; a mount that its namespace only copied does not', async () => {
  machine.sh('chmod 755 .');
  const own = await unshared(['-U', '-r', '-m'], inside());
  expect(await listed(machine.at('m'))).toMatchObject({ pid: own.pid, userNamespace: true });
  await machine.stop(own);

  machine.sh(`mount -t tmpfs t hidden; cd hidden; mkdir l1 l2 u w
    mount -t overlay made -o lowerdir=$PWD/l1:$PWD/l2,upperdir=$PWD/u,workdir=$PWD/w ${machine.at('m')}`);
  const copy = await unshared(['-U', '-r', '-m'], 'echo; read');
  unmount(machine.at('m'));
  const facts = await listed(machine.at('m'));
  expect(facts).toMatchObject({ pid: copy.pid, options: { uuid: 'on' }, userNamespace: false });
});

test('without an upper nobody knows whether it does, unless its handle tells', async () => {
  machine.sh('chmod 755 .; mount -t tmpfs t hidden; mkdir hidden/l1 hidden/l2');
  const readOnly = `mount -t overlay made -o lowerdir=${at('l1')}:${at('l2')} ${machine.at('m')}`;
  const own = await unshared(['-U', '-r', '-m'], `${readOnly}; echo; read`);
  expect(await listed(machine.at('m'))).toMatchObject({ pid: own.pid, userNamespace: 'unknown' });
  await machine.stop(own);

  machine.sh(readOnly);
  const copy = await unshared(['-U', '-r', '-m'], 'echo; read');
  unmount(machine.at('m'));
  expect(await listed(machine.at('m'))).toMatchObject({ pid: copy.pid, userNamespace: false });
});

test('a plain user with four capabilities finds, confirms and clones all the same', async () => {
  machine.sh('chmod 700 .');
  await unshared(['-m'], inside().replace('echo; read', 'echo 2 >> ../m/f; echo; read'));
  await unshared(['-U', '-r', '-m'], inside(',userxattr'));
  const held = await unshared(['-m'], inside());
  const fd = openSync(`/proc/${held.pid}/ns/mnt`, 'r');
  try {
    await machine.stop(held);
    const few = '-all,+sys_admin,+dac_read_search,+sys_ptrace,+sys_chroot';
    const index = fileURLToPath(new URL('./index.ts', import.meta.url));
    const script = `const { listOverlays } = await import(${JSON.stringify(index)});
      const all = []; await listOverlays((stack) => all.push(stack)); console.log(JSON.stringify(all));`;
    const text = execFileSync(
      'setpriv',
      [
        ...['--reuid', '65534', '--regid', '65534', '--clear-groups', '--no-new-privs'],
        ...['--inh-caps', few, '--ambient-caps', few, '--bounding-set', few],
        ...[process.execPath, '--input-type=module', '-e', script],
      ],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const mine = (JSON.parse(text) as StackFacts[]).filter(({ mount: where }) => where?.startsWith(machine.folder));
    const kinds = mine.map(({ pid, userNamespace, layers }) => ({
      who: pid === null ? 'no process' : userNamespace ? 'user namespace' : 'process',
      states: layers.map(({ state }) => state).join(' '),
      access: layers.map(({ access }) => access).join(' '),
    }));
    expect(kinds.sort((a, b) => (a.who < b.who ? -1 : 1))).toEqual([
      { who: 'no process', states: 'ok unverified unverified', access: 'clone clone clone' },
      { who: 'process', states: 'ok ok unverified', access: 'clone clone clone' },
      { who: 'user namespace', states: 'unverified unverified unverified', access: 'clone clone clone' },
    ]);
  } finally {
    closeSync(fd);
  }
});
