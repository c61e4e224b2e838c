/** What tests need of the machine: filesystems of their own, and one line that says why a test cannot run here. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Why tests that mount cannot run, or null. Given to describe.skipIf and named in the suite. */
export const cannotMount: string | null = process.getuid?.() === 0 ? null : 'needs root: it mounts filesystems';

export const FILESYSTEMS = ['ext4', 'xfs', 'btrfs', 'tmpfs'] as const;
export type FilesystemName = (typeof FILESYSTEMS)[number];

const run = (file: string, ...args: string[]): string => execFileSync(file, args, { encoding: 'utf8', stdio: 'pipe' });

/** A directory for one test file, with the mounts made in it; `remove` takes all of it away. */
export class Sandbox {
  readonly path = mkdtempSync(join(tmpdir(), 'stratoscope-probe-'));
  readonly #mounts: string[] = [];

  constructor() {
    // Other users look into it too.
    chmodSync(this.path, 0o755);
  }

  /** Mounts a fresh filesystem, with access times that always move; returns its directory. */
  filesystem(name: FilesystemName): string {
    return this.filesystemAt(name, name);
  }

  /** The same, in a directory of another name. */
  filesystemAt(folder: string, name: FilesystemName): string {
    const at = join(this.path, folder);
    mkdirSync(at);
    if (name === 'tmpfs') run('mount', '-t', 'tmpfs', '-o', 'strictatime', 'tmpfs', at);
    else {
      const image = join(this.path, `${folder}.img`);
      run('truncate', '-s', name === 'xfs' ? '512M' : '256M', image);
      run(`mkfs.${name}`, '-q', image);
      run('mount', '-o', 'loop,strictatime', image, at);
    }
    this.#mounts.push(at);
    return at;
  }

  /** mount(8) with these arguments; the last one is the mount point. */
  mount(...args: string[]): void {
    run('mount', ...args);
    this.#mounts.push(args.at(-1) as string);
  }

  /** Takes over a mount that something else made. */
  adopt(at: string): void {
    this.#mounts.push(at);
  }

  unmount(at: string): void {
    run('umount', at);
    this.#mounts.splice(this.#mounts.indexOf(at), 1);
  }

  remove(): void {
    for (const at of this.#mounts.reverse()) run('umount', '-l', at);
    rmSync(this.path, { recursive: true, force: true });
  }
}
