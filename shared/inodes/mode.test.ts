import { describe, expect, test } from 'vitest';
import type { LayerFacts, StackFacts } from '../ipc/probe.ts';
import type { StackOptions } from '../merge/options.ts';
import { inodeMode } from './mode.ts';

/** A filesystem: its superblock's device, its uuid, and whether its handles are plain 32-bit ones, others, or none. */
type Filesystem = { dev: string | null; uuid: string | null; handle: LayerFacts['fs']['handle'] };

const handles = {
  plain: { type: 1, fid: '0200000000000000' },
  wide: { type: 0x81, fid: '80000000000000000000' },
} as const;

const ext4 = (minor: number, uuid: string | null = String(minor).padStart(32, '0')): Filesystem => ({
  dev: `7:${minor}`,
  uuid,
  handle: handles.plain,
});
const xfs = (minor: number): Filesystem => ({ ...ext4(minor), handle: handles.wide });
const undecodable = (minor: number): Filesystem => ({ ...ext4(minor), handle: null });

const PLAIN: StackOptions = {
  redirectDir: 'follow',
  metacopy: false,
  index: false,
  nfsExport: false,
  userxattr: false,
  xino: 'off',
  uuid: 'auto',
};

/** The mode of layers on these filesystems: the upper (or null), the lowers, the data-only layers. */
function modeOf(
  upper: Filesystem | null,
  lowers: Filesystem[],
  options: Partial<StackOptions> = {},
  data: Filesystem[] = [],
  userNamespace: StackFacts['userNamespace'] = false,
) {
  const layer = (role: LayerFacts['role'], { dev, uuid, handle }: Filesystem, number: number) =>
    ({ layer: number, role, dev, stDev: `0:${number + 90}`, fs: { type: 'ext4', uuid, handle } }) as LayerFacts;
  const layers = [
    ...(upper === null ? [] : [layer('upper', upper, 0)]),
    ...lowers.map((filesystem, i) => layer('lower', filesystem, i + 1)),
    ...data.map((filesystem, i) => layer('data', filesystem, lowers.length + i + 1)),
  ];
  const { mode, xinoBits, fsids, badUuid } = inodeMode({ layers, userNamespace } as StackFacts, {
    ...PLAIN,
    ...options,
  });
  return { mode, xinoBits, fsids: upper === null ? fsids.slice(1) : fsids, badUuid };
}

describe('same-fs', () => {
  test('all layers on one superblock, whatever xino says, and whatever st_dev each subvolume has', () => {
    for (const xino of ['on', 'auto', 'off'] as const)
      expect(modeOf(ext4(1), [ext4(1), ext4(1)], { xino })).toMatchObject({ mode: 'same-fs', fsids: [0, 0, 0] });
  });

  test('no upper and one superblock, whose id is 1', () => {
    expect(modeOf(null, [xfs(1), xfs(1)])).toMatchObject({ mode: 'same-fs', xinoBits: null, fsids: [1, 1] });
  });

  test('a data-only layer elsewhere changes nothing and has no id', () => {
    expect(modeOf(ext4(1), [ext4(1)], {}, [xfs(2)])).toMatchObject({ mode: 'same-fs', fsids: [0, 0, null] });
  });
});

describe('none', () => {
  test('two superblocks without xino', () => {
    expect(modeOf(ext4(1), [ext4(2)])).toMatchObject({ mode: 'none', xinoBits: null, fsids: [0, 1] });
    expect(modeOf(null, [ext4(1), ext4(2)])).toMatchObject({ mode: 'none', fsids: [1, 2] });
  });

  test('ids are given in order of first appearance from the top', () => {
    expect(modeOf(ext4(9), [ext4(5), ext4(9), ext4(3), ext4(5)]).fsids).toEqual([0, 1, 0, 2, 1]);
  });
});

describe('xino', () => {
  test('has 32 bits where all layers have plain 32-bit handles, the upper too', () => {
    expect(modeOf(ext4(1), [ext4(2)], { xino: 'on' })).toMatchObject({ mode: 'xino', xinoBits: 32 });
    expect(modeOf(ext4(1), [ext4(2), ext4(3)], { xino: 'auto' })).toMatchObject({ mode: 'xino', xinoBits: 32 });
    expect(modeOf(xfs(1), [ext4(2)], { xino: 'on' }).xinoBits).toBe(2);
    expect(modeOf(ext4(1), [ext4(2), undecodable(3)], { xino: 'on' }).xinoBits).toBe(3);
  });

  test.each([
    [1, 2],
    [2, 3],
    [3, 3],
    [4, 4],
    [7, 4],
    [8, 5],
  ])('an upper and %i other filesystems need %i bits', (others, bits) => {
    const lowers = Array.from({ length: others }, (_, i) => xfs(i + 2));
    expect(modeOf(xfs(1), lowers, { xino: 'on' })).toMatchObject({ mode: 'xino', xinoBits: bits });
  });

  test('the upper’s id is reserved where there is no upper', () => {
    expect(modeOf(null, [xfs(1), xfs(2)], { xino: 'on' })).toMatchObject({ xinoBits: 3, fsids: [1, 2] });
  });

  test('auto is dropped where a lower cannot be decoded below an upper; on is not', () => {
    expect(modeOf(ext4(1), [undecodable(2)], { xino: 'auto' }).mode).toBe('none');
    expect(modeOf(ext4(1), [undecodable(2)], { xino: 'on' }).mode).toBe('xino');
    expect(modeOf(null, [undecodable(1), ext4(2)], { xino: 'auto' }).mode).toBe('xino');
  });
});

describe('a mount of a user namespace', () => {
  test('takes no handles for decodable: auto is dropped below an upper, and the bits are as few as can be', () => {
    expect(modeOf(ext4(1), [ext4(2)], { xino: 'auto' }, [], true).mode).toBe('none');
    expect(modeOf(ext4(1), [ext4(2)], { xino: 'on' }, [], true)).toMatchObject({ mode: 'xino', xinoBits: 2 });
    expect(modeOf(null, [ext4(1), ext4(2)], { xino: 'auto' }, [], true)).toMatchObject({ mode: 'xino', xinoBits: 3 });
  });

  test('has an unknown mode only where it matters who made it', () => {
    expect(modeOf(ext4(1), [ext4(2)], { xino: 'on' }, [], 'unknown')).toMatchObject({
      mode: 'unknown',
      xinoBits: null,
    });
    expect(modeOf(ext4(1), [ext4(2)], { xino: 'auto' }, [], 'unknown').mode).toBe('unknown');
    expect(modeOf(xfs(1), [xfs(2)], { xino: 'on' }, [], 'unknown')).toMatchObject({ mode: 'xino', xinoBits: 2 });
    expect(modeOf(ext4(1), [ext4(1)], { xino: 'on' }, [], 'unknown').mode).toBe('same-fs');
    expect(modeOf(ext4(1), [ext4(2)], {}, [], 'unknown').mode).toBe('none');
  });
});

describe('uuids', () => {
  test('a null one is bad where changes of the layers are allowed, and drops auto', () => {
    expect(modeOf(ext4(1), [ext4(2, null)], { xino: 'auto' })).toMatchObject({ mode: 'none', badUuid: [false, true] });
    expect(modeOf(ext4(1), [ext4(2, '0'.repeat(32))])).toMatchObject({ badUuid: [false, true] });
  });

  test.each<Partial<StackOptions>>([{ index: true }, { metacopy: true }, { redirectDir: 'on' }, { xino: 'on' }])(
    'a single null one is good with %o',
    (options) => {
      expect(modeOf(ext4(1), [ext4(2, null)], options).badUuid).toEqual([false, false]);
      expect(modeOf(ext4(1), [ext4(2, null), ext4(3, null)], options).badUuid).toEqual([false, true, true]);
    },
  );

  test('two lower filesystems with one uuid are bad both', () => {
    const uuid = 'ab'.repeat(16);
    const lowers = [ext4(2, uuid), ext4(3), ext4(4, uuid)];
    expect(modeOf(ext4(1), lowers, { xino: 'auto' })).toMatchObject({
      mode: 'none',
      badUuid: [false, true, false, true],
    });
    expect(modeOf(ext4(1), lowers, { xino: 'on' }).mode).toBe('xino');
  });

  test('the upper’s uuid counts only where a lower stands on its filesystem before', () => {
    const uuid = 'cd'.repeat(16);
    expect(modeOf(ext4(1, uuid), [ext4(2, uuid)]).badUuid).toEqual([false, false]);
    expect(modeOf(ext4(1, uuid), [ext4(1, uuid), ext4(2, uuid)]).badUuid).toEqual([true, true]);
  });

  test('none is bad where nothing decodes: no upper and no nfs_export', () => {
    expect(modeOf(null, [ext4(1, null), ext4(2, null)], { xino: 'auto' })).toMatchObject({
      mode: 'xino',
      badUuid: [false, false, false],
    });
  });

  test('with nfs_export and no upper, a single null one is good, as if the index were on', () => {
    const options = { nfsExport: true, redirectDir: 'nofollow', xino: 'auto' } as const;
    expect(modeOf(null, [ext4(1, null), ext4(2)], options)).toMatchObject({
      mode: 'xino',
      badUuid: [false, false, false],
    });
    expect(modeOf(null, [ext4(1, null), ext4(2, null)], options)).toMatchObject({
      mode: 'none',
      badUuid: [false, true, true],
    });
  });
});

test('a layer whose superblock is not known leaves the mode unknown', () => {
  const lost = { ...ext4(2), dev: null };
  expect(modeOf(ext4(1), [lost])).toMatchObject({ mode: 'unknown', xinoBits: null, fsids: ['unknown', 'unknown'] });
  expect(modeOf(ext4(1), [ext4(1)], {}, [lost])).toMatchObject({ mode: 'same-fs', fsids: [0, 0, null] });
});
