import { readdirSync, readlinkSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listOverlays, resolveStack } from './index.ts';
import { bytes, listed, Machine, MS_BIND, mount, unmount } from './testing/machine.ts';

/** Looking leaves no trace, and holds nothing: not in the layers, not in the mounts. */
const machine = new Machine();
const at = (name: string): string => machine.at(name);

beforeAll(() => {
  machine.filesystem('ext4', 'fs');
  machine.sh(`mkdir m; cd fs; mkdir -p l1/d/sub l2/e u w; echo 1 > l1/d/f; ln -s d l1/link; ln -s ../l1 l2/link; ln -s l2 shown
    find . -exec touch -h -a -d 2001-01-01 {} +`);
  mount('overlay', at('m'), `lowerdir=${at('fs/l1')}:${at('fs/shown')},upperdir=${at('fs/u')},workdir=${at('fs/w')}`);
  machine.sh('echo 2 >> m/d/f; mkdir m/new; find fs/u fs/w -exec touch -h -a -d 2001-01-01 {} +');
  mount('tmpfs', at('fs/l1/d/sub'), null);
});
afterAll(() => machine.end());

/** Times, links and attributes of every inode of the layers and the work directory. */
const picture = (): string =>
  machine.sh(`cd fs; find l1 l2 u w -xdev -printf '%p %i %n %A@ %C@ %T@ %m\\n'
    find l1 l2 u w -xdev -print0 | xargs -0 getfattr -h -d -m - -e hex 2>/dev/null; find w/work -printf '%p %A@ %C@\\n'`);

/** Descriptors of this process that lead below the folder, or into another namespace. */
const held = (): string[] =>
  readdirSync('/proc/self/fd')
    .map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        return '';
      }
    })
    .filter((path) => path.startsWith(machine.folder) || path.startsWith('mnt:') || path.startsWith('user:'));

test('nothing of any layer changes, no access time moves', async () => {
  picture();
  const before = picture();
  expect(before).toContain('trusted.overlay.origin');
  for (let i = 0; i < 3; i++) await listOverlays(() => {});
  await resolveStack({ kind: 'mount', mount: bytes(at('m')), pid: null });
  expect(picture()).toBe(before);
});

test('no descriptor is left open', async () => {
  const child = await machine.start('unshare', ['-m', '--propagation', 'private', 'bash', '-c', 'echo; read']);
  const count = (): number => readdirSync('/proc/self/fd').length;
  await listOverlays(() => {});
  const before = count();
  for (let i = 0; i < 5; i++) await listOverlays(() => {});
  await resolveStack({ kind: 'mount', mount: bytes(at('m')), pid: child.pid ?? 0 });
  expect(count()).toBe(before);
  await machine.stop(child);
});

test('afterwards everything unmounts while the program runs', async () => {
  unmount(at('fs/l1/d/sub'));
  mount('none', at('fs/l2/e'), null, MS_BIND, at('m'));
  const child = await machine.start('unshare', ['-m', '--propagation', 'private', 'bash', '-c', 'echo; read']);
  const facts = await listed(at('m'));
  expect(facts.alsoAt).toEqual([at('fs/l2/e')]);
  expect(held()).toEqual([]);
  await machine.stop(child);
  unmount(at('fs/l2/e'));
  unmount(at('m'));
  unmount(at('fs'));
});
