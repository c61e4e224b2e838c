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

const WRITABLE: FilesystemType[] = ['ext4', 'xfs', 'btrfs', 'tmpfs'];

/** A stack on one filesystem, with two files and a directory copied up. */
function stackOn(type: FilesystemType): void {
  lab.sh('mkdir -p src/l/d src/u src/w; for f in a b c d/x d/y; do echo $f > src/l/$f; done');
  lab.filesystem(type, 'fs', 'src');
  lab.overlay('m', 'lowerdir=fs/l,upperdir=fs/u,workdir=fs/w');
  lab.sh('chmod 600 m/a m/d/x; echo own > m/own');
}

/** That the map has exactly these paths, with the numbers that lstat gives for both sides. */
async function expectMapped(paths: Record<string, string>): Promise<void> {
  const shown = await map.show();
  expect([...shown.keys()].sort()).toEqual(Object.keys(paths).sort());
  for (const [path, lower] of Object.entries(paths)) {
    const row = shown.get(path);
    expect(row?.upper).toMatchObject(map.inode(`fs/u/${path}`));
    expect(row?.lower).toMatchObject({ ...map.inode(`fs/l/${lower}`), layer: 1 });
  }
}

describe.skipIf(cannotMount !== null)(`a map${cannotMount ? ` (${cannotMount})` : ''}`, () => {
  test.each(WRITABLE)('on %s holds what was copied up, and from where', async (type) => {
    stackOn(type);
    const built = await map.build(lab.mount('m'));
    expect(built).toMatchObject({ mappings: 3, added: 3, changed: 0, removed: 0, unknown: 0, errors: [] });
    await expectMapped({ a: 'a', d: 'd', 'd/x': 'd/x' });
    // What a stat through the mount shows is the lower's number.
    for (const path of ['a', 'd/x']) {
      const [row] = await map.get('upper', map.inode(`fs/u/${path}`));
      expect(row?.lower.ino).toBe(map.inode(`m/${path}`).ino);
    }
  });
});
