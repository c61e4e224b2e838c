import { type ChapterStep, type Plan, prefix, step } from '../step.ts';

/**
 * Handles as an overlay.origin holds them (kernel: fs/overlayfs/overlayfs.h:struct ovl_fb): version, magic 0xfb, length,
 * flags, handle type, uuid of the filesystem, inode and generation.
 */
const UUID = 'fd9e1961bcbc4531a77733f5f00a1c69';
const FOREIGN_ORIGIN = `0x00fb1d0001${UUID}06800000308dd7b9`;
const LATER_ORIGIN = `0x01fb1d0001${UUID}06800000308dd7b9`;

/** Changes to a lower layer while nothing is mounted; whoever has copies of what was there notices. */
export function offlineBelow(plan: Plan): ChapterStep[] {
  if (plan.form !== 'root') return [];
  return [
    step(
      'etc/ssl/openssl.cnf',
      'cp -p base/etc/ssl/openssl.cnf base/etc/ssl/openssl.cnf.new && mv base/etc/ssl/openssl.cnf.new base/etc/ssl/openssl.cnf',
      'The lower file is replaced under its copy: the handle in the origin is stale, and the number is the upper one again.',
    ),
    step(
      ['etc/crontab', 'etc/cron.root'],
      'ln base/etc/crontab base/etc/cron.root',
      'The lower file gets a second name: an origin with several names is ignored unless an index has it.',
    ),
  ];
}

/** Changes to the upper while it is not mounted, as an administrator, a backup or a bad tool makes them. */
export function offline(plan: Plan): ChapterStep[] {
  const x = prefix(plan);
  const shared = step(
    ['etc/nginx/conf.d/default.conf', 'etc/nginx/conf.d/default.conf.orig'],
    'cp -a upper/etc/nginx/conf.d/default.conf upper/etc/nginx/conf.d/default.conf.orig',
    'A copy made in the upper with all attributes: two files claim one origin, and the second lookup fails with ESTALE.',
  );
  const byRoot = step(
    'usr/sbin',
    'mkdir upper/usr/sbin',
    'A directory made in the upper by hand: it merges with the lower one, but does not know its origin yet.',
  );
  return [
    ...(plan.form === 'root' ? [shared, byRoot] : []),
    step(
      'etc/resolv.conf',
      `setfattr -n ${x}.origin -v ${FOREIGN_ORIGIN} upper/etc/resolv.conf`,
      'As if the upper had come from another machine: the origin names a filesystem that no layer is on.',
    ),
    step(
      'etc/machine-id',
      `setfattr -n ${x}.origin -v ${LATER_ORIGIN} upper/etc/machine-id`,
      'An origin in version 1 of its format, which this kernel does not know: it takes it for none.',
    ),
    step(
      'etc/os-release',
      `setfattr -n ${x}.origin upper/etc/os-release`,
      'An empty origin: copied up, but from a filesystem whose files have no handle.',
    ),
    step('etc/issue', 'mknod upper/etc/issue c 0 0', 'A whiteout above a whiteout: the topmost decides, both agree.'),
    step(
      'var/log/nginx/access.log',
      `setfattr -n ${x}.protattr -v a upper/var/log/nginx/access.log`,
      'What chattr +a through the mount writes: append-only in the overlay, while the real file is not.',
    ),
    ...(plan.form === 'root'
      ? []
      : [
          step(
            'usr/bin/bzip2',
            `cp -p base/usr/bin/bzip2 upper/usr/bin/bzip2 && setfattr -n ${x}.nlink -v U+0 upper/usr/bin/bzip2`,
            'The link count that an index keeps. Without index=on nobody reads it, and the pair is split.',
          ),
        ]),
  ];
}

/** The second session, under metacopy and index. Neither is to be had in a user namespace. */
export function second(plan: Plan): ChapterStep[] {
  if (plan.form !== 'root') return [];
  return [
    step(
      'etc/shadow',
      'chmod 640 merged/etc/shadow',
      'Only metadata is copied up: the upper file has the mode and the size, the bytes are still read from the base.',
    ),
    step(
      ['usr/bin/sed.distrib', 'usr/bin/sed'],
      'mv merged/usr/bin/sed merged/usr/bin/sed.distrib',
      'Renamed without its data: the upper file is metadata with a redirect to the old name.',
    ),
    step(
      ['usr/bin/xz', 'usr/bin/unxz'],
      "printf '#' >> merged/usr/bin/xz",
      'With an index a written hard link stays one: unxz shows the new bytes too, though the upper has no such name.',
    ),
    step(
      ['usr/bin/bzip2', 'usr/bin/bunzip2'],
      "printf '#' >> merged/usr/bin/bzip2 && chmod 755 merged/usr/bin/bunzip2",
      'Both names were copied up: in the upper they are one inode, and a third link to it lies in the index.',
    ),
    step(
      'usr/sbin',
      'stat merged/usr/sbin > /dev/null',
      'Looking writes as well: this lookup of a merged directory noted its origin in the upper.',
    ),
  ];
}
