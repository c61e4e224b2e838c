import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  content,
  type Held,
  holdDemo,
  kind,
  listing,
  mountedAnywhere,
  plainDirectory,
  reach,
  usernsRefused,
  xattr,
} from './testing/witness.ts';

const refused = usernsRefused();
const hex = (text: string): string => Buffer.from(text, 'latin1').toString('hex');

/** What the kernel must say through the mount of a user namespace. */
const MERGED: Record<string, string> = {
  '': 'dir',
  bin: 'symlink',
  'run/initctl': 'fifo',
  'run/nginx.sock': 'socket',
  'etc/motd': 'ENOENT',
  'etc/issue': 'ENOENT',
  'etc/securetty': 'ENOENT',
  'etc/default/grub': 'ENOENT',
  'opt/agent': 'dir',
  'opt/agent/plugins': 'ENOENT',
  'srv/www/maintenance': 'file',
  'srv/www/v1': 'ENOENT',
  'srv/www/v2': 'EPERM',
  'srv/www/assets': 'EPERM',
  'srv/www/teaser.mp4': 'EPERM',
  'srv/www/poster.jpg': 'EIO',
  'srv/www/mirror': 'EINVAL',
  'srv/www/legacy': 'EPERM',
  'srv/www/v3/draft.html': 'ENOENT',
  'usr/share/doc/gzip': 'ENOENT',
  'var/lib/dpkg/info/gzip.list': 'ENOENT',
};

/** The marks that both forms without privilege have, by layer path and attribute. */
const MARKS: [path: string, name: string, value: string][] = [
  ['upper/etc/default', 'opaque', hex('y')],
  ['nginx/usr/share/doc', 'opaque', hex('y')],
  ['nginx/var/lib/dpkg/info', 'opaque', hex('x')],
  ['nginx/var/lib/dpkg/info/gzip.list', 'whiteout', ''],
  ['site/srv/www/v2', 'redirect', hex('v1')],
  ['site/srv/www/teaser.mp4', 'metacopy', ''],
  ['upper/etc', 'impure', hex('y')],
  ['upper/etc/hostname', 'origin', ''],
  ['upper/etc/os-release', 'origin', ''],
  ['upper/usr/bin/bzip2', 'nlink', hex('U+0')],
  ['upper/var/log/nginx/access.log', 'protattr', hex('a')],
];

/** What stands in the layers, whoever put it there. */
const LAYERS: Record<string, string> = {
  'upper/etc/motd': 'whiteout',
  'upper/etc/issue': 'whiteout',
  'nginx/etc/issue': 'whiteout',
  'site/srv/www/v1': 'whiteout',
  'upper/etc/fstab': 'file',
  'upper/srv/www/maintenance': 'file',
  'upper/bin': 'symlink',
  'upper/run/nginx.sock': 'socket',
  'base/run/initctl': 'fifo',
  'upper/var/cache/nginx/0/a91c': 'file',
};

function sameInBothForms(held: () => Held): void {
  const layer = (path: string): Buffer => Buffer.from(join(held().demo.dir, path), 'latin1');
  it.each(Object.entries(LAYERS))('%s is %s', (path, expected) => expect(kind(layer(path))).toBe(expected));
  it.each(MARKS)('%s has %s', (path, name, value) => expect(xattr(layer(path), `user.overlay.${name}`)).toBe(value));
  it('splits the hard link that was written to, and no other', () => {
    const inode = (path: string) => statSync(layer(path), { bigint: true });
    expect(inode('base/usr/bin/gzip').ino).toBe(inode('base/usr/bin/gunzip').ino);
    expect(inode('upper/usr/bin/perl').nlink).toBe(1n);
    expect(kind(layer('upper/usr/bin/perl5.36.0'))).toBe('ENOENT');
    expect(xattr(layer('upper/usr/bin/perl'), 'user.overlay.origin')).toBeNull();
  });
}

describe.skipIf(refused !== null)(`the demo in a user namespace${refused ? ` (skipped: ${refused})` : ''}`, () => {
  let parent = '';
  let held: Held;
  beforeAll(async () => {
    parent = plainDirectory('userns');
    held = await holdDemo(join(parent, 'demo'), { plain: true });
  });
  afterAll(async () => {
    await held?.end();
    rmSync(parent, { recursive: true });
  });

  it('is what a plain user gets, in a namespace of its own', () => {
    expect(held.demo.form).toBe('userns');
    expect(held.demo.refused).toEqual([]);
    expect(statSync(`/proc/${held.demo.pid}/ns/user`).ino).not.toBe(statSync('/proc/self/ns/user').ino);
    expect(listing(Buffer.from(`${held.demo.dir}/merged`))).toEqual([]);
  });
  it.each(Object.entries(MERGED))('merged: %s is %s', (path, expected) => {
    expect(kind(reach(held.demo, `${held.demo.mount}/${path}`))).toBe(expected);
  });
  it('stores a mark that is set through the mount with one more prefix', () => {
    const path = Buffer.from(join(held.demo.dir, 'upper/var/cache/nginx/0'));
    expect(xattr(path, 'user.overlay.overlay.opaque')).toBe(hex('y'));
  });
  sameInBothForms(() => held);
});

describe('the demo as plain directories', () => {
  let parent = '';
  let held: Held;
  beforeAll(async () => {
    parent = plainDirectory('directories');
    held = await holdDemo(join(parent, 'demo'), { plain: true, form: 'directories' });
  });
  afterAll(async () => {
    await held?.end();
    rmSync(parent, { recursive: true });
  });

  it('mounts nothing and says which directories make the stack', () => {
    expect(held.demo).toMatchObject({ form: 'directories', mount: null, pid: null });
    expect(mountedAnywhere(held.demo.dir)).toBe(false);
    const [main] = held.demo.stacks;
    expect(main?.layers.map(({ role, path }) => [role, kind(Buffer.from(path))])).toEqual([
      ['upper', 'dir'],
      ['lower', 'dir'],
      ['lower', 'dir'],
      ['lower', 'dir'],
    ]);
    expect(main?.ref).toMatchObject({ kind: 'directories', options: { userxattr: '' } });
    expect(content(Buffer.from(`${held.demo.dir}/upper/etc/hostname`))).toBe('web-1\n');
  });
  sameInBothForms(() => held);
});
