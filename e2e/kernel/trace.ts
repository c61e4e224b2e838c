import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asBytes, type Bytes, hexOfBytes, joinBytes } from '../../shared/bytes/bytes.ts';
import { type WriteSeen, watchWrites } from './fanotify.ts';
import { detach, getXattr, listDirectory, listXattrs, makeDirectory, mount, statPath, unmount } from './libc.ts';

/**
 * "Leaves no trace": what stands in the layers before and after something ran, and what the kernel saw meanwhile.
 * Works best where the layers' filesystems are mounted with strictatime, for then every read shows. Needs root, strace.
 */

/** Directories that must stay as they are: the layers, and the work directory. */
export interface Untouchables {
  readonly directories: readonly string[];
}

export interface Trace<T> {
  readonly result: T;
  /** Inodes whose atime, ctime, mtime, size, links or attributes are not as before: path, before, after. */
  readonly changes: readonly { path: string; before: string; after: string }[];
  /** Writes that fanotify saw on the filesystems of the directories. */
  readonly writes: readonly WriteSeen[];
  /** System calls that mount or could: lines of strace. */
  readonly mounts: readonly string[];
  /** Lines of strace in all: none means that nothing was traced. */
  readonly tracedCalls: number;
}

/** Calls by which something would ask the kernel for a mount of its own. A detached clone is made by open_tree alone. */
const mountCalls = ['mount', 'fsmount', 'move_mount', 'fsopen', 'umount2'];

/**
 * Runs `run` and tells what it left behind. Programs that it starts are traced where their argument vector is put
 * through the function that it is given.
 */
export async function withTraceCheck<T>(
  untouchables: Untouchables,
  run: (traced: (argv: readonly string[]) => string[]) => Promise<T>,
): Promise<Trace<T>> {
  const directory = mkdtempSync(join(tmpdir(), 'stratoscope-trace-'));
  let programs = 0;
  const traced = (argv: readonly string[]): string[] => {
    const output = join(directory, `strace.${programs++}`);
    const calls = [...mountCalls, 'open_tree'].join(',');
    return ['strace', '-f', '-qq', '--seccomp-bpf', '-e', `trace=${calls},execve`, '-o', output, ...argv];
  };
  try {
    const before = snapshotAll(untouchables.directories, directory);
    const watch = watchWrites(untouchables.directories);
    let result: T;
    let writes: WriteSeen[];
    try {
      result = await run(traced);
      writes = watch.seen();
    } finally {
      watch.end();
    }
    const changes = difference(before, snapshotAll(untouchables.directories, directory));
    const lines = Array.from({ length: programs }, (_, i) => readFileSync(join(directory, `strace.${i}`), 'latin1'))
      .join('\n')
      .split('\n')
      .filter((line) => line !== '');
    const mounts = lines.filter((line) => mountCalls.some((call) => new RegExp(`\\b${call}\\(`).test(line)));
    return { result, changes, writes, mounts, tracedCalls: lines.length };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const MS_RDONLY = 1;
const MS_REMOUNT = 32;
const MS_NOATIME = 1024;
const MS_BIND = 4096;

/** Every inode below the directories, read through noatime views so that reading them moves nothing. */
function snapshotAll(directories: readonly string[], scratch: string): Map<string, string> {
  const inodes = new Map<string, string>();
  const view = joinBytes(asBytes(scratch), asBytes('view'));
  if (typeof statPath(view) === 'string') makeDirectory(view);
  for (const directory of directories) {
    const path = asBytes(Buffer.from(directory).toString('latin1'));
    const refused =
      mount(path, view, 'none', MS_BIND, asBytes('')) ??
      mount('none', view, 'none', MS_REMOUNT | MS_BIND | MS_NOATIME | MS_RDONLY, asBytes(''));
    if (refused !== null) throw new Error(`a noatime view of ${directory}: ${refused}`);
    try {
      snapshotTree(view, directory, inodes);
    } finally {
      unmount(view, detach);
    }
  }
  return inodes;
}

function snapshotTree(path: Bytes, shown: string, inodes: Map<string, string>): void {
  const stat = statPath(path);
  if (typeof stat === 'string') throw new Error(`${shown}: ${stat}`);
  const xattrs = listXattrs(path)
    .sort()
    .map((name) => {
      const read = getXattr(path, name);
      return `${name}=${'value' in read ? hexOfBytes(read.value) : read.errno}`;
    });
  const { ino, mode, nlink, size, atimeNs, mtimeNs, ctimeNs } = stat;
  inodes.set(
    shown,
    `ino=${ino} mode=${mode.toString(8)} nlink=${nlink} size=${size} atime=${atimeNs} mtime=${mtimeNs} ctime=${ctimeNs} ${xattrs.join(' ')}`,
  );
  if ((mode & 0o170000) !== 0o040000) return;
  const listing = listDirectory(path);
  if (typeof listing === 'string') throw new Error(`${shown}: ${listing}`);
  for (const { name } of listing) snapshotTree(joinBytes(path, name), `${shown}/${name}`, inodes);
}

function difference(before: Map<string, string>, after: Map<string, string>): Trace<unknown>['changes'] {
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths]
    .map((path) => ({ path, before: before.get(path) ?? 'absent', after: after.get(path) ?? 'absent' }))
    .filter((change) => change.before !== change.after);
}
