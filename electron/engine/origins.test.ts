import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Origin } from '../../shared/contract/scan.ts';
import { cannotMount, FILESYSTEM_TYPES, Laboratory } from './testing/laboratory.ts';

let lab: Laboratory;
beforeEach(() => {
  lab = new Laboratory();
});
afterEach(() => lab.end());

const WRITABLE = ['ext4', 'xfs', 'btrfs', 'tmpfs'] as const;

/** What the scan says of an origin, and the number that a stat through the mount must then show. */
async function predicted(mount: string, path: string): Promise<{ state: Origin['state'] | null; ino: string }> {
  const { object } = await lab.explain(lab.mount(mount), path);
  const { origin } = object;
  if (origin === 'unknown') throw new Error(`the origin of ${path} is unknown`);
  const counts = origin?.state === 'verified' || origin?.state === 'by-path';
  const own = object.entries.find(({ role }) => role === 'object')?.ino ?? '';
  return { state: origin?.state ?? null, ino: counts ? String(origin.ino) : own };
}

/** Compares each path's state with the one expected, and its number with the kernel's. The mount is fresh. */
async function compare(mount: string, states: Record<string, Origin['state'] | null>): Promise<void> {
  const found: Record<string, unknown> = {};
  const wanted: Record<string, unknown> = {};
  for (const [path, state] of Object.entries(states)) {
    found[path] = await predicted(mount, path);
    wanted[path] = { state, ino: '' };
  }
  // Only now: a stat through the mount may write into the upper.
  for (const path of Object.keys(states))
    Object.assign(wanted[path] as object, { ino: lab.sh(`stat -c %i ${mount}/${path}`).trim() });
  expect(found).toEqual(wanted);
}

describe.skipIf(cannotMount !== null)(`origins${cannotMount ? ` (${cannotMount})` : ''}`, () => {
  const UPPER = 'upperdir=top/u,workdir=top/w';
  const files = (names: string) => `mkdir -p src; for n in ${names}; do echo $n > src/$n; done`;

  test.each(WRITABLE)('on %s are followed where the kernel follows them', async (type) => {
    lab.sh(
      `${files('live renamed stale linked typed foreign none')}; ln -s live src/link; mkfifo src/fifo; mkdir src/d`,
    );
    lab.filesystem(type, 'low', 'src');
    lab.filesystem('ext4', 'top');
    lab.sh('mkdir top/u top/w low/l; mv low/[!l]* low/link low/live low/linked low/l/; mkdir low/l2');
    const options = `lowerdir=low/l,${UPPER}`;
    lab.overlay('m', options);
    lab.sh('cd m; chmod 600 live stale linked typed foreign none fifo; chown -h 1 link; mv renamed moved; echo > own');
    lab.sh(`umount m
      rm low/l/stale; echo new > low/l/stale; ln low/l/linked low/l2/second
      origin() { getfattr -h --only-values -n trusted.overlay.origin top/u/$1 | od -An -v -tx1 | tr -d ' \\n'; }
      value=$(origin live)
      setfattr -n trusted.overlay.origin -v 0x\${value:0:10}00112233445566778899aabbccddeeff\${value:42} top/u/foreign
      setfattr -n trusted.overlay.origin -v 0x$(origin fifo) top/u/typed
      setfattr -n trusted.overlay.origin -v "" top/u/none`);
    lab.overlay('m', options);
    await compare('m', {
      live: 'verified',
      moved: 'verified',
      link: 'verified',
      stale: 'stale',
      linked: 'ignored',
      typed: 'ignored',
      foreign: 'foreign',
      none: 'empty',
      own: null,
    });
  });

  test.each(WRITABLE)('of hard links on %s count if the index has them', async (type) => {
    lab.sh(`${files('one later')}; ln src/one src/two; ln src/one src/three`);
    lab.filesystem(type, 'fs', 'src');
    lab.sh('mkdir fs/l fs/u fs/w fs/l2; mv fs/one fs/two fs/three fs/later fs/l/');
    const options = 'lowerdir=fs/l,upperdir=fs/u,workdir=fs/w,index=on';
    lab.overlay('m', options);
    lab.sh('chmod 600 m/one; ln m/one m/four; chmod 600 m/later; umount m; ln fs/l/later fs/l2/later');
    lab.overlay('m', options);
    const { objects } = await lab.scan(lab.mount('m'));
    expect(objects.get('later')?.origin).toMatchObject({ state: 'ignored', nlink: 2, layer: 1 });
    expect(objects.get('two')).toMatchObject({ provenance: 'copied-up', origin: { state: 'verified' } });
    await compare('m', { one: 'verified', two: 'verified', three: 'verified', four: 'verified', later: 'ignored' });
  });

  test('of the prefix that does not count are none, though they are opened too', async () => {
    lab.sh(files('f g'));
    lab.filesystem('ext4', 'fs', 'src');
    lab.sh('mkdir fs/l fs/u fs/w; mv fs/f fs/g fs/l/');
    const options = 'lowerdir=fs/l,upperdir=fs/u,workdir=fs/w';
    lab.overlay('m', options);
    lab.sh(`chmod 600 m/f m/g; umount m
      value=$(getfattr -h --only-values -n trusted.overlay.origin fs/u/g | od -An -v -tx1 | tr -d ' \\n')
      setfattr -n user.overlay.origin -v 0x$value fs/u/f`);
    lab.overlay('m', options);
    await compare('m', { f: 'verified', g: 'verified' });
  });

  test('an upper inode that has no name but its index entry is what the other names show', async () => {
    lab.sh(`${files('one')}; ln src/one src/two`);
    lab.filesystem('ext4', 'fs', 'src');
    lab.sh('mkdir fs/l fs/u fs/w; mv fs/one fs/two fs/l/');
    const options = 'lowerdir=fs/l,upperdir=fs/u,workdir=fs/w,index=on';
    lab.overlay('m', options);
    lab.sh('echo more >> m/one; chmod 600 m/one; rm m/one; umount m');
    lab.overlay('m', options);
    const { objects } = await lab.scan(lab.mount('m'));
    expect(objects.get('two')).toMatchObject({
      lookup: 'ok',
      provenance: 'copied-up',
      mode: '0100600',
      size: lab.sh('stat -c %s m/two').trim(),
      marks: ['indexed'],
      data: 'unknown',
    });
  });

  test('without the index, what it may give another inode is unknown', async () => {
    lab.sh(`${files('alone one')}; ln src/one src/two; ln src/one src/three`);
    lab.filesystem('ext4', 'fs', 'src');
    lab.sh('mkdir fs/l fs/u fs/w; mv fs/alone fs/one fs/two fs/three fs/l/');
    const options = 'lowerdir=fs/l,upperdir=fs/u,workdir=fs/w,index=on';
    lab.overlay('m', options);
    lab.sh('chmod 600 m/one; umount m');
    const lookups = async (work: string | null, more: Record<string, string> = {}): Promise<string[]> => {
      const { objects } = await lab.scan(lab.directories(['fs/l'], 'fs/u', { index: 'on', ...more }, work));
      return ['alone', 'one', 'two', 'three'].map((name) => objects.get(name)?.lookup ?? 'absent');
    };
    expect(await lookups('fs/w')).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(await lookups(null)).toEqual(['ok', 'ok', 'unknown', 'unknown']);
    expect(await lookups(null, { nfs_export: 'on' })).toEqual(['unknown', 'ok', 'unknown', 'unknown']);
  });

  test.each([
    ['setfattr -n trusted.overlay.redirect -v a/b', 'EINVAL', 'Invalid argument'],
    ['setfattr -n trusted.overlay.metacopy', 'EPERM', 'Operation not permitted'],
    ['setfattr -n trusted.overlay.metacopy -v 0x00', 'EIO', 'Input/output error'],
  ])('marks of an upper inode count for those who come to it by the index: %s', async (mark, lookup, says) => {
    lab.sh(`${files('one')}; ln src/one src/two`);
    lab.filesystem('ext4', 'fs', 'src');
    lab.sh('mkdir fs/l fs/u fs/w; mv fs/one fs/two fs/l/');
    const options = 'lowerdir=fs/l,upperdir=fs/u,workdir=fs/w,index=on';
    lab.overlay('m', options);
    lab.sh(`chmod 600 m/one; umount m; ${mark} fs/u/one`);
    lab.overlay('m', options);
    const { objects } = await lab.scan(lab.mount('m'));
    expect(objects.get('two')?.lookup).toBe(lookup);
    expect(lab.sh('LC_ALL=C stat m/two 2>&1 || true')).toContain(says);
  });

  test('the mark of a whiteout counts for the name that has it, not for those who come to the inode by the index', async () => {
    lab.sh(`${files('one')}; ln src/one src/two`);
    lab.filesystem('ext4', 'fs', 'src');
    lab.sh('mkdir fs/l fs/u fs/w; mv fs/one fs/two fs/l/');
    const options = 'lowerdir=fs/l,upperdir=fs/u,workdir=fs/w,index=on';
    lab.overlay('m', options);
    lab.sh(': > m/one; umount m; setfattr -n trusted.overlay.whiteout -v y fs/u/one');
    lab.overlay('m', options);
    const { objects } = await lab.scan(lab.mount('m'));
    expect(objects.get('one')).toMatchObject({ lookup: 'ENOENT', type: 'whiteout' });
    expect(objects.get('two')).toMatchObject({ lookup: 'ok', type: 'file', size: '0' });
    expect(lab.sh('stat -c %F m/two; test ! -e m/one && echo gone').trimEnd()).toBe('regular empty file\ngone');
  });

  test('of files count with nfs_export only if the index has them', async () => {
    lab.sh(files('before after'));
    lab.filesystem('ext4', 'fs', 'src');
    lab.sh('mkdir fs/l fs/u fs/w; mv fs/before fs/after fs/l/');
    lab.overlay('m', 'lowerdir=fs/l,upperdir=fs/u,workdir=fs/w');
    lab.sh('chmod 600 m/before; umount m');
    const options = 'lowerdir=fs/l,upperdir=fs/u,workdir=fs/w,nfs_export=on';
    lab.overlay('m', options);
    lab.sh('chmod 600 m/after; umount m');
    lab.overlay('m', options);
    await compare('m', { before: 'ignored', after: 'verified' });
  });

  test.each(WRITABLE)('of metacopies on %s are found by path', async (type) => {
    lab.sh(files('f g'));
    lab.filesystem(type, 'fs', 'src');
    lab.sh('mkdir fs/l fs/u fs/w; mv fs/f fs/g fs/l/');
    const options = 'lowerdir=fs/l,upperdir=fs/u,workdir=fs/w,metacopy=on,redirect_dir=on';
    lab.overlay('m', options);
    lab.sh('chmod 600 m/f; chmod 600 m/g; mv m/g m/h; umount m');
    lab.overlay('m', options);
    const { objects } = await lab.scan(lab.mount('m'));
    expect(objects.get('h')?.data).toEqual({ layer: 1, path: 'g' });
    await compare('m', { f: 'by-path', h: 'by-path' });
  });

  test.each(FILESYSTEM_TYPES)(
    'from a lower on %s are followed from an upper elsewhere as the kernel does',
    async (type) => {
      lab.sh(`${files('f g')}; mkdir src/d; echo x > src/d/x`);
      lab.filesystem(type, 'low', 'src');
      lab.filesystem('xfs', 'top');
      lab.sh('mkdir top/u top/w');
      const options = `lowerdir=${lab.at('low')},${UPPER}`;
      lab.overlay('m', options);
      lab.sh('chmod 600 m/f m/d/x; umount m');
      lab.overlay('m', options);
      const state = type === 'squashfs' ? 'undecodable' : 'verified';
      await compare('m', { f: state, 'd/x': state });
    },
  );

  test('are unknown, not absent, where the upper is gone', async () => {
    lab.sh(`${files('f g')}; mkdir src/d`);
    lab.filesystem('tmpfs', 'low', 'src');
    lab.filesystem('tmpfs', 'top');
    lab.sh('mkdir top/u top/w');
    lab.overlay('m', `lowerdir=${lab.at('low')},${UPPER}`);
    lab.sh('chmod 600 m/f; rm -r top/u');
    const { objects } = await lab.scan(lab.mount('m'));
    for (const path of ['', 'f', 'g', 'd']) expect([path, objects.get(path)?.origin]).toEqual([path, 'unknown']);
  });
});
