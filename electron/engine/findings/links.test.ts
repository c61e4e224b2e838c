import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FindingLaboratory } from '../testing/findings.ts';
import { cannotMount } from '../testing/laboratory.ts';

let lab: FindingLaboratory;
beforeEach(() => {
  lab = new FindingLaboratory();
});
afterEach(() => lab.end());

const OPTIONS = 'lowerdir=fs/l,upperdir=fs/u,workdir=fs/w';
const inode = (path: string): string => lab.sh(`stat -c %i ${path}`).trim();

describe.skipIf(cannotMount !== null)(`hard links${cannotMount ? ` (${cannotMount})` : ''}`, () => {
  /** On one filesystem: files of two names each, and one of one name. */
  const LINKS = `mkdir -p src/l/deep; for n in written touched replaced outside gone; do echo $n > src/l/$n; done
    ln src/l/written src/l/deep/written2; ln src/l/touched src/l/touched2; ln src/l/replaced src/l/replaced2
    ln src/l/gone src/l/gone2; mkdir src/apart; ln src/l/outside src/apart/outside2; echo one > src/l/single`;

  test.each(['ext4', 'xfs', 'btrfs', 'tmpfs'] as const)('on %s: one name was copied up alone', async (type) => {
    lab.sh(LINKS);
    lab.filesystem(type, 'fs', 'src');
    lab.sh('mkdir fs/u fs/w fs/iu fs/iw');
    lab.overlay('m', OPTIONS);
    lab.overlay('i', 'lowerdir=fs/l,upperdir=fs/iu,workdir=fs/iw,index=on');
    const was = inode('m/written');
    for (const mount of ['m', 'i'])
      lab.sh(`cd ${mount}; echo more >> written; chmod 600 touched single outside; rm gone2; chmod 600 gone`);
    const found = await lab.findings('m');
    // The other names of "outside" and "gone" are not seen in the mount: nothing there is split.
    expect(found.of('hardlink-split')).toEqual(['touched', 'written']);
    const written = found.rows.find(({ code, path }) => code === 'hardlink-split' && path === 'written');
    expect(written).toMatchObject({
      severity: 'warning',
      layer: 0,
      evidence: {
        sign: 'impure',
        count: 1,
        lower: { ino: was, nlink: 2 },
        others: [{ path: 'deep/written2', ino: was }],
      },
    });
    expect(found.rows.find(({ path }) => path === 'touched')?.evidence.sign).toBe('attributes');
    expect([inode('m/written') === was, inode('m/deep/written2')]).toEqual([false, was]);
    expect((await lab.findings('i')).of('hardlink-split')).toEqual([]);
    expect(inode('i/written')).toBe(inode('i/deep/written2'));
    await lab.expectWhy('m', 'diff -q m/written m/deep/written2', 'differ', 'hardlink-split', 'written');
    expect(lab.sh('diff -q i/written i/deep/written2')).toBe('');
  });

  test('a name that was replaced by another file is no split, where nothing was copied up beside it', async () => {
    lab.sh(LINKS);
    lab.filesystem('ext4', 'fs', 'src');
    lab.sh('mkdir fs/u fs/w');
    lab.overlay('m', OPTIONS);
    lab.sh('cd m; echo new > .new; mv .new replaced; rm single; echo new > single');
    expect((await lab.findings('m')).of('hardlink-split')).toEqual([]);
    // Once something was, the two look alike, and the finding says so.
    lab.sh('chmod 600 m/outside');
    const found = await lab.findings('m');
    expect(found.of('hardlink-split')).toEqual(['replaced']);
    expect(found.rows.find(({ code }) => code === 'hardlink-split')?.cause).toContain('or replaced by another file');
  });

  test('tail says of a split name that it was replaced; the cure joins the names again', async () => {
    lab.sh(LINKS);
    lab.filesystem('ext4', 'fs', 'src');
    lab.sh('mkdir fs/u fs/w');
    lab.overlay('m', OPTIONS);
    const follow =
      'timeout 2 tail -n0 -F ---disable-inotify -s 0.1 --max-unchanged-stats=1 m/touched & sleep 0.6; chmod 600 m/touched; wait';
    await lab.expectWhy('m', follow, 'has been replaced', 'hardlink-split', 'touched');
    lab.sh('umount m');
    const { script } = await lab.client.call('doctor', {
      stack: lab.directories(['fs/l'], 'fs/u', {}, 'fs/w'),
      script: { evenIfMounted: false },
    });
    writeFileSync(lab.at('cures.sh'), script ?? '');
    lab.sh('bash cures.sh');
    lab.overlay('m', OPTIONS);
    expect((await lab.findings('m')).of('hardlink-split')).toEqual([]);
    expect(inode('m/touched')).toBe(inode('m/touched2'));
  });
});

describe.skipIf(cannotMount !== null)(`one number, two files${cannotMount ? ` (${cannotMount})` : ''}`, () => {
  const FILES = (a: string, b: string): string =>
    `mkdir -p ${a}/one ${b}/two; echo a > ${a}/a; echo b > ${b}/b; ln ${a}/a ${a}/linked`;

  test('two subvolumes of one btrfs as layers; two directories of it show different numbers', async () => {
    lab.filesystem('btrfs', 'fs');
    lab.sh(`btrfs -q subvolume create fs/s1; btrfs -q subvolume create fs/s2; mkdir fs/p1 fs/p2 fs/u fs/w fs/pu fs/pw
      ${FILES('fs/s1', 'fs/s2')}; ${FILES('fs/p1', 'fs/p2')}`);
    const layers = (a: string, b: string): string => `lowerdir=${lab.at('fs')}/${a}:${lab.at('fs')}/${b}`;
    lab.overlay('m', `${layers('s1', 's2')},upperdir=fs/u,workdir=fs/w`);
    lab.overlay('p', `${layers('p1', 'p2')},upperdir=fs/pu,workdir=fs/pw`);
    const found = await lab.findings('m');
    expect(found.of('same-number-two-files')).toEqual(['a', 'b', 'linked', 'one', 'two']);
    expect(found.rows.find(({ code, path }) => code === 'same-number-two-files' && path === 'b')).toMatchObject({
      severity: 'error',
      layer: 2,
      evidence: { count: 2, shown: { ino: inode('m/b') } },
    });
    expect(lab.sh('cmp m/a m/b > /dev/null || [ m/a -ef m/b ] && echo same').trim()).toBe('same');
    expect((await lab.findings('p')).of('same-number-two-files')).toEqual([]);
    for (const command of ['cp m/a m/b', 'mv m/a m/b'])
      await lab.expectWhy('m', command, 'are the same file', 'same-number-two-files', 'b');
    await lab.expectWhy('m', 'cat m/a >> m/b', 'input file is output file', 'same-number-two-files', 'b');
    expect(lab.sh('cp p/a p/b; cat p/b')).toBe('a\n');
  });

  test('an inner overlay of two filesystems shows one number twice to the outer one', async () => {
    lab.sh('mkdir src');
    lab.filesystem('ext4', 'one', 'src');
    lab.filesystem('ext4', 'two', 'src');
    lab.filesystem('tmpfs', 'top');
    lab.sh(`mkdir one/l two/l top/u top/w top/xu top/xw; ${FILES('one/l', 'two/l')}`);
    const inner = `lowerdir=${lab.at('one')}/l:${lab.at('two')}/l`;
    for (const [mount, upper, options] of [
      ['m', 'u', 'xino=off'],
      ['x', 'xu', 'xino=on'],
    ] as const) {
      lab.overlay(`in-${mount}`, `${inner},${options}`);
      lab.overlay(
        mount,
        `lowerdir=${lab.at(`in-${mount}`)},upperdir=top/${upper},workdir=top/${upper.replace('u', 'w')}`,
      );
    }
    expect(inode('one/l/a')).toBe(inode('two/l/b'));
    expect((await lab.findings('m')).of('same-number-two-files')).toEqual(['a', 'b', 'linked']);
    expect((await lab.findings('x')).of('same-number-two-files')).toEqual([]);
    const same = (mount: string): string => lab.sh(`[ ${mount}/a -ef ${mount}/b ] && echo same || echo apart`).trim();
    expect([same('m'), same('x')]).toEqual(['same', 'apart']);
    await lab.expectWhy('m', 'cp m/a m/b', 'are the same file', 'same-number-two-files', 'a');
  });
});

describe.skipIf(cannotMount !== null)(`one lower object, two names${cannotMount ? ` (${cannotMount})` : ''}`, () => {
  test('a copied-up file that was copied inside the upper, with its marks and without', async () => {
    lab.sh('mkdir -p src/l/d; echo f > src/l/f; echo g > src/l/d/g');
    lab.filesystem('ext4', 'fs', 'src');
    lab.sh('mkdir fs/u fs/w');
    lab.overlay('m', OPTIONS);
    lab.sh('chmod 600 m/f m/d/g; umount m; cp -a fs/u/f fs/u/z; cp -p fs/u/d/g fs/u/plain');
    lab.overlay('m', OPTIONS);
    const found = await lab.findings('m');
    expect(found.of('origin-shared')).toEqual(['f', 'z']);
    expect(found.rows.find(({ path }) => path === 'z')).toMatchObject({
      severity: 'error',
      layer: 0,
      evidence: { count: 1, others: [{ path: 'f' }] },
    });
    await lab.expectWhy('m', 'stat m/f > /dev/null; stat m/z', 'Stale file handle', 'origin-shared', 'z');
    // What the message names comes first.
    expect((await lab.why('m', `stat: cannot statx '${lab.at('m')}/z': Stale file handle`))[0]).toEqual([
      'origin-shared',
      'z',
    ]);
    expect(lab.sh('stat -c %n m/d/g m/plain')).toBe('m/d/g\nm/plain\n');
    lab.sh('umount m');
    const { script } = await lab.client.call('doctor', {
      stack: lab.directories(['fs/l'], 'fs/u', {}, 'fs/w'),
      script: { evenIfMounted: false },
    });
    expect(script).toMatch(/^setfattr -h -x trusted\.overlay\.origin -- \S+\/z {2}# origin-shared: z$/m);
    writeFileSync(lab.at('cures.sh'), script ?? '');
    lab.sh('bash cures.sh');
    lab.overlay('m', OPTIONS);
    expect((await lab.findings('m')).of('origin-shared')).toEqual([]);
    expect(inode('m/f')).toBe(inode('fs/l/f'));
    expect(inode('m/z')).toBe(inode('fs/u/z'));
  });

  test('two directories with a redirect to one lower', async () => {
    lab.sh('mkdir -p src/l/old/in; echo f > src/l/old/f');
    lab.filesystem('ext4', 'fs', 'src');
    lab.sh('mkdir fs/u fs/w');
    lab.overlay('m', `${OPTIONS},redirect_dir=on`);
    lab.sh('mv m/old m/new; umount m; cp -a fs/u/new fs/u/second');
    lab.overlay('m', `${OPTIONS},redirect_dir=on`);
    expect((await lab.findings('m')).of('origin-shared')).toEqual(['new', 'second']);
    await lab.expectWhy('m', 'stat m/new > /dev/null; stat m/second', 'Stale file handle', 'origin-shared', 'second');
    lab.sh('umount m; setfattr -n trusted.overlay.redirect -v in fs/u/second');
    lab.overlay('m', `${OPTIONS},redirect_dir=on`);
    expect((await lab.findings('m')).of('origin-shared')).toEqual([]);
  });
});
