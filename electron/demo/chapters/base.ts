import { type ChapterStep, directories, type Plan, step } from '../step.ts';

/** The lowest layer: a small Debian. */
export function base(plan: Plan): ChapterStep[] {
  const devices = [
    step('dev/null', 'mknod -m 666 base/dev/null c 1 3', 'A character device. Only 0:0 is a whiteout, so this is not.'),
    step('dev/vda', 'mknod -m 600 base/dev/vda b 240 0', 'A block device: an overlay hands it through, no more.'),
  ];
  return [
    directories(
      'base',
      'The lowest layer. Where another layer has the same directory, the two merge.',
      'dev',
      'etc/default',
      'etc/ssl/certs',
      'opt/agent/plugins',
      'run',
      'srv/www/maintenance',
      'srv/www/v1/img/icons',
      'srv/www/v2',
      'usr/bin',
      'usr/share/doc/base-files',
      'usr/share/doc/gzip',
      'var/cache/ldconfig',
      'var/lib/dpkg/info',
      'var/log',
    ),
    ...(plan.form === 'root' ? devices : []),
    step('bin', 'ln -s usr/bin base/bin', 'A symlink. An overlay never follows it: it hands the text through.'),
    step(
      'run/initctl',
      'mkfifo -m 600 base/run/initctl',
      'A fifo. Opening one copies nothing up: no byte goes into a layer.',
    ),
    ...files(),
    ...hardLinks(plan),
    ...site(),
  ];
}

function files(): ChapterStep[] {
  return [
    step('etc/hostname', "printf 'debian\\n' > base/etc/hostname", 'Present below; the upper will have its own copy.'),
    step('etc/motd', "printf 'Welcome to Debian\\n' > base/etc/motd", 'Present here, and about to be deleted above.'),
    step('etc/issue', "printf 'Debian 12 \\\\n \\\\l\\n' > base/etc/issue", 'Hidden by a whiteout of the next layer.'),
    step(
      'etc/fstab',
      "printf '/dev/vda / ext4 defaults 0 1\\n' > base/etc/fstab",
      'Will be deleted and made anew above.',
    ),
    step(
      'etc/shells',
      "printf '/bin/sh\\n/bin/bash\\n' > base/etc/shells",
      'Only this layer has it: provenance lower.',
    ),
    step('etc/securetty', "printf 'tty1\\n' > base/etc/securetty", 'Hidden by a whiteout that is an attribute.'),
    step(
      'etc/passwd',
      "printf 'root:x:0:0:root:/root:/bin/bash\\nwww-data:x:33:33::/var/www:/usr/sbin/nologin\\n' > base/etc/passwd",
      'The original of a file that is copied up when a user is added.',
    ),
    step('etc/group', "printf 'root:x:0:\\nwww-data:x:33:\\n' > base/etc/group", 'Will be copied up for nothing.'),
    step(
      'etc/shadow',
      "printf 'root:*:19800:0:99999:7:::\\n' > base/etc/shadow",
      'Its mode will change, its bytes not.',
    ),
    step('etc/crontab', "printf '17 * * * * root run-parts\\n' > base/etc/crontab", 'Has one name now, later two.'),
    step('etc/os-release', "printf 'NAME=Debian\\nVERSION_ID=12\\n' > base/etc/os-release", 'Will be copied up.'),
    step('etc/machine-id', "printf '1f0c0b5e9d3a4c6f\\n' > base/etc/machine-id", 'Will be copied up.'),
    step('etc/resolv.conf', "printf 'nameserver 192.0.2.53\\n' > base/etc/resolv.conf", 'Will be copied up.'),
    step('etc/ssl/openssl.cnf', "printf '[default]\\n' > base/etc/ssl/openssl.cnf", 'Will be replaced under its copy.'),
    step(
      'etc/ssl/certs/ca-certificates.crt',
      'truncate -s 210K base/etc/ssl/certs/ca-certificates.crt',
      'A file that no other layer knows, three directories deep.',
    ),
    step(
      ['etc/default/grub', 'etc/default/nginx'],
      "printf 'GRUB_TIMEOUT=5\\n' > base/etc/default/grub && printf 'DAEMON=1\\n' > base/etc/default/nginx",
      'Both vanish when the upper has its own, opaque etc/default.',
    ),
    step(
      ['usr/share/doc/base-files/copyright', 'usr/share/doc/gzip/copyright'],
      "printf 'GPL-2\\n' > base/usr/share/doc/base-files/copyright && printf 'GPL-3\\n' > base/usr/share/doc/gzip/copyright",
      'Hidden by an opaque directory in the middle of the stack.',
    ),
    step(
      ['var/lib/dpkg/info/base-files.list', 'var/lib/dpkg/info/gzip.list'],
      "printf '/etc\\n' > base/var/lib/dpkg/info/base-files.list && printf '/usr/bin/gzip\\n' > base/var/lib/dpkg/info/gzip.list",
      'The next layer hides gzip.list by an attribute, and its directory says that it does so.',
    ),
    step('var/cache/ldconfig/aux-cache', 'truncate -s 6800 base/var/cache/ldconfig/aux-cache', 'Nobody touches it.'),
    step('var/log/dpkg.log', "printf 'startup archives install\\n' > base/var/log/dpkg.log", 'Will be appended to.'),
    step(
      ['opt/agent/plugins/disk.so', 'opt/agent/plugins/net.so'],
      'truncate -s 20K base/opt/agent/plugins/disk.so && truncate -s 30K base/opt/agent/plugins/net.so',
      'A directory here, a file above it, a directory above that: the lookup stops at the file.',
    ),
  ];
}

function hardLinks(plan: Plan): ChapterStep[] {
  const pair = (a: string, b: string, size: string, about: string) =>
    step(
      [`usr/bin/${a}`, `usr/bin/${b}`],
      `truncate -s ${size} base/usr/bin/${a} && chmod 755 base/usr/bin/${a} && ln base/usr/bin/${a} base/usr/bin/${b}`,
      about,
    );
  return [
    pair('gzip', 'gunzip', '96K', 'Two names of one inode. As long as nobody writes, both show the same number.'),
    pair('perl', 'perl5.36.0', '3790K', 'Two names of one inode; a write to one of them will split them.'),
    pair('bzip2', 'bunzip2', '39K', 'Two names of one inode that will be kept together by an index.'),
    ...(plan.form === 'root'
      ? [
          pair(
            'xz',
            'unxz',
            '85K',
            'Two names of one inode; only one will have a name in the upper, yet both will change.',
          ),
          step(
            'usr/bin/sed',
            'truncate -s 123K base/usr/bin/sed && chmod 755 base/usr/bin/sed',
            'Will be renamed above.',
          ),
        ]
      : []),
  ];
}

function site(): ChapterStep[] {
  return [
    step(
      ['srv/www/v1/index.html', 'srv/www/v1/app.js', 'srv/www/v1/style.css'],
      "printf '<h1>Hello</h1>\\n' > base/srv/www/v1/index.html && truncate -s 47K base/srv/www/v1/app.js && truncate -s 9K base/srv/www/v1/style.css",
      'The first version of the site. Later layers show it under another name without a copy.',
    ),
    step(
      ['srv/www/v1/img/logo.svg', 'srv/www/v1/img/icons/cart.svg'],
      "printf '<svg/>\\n' > base/srv/www/v1/img/logo.svg && printf '<svg/>\\n' > base/srv/www/v1/img/icons/cart.svg",
      'Two levels below a directory that will be renamed.',
    ),
    step(
      'srv/www/v2/unfinished.html',
      "printf 'to do\\n' > base/srv/www/v2/unfinished.html",
      'An older v2: when a layer above redirects v2 to v1, nobody comes here any more.',
    ),
    step(
      ['srv/www/maintenance/index.html', 'srv/www/maintenance/retry.txt'],
      "printf 'Back soon\\n' > base/srv/www/maintenance/index.html && printf '120\\n' > base/srv/www/maintenance/retry.txt",
      'A directory that the upper replaces by a file: everything in it is hidden by that file.',
    ),
  ];
}
