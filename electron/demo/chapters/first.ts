import { below, type ChapterStep, directories, type Plan, prefix, step, withParents } from '../step.ts';
import { V1 } from './site.ts';

/**
 * The first session: what people do on a mounted overlay, so that the kernel itself writes the upper. Without a mount
 * the same is made by hand, as the kernel of a user namespace would leave it.
 */
export function first(plan: Plan): ChapterStep[] {
  return [
    ...(plan.form === 'directories' ? byHand(prefix(plan)) : throughMount(plan)),
    ...edits(plan),
    ...creations(plan),
  ];
}

/** Copied-up files that are appended to, for what happens to their origins later. */
const EDITED = ['etc/crontab', 'etc/machine-id', 'etc/os-release', 'etc/resolv.conf', 'etc/ssl/openssl.cnf'];

/** A copy-up by appending one line; by hand, what the kernel of a user namespace leaves: a copy with an empty origin. */
function append(plan: Plan, path: string, line: string, about: string): ChapterStep {
  const layer = path.startsWith('etc/nginx/') ? 'nginx' : 'base';
  return plan.form === 'directories'
    ? step(
        path,
        `cp -p ${layer}/${path} upper/${path} && printf '${line}\\n' >> upper/${path} && setfattr -n ${prefix(plan)}.origin upper/${path}`,
        about,
      )
    : step(path, `printf '${line}\\n' >> merged/${path}`, about);
}

function edits(plan: Plan): ChapterStep[] {
  const merged = plan.form !== 'directories';
  return [
    append(plan, 'etc/passwd', 'deploy:x:1000:1000::/home/deploy:/bin/sh', 'Opened for writing, so copied up whole.'),
    append(plan, 'var/log/dpkg.log', 'status installed nginx', 'A line more in a log: all of the log is copied up.'),
    ...EDITED.map((path) =>
      append(plan, path, '# edited', 'Copied up; between the mounts something happens to its origin.'),
    ),
    append(
      plan,
      'etc/nginx/conf.d/default.conf',
      '# edited',
      'Copied up; a careless copy of it will claim the same origin.',
    ),
    step(
      'etc/group',
      merged
        ? 'chmod 644 merged/etc/group'
        : `cp -p base/etc/group upper/etc/group && setfattr -n ${prefix(plan)}.origin upper/etc/group`,
      'It had this mode before: nothing changes, and still the whole file is copied up.',
    ),
    step(
      ['usr/bin/perl', 'usr/bin/perl5.36.0'],
      merged
        ? "printf '#' >> merged/usr/bin/perl"
        : "cp -p base/usr/bin/perl upper/usr/bin/perl && printf '#' >> upper/usr/bin/perl",
      'One of two hard links is written to: it becomes a file of its own, and the other name keeps the old bytes.',
    ),
    step(
      'bin',
      merged ? 'touch -h merged/bin' : 'ln -s usr/bin upper/bin',
      'Even a symlink is copied up when its times change.',
    ),
  ];
}

function throughMount(plan: Plan): ChapterStep[] {
  const renames = [
    step(
      [...below('srv/www/current', ...V1), ...below('srv/www/v2', 'app.js', 'unfinished.html')],
      'mv merged/srv/www/v2 merged/srv/www/current',
      'A chain: the upper redirects current to v2, the site layer redirects v2 to v1, the base has v1.',
    ),
    step(
      [
        ...below('srv/www/current/pictures', 'icons', 'icons/cart.svg', 'logo.svg'),
        ...below('srv/www/current/img', 'icons', 'icons/cart.svg', 'logo.svg'),
      ],
      'mv merged/srv/www/current/img merged/srv/www/current/pictures',
      'A redirect inside a redirected directory: only the name is replaced, the parent is found by its own redirect.',
    ),
    step(
      [...below('srv/www/icons', 'cart.svg'), ...below('srv/www/current/pictures/icons', 'cart.svg')],
      'mv merged/srv/www/current/pictures/icons merged/srv/www/icons',
      'Moved to another directory: the redirect holds the whole path, in the names that the lower layers use.',
    ),
  ];
  return [
    step('etc/hostname', "printf 'web-1\\n' > merged/etc/hostname", 'Truncated on opening, so no byte is copied.'),
    step('etc/motd', 'rm merged/etc/motd', 'Deleted: the upper holds a whiteout, the base keeps the file.'),
    step(
      'etc/fstab',
      "rm merged/etc/fstab && printf 'tmpfs /tmp tmpfs\\n' > merged/etc/fstab",
      'Deleted and made anew: a file of the upper alone, without origin, that hides the one below.',
    ),
    step(
      below('etc/default', 'grub', 'nginx'),
      "rm -r merged/etc/default && mkdir merged/etc/default && printf 'DAEMON=0\\n' > merged/etc/default/nginx",
      'A directory made where one was deleted is opaque: what the layers below have in it stays hidden.',
    ),
    step(
      below('srv/www/maintenance', 'index.html', 'retry.txt'),
      "rm -r merged/srv/www/maintenance && printf 'down\\n' > merged/srv/www/maintenance",
      'A file where a directory was: it hides the directory and all that is in it.',
    ),
    ...(plan.form === 'root' ? renames : []),
  ];
}

function byHand(x: string): ChapterStep[] {
  const leaves = ['etc/nginx/conf.d', 'etc/ssl', 'run', 'srv/www', 'usr/bin', 'var/cache', 'var/log/nginx'];
  const copied = withParents(...leaves).filter((path) => path !== '');
  const pure = ['run', 'var/cache', 'var/log/nginx'];
  const impure = ['', ...copied.filter((path) => !pure.includes(path))];
  const inUpper = (paths: string[]): string => paths.map((path) => (path === '' ? 'upper' : `upper/${path}`)).join(' ');
  return [
    directories('upper', 'Directories that the kernel copies up before anything in them can change.', ...leaves),
    step(copied, `setfattr -n ${x}.origin ${inUpper(copied)}`, 'Copied up, by a mount that could not say from where.'),
    step(
      impure,
      `setfattr -n ${x}.impure -v y ${inUpper(impure)}`,
      'The mark of a directory that may hold copied-up entries: their numbers come from elsewhere.',
    ),
    step(
      'etc/hostname',
      `printf 'web-1\\n' > upper/etc/hostname && setfattr -n ${x}.origin upper/etc/hostname`,
      'A file that was copied up, by a mount that could not say from where: its origin is empty.',
    ),
    step('etc/motd', 'mknod upper/etc/motd c 0 0', 'A whiteout: the name is deleted, the base keeps the file.'),
    step('etc/fstab', "printf 'tmpfs /tmp tmpfs\\n' > upper/etc/fstab", 'Without origin: a file of the upper alone.'),
    step(
      below('etc/default', 'grub', 'nginx'),
      `mkdir upper/etc/default && setfattr -n ${x}.opaque -v y upper/etc/default && printf 'DAEMON=0\\n' > upper/etc/default/nginx`,
      'An opaque directory: what the layers below have in it stays hidden.',
    ),
    step(
      below('srv/www/maintenance', 'index.html', 'retry.txt'),
      "printf 'down\\n' > upper/srv/www/maintenance",
      'A file where a directory was: it hides the directory and all that is in it.',
    ),
  ];
}

/** Makes a socket and leaves it: the server removes the name that it listened on, and by then that is another one. */
const SOCKET =
  'const p = process.argv[1]; require("net").createServer().listen(p + ".new", () => { require("fs").renameSync(p + ".new", p); process.exit(); })';

/** Things that only the upper has. */
function creations(plan: Plan): ChapterStep[] {
  const into = plan.form === 'directories' ? 'upper' : 'merged';
  const x = prefix(plan);
  const escaped =
    plan.form === 'directories'
      ? `setfattr -n ${x}.overlay.opaque -v y upper/var/cache/nginx/0`
      : `setfattr -n ${x}.opaque -v y merged/var/cache/nginx/0`;
  return [
    directories(into, 'A directory that only the upper has.', 'var/cache/nginx/0'),
    step(
      ['var/cache/nginx/0/a91c', 'var/cache/nginx/0/b07e'],
      `truncate -s 18K ${into}/var/cache/nginx/0/a91c && truncate -s 215K ${into}/var/cache/nginx/0/b07e`,
      'What fills an upper: files that were never below.',
    ),
    step(
      ['var/log/nginx/access.log', 'var/log/nginx/error.log'],
      `printf 'GET / 200\\n' > ${into}/var/log/nginx/access.log && touch ${into}/var/log/nginx/error.log`,
      'Files that only the upper has, in a directory that merges with a lower one.',
    ),
    step(
      'etc/nginx/conf.d/enabled.conf',
      `ln -s site.conf ${into}/etc/nginx/conf.d/enabled.conf`,
      'A symlink of the upper to a file of a lower layer: it does not care where its target lies.',
    ),
    step(
      'run/nginx.sock',
      `"$NODE" -e '${SOCKET}' ${into}/run/nginx.sock`,
      'A socket, left behind by a server that has ended.',
    ),
    step(
      'var/cache/nginx/0',
      escaped,
      'A mark set through the mount, as an overlay inside would: stored with one more "overlay." and without effect here.',
    ),
  ];
}
