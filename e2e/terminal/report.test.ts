import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FindingCode, type ScanEntry, ScanObject } from '../../shared/contract/scan.ts';
import { Random } from '../kernel/random.ts';
import { expectFailure, NODE, PROGRAM, stratoscope } from './program.ts';
import { makeStage, type Stage } from './stage.ts';

/**
 * Reports and scripts of objects of real mounts: what a script builds shows the same again. Two objects of each stack,
 * drawn by STRATOSCOPE_SEED, and every one in a deep run.
 */
const isDeep = process.env.STRATOSCOPE_DEEP === '1';
const seed = Number(process.env.STRATOSCOPE_SEED ?? Math.floor(Math.random() * 2 ** 31));
const random = new Random(seed);
const drawn = (paths: readonly string[]): readonly string[] => (isDeep ? paths : random.shuffled(paths).slice(0, 2));

const IMAGE = (name: string): string =>
  `truncate -s 32M ${name}.img; mkfs.ext4 -q ${name}.img; mkdir ${name}; mount -o loop ${name}.img ${name}`;

type Kind = { about: string; build: string; paths: string[] };

/** Everything that a report has to tell stands in one of these stacks: copied up, split, stale, none, marks of each kind. */
const STACKS: Record<string, Kind> = {
  xino: {
    about: 'an upper on tmpfs over two lowers on ext4',
    build: `
${IMAGE('e')}
mkdir t; mount -t tmpfs t t; mkdir -p t/u t/w m e/l1 e/l2/etc e/l2/old/sub e/l2/gone/deep e/l2/plain e/l1/both e/l2/both
for f in copied meta lower stale; do echo $f > e/l2/etc/$f; done; head -c 9000 /dev/zero > e/l2/etc/large
echo link > e/l2/etc/link; ln e/l2/etc/link e/l2/etc/other; ln -s lower e/l2/etc/sym; echo x > e/l2/old/sub/file
echo x > e/l2/gone/deep/file; echo x > e/l2/etc/removed; mkdir e/l2/opaque; echo x > e/l2/opaque/under; mkfifo e/l2/etc/pipe
M="mount -t overlay t -o lowerdir=$PWD/e/l1:$PWD/e/l2,upperdir=$PWD/t/u,workdir=$PWD/t/w,xino=on,redirect_dir=on,metacopy=on m"
$M
echo y >> m/etc/copied; chmod 600 m/etc/meta; echo y >> m/etc/stale; echo y >> m/etc/link; chown -h 7 m/etc/sym
rm m/etc/removed; rm -r m/gone; rm -r m/opaque; mkdir m/opaque; echo new > m/opaque/own; mv m/old m/renamed
echo own > m/etc/own; mv m/etc/large m/moved; echo y >> m/moved; chmod 600 m/etc/pipe; echo y > m/both/new
umount m; cp e/l2/etc/stale e/l2/n; mv e/l2/n e/l2/etc/stale; $M`,
    paths: [
      'etc/copied',
      'etc/meta',
      'etc/lower',
      'etc/stale',
      'etc/link',
      'etc/other',
      'etc/sym',
      'etc/pipe',
      'etc/removed',
      'etc/own',
      'etc',
      'opaque',
      'opaque/own',
      'opaque/under',
      'gone',
      'gone/deep/file',
      'renamed',
      'renamed/sub/file',
      'moved',
      'plain',
      'both',
      '',
    ],
  },
  none: {
    about: 'an upper on ext4 over squashfs and another ext4, without xino',
    build: `
${IMAGE('e')}; ${IMAGE('f')}
mkdir -p e/u e/w f/l1/etc s/etc s/dir sq m; echo a > f/l1/etc/near; echo b > s/etc/far; echo c > s/etc/lower; echo d > s/etc/two; ln s/etc/two s/etc/twin
mksquashfs s s.sq -quiet -no-progress; mount -o loop,ro s.sq sq
M="mount -t overlay t -o lowerdir=$PWD/f/l1:$PWD/sq,upperdir=$PWD/e/u,workdir=$PWD/e/w m"
$M; echo y >> m/etc/near; echo y >> m/etc/far; mkdir m/etc/new; umount m; $M`,
    paths: ['etc/near', 'etc/far', 'etc/lower', 'etc/two', 'etc', 'etc/new', 'dir', ''],
  },
  index: {
    about: 'one ext4 with an index',
    build: `
${IMAGE('e')}
mkdir -p e/u e/w e/l1/d m; echo a > e/l1/d/a; ln e/l1/d/a e/l1/d/b; echo c > e/l1/d/c
mount -t overlay t -o lowerdir=$PWD/e/l1,upperdir=$PWD/e/u,workdir=$PWD/e/w,index=on m; echo y >> m/d/a; echo y >> m/d/c`,
    paths: ['d/a', 'd/b', 'd/c', 'd'],
  },
  data: {
    about: 'a data-only layer, and no upper',
    build: `
${IMAGE('e')}
mkdir -p e/l1/d e/l2 e/data/ab m; echo bytes > e/data/ab/12; truncate -s 6 e/l1/d/f
setfattr -n trusted.overlay.metacopy e/l1/d/f; setfattr -n trusted.overlay.redirect -v /ab/12 e/l1/d/f
mount -t overlay t -o lowerdir=$PWD/e/l1:$PWD/e/l2::$PWD/e/data,metacopy=on m`,
    paths: ['d/f', 'd', ''],
  },
  subvolumes: {
    about: 'two subvolumes of one btrfs, whose files share numbers',
    build: `
truncate -s 128M b.img; mkfs.btrfs -q b.img; mkdir b m; mount -o loop b.img b
btrfs -q subvolume create b/s1; btrfs -q subvolume create b/s2; mkdir b/u b/w b/s1/one b/s2/two; echo a > b/s1/a; echo b > b/s2/b
mount -t overlay t -o lowerdir=$PWD/b/s1:$PWD/b/s2,upperdir=$PWD/b/u,workdir=$PWD/b/w m`,
    paths: ['a', 'b', 'one'],
  },
  copied: {
    about: 'an upper that was copied about: one origin twice, marks lost, a number given again',
    build: `
${IMAGE('e')}
mkdir -p e/u e/w e/l/d e/l/e m; for f in f twin gone d/old e/old; do echo $f > e/l/$f; done; head -c 20000 /dev/zero > e/l/run
M="mount -t overlay t -o lowerdir=$PWD/e/l,upperdir=$PWD/e/u,workdir=$PWD/e/w m"
$M; chmod 600 m/f m/twin m/gone m/run; rm m/e/old; rm -r m/d; mkdir m/d; echo new > m/d/new; umount m
cp -a e/u/twin e/u/twin2
cp -r e/u/d e/u/d2; rm -r e/u/d; mv e/u/d2 e/u/d; cp --sparse=always -p e/u/run e/u/r2; mv e/u/r2 e/u/run
rm e/l/gone; echo again > e/l/again; $M`,
    paths: ['f', 'twin', 'twin2', 'd', 'run', 'gone', 'e'],
  },
  marks: {
    about: 'marks of user.*, set by hand, an xattr whiteout and a redirect that is not followed',
    build: `
${IMAGE('e')}
mkdir -p e/u/d e/w e/l1/d/x e/l2/d/x e/l1/r m; : > e/l1/d/f; echo a > e/l2/d/f; echo b > e/l2/d/x/g
setfattr -n user.overlay.whiteout e/l1/d/f; setfattr -n user.overlay.opaque -v x e/l1/d
setfattr -n user.overlay.opaque -v y e/l1/d/x; setfattr -n user.overlay.redirect -v /d e/l1/r
mount -t overlay t -o lowerdir=$PWD/e/l1:$PWD/e/l2,upperdir=$PWD/e/u,workdir=$PWD/e/w,userxattr m`,
    paths: ['d/f', 'd', 'd/x', 'd/x/g', 'r'],
  },
};

/** A directory has as many links as it has directories in it, a whiteout as the mount has made: these are not built. */
const linksOf = ({ type, nlink }: ScanEntry): unknown => (type === 'dir' || type === 'whiteout' ? null : nlink);

/** What of an object has to be the same again: everything but numbers of inodes and of layers. */
function factsOf({ shown, origin, entries, data, ...object }: ScanObject): unknown {
  const { type, lookup, listed, provenance, hiddenBy, marks, findings } = object;
  return {
    object: { type, lookup, listed, provenance, hiddenBy, marks, findings: findings.toSorted() },
    data: data === null ? null : data === 'unknown' ? data : 'some',
    origin: origin === null || origin === 'unknown' ? origin : origin.state,
    entries: entries.map((entry) => [entry.type, entry.role, entry.hiddenBy, entry.path, entry.marks, linksOf(entry)]),
    shown: shown && {
      dev: shown.dev.replace(/\d+$/, ''),
      counted: shown.ino === null,
      listed: shown.dino === shown.ino,
      nlink: type === 'dir' ? null : shown.nlink,
      stable: shown.stable,
      why: shown.why,
      cached: shown.cached !== undefined,
    },
  };
}

const objectOf = (line: unknown): ScanObject => ScanObject.parse(line);

describe.skipIf(process.getuid?.() !== 0)(`reports, seed ${seed}`, () => {
  let scratch = '';
  /** Findings that a script showed again. */
  const seen = new Set<FindingCode>();
  let stage: Stage;
  beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), 'stratoscope-report-'));
  });
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  /** Where scripts make their directories: what is left there was not cleaned up. */
  const run = (script: string, ...words: string[]): string => {
    const file = join(scratch, 'script.sh');
    writeFileSync(file, script);
    return execFileSync('bash', [file, ...words], {
      encoding: 'utf8',
      env: { ...process.env, TMPDIR: scratch },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  };
  const left = (): string[] => readdirSync(scratch).filter((name) => name !== 'script.sh');

  for (const [name, { about, build, paths }] of Object.entries(STACKS)) {
    describe(`${name}: ${about}`, () => {
      beforeAll(() => {
        stage = makeStage();
        stage.sh(build);
      });
      afterAll(() => stage.remove());

      it.for(drawn(paths))('the script of %j builds what shows the same', { timeout: 120_000 }, async (path) => {
        const scan = await stratoscope(['scan', '--hidden', '--depth', '0', '--path', path, stage.at('m')]);
        const script = await stratoscope(['explain', '--script', stage.at('m'), path]);
        expect([script.status, script.stderr]).toEqual([0, '']);
        expect(script.stdout).not.toContain(stage.dir);
        const out = run(script.stdout, NODE, PROGRAM, 'scan', '--hidden', '--depth', '0', '--path', path, 'm');
        const again = objectOf(JSON.parse(out.split('\n')[1] as string));
        expect(factsOf(again), script.stdout).toEqual(factsOf(objectOf(scan.lines[1])));
        for (const code of again.findings) seen.add(code);
        expect(left()).toEqual([]);
      });
    });
  }

  // Few objects of a short run are drawn.
  if (isDeep)
    it('every finding was seen again, but that of a number which another had: who had it is not built', () => {
      expect(FindingCode.options.filter((code) => !seen.has(code))).toEqual(['ino-reused']);
    });

  describe('as text', () => {
    beforeAll(() => {
      stage = makeStage();
      stage.sh(STACKS.xino?.build ?? '');
    });
    afterAll(() => stage.remove());

    it('a report has 72 columns, and what a reader needs to judge', async () => {
      const { stdout, status } = await stratoscope(['explain', '--report', stage.at('m'), 'etc/copied']);
      expect(status).toBe(0);
      const long = stdout.split('\n').filter((line) => line.length > 72);
      expect(long).toEqual([]);
      expect(stdout).toContain(readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim());
      for (const part of ['redirect_always_follow=', 'mountinfo', 'Layers, the top first', 'The lookup', 'Prediction'])
        expect(stdout).toContain(part);
      expect(stdout).toMatch(/trusted\.overlay\.origin, 29 bytes\n {6}00 fb 1d 00 01 ([0-9a-f]{2} ){10}[0-9a-f]{2}\n/);
      expect(stdout).toMatch(/rule: copied up, origin usable/);
      const mount = stdout.match(/mountinfo\n((?: {4}.*\n)+)/)?.[1]?.replaceAll(/\\\n {4}/g, '') ?? '';
      expect(mount).toContain(`${stage.at('m')} `);
      expect(mount).toContain(`upperdir=${stage.at('t/u')}`);
    });

    it('a script without a command shows what stands there, and cleans up also when it fails', async () => {
      const { stdout } = await stratoscope(['explain', '--script', stage.at('m'), 'etc/copied']);
      expect(run(stdout)).toMatch(/^m\/etc\/copied: device \d+:\d+, inode \d+, 1 links\n/);
      expect(left()).toEqual([]);
      expect(() => run(stdout, 'false')).toThrow();
      expect(left()).toEqual([]);
    });

    it('with --observe it says what the kernel reports too, once that is agreed to', async () => {
      const words = [stage.at('m'), 'etc/copied'];
      const plain = await stratoscope(['explain', '--report', ...words]);
      expect(plain.stdout).toContain('Observation\n  not asked: ');
      const ino = stage.sh('stat -c %i m/etc/copied').trim();
      const { stdout, stderr, status } = await stratoscope(['explain', '--report', '--observe', '--yes', ...words]);
      expect(status).toBe(0);
      expect(stderr).toContain('overlay.origin and overlay.impure');
      expect(stdout).toContain(`ino ${ino}, as predicted`);
      expectFailure(await stratoscope(['explain', '--report', '--observe', ...words]), 2);
      expectFailure(await stratoscope(['explain', '--observe', ...words]), 2);
      expectFailure(await stratoscope(['explain', '--report', '--yes', ...words]), 2);
    });

    it('they are texts, and one at a time', async () => {
      const words = [stage.at('m'), 'etc/copied'];
      expectFailure(await stratoscope(['explain', '--report', '--script', ...words]), 2);
      expectFailure(await stratoscope(['explain', '--report', '--format', 'ndjson', ...words]), 2, 'ndjson');
    });
  });
});
