import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FindingLaboratory } from '../testing/findings.ts';
import { cannotMount } from '../testing/laboratory.ts';

let lab: FindingLaboratory;
beforeEach(() => {
  lab = new FindingLaboratory();
});
afterEach(() => lab.end());

/** A git repository with two branches, in the folder `src/r`, and the same file in each of them changed. */
const REPOSITORY = `mkdir -p src/r; cd src/r
  export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
  git init -q -b one; echo 1 > f; git add f; git commit -qm 1
  git checkout -qb two; echo 2 > f; git commit -qam 2; git checkout -q one; cd ../..`;
/** Takes in what stat says of the files of a repository, so that a merge sees what changed since. */
const REFRESH = 'git -c safe.directory=* update-index --refresh';
const MERGE = 'git -c safe.directory=* read-tree -n -m HEAD two';

const inode = (path: string): string => lab.sh(`stat -c %i ${path}`).trim();

describe.skipIf(cannotMount !== null)(`numbers that get lost${cannotMount ? ` (${cannotMount})` : ''}`, () => {
  /** Copies `r/f` up, has git look at it, drops it from memory; git then says what it sees. */
  async function eviction(mount: string): Promise<{ before: string; after: string; merge: string }> {
    lab.sh(`cd ${mount}/r; stat f; chmod 600 f; ${REFRESH}`);
    const before = inode(`${mount}/r/f`);
    lab.dropCaches();
    const after = inode(`${mount}/r/f`);
    const merge = lab.sh(`cd ${mount}/r; ${MERGE} 2>&1 || true`);
    return { before, after, merge };
  }

  test('a copy-up from a filesystem without uuid, which xino would let the kernel find again', async () => {
    lab.sh(REPOSITORY);
    lab.filesystem('squashfs', 'low', 'src');
    lab.filesystem('ext4', 'top');
    lab.sh('mkdir top/u top/w top/xu top/xw');
    const lower = `lowerdir=${lab.at('low')}`;
    lab.overlay('m', `${lower},upperdir=top/u,workdir=top/w`);
    lab.overlay('x', `${lower},upperdir=top/xu,workdir=top/xw,xino=on`);
    const lost = await eviction('m');
    expect(lost.before).not.toBe(lost.after);
    const found = await lab.findings('m');
    expect(found.of('ino-lost-after-eviction')).toContain('r/f');
    const finding = found.rows.find(({ code, path }) => code === 'ino-lost-after-eviction' && path === 'r/f');
    expect(finding).toMatchObject({
      severity: 'warning',
      layer: 0,
      evidence: {
        originState: 'undecodable',
        shown: { ino: lost.after },
        before: { dev: 'pseudo:1', ino: lost.before },
      },
    });
    // What only the lower has is not lost, nor what the upper made.
    expect(found.of('ino-lost-after-eviction').filter((path) => path.startsWith('r/.git/refs'))).toEqual([]);
    await lab.expectWhy('m', `cd m/r; ${MERGE}`, 'not uptodate. Cannot merge', 'ino-lost-after-eviction', 'r/f');

    const kept = await eviction('x');
    expect([kept.after, kept.merge]).toEqual([kept.before, '']);
    expect((await lab.findings('x')).of('ino-lost-after-eviction')).toEqual([]);
  });

  test('a copy-up from an overlay, which gives no handle, unless it has nfs_export', async () => {
    lab.sh('mkdir -p src; echo f > src/f; echo g > src/g');
    lab.filesystem('ext4', 'low', 'src');
    lab.filesystem('xfs', 'top');
    lab.sh('mkdir low/l top/a top/aw top/b top/bw; mv low/f low/g low/l');
    for (const [mount, inner, options] of [
      ['m', 'a', ''],
      ['healthy', 'b', ',nfs_export=on'],
    ] as const) {
      lab.sh(`mkdir low/${inner} low/${inner}w`);
      lab.overlay(`in-${inner}`, `lowerdir=low/l,upperdir=low/${inner},workdir=low/${inner}w${options}`);
      lab.overlay(mount, `lowerdir=${lab.at(`in-${inner}`)},upperdir=top/${inner},workdir=top/${inner}w,xino=on`);
      lab.sh(`stat ${mount}/f; chmod 600 ${mount}/f`);
    }
    const change = (mount: string): boolean => {
      const before = inode(`${mount}/f`);
      lab.dropCaches();
      return inode(`${mount}/f`) !== before;
    };
    expect([change('m'), change('healthy')]).toEqual([true, false]);
    const found = await lab.findings('m');
    expect(found.of('ino-lost-after-eviction')).toEqual(['f']);
    expect(found.rows.find(({ code }) => code === 'ino-lost-after-eviction')?.evidence).toMatchObject({
      originState: 'empty',
    });
    expect((await lab.findings('healthy')).of('ino-lost-after-eviction')).toEqual([]);
  });

  test('a symlink that was copied up under userxattr, where none can have a mark; not one that was replaced', async () => {
    lab.sh('mkdir -p src/l; ln -s f src/l/link; ln -s f src/l/other; echo f > src/l/f');
    lab.filesystem('ext4', 'fs', 'src');
    lab.sh('mkdir fs/u fs/w');
    lab.overlay('m', 'lowerdir=fs/l,upperdir=fs/u,workdir=fs/w,userxattr');
    lab.sh('stat m/link; chown -h 1 m/link; rm m/other; ln -s f m/other');
    const before = inode('m/link');
    lab.dropCaches();
    expect(inode('m/link')).not.toBe(before);
    expect((await lab.findings('m')).of('ino-lost-after-eviction')).toEqual(['link']);
  });
});

describe.skipIf(cannotMount !== null)(`origins that lead nowhere${cannotMount ? ` (${cannotMount})` : ''}`, () => {
  const OPTIONS = 'lowerdir=fs/l,upperdir=fs/u,workdir=fs/w';

  test('the lower was replaced, deleted, linked, or given a new uuid; the others keep their numbers', async () => {
    lab.sh(
      `${REPOSITORY}; mkdir src/l; mv src/r src/l/; for n in gone linked typed healthy own; do echo $n > src/l/$n; done`,
    );
    lab.filesystem('ext4', 'fs', 'src');
    lab.sh('mkdir fs/u fs/w');
    lab.overlay('m', OPTIONS);
    lab.sh(`chmod 600 m/r/f m/gone m/linked m/typed m/healthy; rm m/own; echo > m/own; cd m/r; ${REFRESH}`);
    const numbers = inode('m/r/f m/gone m/linked m/healthy').split('\n');
    lab.sh('umount m; echo new > fs/l/r/new; mv fs/l/r/new fs/l/r/f; rm fs/l/gone; ln fs/l/linked fs/l/again');
    lab.overlay('m', OPTIONS);
    const found = await lab.findings('m');
    expect(found.of('origin-stale')).toEqual(['gone', 'linked', 'r/f']);
    const how = (path: string) =>
      found.rows.find((row) => row.code === 'origin-stale' && row.path === path)?.evidence.how;
    expect(['gone', 'linked', 'r/f'].map(how)).toEqual(['gone', 'linked', 'gone']);
    const now = inode('m/r/f m/gone m/linked m/healthy').split('\n');
    expect(now.map((number, i) => number === numbers[i])).toEqual([false, false, false, true]);
    await lab.expectWhy('m', `cd m/r; ${MERGE}`, 'not uptodate. Cannot merge', 'origin-stale', 'r/f');
    lab.sh('cd m; stat healthy');

    lab.sh(
      'umount m; umount fs; e2fsck -fy fs.img >/dev/null || true; tune2fs -f -U random fs.img >/dev/null; mount -o loop fs.img fs',
    );
    lab.overlay('m', OPTIONS);
    const moved = await lab.findings('m');
    expect(moved.of('origin-stale')).toEqual(['gone', 'healthy', 'linked', 'r/f', 'typed']);
    expect(inode('m/healthy')).not.toBe(numbers[3]);
  });

  test('tail follows a file by its number, and says that it was replaced', async () => {
    lab.sh('mkdir -p src/l; echo f > src/l/f; echo g > src/l/g');
    lab.filesystem('ext4', 'fs', 'src');
    lab.sh('mkdir fs/u fs/w');
    lab.overlay('m', OPTIONS);
    lab.sh('chmod 600 m/f m/g');
    const follow = (name: string, change: string): string =>
      `timeout 2 tail -n0 -F ---disable-inotify -s 0.1 --max-unchanged-stats=1 m/${name} & sleep 0.6; ${change}; wait`;
    expect(lab.sh(`${follow('g', 'chmod 640 m/g')} 2>&1 || true`)).toBe('');
    await lab.expectWhy('m', follow('f', 'ln fs/l/f fs/l/again'), 'has been replaced', 'origin-stale', 'f');
  });
});

describe.skipIf(cannotMount !== null)(`numbers given twice${cannotMount ? ` (${cannotMount})` : ''}`, () => {
  const OPTIONS = 'lowerdir=fs/l,upperdir=fs/u,workdir=fs/w';

  test('a new lower file has the number that an origin names, with another generation', async () => {
    lab.sh('mkdir -p src/l src/l/z; echo f > src/l/f; echo kept > src/l/kept');
    lab.filesystem('ext4', 'fs', 'src');
    lab.sh('mkdir fs/u fs/w');
    lab.overlay('m', OPTIONS);
    lab.sh('chmod 600 m/f m/kept; chmod 700 m/z; tar -g snapshot -cf /dev/null -C m .');
    const [file, directory] = [inode('fs/l/f'), inode('fs/l/z')];
    // ext4 gives the lowest free number of a group: the same again, once nobody holds the old inode. The mount stays, and
    // with it the device that tar remembers too.
    lab.dropCaches();
    lab.sh('rm fs/l/f; echo new > fs/l/other; rmdir fs/l/z; mkdir fs/l/b');
    expect([inode('fs/l/other'), inode('fs/l/b')]).toEqual([file, directory]);
    lab.dropCaches();
    const found = await lab.findings('m');
    expect(found.of('ino-reused')).toEqual(['b', 'other']);
    expect(found.of('origin-stale')).toEqual(['f', 'z']);
    const finding = found.rows.find(({ code, path }) => code === 'ino-reused' && path === 'other');
    expect(finding).toMatchObject({ severity: 'warning', layer: 1, evidence: { ino: file, shown: file } });
    expect(finding?.evidence.formerOwners).toMatchObject([{ path: 'f', ino: file, from: 'origin' }]);
    await lab.expectWhy(
      'm',
      'tar -v -g snapshot -cf /dev/null -C m .',
      'Directory has been renamed from',
      'ino-reused',
      'b',
    );
  });

  test('a file that came at the same path with the same number stands hidden there; a lower that stayed is silent', async () => {
    lab.sh('mkdir -p src/l; echo f > src/l/f; echo kept > src/l/kept');
    lab.filesystem('ext4', 'fs', 'src');
    lab.sh('mkdir fs/u fs/w');
    lab.overlay('m', OPTIONS);
    lab.sh('chmod 600 m/f m/kept; umount m');
    const number = inode('fs/l/f');
    lab.sh('rm fs/l/f; sync; echo 2 > /proc/sys/vm/drop_caches; echo new > fs/l/f');
    expect(inode('fs/l/f')).toBe(number);
    lab.overlay('m', OPTIONS);
    const found = await lab.findings('m');
    expect(found.at('f')).toEqual(['origin-stale', 'ino-reused']);
    expect(found.at('kept')).toEqual([]);
  });
});
