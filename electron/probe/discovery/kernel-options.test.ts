import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asBytes, type Bytes, bytesOfArray } from '../../../shared/bytes/bytes.ts';
import { parseMountinfo } from '../../../shared/mountinfo/line.ts';
import { readOverlayOptions } from '../../../shared/mountinfo/options.ts';
import { SyscallError } from '../syscalls/libc.ts';
import { moduleParameters } from './directories.ts';
import { kernelOptions } from './kernel-options.ts';
import { Machine, mountNew, unmount } from './testing/machine.ts';

describe('kernelOptions', () => {
  const shape = { lowers: 2, data: 0, upper: true };
  const of = (given: Record<string, string>, at = shape) => kernelOptions(given as Record<string, Bytes>, {}, at);
  test('refuses what names no option, with the cure', () => {
    expect(of({ lowerdir: '/a' })).toMatchObject({ refused: expect.stringContaining('names a layer') });
    expect(of({ redirct_dir: 'on' })).toMatchObject({ hint: expect.stringContaining('redirect_dir') });
    expect(of({ metacopy: 'yes' })).toMatchObject({ hint: 'metacopy is one of on, off' });
    expect(of({ userxattr: 'on' })).toMatchObject({ hint: 'userxattr takes no value' });
    expect(of({ constructor: '' })).toMatchObject({ refused: expect.stringContaining('no option') });
  });
  test('refuses stacks that the kernel refuses', () => {
    expect(of({}, { lowers: 0, data: 2, upper: true })).toMatchObject({
      refused: expect.stringContaining('data-only'),
    });
    expect(of({}, { lowers: 1, data: 0, upper: false })).toMatchObject({ refused: expect.stringContaining('alone') });
    expect(of({}, { lowers: 400, data: 101, upper: true })).toMatchObject({ refused: '501 lowers are too many' });
    expect(of({}, { lowers: 1, data: 1, upper: false })).toMatchObject({ readonly: true });
  });
});

describe('against the kernel', () => {
  const machine = new Machine();
  beforeAll(() => {
    machine.filesystem('ext4', 'fs');
    machine.sh('mkdir m fs/l1 fs/l2 fs/d');
  });
  afterAll(() => machine.end());

  const choices: Record<string, (string | null)[]> = {
    redirect_dir: ['off', 'follow', 'nofollow', 'on'],
    index: ['on', 'off'],
    nfs_export: ['on', 'off'],
    metacopy: ['on', 'off'],
    userxattr: [null],
    verity: ['on', 'require', 'off'],
    xino: ['on', 'off', 'auto'],
    fsync: ['volatile', 'auto', 'strict'],
  };
  type Given = [string, string | null][];
  /** Every option alone, every pair, and the triples that the rules speak of. */
  function combinations(): Given[] {
    const each = Object.entries(choices).map(([key, values]) => values.map((value): Given => [[key, value]]));
    const out: Given[] = [[], ...each.flat()];
    each.forEach((first, i) => {
      for (const second of each.slice(i + 1)) for (const a of first) for (const b of second) out.push([...a, ...b]);
    });
    for (const a of each[0] ?? [])
      for (const b of each[2] ?? []) for (const c of each[3] ?? []) out.push([...a, ...b, ...c]);
    return out;
  }

  /** What the kernel shows for them, or null where it refuses. */
  function kernel(given: Given, upper: boolean): Record<string, Bytes> | null {
    machine.sh('rm -rf fs/u fs/w; mkdir fs/u fs/w');
    const layers: Given = [
      ['lowerdir+', machine.at('fs/l1')],
      ['lowerdir+', machine.at('fs/l2')],
    ];
    if (upper) layers.push(['upperdir', machine.at('fs/u')], ['workdir', machine.at('fs/w')]);
    try {
      mountNew(machine.at('m'), [...layers, ...given]);
    } catch (error) {
      if (error instanceof SyscallError) return null;
      throw error;
    }
    const mounts = parseMountinfo(bytesOfArray(readFileSync('/proc/self/mountinfo')));
    const one = mounts.find(({ mount }) => mount.mountPoint === machine.at('m'));
    unmount(machine.at('m'));
    return readOverlayOptions(one?.mount.superOptions ?? asBytes('')).options;
  }

  test.each([true, false])('accepts and shows the same, upper: %s', (upper) => {
    const parameters = moduleParameters();
    for (const given of combinations()) {
      const shown = kernel(given, upper);
      const asked = Object.fromEntries(given.map(([key, value]) => [key, asBytes(value ?? '')]));
      const mine = kernelOptions(asked, parameters, { lowers: 2, data: 0, upper });
      const label = `${given.map(([key, value]) => `${key}=${value}`).join(',')}`;
      expect('refused' in mine, label).toBe(shown === null);
      if (shown === null || 'refused' in mine) continue;
      // uuid and xino depend on the filesystems, which the options alone do not tell.
      const { uuid: _, xino: __, ...known } = shown;
      const { xino: ___, ...predicted } = mine.options;
      expect(predicted, label).toEqual(known);
    }
  });
});
