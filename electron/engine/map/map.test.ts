import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isLasting } from '../../../shared/map/keys.ts';
import { cannotMount, type FilesystemType, Laboratory } from '../testing/laboratory.ts';
import { Mapped } from './testing/mapped.ts';

let lab: Laboratory;
let map: Mapped;
beforeEach(() => {
  lab = new Laboratory();
  map = new Mapped(lab);
});
afterEach(() => lab.end());

const WRITABLE: FilesystemType[] = ['ext4', 'xfs', 'btrfs', 'tmpfs'];
const OPTIONS = 'lowerdir=fs/l,upperdir=fs/u,workdir=fs/w';

/** A stack on one filesystem, with two files and a directory copied up. */
function stackOn(type: FilesystemType): void {
  lab.sh('mkdir -p src/l/d src/u src/w; for f in a b c d/x d/y; do echo $f > src/l/$f; done');
  lab.filesystem(type, 'fs', 'src');
  lab.overlay('m', OPTIONS);
  lab.sh('chmod 600 m/a m/d/x; echo own > m/own');
}

/** That the map has exactly these paths, each with its lower's, and the numbers that lstat gives for both. */
async function expectMapped(paths: Record<string, string>): Promise<void> {
  const shown = await map.show();
  expect([...shown.keys()].sort()).toEqual(Object.keys(paths).sort());
  for (const [path, lower] of Object.entries(paths)) {
    const row = shown.get(path);
    expect(row?.upper).toMatchObject(map.inode(`fs/u/${path}`));
    expect(row?.lower).toMatchObject({ ...map.inode(`fs/l/${lower}`), layer: 1 });
    expect(await map.get('upper', map.inode(`fs/u/${path}`))).toEqual([row]);
    expect(await map.get('lower', map.inode(`fs/l/${lower}`))).toEqual([row]);
  }
}

describe.skipIf(cannotMount !== null)(`a map${cannotMount ? ` (${cannotMount})` : ''}`, () => {
  test.each(WRITABLE)('on %s holds what was copied up, and is kept in step', async (type) => {
    stackOn(type);
    const stack = lab.mount('m');
    const built = await map.build(stack);
    expect(built).toMatchObject({ mappings: 3, added: 3, changed: 0, removed: 0, unknown: 0, errors: [] });
    await expectMapped({ a: 'a', d: 'd', 'd/x': 'd/x' });
    for (const path of ['a', 'd', 'd/x']) {
      // What a stat through the mount shows is the lower's number.
      const [row] = await map.get('upper', map.inode(`fs/u/${path}`));
      expect(row?.lower.ino).toBe(map.inode(`m/${path}`).ino);
    }
    expect(await map.get('upper', map.inode('fs/u/own'))).toEqual([]);
    expect(await map.get('lower', map.inode('fs/l/b'))).toEqual([]);
    const before = await map.show();

    // Appended on copy-up, deleted on removal; a renamed one keeps its mapping, and gets its path.
    lab.sh('chmod 600 m/b; rm m/a; mv m/d/x m/d/z');
    const stepped = await map.build(stack);
    expect(stepped).toMatchObject({ mappings: 3, added: 1, changed: 1, removed: 1, unknown: 0 });
    expect(stepped.rows.map(({ path, change }) => [path, change])).toEqual([
      ['a', 'removed'],
      ['d/z', 'changed'],
      ['b', 'added'],
    ]);
    await expectMapped({ b: 'b', d: 'd', 'd/z': 'd/x' });
    const after = await map.show();
    expect(after.get('d/z')).toEqual({ ...before.get('d/x'), path: 'd/z' });

    expect(await map.build(stack)).toMatchObject({ added: 0, changed: 0, removed: 0, rows: [] });
    expect(await map.check(stack)).toMatchObject({ checked: 3, faults: 0, unknown: 0, missing: 0 });
  });

  test('says how far it is behind, and that is no fault', async () => {
    stackOn('ext4');
    await map.build(lab.mount('m'));
    lab.sh('chmod 600 m/b m/d/y; mv m/a m/e');
    expect(await map.check(lab.mount('m'))).toMatchObject({ checked: 3, faults: 0, missing: 2, bad: {} });
  });

  test('never lets a new file inherit the mapping of a number that was used before', async () => {
    stackOn('ext4');
    const stack = lab.mount('m');
    await map.build(stack);
    const { ino } = map.inode('fs/u/a');
    const old = (await map.show()).get('a');
    // ext4 gives the number to one of the next new files.
    lab.sh(`rm m/a; for i in $(seq 200); do echo new > m/new$i; [ $(stat -c %i fs/u/new$i) = ${ino} ] && break; done`);
    const heir = lab.sh(`find fs/u -inum ${ino} -printf '%P'`);
    expect(heir).toMatch(/^new\d+$/);
    expect(await map.check(stack)).toMatchObject({ faults: 1, bad: { a: 'upper-reused' } });
    await map.build(stack);
    expect(await map.get('upper', map.inode(`fs/u/${heir}`))).toEqual([]);

    // Nor where the new one is copied up itself: it gets a mapping of its own.
    lab.sh(`rm m/new*; for f in b c; do chmod 600 m/$f; [ $(stat -c %i fs/u/$f) = ${ino} ] && break; done`);
    const again = lab.sh(`find fs/u -inum ${ino} -printf '%P'`);
    expect(['b', 'c']).toContain(again);
    await map.build(stack);
    const now = (await map.show()).get(again);
    expect(now?.upper).toMatchObject({ dev: old?.upper.dev, ino: old?.upper.ino });
    expect(now?.upper.handle).not.toBe(old?.upper.handle);
    expect(now?.lower).toMatchObject(map.inode(`fs/l/${again}`));
  });

  test.each(['ext4', 'xfs', 'btrfs'] as const)(
    'on %s finds the same keys after a remount with another device',
    async (type) => {
      stackOn(type);
      await map.build(lab.mount('m'));
      const before = await map.show();
      const old = map.inode('fs/u/a');
      // Somebody else takes the old device before it comes back.
      lab.sh('umount m fs; truncate -s 20M other.img; mkfs.ext4 -q -F other.img; mkdir -p other');
      const loop = `/dev/loop${old.dev.split(':')[1]}`;
      if (type !== 'btrfs')
        lab.sh(`
          until losetup ${loop} other.img 2>/dev/null; do
            losetup -n -O BACK-FILE ${loop} 2>/dev/null | grep -qv fs.img && exit 0; sleep 0.05
          done
          mount ${loop} other; losetup -d ${loop}`);
      // Those of btrfs are given out by the kernel, the lowest first.
      else
        lab.sh(
          `for i in $(seq 80); do mkdir t$i; mount -t tmpfs t t$i; [ $(stat -c %Hd:%Ld t$i) = ${old.dev} ] && break || :; done`,
        );
      lab.sh('mount -o loop fs.img fs');
      lab.overlay('m', OPTIONS);
      const now = map.inode('fs/u/a');
      expect(now.dev).not.toBe(old.dev);

      // Also before it is built again: its devices are those of now, and the old number means nothing any more.
      expect((await map.show()).get('a')?.upper).toEqual({ ...before.get('a')?.upper, dev: now.dev });
      expect(await map.get('upper', now)).toHaveLength(1);
      expect(await map.get('upper', old)).toEqual([]);
      expect(await map.check(lab.mount('m'))).toMatchObject({ checked: 3, faults: 0, unknown: 0, missing: 0 });
      expect(await map.build(lab.mount('m'))).toMatchObject({ mappings: 3, added: 0, changed: 0, removed: 0 });
      for (const [path, row] of await map.show()) {
        const was = before.get(path);
        expect([row.upper.fs, row.upper.handle]).toEqual([was?.upper.fs, was?.upper.handle]);
        expect([row.lower.fs, row.lower.handle]).toEqual([was?.lower.fs, was?.lower.handle]);
        expect(isLasting(row.upper.fs)).toBe(true);
      }
    },
  );

  test('keeps btrfs subvolumes apart, which number their inodes each for itself', async () => {
    lab.sh('mkdir src');
    lab.filesystem('btrfs', 'fs', 'src');
    lab.sh('cd fs; btrfs -q subvolume create top; btrfs -q subvolume create l1; btrfs -q subvolume create l2');
    lab.sh('cd fs; mkdir top/u top/w; echo one > l1/one; echo two > l2/two');
    expect(map.inode('fs/l1/one').ino).toBe(map.inode('fs/l2/two').ino);
    lab.overlay('m', 'lowerdir=fs/l1:fs/l2,upperdir=fs/top/u,workdir=fs/top/w');
    lab.sh('chmod 600 m/one m/two');
    await map.build(lab.mount('m'));
    const shown = await map.show();
    const [one, two] = [shown.get('one'), shown.get('two')];
    expect(one?.lower).toMatchObject({ ...map.inode('fs/l1/one'), layer: 1 });
    expect(two?.lower).toMatchObject({ ...map.inode('fs/l2/two'), layer: 2 });
    const keys = [one?.upper.fs, one?.lower.fs, two?.lower.fs];
    expect(new Set(keys).size).toBe(3);
    expect(new Set(keys.map((key) => key?.split('/')[0])).size).toBe(1);
    expect(await map.get('lower', map.inode('fs/l1/one'))).toEqual([one]);
    expect(await map.get('lower', map.inode('fs/l2/two'))).toEqual([two]);
  });

  test('keeps a subvolume inside the upper apart from it', async () => {
    lab.sh('mkdir src');
    lab.filesystem('btrfs', 'fs', 'src');
    lab.sh('cd fs; mkdir -p l/in u w u2 w2; for i in $(seq 40); do echo $i > l/in/f$i; echo $i > l/g$i; done');
    lab.overlay('m', OPTIONS);
    lab.overlay('n', 'lowerdir=fs/l/in,upperdir=fs/u2,workdir=fs/w2');
    lab.sh('chmod 600 m/g* n/f*; umount m n; btrfs -q subvolume create fs/u/in');
    // Inodes with the same numbers as in the upper around them, with the origins that the kernel wrote.
    lab.sh(
      'n=0; until [ $n -ge $(stat -c %i fs/u/g1) ]; do : > fs/u/in/p; n=$(stat -c %i fs/u/in/p); rm fs/u/in/p; done',
    );
    lab.sh('for i in $(seq 40); do cp -a --preserve=all fs/u2/f$i fs/u/in/f$i; done');
    const stack = lab.directories(['fs/l'], 'fs/u');
    expect(await map.build(stack)).toMatchObject({ mappings: 80, unknown: 0 });
    const shown = [...(await map.show()).values()];
    expect(new Set(shown.map(({ upper }) => upper.fs)).size).toBe(2);
    expect(new Set(shown.map(({ upper }) => upper.ino)).size).toBeLessThan(80);
    for (const row of shown) {
      expect(row.upper).toMatchObject(map.inode(`fs/u/${row.path}`));
      expect(row.lower).toMatchObject(map.inode(`fs/l/${row.path}`));
      expect(await map.get('upper', map.inode(`fs/u/${row.path}`))).toEqual([row]);
    }
    for (const by of ['upper', 'lower'] as const) {
      const { total, rows } = await lab.client.call('mapRows', { db: map.db, by, from: 10, count: 50 });
      expect([total, rows.length]).toEqual([80, 50]);
      if (by === 'upper') expect(rows).toEqual(shown.slice(10, 60));
      const lowers = rows.map(({ lower }) => BigInt(lower.ino));
      if (by === 'lower') expect(lowers).toEqual(lowers.toSorted((a, b) => (a < b ? -1 : 1)));
    }
    lab.sh('rm fs/u/in/f3');
    expect(await map.build(stack)).toMatchObject({ mappings: 79, removed: 1 });
  });

  test('takes a metacopy’s lower by its path, also from a filesystem without a uuid', async () => {
    lab.sh('mkdir src; for f in f g; do echo $f > src/$f; done');
    lab.filesystem('squashfs', 'low', 'src');
    lab.filesystem('ext4', 'fs');
    lab.sh('mkdir fs/u fs/w');
    lab.overlay('m', `lowerdir=${lab.at('low')},upperdir=fs/u,workdir=fs/w,metacopy=on,redirect_dir=on`);
    lab.sh('chmod 600 m/f; chmod 600 m/g; mv m/g m/h');
    await map.build(lab.mount('m'));
    const shown = await map.show();
    expect([...shown.keys()].sort()).toEqual(['f', 'h']);
    const { dev } = map.inode('low/g');
    expect(shown.get('h')?.lower).toMatchObject({ ...map.inode('low/g'), fs: `dev:${dev}`, layer: 1 });
    expect(isLasting(`dev:${dev}`)).toBe(false);
    expect(await map.get('lower', map.inode('low/g'))).toEqual([shown.get('h')]);
    expect(await map.check(lab.mount('m'))).toMatchObject({ checked: 2, faults: 0 });
  });

  test('has one entry for an inode of several names', async () => {
    lab.sh('mkdir -p src/l src/u src/w; echo x > src/l/one; ln src/l/one src/l/two; ln src/l/one src/l/three');
    lab.filesystem('ext4', 'fs', 'src');
    lab.overlay('m', `${OPTIONS},index=on`);
    lab.sh('chmod 600 m/one; chmod 640 m/two');
    expect(await map.build(lab.mount('m'))).toMatchObject({ mappings: 1 });
    const [[path, row] = []] = [...(await map.show())];
    expect(path).toBe('one');
    expect(row?.lower).toMatchObject(map.inode('fs/l/three'));
    lab.sh('rm m/one');
    expect(await map.build(lab.mount('m'))).toMatchObject({ added: 0, changed: 1, removed: 0 });
    expect([...(await map.show()).keys()]).toEqual(['two']);
    const [before] = (await map.show()).values();

    // Once it has no name in the upper any more, its lower's other name still shows it, by the index.
    lab.sh('rm m/two');
    expect(map.inode('m/three').ino).toBe(before?.lower.ino);
    expect(await map.build(lab.mount('m'))).toMatchObject({ added: 0, changed: 1, removed: 0, unknown: 0 });
    const [[name, after] = []] = [...(await map.show())];
    expect([name, after]).toEqual(['three', { ...before, path: 'three' }]);
    expect(await map.check(lab.mount('m'))).toMatchObject({ checked: 1, faults: 0, unknown: 0, missing: 0 });
    lab.sh('rm m/three');
    expect((await map.check(lab.mount('m'))).bad).toEqual({ three: 'upper-gone' });
    expect(await map.build(lab.mount('m'))).toMatchObject({ mappings: 0, removed: 1 });
  });

  test('spans filesystems, and several lowers', async () => {
    lab.sh('mkdir src1 src2; echo f > src1/f; echo g > src2/g');
    lab.filesystem('xfs', 'l1', 'src1');
    lab.filesystem('erofs', 'l2', 'src2');
    lab.filesystem('tmpfs', 'fs');
    lab.sh('mkdir fs/u fs/w');
    lab.overlay('m', `lowerdir=${lab.at('l1')}:${lab.at('l2')},upperdir=fs/u,workdir=fs/w`);
    lab.sh('chmod 600 m/f m/g');
    await map.build(lab.mount('m'));
    const shown = await map.show();
    expect(shown.get('f')?.lower).toMatchObject({ ...map.inode('l1/f'), layer: 1 });
    expect(shown.get('g')?.lower).toMatchObject({ ...map.inode('l2/g'), layer: 2 });
    expect(new Set([...shown.values()].flatMap(({ upper, lower }) => [upper.fs, lower.fs])).size).toBe(3);
    expect(await map.get('lower', map.inode('l2/g'))).toEqual([shown.get('g')]);
  });

  test('of userxattr is filled as another, where origins were written', async () => {
    lab.sh('mkdir -p src/l src/u src/w; echo f > src/l/f');
    lab.filesystem('ext4', 'fs', 'src');
    lab.overlay('m', `${OPTIONS},userxattr`);
    lab.sh('chmod 600 m/f');
    expect(await map.build(lab.mount('m'))).toMatchObject({ mappings: 1, unknown: 0 });
    await expectMapped({ f: 'f' });
  });

  test('of a stack without an upper is empty', async () => {
    lab.sh('mkdir l1 l2; echo f > l1/f');
    expect(await map.build(lab.directories(['l1', 'l2']))).toMatchObject({ mappings: 0, rows: [] });
    expect([...(await map.show())]).toEqual([]);
    expect(await map.check(lab.directories(['l1', 'l2']))).toMatchObject({ checked: 0, faults: 0 });
  });

  test('leaves out origins that do not count, the root, and what is the upper’s own', async () => {
    stackOn('ext4');
    lab.sh('chmod 600 m/b m/c; umount m; ln fs/l/b fs/l/link; setfattr -x trusted.overlay.origin fs/u/c');
    lab.overlay('m', `${OPTIONS},index=on`);
    lab.sh('ls -R m > list; mkdir m/new');
    await map.build(lab.mount('m'));
    await expectMapped({ a: 'a', d: 'd', 'd/x': 'd/x' });
  });

  test('names paths that are no text', async () => {
    lab.sh(
      `mkdir -p src/l src/u src/w; echo x > "$(printf 'src/l/bad\\377')"; echo x > "$(printf 'src/l/new\\nline')"`,
    );
    lab.filesystem('ext4', 'fs', 'src');
    lab.overlay('m', OPTIONS);
    lab.sh('chmod 600 m/*');
    await map.build(lab.mount('m'));
    const shown = await map.show();
    expect([...shown.keys()].sort()).toEqual(['bad\\xff', 'new\nline']);
    expect(shown.get('bad\\xff')?.pathB64).toBe(Buffer.from('bad\xff', 'latin1').toString('base64'));
    expect(await map.build(lab.mount('m'))).toMatchObject({ added: 0, changed: 0, removed: 0 });
  });

  test('is not taken for that of another stack', async () => {
    stackOn('ext4');
    await map.build(lab.mount('m'));
    const before = await map.show();
    lab.sh('mkdir fs/u2');
    const other = lab.directories(['fs/l'], 'fs/u2');
    await expect(map.build(other)).rejects.toMatchObject({
      failure: { code: 'map-other-stack', path: lab.at('stack.map') },
    });
    await expect(map.check(other)).rejects.toMatchObject({ failure: { code: 'map-other-stack' } });
    expect(await map.show()).toEqual(before);
    // The same upper over other lowers is the same map.
    lab.sh('mkdir fs/l0');
    expect(await map.build(lab.directories(['fs/l0', 'fs/l'], 'fs/u'))).toMatchObject({
      added: 0,
      changed: 3,
      removed: 0,
    });
    expect((await map.show()).get('a')?.lower.layer).toBe(2);
  });
});
