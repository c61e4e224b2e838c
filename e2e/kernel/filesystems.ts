import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asBytes, type Bytes, bytesOfArray } from '../../shared/bytes/bytes.ts';
import type { FilesystemName } from './case.ts';
import { filesystemUuid } from './libc.ts';

/** A mounted filesystem on which layers are built. */
export interface Filesystem {
  readonly root: Bytes;
  /** 16 bytes, as file handles of overlayfs carry it. */
  readonly uuid: Bytes;
}

export type Filesystems = Readonly<Record<FilesystemName, Filesystem>>;

const run = (program: string, ...args: string[]): void =>
  void execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });

/** Mounts an image. Another process may take the free loop device between finding and using it: then once more. */
export function mountImage(image: string, place: string): void {
  for (let attempt = 1; ; attempt++) {
    try {
      run('mount', '-o', 'loop', image, place);
      return;
    } catch (error) {
      if (attempt === 20) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    }
  }
}

/** An empty file of that size, which takes no room. */
export function makeImage(directory: string, name: string, size: number): string {
  const path = join(directory, name);
  writeFileSync(path, '');
  truncateSync(path, size);
  return path;
}

const uuidBytes = (text: string): Bytes => bytesOfArray(Buffer.from(text.replaceAll('-', ''), 'hex'));

/**
 * Makes and mounts one filesystem of each kind below `directory`: two tmpfs, ext4, xfs and two subvolumes of one
 * btrfs, the images on a tmpfs of their own. Belongs into a mount namespace of its own: they vanish with it, the loop
 * devices too. Needs root, mkfs.ext4, mkfs.xfs and mkfs.btrfs.
 */
export function makeFilesystems(directory: string): Filesystems {
  const images = join(directory, 'images');
  mkdirSync(images);
  run('mount', '-t', 'tmpfs', 'stratoscope-images', images);
  const image = (name: string, size: number): string => makeImage(images, name, size);
  const place = (name: string): string => {
    const path = join(directory, name);
    mkdirSync(path);
    return path;
  };
  const told = (root: string): Filesystem => {
    const uuid = filesystemUuid(asBytes(root));
    if (uuid === null) throw new Error(`${root}: the filesystem does not tell its uuid`);
    return { root: asBytes(root), uuid };
  };

  const tmpfs = place('tmpfs');
  run('mount', '-t', 'tmpfs', 'stratoscope-test', tmpfs);
  const tmpfs2 = place('tmpfs2');
  run('mount', '-t', 'tmpfs', 'stratoscope-test', tmpfs2);
  const ext4 = place('ext4');
  const ext4Image = image('ext4.img', 512 << 20);
  run('mkfs.ext4', '-q', '-F', '-N', '300000', ext4Image);
  mountImage(ext4Image, ext4);
  const xfs = place('xfs');
  const xfsImage = image('xfs.img', 512 << 20);
  run('mkfs.xfs', '-q', '-f', xfsImage);
  mountImage(xfsImage, xfs);
  // btrfs does not tell its uuid, and refuses to be mounted beside another of the same.
  const uuidText = randomUUID();
  const top = place('btrfs');
  const btrfsImage = image('btrfs.img', 512 << 20);
  run('mkfs.btrfs', '-q', '-f', '-U', uuidText, btrfsImage);
  mountImage(btrfsImage, top);
  const subvolume = (name: string): Filesystem => {
    run('btrfs', 'subvolume', 'create', join(top, name));
    return { root: asBytes(join(top, name)), uuid: uuidBytes(uuidText) };
  };
  return {
    tmpfs: told(tmpfs),
    tmpfs2: told(tmpfs2),
    ext4: told(ext4),
    xfs: told(xfs),
    'btrfs-a': subvolume('a'),
    'btrfs-b': subvolume('b'),
  };
}
