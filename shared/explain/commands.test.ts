import { describe, expect, it } from 'vitest';
import type { ListObject } from '../contract/scan.ts';
import { commandsFor } from './index.ts';
import { entryOf, objectOf, stackOf } from './testing.ts';

const commandsOf = (stack: ListObject, change: Partial<Parameters<typeof commandsFor>[0]> = {}) =>
  commandsFor({
    object: objectOf([entryOf(0), entryOf(3, { role: 'origin', hiddenBy: 'file' })], { mtimeNs: '-1500000000' }),
    stack,
    xattrs: [],
    parameters: { redirect_dir: 'N', redirect_max: '256' },
    index: null,
    throughPid: null,
    ...change,
  });
const withLayer = (change: Partial<ListObject['layers'][number]>): ListObject => {
  const stack = stackOf();
  return { ...stack, layers: stack.layers.map((layer) => (layer.layer === 3 ? { ...layer, ...change } : layer)) };
};

describe('commands', () => {
  it('show each fact of each entry, of the object and of the stack', () => {
    const commands = commandsOf(stackOf({ options: { xino: 'on', userxattr: '' } }));
    const find = (fact: string) => commands.find((one) => one.fact === fact);
    expect(find('inode of lower 3’s entry')).toEqual({
      fact: 'inode of lower 3’s entry',
      value: '103',
      command: 'stat -c %i /l/3/etc/passwd',
      layer: 3,
    });
    expect(find('mode')).toMatchObject({ value: '644', command: 'stat -c %a /l/0/etc/passwd' });
    expect(find('modified')).toMatchObject({ value: '-1.500000000' });
    expect(find('device of the mount')).toMatchObject({ value: '0:45', command: 'findmnt -n -o MAJ:MIN -M /srv/web' });
    expect(find('option xino')?.value).toBe('xino=on');
    expect(find('option userxattr')?.value).toBe('userxattr');
    expect(find('module parameter redirect_dir')?.command).toBe('cat /sys/module/overlay/parameters/redirect_dir');
    expect(find('module parameter redirect_max')).toBeUndefined();
  });

  it('never look through an overlay, and not where a path misleads', () => {
    for (const change of [
      { fs: { type: 'overlay', uuid: null, id: null } },
      { state: 'covered' as const },
      { state: 'missing' as const },
      { path: 'unknown' },
    ]) {
      expect(commandsOf(withLayer(change)).filter(({ layer }) => layer === 3)).toEqual([]);
    }
  });

  it('go through a process of the mount namespace, and quote what a shell would act on', () => {
    const stack = withLayer({ path: '/l/$(reboot) \\xff', pathB64: btoa('/l/$(reboot) \xff') });
    const commands = commandsOf(stack, { throughPid: 812 }).filter(({ layer }) => layer === 3);
    expect(commands[0]?.command).toBe("stat -c %i $'/proc/812/root/l/$(reboot) \\xff/etc/passwd'");
    const mount = commandsOf(stackOf(), { throughPid: 812 }).find(({ fact }) => fact === 'device of the mount');
    expect(mount?.command).toBe('findmnt -N 812 -n -o MAJ:MIN -M /srv/web');
  });

  it('make the number of a mapped inode by hand', () => {
    const shown = {
      dev: 'overlay' as const,
      ino: String(103n | (1n << 63n)),
      dino: null,
      nlink: 1,
      stable: true,
      why: 'copied up, origin usable',
    };
    const object = objectOf([entryOf(0), entryOf(3, { role: 'origin', hiddenBy: 'file' })], {
      origin: { layer: 3, ino: '103', nlink: 1, state: 'verified', why: '' },
      shown,
    });
    const command = (stack: ListObject) => commandsOf(stack, { object }).find(({ fact }) => fact === 'st_ino')?.command;
    expect(command(stackOf({ inodeMode: 'xino', xinoBits: 2 }))).toBe(
      'printf %u "$(($(stat -c %i /l/3/etc/passwd) | 1 << 63))"',
    );
    expect(command(withLayer({ state: 'missing' }))).toBeUndefined();
  });

  it('read attributes and the index entry', () => {
    const xattrs = [{ layer: 0, name: 'trusted.overlay.opaque', value: '79', counts: true, fields: [], problem: null }];
    const commands = commandsOf(stackOf(), { xattrs, index: { name: '00fb1d', ino: '12' } });
    expect(commands.find(({ xattr }) => xattr !== undefined)).toEqual({
      fact: 'trusted.overlay.opaque on upper',
      value: '0x79',
      command: 'getfattr -h --absolute-names -e hex -n trusted.overlay.opaque /l/0/etc/passwd',
      layer: 0,
      xattr: 'trusted.overlay.opaque',
    });
    expect(commands.find(({ fact }) => fact === 'index entry')).toMatchObject({
      value: '12',
      command: 'stat -c %i /l/work/index/00fb1d',
    });
  });
});
