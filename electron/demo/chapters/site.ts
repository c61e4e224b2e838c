import { below, type ChapterStep, directories, type Plan, prefix, step } from '../step.ts';

/** What the base has below srv/www/v1, as every name that redirects there shows it. */
export const V1 = ['app.js', 'img', 'img/icons', 'img/icons/cart.svg', 'img/logo.svg', 'index.html', 'style.css'];

/** The top lower layer: a release of the site, with the marks of renames that were made before. */
export function site(plan: Plan): ChapterStep[] {
  const x = prefix(plan);
  return [
    directories(
      'site',
      'The topmost lower layer: a release of the site, once an upper itself, so it carries the marks of its renames.',
      'etc/nginx/conf.d',
      'opt/agent',
      'srv/www/assets',
      'srv/www/v2',
      'srv/www/v3',
      'usr/share/nginx',
    ),
    step(
      'etc/nginx/conf.d/site.conf',
      "printf 'server { root /srv/www/current; }\\n' > site/etc/nginx/conf.d/site.conf",
      'Only here: provenance lower.',
    ),
    step(
      'etc/nginx/conf.d/.wh.gzip.conf',
      'touch site/etc/nginx/conf.d/.wh.gzip.conf',
      'How image archives write a deletion. To the kernel it is an ordinary name: whoever unpacks must translate it.',
    ),
    step(
      ['opt/agent', 'opt/agent/README'],
      "printf 'Now a directory\\n' > site/opt/agent/README",
      'A directory over a file: the file is hidden by it, and the base directory below the file is out of reach.',
    ),
    step(
      'srv/www/v2',
      `setfattr -n ${x}.redirect -v v1 site/srv/www/v2`,
      'A relative redirect: below this layer the directory goes on under the name v1, and no longer under v2.',
    ),
    step(
      below('srv/www/v1', ...V1),
      'mknod site/srv/www/v1 c 0 0',
      'The whiteout that such a rename leaves at the old name: all of v1 is hidden there.',
    ),
    step(
      'srv/www/v2/app.js',
      'truncate -s 51K site/srv/www/v2/app.js',
      'In the redirected directory, so it replaces the app.js of v1.',
    ),
    step(
      below('srv/www/assets', ...(plan.form === 'root' ? ['50x.html', 'index.html'] : [])),
      `setfattr -n ${x}.redirect -v /usr/share/nginx/html site/srv/www/assets`,
      'An absolute redirect: below this layer the directory goes on at another place of the tree.',
    ),
    step(
      below('usr/share/nginx/html', '50x.html', 'index.html'),
      'mknod site/usr/share/nginx/html c 0 0',
      'The whiteout at the place that the directory was moved away from.',
    ),
    step(
      'srv/www/mirror',
      `mkdir site/srv/www/mirror && setfattr -n ${x}.redirect -v v1/img site/srv/www/mirror`,
      'A relative redirect may hold one name only. This one holds two, and a lookup fails with EINVAL.',
    ),
    step(
      'srv/www/legacy',
      `mkdir site/srv/www/legacy && setfattr -n ${x}.redirect -v /srv/www/../www/v1 site/srv/www/legacy`,
      plan.form === 'root'
        ? 'A redirect through "..", which no rename writes: the kernel refuses to look that up, with EACCES.'
        : 'A redirect through "..", which no rename writes. Here no redirect is followed at all: EPERM.',
    ),
    step(
      ['srv/www/v3', 'srv/www/v3/draft.html'],
      'mknod site/srv/www/v3/draft.html c 0 0',
      'A whiteout in a directory that no other layer has: it is listed as a character device, and stat finds nothing.',
    ),
    step(
      'srv/www/poster.jpg',
      `truncate -s 64K site/srv/www/poster.jpg && setfattr -n ${x}.metacopy -v 0x00 site/srv/www/poster.jpg`,
      'Its metacopy attribute is too short to mean anything: every lookup ends with EIO.',
    ),
    step(
      'srv/www/teaser.mp4',
      `truncate -s 4M site/srv/www/teaser.mp4 && setfattr -n ${x}.metacopy site/srv/www/teaser.mp4`,
      plan.form === 'root'
        ? 'Metadata without data: no layer below has the bytes, so a lookup ends with EIO.'
        : 'Metadata without data. Without metacopy=on the kernel refuses such a file with EPERM.',
    ),
    ...(plan.data ? objects(x) : []),
  ];
}

/** Files whose bytes lie in a data-only layer, under the name of their digest. */
function objects(x: string): ChapterStep[] {
  return [
    step(
      'srv/www/launch.mp4',
      'mkdir store/9c && truncate -s 348M store/9c/31e07a44',
      'An object of the data-only layer. No path of the merged tree leads here, only redirects do.',
    ),
    step(
      'srv/www/launch.mp4',
      `truncate -s 348M site/srv/www/launch.mp4 && setfattr -n ${x}.metacopy site/srv/www/launch.mp4 && setfattr -n ${x}.redirect -v /9c/31e07a44 site/srv/www/launch.mp4`,
      'Name, size and mode are here, the bytes in the data-only layer: this is how composefs images work.',
    ),
    step(
      'srv/www/trailer.mp4',
      `truncate -s 12M site/srv/www/trailer.mp4 && setfattr -n ${x}.metacopy site/srv/www/trailer.mp4 && setfattr -n ${x}.redirect -v /b1/0d5577aa site/srv/www/trailer.mp4`,
      'Its object is missing from the data-only layer: stat works, and only opening it fails.',
    ),
  ];
}
