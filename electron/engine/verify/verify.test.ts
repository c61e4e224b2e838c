import { execFileSync } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import { VerifyRow } from '../../../shared/contract/verify.ts';
import { FailureError } from '../../../shared/ipc/rpc.ts';
import type { VerifyProgress } from '../../../shared/ipc/verify.ts';
import { cannotMount, Laboratory } from '../testing/laboratory.ts';

let lab: Laboratory;
beforeEach(() => {
  lab = new Laboratory();
});
afterEach(() => lab.end());

type Options = { paths?: string[]; rows?: 'wrong' | 'all'; signal?: AbortSignal };
async function verify(mount: string, { paths, rows = 'wrong', signal }: Options = {}) {
  const told: VerifyRow[] = [];
  const phases: VerifyProgress['phase'][] = [];
  const result = await lab.client.call(
    'verify',
    { stack: lab.mount(mount), paths: paths?.map(asBytes) ?? null, rows },
    {
      ...(signal ? { signal } : {}),
      onItem: (item) => {
        if ('rows' in item) told.push(...item.rows.map((row) => VerifyRow.parse(row)));
        if ('progress' in item && phases.at(-1) !== item.progress.phase) phases.push(item.progress.phase);
      },
    },
  );
  return { ...result, rows: told, phases };
}
const short = ({ path, field, predicted, observed, cause }: VerifyRow): unknown[] => [
  path,
  field,
  predicted,
  observed,
  cause,
];
/** Drops what the kernel need not keep in memory: clean dentries and inodes. */
const evict = (): void => {
  execFileSync('sync');
  writeFileSync('/proc/sys/vm/drop_caches', '2');
};
const stat = (format: string, path: string): string => lab.sh(`stat -c '${format}' ${path}`).trim();

describe.skipIf(cannotMount !== null)(`verify${cannotMount ? ` (${cannotMount})` : ''}`, () => {
  const LAYERS = `mkdir -p src/d/sub src/gone/deep src/old/sub src/shut src/empty src2/d src2/only
    echo 1 > src/a; echo 2 > src/d/f; echo 3 > src/d/sub/g; echo 4 > src/gone/deep/x; ln src/a src/d/link; ln -s a src/s
    echo 5 > src/old/sub/file; echo 6 > src/shut/in; mkfifo src/p; mknod src/c c 1 3; echo 7 > src2/d/low
    echo 8 > src2/only/o; echo 9 > src2/a; printf bad > "$(printf 'src/bad\\377')"`;
  const CHANGE = `cd m; echo more >> d/f; touch -h s; rm -r gone; mv d/sub/g d/moved; echo new > own; mkfifo own-fifo
    rm -r shut; mkdir shut; echo n > shut/in; echo x >> a; mkdir -p d/new; ln own d/new/own; mv only/o only/o2; chmod 700 p c`;

  for (const [mode, first, second, options] of [
    ['same-fs', 'ext4', null, 'redirect_dir=on,index=on'],
    ['same-fs on btrfs', 'btrfs', null, 'metacopy=on'],
    ['xino', 'ext4', 'ext4', 'xino=on,redirect_dir=on'],
    ['xino of 2 bits', 'xfs', 'tmpfs', 'xino=on,metacopy=on,index=on'],
    ['none', 'tmpfs', 'ext4', 'xino=off,redirect_dir=on'],
    ['none, nfs_export', 'ext4', 'xfs', 'xino=off,index=on,nfs_export=on'],
  ] as const)
    test(`${mode}: everything agrees, after changes, after eviction and after a new mount`, async () => {
      lab.sh(`${LAYERS}; mkdir -p up both`);
      lab.filesystem(first, 'fs', 'both');
      lab.filesystem(second ?? 'tmpfs', 'fs2', 'both');
      const other = second === null ? 'fs' : 'fs2';
      lab.sh(`mkdir fs/u fs/w fs/l ${other}/k; cp -a src/. fs/l; cp -a src2/. ${other}/k; ln fs/l/a fs/l/d/sub/a2`);
      const mount = (): void => lab.overlay('m', `lowerdir=fs/l:${other}/k,upperdir=fs/u,workdir=fs/w,${options}`);
      mount();
      lab.sh(CHANGE);
      const check = async () => {
        const { rows, wrong, checked, unpredictable, paths, settled, faulty } = await verify('m');
        expect([rows.map(short), wrong, settled, faulty]).toEqual([[], 0, 0, false]);
        expect(checked).toBeGreaterThan(150);
        expect(paths).toBeGreaterThan(25);
        if (mode.startsWith('none')) expect(unpredictable).toBeGreaterThan(5);
        else expect(unpredictable).toBe(0);
      };
      if (options.includes('nfs_export')) {
        // An indexed inode that was in memory at its copy-up does not count its link in the index.
        const { rows, faulty } = await verify('m');
        const copied = ['c', 'd/f', 'd/moved', 'only/o2', 'p', 's'];
        const links = copied.map((path) => [path, 'nlink', 2, 1, 'cached from before a layer change']);
        expect([rows.map(short).toSorted(), faulty]).toEqual([links, false]);
      } else {
        await check();
        await check();
      }
      evict();
      await check();
      // With an index the upper is locked as long as any namespace has a copy of the mount.
      if (options.includes('index=on')) return;
      lab.sh('umount m');
      mount();
      await check();
    });

  test('tells all rows where asked, and of chosen paths alone', async () => {
    lab.sh('mkdir -p src/l/d src/u src/w; echo 1 > src/l/d/f; echo 2 > src/l/x; ln -s d src/l/link');
    lab.filesystem('ext4', 'fs', 'src');
    lab.overlay('m', 'lowerdir=fs/l,upperdir=fs/u,workdir=fs/w');
    lab.sh('rm m/x');
    const all = await verify('m', { rows: 'all' });
    expect(all.rows).toHaveLength(all.checked + all.unpredictable);
    expect(
      all.rows.every(({ verdict, cause, evidence, cure }) => verdict === 'agrees' && !cause && !evidence && !cure),
    ).toBe(true);
    const dev = stat('%Hd:%Ld', 'm');
    const ino = stat('%i', 'm/d/f');
    const { rows, paths, checked } = await verify('m', {
      paths: ['d/f', 'x', 'nowhere/at/all', 'd/f/below', ''],
      rows: 'all',
    });
    expect(paths).toBe(5);
    expect(checked).toBe(rows.length);
    expect(rows.filter(({ path }) => path === 'd/f').map(short)).toEqual([
      ['d/f', 'lookup', 'ok', 'ok', null],
      ['d/f', 'dino', ino, ino, null],
      ['d/f', 'type', 'file', 'file', null],
      ['d/f', 'dev', 'overlay', 'overlay', null],
      ['d/f', 'ino', ino, ino, null],
      ['d/f', 'nlink', 1, 1, null],
      ['d/f', 'fstat', `overlay ${ino}`, `overlay ${ino}`, null],
    ]);
    expect(dev).toMatch(/^0:/);
    const absent = (path: string) => rows.filter((row) => row.path === path).map(short);
    expect(absent('x')).toEqual([
      ['x', 'lookup', 'ENOENT', 'ENOENT', null],
      ['x', 'dino', null, null, null],
    ]);
    expect(absent('nowhere/at/all')).toEqual([['nowhere/at/all', 'lookup', 'ENOENT', 'ENOENT', null]]);
    expect(absent('d/f/below')).toEqual([['d/f/below', 'lookup', 'ENOENT', 'ENOENT', null]]);
    expect(rows.filter(({ path }) => path === '').map(({ field }) => field)).toEqual([
      'lookup',
      'type',
      'dev',
      'ino',
      'nlink',
      'fstat',
    ]);
    // A symlink is not followed, so nothing is said of what lies behind it.
    const behind = await verify('m', { paths: ['link/f'], rows: 'all' });
    expect(behind.rows.map(({ verdict }) => verdict)).toEqual(['unpredictable']);
  });

  test('a number that is cached from before the copy-up is told as that, and is no fault', async () => {
    lab.sh('mkdir -p src/l/d up; echo 1 > src/l/f; echo 2 > src/l/g; echo 3 > src/l/d/h');
    lab.filesystem('squashfs', 'low', 'src');
    lab.filesystem('ext4', 'fs', 'up');
    lab.sh('mkdir fs/u fs/w');
    lab.overlay('m', 'lowerdir=low/l,upperdir=fs/u,workdir=fs/w,xino=off');
    lab.sh('chmod 600 m/g');
    evict();
    const before = stat('%i', 'm/f');
    const held = openSync(lab.at('m/f'), 'r');
    try {
      lab.sh('chmod 600 m/f');
      evict();
      const upper = stat('%i', 'fs/u/f');
      const { rows, wrong, faulty, phases } = await verify('m');
      expect(rows.map(short)).toEqual([
        ['f', 'dev', 'pseudo:0', 'pseudo:1', 'cached from before a layer change'],
        ['f', 'ino', upper, before, 'cached from before a layer change'],
        ['f', 'fstat', `pseudo:0 ${upper}`, `pseudo:1 ${before}`, 'cached from before a layer change'],
      ]);
      expect([wrong, faulty, phases]).toEqual([3, false, ['reading', 'looking']]);
      expect(rows[1]).toMatchObject({ verdict: 'wrong', evidence: { cached: { dev: 'pseudo:1', ino: before } } });
      expect(rows[1]?.cure).toMatch(/^Nothing is wrong/);
    } finally {
      closeSync(held);
    }
    evict();
    expect((await verify('m')).wrong).toBe(0);
  });

  describe('a layer that was changed under the mount', () => {
    beforeEach(() => {
      lab.sh(
        'mkdir -p src/l/d src/l/m src/u/m src/w; for n in a b c e g; do echo $n > src/l/d/$n; done; echo 1 > src/l/m/x',
      );
      lab.filesystem('ext4', 'fs', 'src');
      lab.overlay('m', 'lowerdir=fs/l,upperdir=fs/u,workdir=fs/w');
    });
    const causes = ({ rows }: { rows: VerifyRow[] }): unknown[] => [
      ...new Set(rows.map(({ path, cause }) => `${path}: ${cause}`)),
    ];

    test('a file that was replaced, removed or added in a lower', async () => {
      lab.sh('cat m/d/a m/d/b; cat m/d/new 2>/dev/null || true');
      lab.sh('cd fs/l/d; mv a a.old; echo A > a; rm a.old b; echo n > new');
      const found = await verify('m');
      expect(causes(found)).toEqual(['d/a: changed under the mount', 'd/new: changed under the mount']);
      expect([found.faulty, found.phases]).toEqual([true, ['reading', 'looking', 'reading', 'judging']]);
      const number = found.rows.find(({ path, field }) => path === 'd/a' && field === 'ino');
      expect(number).toMatchObject({
        evidence: {
          how: expect.stringContaining('stands in no layer'),
          kernelInode: { ino: number?.observed, isUpper: false },
        },
      });
      expect(found.rows.find(({ path }) => path === 'd/new')).toMatchObject({
        predicted: 'ok',
        observed: 'ENOENT',
        evidence: { how: 'the entry of layer 1 was changed after the mount was made' },
      });
      // What no layer has and no listing gives is looked up only where it is named.
      const removed = await verify('m', { paths: ['d/b'] });
      expect(removed.rows.map(short)).toEqual([['d/b', 'lookup', 'ENOENT', 'ok', 'changed under the mount']]);
    });

    test('a whiteout, a file and an opaque mark that were made in the upper', async () => {
      lab.sh(
        'cat m/d/c m/m/x; cat m/made 2>/dev/null || true; mkdir -p fs/u/d; mknod fs/u/d/c c 0 0; echo > fs/u/made',
      );
      lab.sh('stat m/m/x; setfattr -n trusted.overlay.opaque -v y fs/u/m');
      const found = await verify('m');
      const all = causes(found);
      for (const path of ['d/c', 'made', 'm']) expect(all).toContain(`${path}: changed under the mount`);
      expect(all.filter((one) => !String(one).endsWith('changed under the mount'))).toEqual([]);
    });

    test('but what was changed through the mount meanwhile is none', async () => {
      lab.sh('chmod 600 m/d/a; rm m/d/b; echo n > m/d/new; mv m/d/c m/d/c2');
      expect(causes(await verify('m'))).toEqual([]);
    });
  });

  test('a prediction that the kernel refutes is our error', async () => {
    lab.sh('mkdir -p src/l/d src/u src/w; echo 1 > src/l/d/f; echo 2 > src/l/g');
    lab.filesystem('ext4', 'fs', 'src');
    lab.overlay('m', 'lowerdir=fs/l,upperdir=fs/u,workdir=fs/w');
    lab.sh('chmod 600 m/d/f');
    process.env.STRATOSCOPE_WITHOUT_ROW = 'copied up, origin usable;nothing of the kind';
    try {
      const { rows, faulty } = await verify('m');
      const lower = stat('%i', 'fs/l/d/f');
      const upper = stat('%i', 'fs/u/d/f');
      expect(rows.map(short)).toEqual([
        ['d/f', 'ino', upper, lower, 'our error'],
        ['d/f', 'fstat', `overlay ${upper}`, `overlay ${lower}`, 'our error'],
      ]);
      expect(faulty).toBe(true);
      expect(rows[0]).toMatchObject({
        evidence: { rule: 'copied up, origin usable', kernelInode: { ino: lower, isUpper: false } },
        cure: expect.stringMatching(/^Report it/),
      });
    } finally {
      delete process.env.STRATOSCOPE_WITHOUT_ROW;
    }
    expect((await verify('m')).wrong).toBe(0);
  });

  test('plain directories, a part of a mount and a mount that is gone are told so', async () => {
    lab.sh('mkdir -p src/l/d src/u src/w');
    lab.filesystem('ext4', 'fs', 'src');
    lab.overlay('m', 'lowerdir=fs/l,upperdir=fs/u,workdir=fs/w');
    const failure = async (stack: Parameters<typeof lab.client.call<'verify'>>[1]['stack']) =>
      lab.client.call('verify', { stack, paths: null }).catch((error: FailureError) => error.failure);
    expect(await failure(lab.directories(['fs/l'], 'fs/u'))).toMatchObject({ code: 'not-mounted' });
    const line = asBytes(lab.sh(`grep ' ${lab.at('m')} ' /proc/self/mountinfo`).trimEnd()) as Bytes;
    expect((await lab.client.call('verify', { stack: { kind: 'mountinfo', line }, paths: null })).wrong).toBe(0);
    lab.sh('umount m');
    expect(await failure({ kind: 'mountinfo', line })).toMatchObject({ code: 'unmounted' });
    await expect(lab.client.call('verify', { paths: null })).rejects.toThrow('either a view or a stack');
  });

  test('ends when it is cancelled, or the mount goes, and holds nothing', async () => {
    lab.sh('mkdir -p src/l src/u src/w; cd src/l; for d in $(seq 120); do mkdir d$d; (cd d$d; touch $(seq 40)); done');
    lab.filesystem('ext4', 'fs', 'src');
    lab.overlay('m', 'lowerdir=fs/l,upperdir=fs/u,workdir=fs/w');
    const run = (during: (progress: VerifyProgress) => void, signal?: AbortSignal) =>
      lab.client
        .call(
          'verify',
          { stack: lab.mount('m'), paths: null },
          {
            ...(signal ? { signal } : {}),
            onItem: (item) => {
              if ('progress' in item) during(item.progress);
            },
          },
        )
        .catch((error: unknown) => (error instanceof FailureError ? error.failure : error));
    const abort = new AbortController();
    expect(await run(({ phase }) => phase === 'looking' && abort.abort(), abort.signal)).toMatchObject({
      code: 'cancelled',
    });
    lab.sh('umount m');
    lab.overlay('m', 'lowerdir=fs/l,upperdir=fs/u,workdir=fs/w');
    let isGone = false;
    const ended = await run(({ phase }) => {
      if (phase !== 'reading' || isGone) return;
      isGone = true;
      lab.sh('umount -l m');
    });
    expect(ended).toMatchObject({ code: 'unmounted' });
    lab.sh('umount fs');
  });
});
