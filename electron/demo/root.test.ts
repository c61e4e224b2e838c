import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MANIFEST_NAME } from '../../shared/demo/manifest.ts';
import { buildDemo, type Demo } from './index.ts';
import {
  content,
  holdDemo,
  isRoot,
  kind,
  listing,
  mountedAnywhere,
  opens,
  plainDirectory,
  reach,
  target,
  xattr,
} from './testing/witness.ts';

/** What the kernel must say through the main mount: a type, or the error of lstat. */
const MAIN: Record<string, string> = {
  '': 'dir',
  bin: 'symlink',
  'dev/null': 'char',
  'dev/vda': 'block',
  'run/initctl': 'fifo',
  'run/nginx.sock': 'socket',
  'etc/motd': 'ENOENT',
  'etc/issue': 'ENOENT',
  'etc/securetty': 'ENOENT',
  'etc/shells': 'file',
  'etc/default/grub': 'ENOENT',
  'etc/default/nginx': 'file',
  'opt/agent': 'dir',
  'opt/agent/README': 'file',
  'opt/agent/plugins': 'ENOENT',
  'srv/www/maintenance': 'file',
  'srv/www/maintenance/index.html': 'ENOTDIR',
  'srv/www/v1': 'ENOENT',
  'srv/www/v2': 'ENOENT',
  'srv/www/current/index.html': 'file',
  'srv/www/current/unfinished.html': 'ENOENT',
  'srv/www/current/img': 'ENOENT',
  'srv/www/current/pictures/logo.svg': 'file',
  'srv/www/current/pictures/icons': 'ENOENT',
  'srv/www/icons/cart.svg': 'file',
  'srv/www/assets/50x.html': 'file',
  'usr/share/nginx/html': 'ENOENT',
  'usr/share/doc/gzip': 'ENOENT',
  'usr/share/doc/nginx/copyright': 'file',
  'var/lib/dpkg/info/gzip.list': 'ENOENT',
  'var/lib/dpkg/info/base-files.list': 'file',
  'srv/www/v3/draft.html': 'ENOENT',
  'srv/www/launch.mp4': 'file',
  'srv/www/trailer.mp4': 'file',
  'srv/www/teaser.mp4': 'EIO',
  'srv/www/poster.jpg': 'EIO',
  'srv/www/mirror': 'EINVAL',
  'srv/www/legacy': 'EACCES',
  'usr/bin/sed': 'ENOENT',
  'usr/bin/sed.distrib': 'file',
  'etc/nginx/conf.d/.wh.gzip.conf': 'file',
};

const CAUTIOUS: Record<string, string> = {
  'srv/www/v2': 'EPERM',
  'srv/www/assets': 'EPERM',
  'srv/www/launch.mp4': 'EPERM',
  'srv/www/teaser.mp4': 'EPERM',
  'srv/www/poster.jpg': 'EIO',
  'etc/motd': 'file',
  'srv/www/maintenance': 'dir',
};

describe.runIf(isRoot)('the demo as root (elsewhere skipped: it needs uid 0)', () => {
  let parent = '';
  let demo: Demo;
  beforeAll(async () => {
    parent = plainDirectory('root');
    demo = await buildDemo(join(parent, 'demo'), { form: 'root' });
  });
  afterAll(async () => {
    await demo?.close();
    rmSync(parent, { recursive: true });
  });

  const merged = (path: string): Buffer => reach(demo, `${demo.mount}/${path}`);
  const layer = (path: string): Buffer => Buffer.from(join(demo.dir, path), 'latin1');
  const mark = (path: string, name: string): string | null => xattr(layer(path), `trusted.overlay.${name}`);
  const hex = (text: string): string => Buffer.from(text, 'latin1').toString('hex');

  it('is mounted in a namespace of its own, and nowhere else', () => {
    expect(statSync(`/proc/${demo.pid}/ns/mnt`).ino).not.toBe(statSync('/proc/self/ns/mnt').ino);
    expect(listing(layer('merged'))).toEqual([]);
    expect(listing(merged(''))).toContain('etc');
    expect(mountedAnywhere(demo.dir)).toBe(true);
  });

  it.each(Object.entries(MAIN))('main: %s is %s', (path, expected) => {
    expect(kind(merged(path))).toBe(expected);
  });

  it.each(Object.entries(CAUTIOUS))('cautious: %s is %s', (path, expected) => {
    expect(kind(reach(demo, `${demo.stacks[1]?.mount}/${path}`))).toBe(expected);
  });

  it('restored: shows numbers of two filesystems, and of a copied-up file the upper one', () => {
    const restored = (path: string): Buffer => reach(demo, `${demo.stacks[2]?.mount}/${path}`);
    const number = (path: Buffer) => statSync(path, { bigint: true });
    const inUpper = number(layer('restore-upper/etc/hosts'));
    expect(xattr(layer('restore-upper/etc/hosts'), 'trusted.overlay.origin')).toMatch(/^00fb/);
    expect(number(restored('etc/hosts')).ino).toBe(inUpper.ino);
    expect(number(restored('etc/aliases')).ino).toBe(number(reach(demo, `${demo.dir}/backup/etc/aliases`)).ino);
    const devices = [restored(''), restored('etc/hosts'), restored('etc/aliases')].map((path) => number(path).dev);
    expect(new Set(devices).size).toBe(3);
    expect(kind(restored('etc/nologin'))).toBe('ENOENT');
  });

  it('lists what it cannot look up, and hides what an opaque=x directory announces', () => {
    expect(listing(merged('etc'))).toContain('securetty');
    expect(listing(merged('srv/www/v3'))).toEqual(['draft.html']);
    expect(listing(merged('var/lib/dpkg/info'))).toEqual(['base-files.list', 'nginx.list']);
  });

  it('reads bytes from where they are', () => {
    expect(content(merged('etc/hostname'))).toBe('web-1\n');
    expect(content(merged('etc/shadow'))).toContain('root:');
    expect(content(merged('srv/www/current/index.html'))).toBe('<h1>Hello</h1>\n');
    expect(statSync(merged('srv/www/current/app.js')).size).toBe(51 * 1024);
    expect(content(merged('srv/www/assets/index.html'))).toBe('Welcome to nginx!\n');
    expect(opens(merged('srv/www/launch.mp4'))).toBe('ok');
    expect(opens(merged('srv/www/trailer.mp4'))).toBe('ENOENT');
    expect(target(merged('bin'))).toBe('usr/bin');
  });

  it('bears each mark where its step set it', () => {
    expect(mark('upper/etc/default', 'opaque')).toBe(hex('y'));
    expect(mark('nginx/usr/share/doc', 'opaque')).toBe(hex('y'));
    expect(mark('nginx/var/lib/dpkg/info', 'opaque')).toBe(hex('x'));
    expect(mark('nginx/etc/securetty', 'whiteout')).toBe('');
    expect(mark('upper/srv/www/current', 'redirect')).toBe(hex('v2'));
    expect(mark('upper/srv/www/current/pictures', 'redirect')).toBe(hex('img'));
    expect(mark('upper/srv/www/icons', 'redirect')).toBe(hex('/srv/www/v2/img/icons'));
    expect(mark('upper/usr/bin/sed.distrib', 'redirect')).toBe(hex('sed'));
    expect(mark('upper/usr/bin/sed.distrib', 'metacopy')).toBe('');
    expect(mark('upper/etc/shadow', 'metacopy')).toBe('');
    expect(mark('upper/etc', 'impure')).toBe(hex('y'));
    expect(mark('upper/usr/bin/xz', 'nlink')).toBe(hex('U+0'));
    expect(mark('upper/var/log/nginx/access.log', 'protattr')).toBe(hex('a'));
    expect(mark('upper/var/cache/nginx/0', 'overlay.opaque')).toBe(hex('y'));
    for (const path of ['upper/etc/motd', 'upper/etc/issue', 'nginx/etc/issue', 'site/srv/www/v1']) {
      expect(kind(layer(path)), path).toBe('whiteout');
    }
  });

  it('holds origins in every state that a mount can bring about', () => {
    const origin = (path: string): string | null => mark(`upper/${path}`, 'origin');
    expect(origin('etc/passwd')).toMatch(/^00fb/);
    expect(origin('etc/os-release')).toBe('');
    expect(origin('etc/machine-id')).toMatch(/^01fb/);
    expect(origin('etc/resolv.conf')).toContain('fd9e1961');
    expect(origin('etc/fstab')).toBeNull();
    expect(origin('usr/bin/perl')).toBeNull();
    expect(origin('usr/sbin')).toMatch(/^00fb/);
    expect(origin('etc/nginx/conf.d/default.conf.orig')).toBe(origin('etc/nginx/conf.d/default.conf'));
    // The number tells whether the kernel used the origin: this directory's filesystem is the upper's too.
    const number = (path: Buffer): bigint => statSync(path, { bigint: true }).ino;
    expect(number(merged('etc/passwd')), 'verified').toBe(number(layer('base/etc/passwd')));
    expect(number(merged('etc/shadow')), 'by path').toBe(number(layer('base/etc/shadow')));
    for (const path of ['ssl/openssl.cnf', 'crontab', 'resolv.conf', 'machine-id', 'os-release']) {
      expect(number(merged(`etc/${path}`)), path).toBe(number(layer(`upper/etc/${path}`)));
    }
    expect(statSync(layer('base/etc/crontab')).nlink).toBe(2);
  });

  it('refuses one of two files that claim one origin', () => {
    const both = ['default.conf', 'default.conf.orig'].map((name) => kind(merged(`etc/nginx/conf.d/${name}`)));
    expect(both.sort()).toEqual(['ESTALE', 'file']);
  });

  it('keeps hard links whole with an index, and split them before', () => {
    const inode = (name: string) => statSync(merged(`usr/bin/${name}`), { bigint: true });
    for (const [a, b] of [
      ['gzip', 'gunzip'],
      ['xz', 'unxz'],
      ['bzip2', 'bunzip2'],
    ] as const) {
      expect(inode(a).ino, `${a} and ${b}`).toBe(inode(b).ino);
      expect(inode(a).nlink, a).toBe(2n);
    }
    expect(inode('perl').ino).not.toBe(inode('perl5.36.0').ino);
    expect(inode('perl').nlink).toBe(1n);
    expect(kind(layer('upper/usr/bin/unxz'))).toBe('ENOENT');
    expect(content(merged('usr/bin/unxz')).endsWith('#')).toBe(true);
  });
});

describe.runIf(isRoot)(
  'the demo in a directory on an overlay, as in a container (elsewhere skipped: it needs uid 0)',
  () => {
    let parent = '';
    beforeEach(() => {
      parent = plainDirectory('container');
    });
    afterEach(() => rmSync(parent, { recursive: true }));

    /** A shell that mounts an overlay at `parent`/m, where only itself sees it, runs a command, and lists what is left. */
    const CONTAINER =
      'mkdir l u w m && chmod 777 u && mount -t overlay container -o lowerdir=l,upperdir=u,workdir=w m && { "$@"; ls -A m >&2; }';

    it.each([
      { form: 'root' as const, plain: false, error: 'EPERM' },
      { form: 'userns' as const, plain: true, error: 'EPERM' },
    ])('has its layers in memory as $form', async ({ form, plain, error }) => {
      const inside = ['unshare', '--mount', 'sh', '-c', `cd ${parent} && ${CONTAINER}`, 'container'];
      const held = await holdDemo(join(parent, 'm/demo'), { plain, inside });
      const { demo } = held;
      expect(demo).toMatchObject({ form, inMemory: true, refused: [] });
      const last = demo.stacks.at(-1);
      expect(kind(reach(demo, `${last?.mount}/srv/www/v2`))).toBe(error);
      expect(content(reach(demo, `${demo.mount}/etc/hostname`))).toBe('web-1\n');
      expect(JSON.parse(content(reach(demo, `${demo.dir}/${MANIFEST_NAME}`)))).toMatchObject({ form });
      expect(listing(Buffer.from(join(parent, 'u/demo')))).toEqual([MANIFEST_NAME]);
      await held.end();
      expect(listing(Buffer.from(join(parent, 'u')))).toEqual([]);
      expect(mountedAnywhere(parent)).toBe(false);
    });
  },
);

describe.runIf(isRoot)(
  'the demo where mounts are shared, as systemd has them (elsewhere skipped: it needs uid 0)',
  () => {
    it('shows its mounts to nobody, and keeps none alive that others unmount', async () => {
      const parent = plainDirectory('shared');
      const other = join(parent, 'other');
      mkdirSync(other);
      const shell = `mount -t tmpfs other ${other} && "$@"; true`;
      const inside = ['unshare', '--mount', '--propagation', 'shared', 'sh', '-c', shell, 'host'];
      const held = await holdDemo(join(parent, 'demo'), { form: 'root', inside });
      const host = String(held.child.pid);
      const mounts = (pid: string): string => readFileSync(`/proc/${pid}/mountinfo`, 'latin1');
      try {
        expect(mounts(host)).toContain(` ${other} `);
        expect(mounts(host)).not.toContain(' - overlay stratoscope-demo ');
        expect(mounts(String(held.demo.pid))).toContain(` ${other} `);
        execFileSync('nsenter', ['-t', host, '-m', 'umount', other]);
        expect(mounts(String(held.demo.pid))).not.toContain(` ${other} `);
        expect(mounts(String(held.demo.pid))).toContain(' - overlay stratoscope-demo ');
      } finally {
        await held.end();
        rmSync(parent, { recursive: true });
      }
    });
  },
);
