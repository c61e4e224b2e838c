import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cannotMount, type FilesystemType, Laboratory } from '../testing/laboratory.ts';
import { Mapped } from './testing/mapped.ts';

let lab: Laboratory;
let map: Mapped;
beforeEach(() => {
  lab = new Laboratory();
  map = new Mapped(lab);
});
afterEach(() => lab.end());

const OPTIONS = 'lowerdir=fs/l,upperdir=fs/u,workdir=fs/w';

/** A stack with `a`, `b`, `d/x` copied up, its map built, and the mount gone, so that layers may be changed by hand. */
async function builtOn(type: FilesystemType, options = OPTIONS) {
  lab.sh('mkdir -p src/l/d src/u src/w; for f in a b c d/x; do echo $f > src/l/$f; done');
  lab.filesystem(type, 'fs', 'src');
  lab.overlay('m', options);
  lab.sh('chmod 600 m/a; chmod 600 m/b; chmod 600 m/d/x; umount m');
  const stack = lab.directories(['fs/l'], 'fs/u', options.includes('metacopy') ? { metacopy: 'on' } : {});
  expect(await map.build(stack)).toMatchObject({ mappings: 4 });
  expect(await map.check(stack)).toMatchObject({ checked: 4, faults: 0, unknown: 0 });
  return stack;
}

/** Makes new files in a layer until one has the number that stood at `path`; its name then is `heir`. */
const reuse = (path: string): string =>
  `n=$(stat -c %i ${path}); rm ${path}; for i in $(seq 300); do echo new > ${path}.$i; ` +
  `[ $(stat -c %i ${path}.$i) = $n ] && mv ${path}.$i $(dirname ${path})/heir && break; done; rm -f ${path}.*; test -e $(dirname ${path})/heir`;

describe.skipIf(cannotMount !== null)(`map check${cannotMount ? ` (${cannotMount})` : ''} finds an entry`, () => {
  test.each<[string, FilesystemType, string, Record<string, string>]>([
    ['whose upper is gone', 'ext4', 'rm fs/u/a', { a: 'upper-gone' }],
    ['whose upper left the layer', 'ext4', 'mv fs/u/a fs/', { a: 'upper-gone' }],
    ['whose directory is gone', 'xfs', 'rm -r fs/u/d', { d: 'upper-gone', 'd/x': 'upper-gone' }],
    ['whose upper was replaced', 'btrfs', 'rm fs/u/a; echo other > fs/u/a', { a: 'upper-replaced' }],
    ['whose upper was replaced by a copy', 'tmpfs', 'cp -a fs/u/a fs/u/t; mv fs/u/t fs/u/a', { a: 'upper-replaced' }],
    ['whose upper number was used again', 'ext4', reuse('fs/u/a'), { a: 'upper-reused' }],
    [
      'whose upper has no origin any more',
      'ext4',
      'setfattr -x trusted.overlay.origin fs/u/a',
      { a: 'upper-unmapped' },
    ],
    ['whose lower got another name', 'ext4', 'ln fs/l/a fs/l/a2', { a: 'upper-unmapped' }],
    ['whose lower is gone', 'ext4', 'rm fs/l/a', { a: 'lower-gone' }],
    ['whose lower was replaced', 'btrfs', 'rm fs/l/a; echo other > fs/l/a', { a: 'lower-replaced' }],
    ['whose lower was replaced by a copy', 'xfs', 'cp fs/l/a fs/l/t; mv fs/l/t fs/l/a', { a: 'lower-replaced' }],
    ['whose lower number was used again', 'ext4', reuse('fs/l/a'), { a: 'lower-reused' }],
    [
      'of each kind at once',
      'ext4',
      `rm fs/l/a; rm fs/u/b; ${reuse('fs/u/d/x')}`,
      {
        a: 'lower-gone',
        b: 'upper-gone',
        'd/x': 'upper-reused',
      },
    ],
  ])('%s (%s)', async (_, type, script, bad) => {
    const stack = await builtOn(type);
    lab.sh(script);
    const checked = await map.check(stack);
    expect(checked.bad).toEqual(bad);
    expect(checked).toMatchObject({ checked: 4, faults: Object.keys(bad).length, unknown: 0 });
    // It only looks: the map is as before, and building takes out what is bad.
    const before = await map.show();
    expect(before.size).toBe(4);
    await map.build(stack);
    expect(await map.check(stack)).toMatchObject({ faults: 0, unknown: 0, missing: 0 });
    const after = await map.show();
    for (const path of Object.keys(bad)) expect(after.get(path)).not.toEqual(before.get(path));
  });

  test('whose lower is found by path, and is another one now', async () => {
    const stack = await builtOn('ext4', `${OPTIONS},metacopy=on`);
    lab.sh('echo other > fs/l/t; mv fs/l/t fs/l/a');
    expect((await map.check(stack)).bad).toEqual({ a: 'lower-replaced' });
    lab.sh(`${reuse('fs/l/b')}; mv fs/l/heir fs/l/b`);
    expect((await map.check(stack)).bad).toEqual({ a: 'lower-replaced', b: 'lower-reused' });
    expect(await map.build(stack)).toMatchObject({ changed: 2, removed: 0 });
    expect((await map.show()).get('b')?.lower).toMatchObject(map.inode('fs/l/b'));
  });

  test('whose lower directory is another one now', async () => {
    const stack = await builtOn('ext4');
    lab.sh('cp -a fs/l/d fs/l/e; rm -r fs/l/d; mv fs/l/e fs/l/d');
    const { bad } = await map.check(stack);
    expect(bad).toMatchObject({ d: expect.stringMatching(/^lower-|^upper-unmapped/), 'd/x': 'lower-replaced' });
    await map.build(stack);
    expect([...(await map.show()).keys()].sort()).toEqual(['a', 'b']);
  });
});

describe.skipIf(cannotMount !== null)('what cannot be told', () => {
  test('stays in the map, and is no fault', async () => {
    const stack = await builtOn('ext4');
    // A directory of the upper cannot be read any more: where its blocks are is lost.
    const inode = lab.sh('stat -c %i fs/u/d').trim();
    lab.sh(`umount fs; debugfs -w -R "set_inode_field <${inode}> block[0] 0" fs.img; mount -o loop fs.img fs`);
    expect(() => lab.sh('ls fs/u/d/x')).toThrow();
    const { bad, unknown, errors } = await map.check(stack);
    expect({ bad, unknown, errors }).toEqual({ bad: {}, unknown: 2, errors: [] });
    const before = await map.show();
    expect(await map.build(stack)).toMatchObject({ added: 0, changed: 0, removed: 0, unknown: 2 });
    expect(await map.show()).toEqual(before);
  });
});
