import { execFileSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StackFacts } from '../../../shared/ipc/probe.ts';
import { Machine, mount, states } from './testing/machine.ts';
import type { Refusal } from './testing/refuse.ts';

/** On a kernel, or behind a filter, that lacks a call: what is answered stays right, or becomes unknown. */
const machine = new Machine();
const at = (name: string): string => machine.at(name);
let namespace = -1;

beforeAll(async () => {
  machine.filesystem('ext4', 'fs');
  machine.sh('mkdir m hidden m2; cd fs; mkdir l1 l2 u w; echo 1 > l1/f; ln -s l1 link');
  mount('overlay', at('m'), `lowerdir=${at('fs/link')}:${at('fs/l2')},upperdir=${at('fs/u')},workdir=${at('fs/w')}`);
  machine.sh('echo 2 >> m/f');
  // One more in a namespace that only our descriptor holds.
  const script = `mount -t tmpfs t hidden; mkdir hidden/l1 hidden/l2
    mount -t overlay o -o lowerdir=$PWD/hidden/l1:$PWD/hidden/l2 m2; echo; read`;
  const child = await machine.start('unshare', ['-m', '--propagation', 'private', 'bash', '-ec', script]);
  namespace = openSync(`/proc/${child.pid}/ns/mnt`, 'r');
  await machine.stop(child);
});
afterAll(async () => {
  closeSync(namespace);
  await machine.end();
});

const arm = process.arch === 'arm64';
const CALL = {
  ioctl: arm ? 29 : 16,
  setns: arm ? 268 : 308,
  name_to_handle_at: arm ? 264 : 303,
  open_by_handle_at: arm ? 265 : 304,
  statx: arm ? 291 : 332,
  open_tree: 428,
  openat2: 437,
  mount_setattr: 442,
  statmount: 457,
  listmount: 458,
  getxattrat: 464,
  listxattrat: 465,
};
const [EPERM, ENOTTY, ENOSYS, EOPNOTSUPP] = [1, 25, 38, 95];

/** What `list` says of our two mounts while these calls are refused. */
function listWithout(refusals: Refusal[]): {
  mine: string[];
  access: string[];
  hidden: string[] | null;
  closed: number;
} {
  const program = fileURLToPath(new URL('./testing/refuse.ts', import.meta.url));
  const text = execFileSync(process.execPath, [program, JSON.stringify(refusals)], { encoding: 'utf8' });
  const { stacks, result } = JSON.parse(text) as { stacks: StackFacts[]; result: { closed: number } };
  const mine = stacks.find((stack) => stack.mount === at('m') && stack.layers.some(({ path }) => path !== null));
  const hidden = stacks.find((stack) => stack.mount === at('m2') && stack.pid === null);
  if (!mine) throw new Error('the mount was not listed');
  const access = mine.layers.map((layer) => layer.access);
  return { mine: states(mine), access, hidden: hidden ? states(hidden) : null, closed: result.closed };
}

const all = ['clone', 'clone', 'clone'];
const paths = ['path', 'path', 'path'];
const confirmed = [`ok ${at('fs/u')}`, `ok ${at('fs/l1')}`, `unverified ${at('fs/l2')}`];
const withoutOrigins = [`ok ${at('fs/u')}`, `unverified ${at('fs/l1')}`, `unverified ${at('fs/l2')}`];
const unconfirmed = [`unverified ${at('fs/u')}`, `unverified ${at('fs/l1')}`, `unverified ${at('fs/l2')}`];
const hidden = [`ok ${at('hidden/l1')}`, `unverified ${at('hidden/l2')}`];
const hiddenUnconfirmed = [`unverified ${at('hidden/l1')}`, `unverified ${at('hidden/l2')}`];

describe('without', () => {
  test('nothing missing', () => {
    expect(listWithout([])).toEqual({ mine: confirmed, access: all, hidden, closed: 0 });
  });
  test.each([
    ['openat2', [{ number: CALL.openat2, errno: ENOSYS }], { mine: confirmed, access: all, hidden }],
    ['openat2 by a filter', [{ number: CALL.openat2, errno: EPERM }], { mine: confirmed, access: all, hidden }],
    ['open_tree', [{ number: CALL.open_tree, errno: ENOSYS }], { mine: withoutOrigins, access: paths, hidden }],
    ['mount_setattr', [{ number: CALL.mount_setattr, errno: ENOSYS }], { mine: withoutOrigins, access: paths, hidden }],
    [
      'statmount and listmount',
      [
        { number: CALL.statmount, errno: ENOSYS },
        { number: CALL.listmount, errno: ENOSYS },
      ],
      { mine: confirmed, access: all, hidden },
    ],
    [
      'getxattrat and listxattrat',
      [
        { number: CALL.getxattrat, errno: ENOSYS },
        { number: CALL.listxattrat, errno: ENOSYS },
      ],
      { mine: confirmed, access: all, hidden },
    ],
    [
      'handles',
      [{ number: CALL.name_to_handle_at, errno: EOPNOTSUPP }],
      { mine: unconfirmed, access: all, hidden: hiddenUnconfirmed },
    ],
    [
      'handles by a filter',
      [{ number: CALL.name_to_handle_at, errno: EPERM }],
      { mine: unconfirmed, access: all, hidden: hiddenUnconfirmed },
    ],
    ['open_by_handle_at', [{ number: CALL.open_by_handle_at, errno: EPERM }], { mine: confirmed, access: all, hidden }],
    ['uuids', [{ number: CALL.ioctl, errno: ENOTTY, second: 0x80111500 }], { mine: confirmed, access: all, hidden }],
    [
      'the walk of namespaces',
      [
        { number: CALL.ioctl, errno: ENOTTY, second: 0x8010b70b },
        { number: CALL.ioctl, errno: ENOTTY, second: 0x8010b70c },
      ],
      { mine: confirmed, access: all, hidden },
    ],
    ['setns', [{ number: CALL.setns, errno: EPERM }], { mine: confirmed, access: all, hidden: null }],
  ])('%s', (_, refusals, expected) => {
    const { closed, ...answer } = listWithout(refusals);
    expect(answer).toEqual(expected);
    expect(closed > 0).toBe(expected.hidden === null);
  });
});
