import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FindingLaboratory, type Findings } from '../testing/findings.ts';
import { cannotMount } from '../testing/laboratory.ts';

let lab: FindingLaboratory;
beforeEach(() => {
  lab = new FindingLaboratory();
});
afterEach(() => lab.end());

const signs = ({ rows }: Findings): Record<string, unknown> =>
  Object.fromEntries(
    rows.filter(({ code }) => code === 'marks-lost').map(({ path, evidence }) => [path, evidence.sign]),
  );

describe.skipIf(cannotMount !== null)(`marks that were lost${cannotMount ? ` (${cannotMount})` : ''}`, () => {
  /** An upper with one of each: whiteouts, an opaque directory, copy-ups, a moved directory, a metacopy. */
  function written(type: 'ext4' | 'xfs' | 'btrfs' | 'tmpfs', options: string): void {
    lab.sh(`mkdir -p src/l/d src/l/e src/l/old/sub; for n in f g d/old e/old old/a old/b; do echo $n > src/l/$n; done
      { echo '#!/bin/sh'; echo 'echo hi'; head -c 20000 /dev/zero | tr '\\0' '#'; } > src/l/run; chmod 755 src/l/run`);
    lab.filesystem(type, 'fs', 'src');
    lab.sh('mkdir fs/u fs/w');
    lab.overlay('m', `lowerdir=fs/l,upperdir=fs/u,workdir=fs/w${options}`);
    lab.sh(`cd m; rm g; rm -r d; mkdir d; echo > d/new; chmod 600 f; echo > e/new; chmod 700 run`);
    if (options.includes('redirect_dir=on')) lab.sh('mv m/old m/moved; rm m/moved/b');
    lab.sh('umount m');
  }

  /** Mounts a copy of the upper, and says what is found in it, before and after everything was looked up. */
  async function copied(copy: string, how: string, options: string): Promise<[Findings, Findings]> {
    lab.sh(`mkdir fs/${copy} fs/${copy}w; ${how}`);
    const untouched = await lab.findings(
      lab.directories(
        ['fs/l'],
        `fs/${copy}`,
        Object.fromEntries(
          options
            .split(',')
            .filter(Boolean)
            .map((one) => one.split('=')),
        ),
        `fs/${copy}w`,
      ),
    );
    lab.overlay(copy, `lowerdir=fs/l,upperdir=fs/${copy},workdir=fs/${copy}w${options}`);
    lab.sh(`ls -lR ${copy} > /dev/null 2>&1 || true`);
    return [untouched, await lab.findings(copy)];
  }
  const TAR = 'tar -C fs/u -cf - . | tar -C fs/COPY -xf -';
  const WAYS: [name: string, how: string, keeps: boolean][] = [
    ['cp -r', 'cp -r fs/u/. fs/COPY', false],
    ['cp -a', 'cp -a fs/u/. fs/COPY', true],
    ['tar', TAR, false],
    ['tar --xattrs', TAR.replaceAll('tar -C', 'tar --xattrs -C'), false],
    ['tar --xattrs --xattrs-include=*', TAR.replaceAll('tar -C', "tar --xattrs --xattrs-include='*' -C"), true],
    ['rsync -a', 'rsync -a fs/u/ fs/COPY/', false],
    ['rsync -aX', 'rsync -aX fs/u/ fs/COPY/', true],
  ];

  test('an upper that was copied without its xattrs, and with them', async () => {
    written('ext4', '');
    for (const [i, [name, how, keeps]] of WAYS.entries()) {
      const copy = `c${i}`;
      const [untouched, seen] = await copied(copy, how.replaceAll('COPY', copy), '');
      const shows = lab.sh(`ls ${copy}/d`).trim().split('\n');
      expect(shows, name).toEqual(keeps ? ['new'] : ['new', 'old']);
      if (keeps) {
        expect([signs(untouched), signs(seen)], name).toEqual([{}, {}]);
        continue;
      }
      // cp without -p gives the file a new time: then nothing tells that it was copied up.
      const file = name === 'cp -r' ? {} : { f: 'copied-unmarked' };
      const run = name === 'cp -r' ? {} : { run: 'copied-unmarked' };
      expect(signs(untouched), name).toEqual({ d: 'merged-unmarked', e: 'merged-unmarked', ...file, ...run });
      // The kernel wrote origins to the directories when they were looked up: files alone still say it.
      expect(signs(seen), name).toEqual({ ...file, ...run });
    }
  });

  test.each(['xfs', 'btrfs', 'tmpfs'] as const)(
    'the same with moved directories and metacopies on %s',
    async (type) => {
      const options = ',redirect_dir=on,metacopy=on';
      written(type, options);
      const [lost, seen] = await copied('bad', 'cp -r fs/u/. fs/bad', options);
      const [kept, seenKept] = await copied('good', 'cp -a fs/u/. fs/good', options);
      expect([signs(kept), signs(seenKept)]).toEqual([{}, {}]);
      const stays = { moved: 'whiteout-inside', run: 'holes' };
      expect(signs(lost)).toEqual({ d: 'merged-unmarked', e: 'merged-unmarked', ...stays });
      expect(signs(seen)).toEqual(stays);
      expect(lab.sh('good/run; ls good/moved')).toBe('hi\na\nsub\n');
      await lab.expectWhy('bad', 'bad/run', 'cannot execute binary file', 'marks-lost', 'run');
      await lab.expectWhy('bad', 'ls bad/moved > /dev/null; stat bad/moved/b', 'No such file', 'marks-lost', 'moved');
      await lab.expectWhy('bad', 'rmdir bad/moved', 'Directory not empty', 'marks-lost', 'moved');
    },
  );

  test('an upper made by hand says nothing, nor one whose files were replaced', async () => {
    written('ext4', '');
    lab.sh(
      'mkdir -p fs/hand/e fs/hand/d fs/handw; echo mine > fs/hand/e/old; cp -p fs/l/f fs/hand/f; chmod 640 fs/hand/f',
    );
    const stack = lab.directories(['fs/l'], 'fs/hand', {}, 'fs/handw');
    expect(signs(await lab.findings(stack))).toEqual({});
    lab.overlay('hand', 'lowerdir=fs/l,upperdir=fs/hand,workdir=fs/handw');
    lab.sh('ls -lR hand');
    expect(signs(await lab.findings('hand'))).toEqual({});
    // Two names of an inode, and a file that was replaced: no origin there either.
    lab.sh('umount hand; ln fs/l/f fs/l/second');
    lab.overlay('hand', 'lowerdir=fs/l,upperdir=fs/hand,workdir=fs/handw');
    lab.sh('cd hand; rm e/old; chmod 600 second; cp -p run run2; mv run2 run');
    expect(signs(await lab.findings('hand'))).toEqual({});
  });

  test('marks under the prefix that the mount does not read', async () => {
    written('ext4', '');
    const stack = (options: Record<string, string>) => lab.directories(['fs/l'], 'fs/u', options, 'fs/w');
    expect(signs(await lab.findings(stack({})))).toEqual({});
    const found = await lab.findings(stack({ userxattr: '' }));
    expect(signs(found)).toMatchObject({ d: 'prefix' });
    expect(found.rows.find(({ path, code }) => path === 'd' && code === 'marks-lost')).toMatchObject({
      layer: 0,
      evidence: { marks: ['opaque'], prefix: 'trusted' },
    });
    lab.overlay('m', 'lowerdir=fs/l,upperdir=fs/u,workdir=fs/w,userxattr');
    expect(lab.sh('ls m/d')).toBe('new\nold\n');
  });
});

describe.skipIf(cannotMount !== null)(
  `directories that cannot be moved${cannotMount ? ` (${cannotMount})` : ''}`,
  () => {
    const rename = (from: string, to: string): string =>
      `perl -e 'rename("${from}", "${to}") or print STDERR "rename: $!\\n"'`;

    test('those with a part in a lower, without redirect_dir=on', async () => {
      lab.sh('mkdir -p src/lower/sub src/merged; echo f > src/merged/f');
      lab.filesystem('ext4', 'fs', 'src');
      lab.sh('mkdir fs/l fs/u fs/w fs/ru fs/rw; mv fs/lower fs/merged fs/l');
      lab.overlay('m', 'lowerdir=fs/l,upperdir=fs/u,workdir=fs/w');
      lab.overlay('r', 'lowerdir=fs/l,upperdir=fs/ru,workdir=fs/rw,redirect_dir=on');
      for (const mount of ['m', 'r'])
        lab.sh(`cd ${mount}; chmod 600 merged/f; mkdir own opaque; rm -r lower/sub; mkdir lower/sub`);
      const found = await lab.findings('m');
      expect(found.of('rename-exdev')).toEqual(['lower', 'merged']);
      expect((await lab.findings('r')).of('rename-exdev')).toEqual([]);
      await lab.expectWhy('m', rename('m/lower', 'm/lower2'), 'Invalid cross-device link', 'rename-exdev', 'lower');
      await lab.expectWhy('m', rename('m/merged', 'm/own/x'), 'Invalid cross-device link', 'rename-exdev', 'merged');
      lab.sh('mkdir -p m/own/merged/full');
      await lab.expectWhy('m', 'mv -T m/merged m/own/merged', 'inter-device move failed', 'rename-exdev', 'merged');
      lab.sh(`${rename('m/own', 'm/own2')}; ${rename('m/lower/sub', 'm/sub2')}; ls -d m/own2 m/sub2`);
      lab.sh(`${rename('r/lower', 'r/lower2')}; ls -d r/lower2`);
      // A mount that takes no writes refuses everything alike.
      lab.sh('umount m');
      lab.overlay('m', 'lowerdir=fs/l,upperdir=fs/u,workdir=fs/w,ro');
      expect((await lab.findings('m')).of('rename-exdev')).toEqual([]);
    });

    test('with redirect_dir=on, those whose path is longer than a redirect', async () => {
      const [long, name] = ['p'.repeat(200), 'n'.repeat(54)];
      lab.sh(`mkdir -p src/${long}/${name} src/${long}/${name}x src/${long}/${name}xy`);
      lab.filesystem('ext4', 'fs', 'src');
      lab.sh(`mkdir fs/l fs/u fs/w; mv fs/${long} fs/l`);
      lab.overlay('m', 'lowerdir=fs/l,upperdir=fs/u,workdir=fs/w,redirect_dir=on');
      const paths = ['', 'x', 'xy'].map((end) => `${long}/${name}${end}`);
      const found = await lab.findings('m');
      const isRefused = (path: string): boolean =>
        lab.sh(`${rename(`m/${path}`, 'm/elsewhere')} 2>&1; rmdir m/elsewhere 2>/dev/null || true`).includes('Invalid');
      expect(found.of('rename-exdev')).toEqual(paths.filter((path) => path.length + 1 > 256));
      expect(paths.filter(isRefused)).toEqual(found.of('rename-exdev'));
      // Inside its own directory it may move. What counts of a directory that was moved is where it was.
      lab.sh(`${rename(`m/${paths[2]}`, `m/${long}/short`)}; mkdir m/to; ${rename(`m/${long}`, 'm/to/p')}`);
      const now = ['', 'x'].map((end) => `to/p/${name}${end}`).concat('to/p/short');
      const moved = (await lab.findings('m')).of('rename-exdev');
      expect(moved).toEqual([now[1], now[2]]);
      expect(now.filter(isRefused)).toEqual(moved);
    });
  },
);
