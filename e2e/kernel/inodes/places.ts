import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { asBytes } from '../../../shared/bytes/bytes.ts';
import { makeImage, mountImage } from '../filesystems.ts';
import { statPath } from '../libc.ts';

/** Where layers can lie. Equal letters are one superblock; the btrfs ones are subvolumes of one filesystem. */
export const WRITABLE = {
  'ext4 A': 'ext4',
  'ext4 B': 'ext4',
  'ext4 C': 'ext4',
  /** Two with one uuid. */
  'ext4 twin 1': 'ext4',
  'ext4 twin 2': 'ext4',
  'ext4 without uuid': 'ext4',
  'ext4 without uuid 2': 'ext4',
  'xfs A': 'xfs',
  'xfs B': 'xfs',
  'btrfs 1': 'btrfs',
  'btrfs 2': 'btrfs',
  'btrfs 3': 'btrfs',
  'tmpfs A': 'tmpfs',
  'tmpfs B': 'tmpfs',
} as const;
export type Writable = keyof typeof WRITABLE;

/** What a layer's tree is packed into, or seen through. */
export const SEALED = {
  squashfs: 'image',
  /** Its handles cannot be decoded. */
  'squashfs without export': 'image',
  erofs: 'image',
  'fuse stable': 'fuse',
  'fuse high': 'fuse',
  'fuse counting': 'fuse',
  'fuse counting-plus': 'fuse',
  'overlay of one': 'overlay',
  'overlay with xino': 'overlay',
  'overlay without': 'overlay',
  'overlay exported': 'overlay',
} as const;
export type Sealed = keyof typeof SEALED;
export type Place = Writable | Sealed;

export const isSealed = (place: Place): place is Sealed => Object.hasOwn(SEALED, place);

/** Where the lower and the upper of an inner overlay lie, and its options. */
const INNER: Partial<Record<Sealed, { lower: Writable; upper: Writable; options: string }>> = {
  'overlay of one': { lower: 'ext4 B', upper: 'ext4 B', options: '' },
  'overlay with xino': { lower: 'ext4 B', upper: 'ext4 C', options: ',xino=on' },
  'overlay without': { lower: 'ext4 B', upper: 'ext4 C', options: '' },
  'overlay exported': { lower: 'ext4 B', upper: 'ext4 B', options: ',index=on,nfs_export=on' },
};

const run = (program: string, ...args: string[]): void =>
  void execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });

/** Makes and mounts filesystems below a directory as they are asked for. Belongs into a mount namespace of its own. */
export class Places {
  readonly #directory: string;
  readonly #images: string;
  readonly #roots = new Map<string, string>();
  #sealed = 0;

  constructor(directory: string) {
    this.#directory = directory;
    this.#images = this.#place('images');
    run('mount', '-t', 'tmpfs', 'stratoscope-images', this.#images);
  }

  #place(name: string): string {
    const path = join(this.#directory, name.replaceAll(' ', '-'));
    mkdirSync(path);
    return path;
  }

  /** Root of a writable filesystem, which is made at the first call. */
  root(place: Writable): string {
    const known = this.#roots.get(place);
    if (known !== undefined) return known;
    const path = this.#make(place);
    this.#roots.set(place, path);
    return path;
  }

  #make(place: Writable): string {
    const type = WRITABLE[place];
    if (type === 'btrfs') {
      let top = this.#roots.get('btrfs');
      if (top === undefined) {
        top = this.#place('btrfs');
        const image = makeImage(this.#images, 'btrfs.img', 256 << 20);
        run('mkfs.btrfs', '-q', '-f', image);
        mountImage(image, top);
        this.#roots.set('btrfs', top);
      }
      const path = join(top, place.replaceAll(' ', '-'));
      run('btrfs', 'subvolume', 'create', path);
      return path;
    }
    const path = this.#place(place);
    if (type === 'tmpfs') {
      run('mount', '-t', 'tmpfs', 'stratoscope-test', path);
      return path;
    }
    const image = makeImage(this.#images, `${place}.img`, type === 'xfs' ? 320 << 20 : 128 << 20);
    if (type === 'xfs') run('mkfs.xfs', '-q', '-f', image);
    else {
      const uuid = place.startsWith('ext4 twin') ? this.#twinUuid : randomUUID();
      run('mkfs.ext4', '-q', '-F', '-N', '60000', '-U', place.startsWith('ext4 without') ? 'clear' : uuid, image);
    }
    mountImage(image, path);
    return path;
  }

  readonly #twinUuid = randomUUID();

  /** A directory that a sealed place can be made of. */
  staging(): string {
    return this.#freshIn(this.#images, 'staging');
  }

  #freshIn(directory: string, name: string): string {
    const path = join(directory, `${name}-${this.#sealed++}`);
    mkdirSync(path);
    return path;
  }

  /** The tree of a directory as a sealed place shows it: the path of its root. */
  async seal(place: Sealed, directory: string): Promise<string> {
    const path = this.#freshIn(this.#directory, place.replaceAll(' ', '-'));
    if (SEALED[place] === 'fuse') await this.#serve(place.slice('fuse '.length), directory, path);
    else this.#pack(place, directory, path);
    return path;
  }

  #pack(place: Sealed, directory: string, path: string): void {
    const image = `${directory}.${place.split(' ')[0]}`;
    if (place === 'erofs') run('mkfs.erofs', '--quiet', image, directory);
    else {
      const exports = place === 'squashfs without export' ? ['-no-exports'] : [];
      run('mksquashfs', directory, image, '-no-progress', '-quiet', '-noappend', ...exports);
    }
    mountImage(image, path);
  }

  async #serve(how: string, directory: string, path: string): Promise<void> {
    const before = (statPath(asBytes(path)) as { dev: bigint }).dev;
    const server = spawn(this.#server(), [how, directory, path], { stdio: ['ignore', 'inherit', 'inherit'] });
    for (;;) {
      if (server.exitCode !== null) throw new Error(`fuse-server ${how} ended with ${server.exitCode}`);
      const stat = statPath(asBytes(path));
      if (typeof stat !== 'string' && stat.dev !== before) break;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    server.unref();
  }

  #server(): string {
    const known = this.#roots.get('fuse-server');
    if (known !== undefined) return known;
    const program = join(this.#images, 'fuse-server');
    const flags = execFileSync('pkg-config', ['fuse3', '--cflags', '--libs'], { encoding: 'utf8' }).trim().split(' ');
    run('cc', '-O1', '-o', program, join(import.meta.dirname, 'fuse-server.c'), ...flags);
    this.#roots.set('fuse-server', program);
    return program;
  }

  /** Mounts an overlay over a lower, with an upper of its own. Its path, and that of its upper. */
  inner(place: Sealed, lower: string): string {
    const { upper, options } = INNER[place] as { upper: Writable; options: string };
    const path = this.#freshIn(this.#directory, 'inner');
    const top = this.#freshIn(this.root(upper), 'inner-upper');
    const work = this.#freshIn(this.root(upper), 'inner-work');
    run('mount', '-t', 'overlay', 'inner', '-o', `lowerdir=${lower},upperdir=${top},workdir=${work}${options}`, path);
    return path;
  }

  /** A fresh directory for the lower of an inner overlay. */
  innerLower(place: Sealed): string {
    return this.#freshIn(this.root((INNER[place] as { lower: Writable }).lower), 'inner-lower');
  }
}
