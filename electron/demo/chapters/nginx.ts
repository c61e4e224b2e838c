import { type ChapterStep, directories, type Plan, prefix, step } from '../step.ts';

/** The middle layer: a package that was installed on top of the base. */
export function nginx(plan: Plan): ChapterStep[] {
  const x = prefix(plan);
  return [
    directories(
      'nginx',
      'The middle layer: the web server package. It adds, and it hides some of what the base has.',
      'etc/nginx/conf.d',
      'opt',
      'usr/sbin',
      'usr/share/doc/nginx',
      'usr/share/nginx/html',
      'var/lib/dpkg/info',
      'var/log/nginx',
    ),
    step('etc/nginx/nginx.conf', "printf 'worker_processes auto;\\n' > nginx/etc/nginx/nginx.conf", 'Only here.'),
    step('etc/nginx/mime.types', 'truncate -s 5349 nginx/etc/nginx/mime.types', 'Only here.'),
    step(
      'etc/nginx/conf.d/default.conf',
      "printf 'server { listen 80; }\\n' > nginx/etc/nginx/conf.d/default.conf",
      'The original of two copies in the upper that claim the same origin.',
    ),
    step(
      'usr/sbin/nginx',
      'truncate -s 1300K nginx/usr/sbin/nginx && chmod 755 nginx/usr/sbin/nginx',
      'A program. Running it copies nothing up; opening it for writing would copy all of it.',
    ),
    step(
      ['usr/share/nginx/html/index.html', 'usr/share/nginx/html/50x.html'],
      "printf 'Welcome to nginx!\\n' > nginx/usr/share/nginx/html/index.html && printf 'An error occurred.\\n' > nginx/usr/share/nginx/html/50x.html",
      'The next layer renames their directory across the tree: an absolute redirect.',
    ),
    step('var/log/nginx/.keep', 'touch nginx/var/log/nginx/.keep', 'An empty file without any mark: it hides nothing.'),
    step(
      'etc/issue',
      'mknod nginx/etc/issue c 0 0',
      'A whiteout: a character device 0:0. It says that nothing of this name counts below.',
    ),
    step(
      'opt/agent',
      "printf '#!/bin/sh\\n' > nginx/opt/agent",
      'A file over a directory of the base. The next layer has a directory again, and it cannot reach past this file.',
    ),
    step(
      ['usr/share/doc', 'usr/share/doc/nginx/copyright'],
      `setfattr -n ${x}.opaque -v y nginx/usr/share/doc && printf 'BSD-2\\n' > nginx/usr/share/doc/nginx/copyright`,
      'An opaque directory: the base has usr/share/doc too, and nothing in it is seen.',
    ),
    step(
      ['var/lib/dpkg/info', 'var/lib/dpkg/info/nginx.list'],
      `setfattr -n ${x}.opaque -v x nginx/var/lib/dpkg/info && printf '/usr/sbin/nginx\\n' > nginx/var/lib/dpkg/info/nginx.list`,
      'Opaque "x" hides nothing itself: it announces that this directory holds whiteouts of the attribute kind.',
    ),
    step(
      'var/lib/dpkg/info/gzip.list',
      `touch nginx/var/lib/dpkg/info/gzip.list && setfattr -n ${x}.whiteout nginx/var/lib/dpkg/info/gzip.list`,
      'A whiteout of the attribute kind: an empty file with overlay.whiteout. A lookup fails and a listing omits it.',
    ),
    step(
      'etc/securetty',
      `touch nginx/etc/securetty && setfattr -n ${x}.whiteout nginx/etc/securetty`,
      'The same attribute, but its directory lacks opaque "x": a lookup fails, and yet the listing gives the name.',
    ),
  ];
}
