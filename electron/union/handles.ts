import { asBytes, type Bytes, bytesOfArray } from '../../shared/bytes/bytes.ts';
import type { Handle } from '../../shared/ipc/probe.ts';
import { handleText } from '../../shared/map/keys.ts';
import { Kind } from '../../shared/merge/marks.ts';
import { arrayOfHex, hexOfArray } from '../../shared/xattrs/index.ts';
import { openByHandle } from '../probe/syscalls/handle.ts';
import { close, Open, openat, pathOfFd } from '../probe/syscalls/open.ts';
import { statx } from '../probe/syscalls/statx.ts';
import type { Entry } from './entries.ts';
import { fail, isErrno } from './failure.ts';
import { handleOf } from './layers.ts';
import { type Dentry, type Node, realOf } from './node.ts';
import { openNode, openObject } from './open.ts';
import { resolve } from './resolve.ts';
import { reopen } from './syscalls/names.ts';
import type { Union } from './union.ts';

/**
 * Handles, as for NFS export: one names an object by the inode that its number is of, so that it stays good over copy-up
 * (the reverse mapping leads to the copy), rename, eviction and a new start, and is stale once the object is removed.
 *
 * Bytes: format (1) · 0 lower, 1 upper · filesystem · type and length of the inode's handle, the handle · for a lower
 * file that is not copied up: type and length of its directory's handle, that handle, its name.
 */
const FORMAT = 1;

type Parts = { isUpper: boolean; filesystem: number; inode: Handle; directory: Handle | null; name: Bytes };

const packed = ({ type, fid }: Handle): number[] => {
  const bytes = arrayOfHex(fid) ?? new Uint8Array();
  return [type, bytes.length, ...bytes];
};

/** The handle of an object. Throws EOPNOTSUPP where its filesystem gives none. */
export function handleOfObject({ node, parent, name }: Dentry): Uint8Array {
  const isUpper = node.origin === null;
  const filesystem = node.origin?.filesystem ?? 0;
  const inode = isUpper ? handleOf(realOf(node).fd) : parsedHandle(node.origin?.handle ?? null);
  if (inode === null) return fail('EOPNOTSUPP');
  const head = [FORMAT, isUpper ? 1 : 0, filesystem, ...packed(inode)];
  const lower = node.upper === null && node.kind !== Kind.dir ? node.lowers[0] : undefined;
  const directory = lower && parent?.node.lowers.find(({ layer }) => layer === lower.layer);
  const above = directory ? handleOf(directory.fd) : null;
  return Uint8Array.from(above ? [...head, ...packed(above), ...Buffer.from(name, 'latin1')] : head);
}

function parsedHandle(text: string | null): Handle | null {
  const [type, fid] = text?.split(':') ?? [];
  return type === undefined || fid === undefined ? null : { type: Number.parseInt(type, 16), fid };
}

/** Takes a handle apart. Throws EINVAL where it is none of ours. */
function decode(bytes: Uint8Array): Parts {
  let at = 3;
  const handle = (): Handle => {
    const length = bytes[at + 1] ?? 0;
    const end = at + 2 + length;
    if (end > bytes.length || length === 0 || length > 128) fail('EINVAL');
    const found = { type: bytes[at] as number, fid: hexOfArray(bytes, at + 2, end) };
    at = end;
    return found;
  };
  if (bytes[0] !== FORMAT || (bytes[1] ?? 2) > 1) fail('EINVAL');
  const inode = handle();
  const directory = at < bytes.length ? handle() : null;
  return {
    isUpper: bytes[1] === 1,
    filesystem: bytes[2] as number,
    inode,
    directory,
    name: bytesOfArray(bytes.subarray(at)),
  };
}

/** Opens what a handle names. Throws ESTALE where it is removed; a removed object that is still open is given. */
export function openObjectByHandle(union: Union, bytes: Uint8Array, flags: number): { fd: number; node: Node } {
  const parts = decode(bytes);
  const layers = parts.isUpper ? [0] : union.filesystems.lowersOn(parts.filesystem);
  const place = openPlace(union, layers[0] ?? fail('ESTALE'), parts.inode);
  try {
    const { ino, mode } = statx(place, asBytes(''));
    const known = union.nodes.get(union.filesystems.shown(parts.filesystem, ino));
    if (known) return openKnown(union, known, flags);
    if (parts.isUpper) return openUpper(union, place, flags);
    const mapping = union.store.byLower(parts.filesystem, ino);
    if (mapping && mapping.lower.handle === handleText(parts.inode)) {
      const copy = openPlace(union, 0, parsedHandle(mapping.upperHandle) ?? fail('ESTALE'));
      try {
        return openUpper(union, copy, flags);
      } finally {
        close(copy);
      }
    }
    const shown = union.filesystems.shown(parts.filesystem, ino);
    const dentry = findLinked(union, shown) ?? findLower(union, parts, layers, mode >> 12 === Kind.dir, shown);
    return openObject(union, dentry, flags);
  } finally {
    close(place);
  }
}

function openPlace(union: Union, layer: number, handle: Handle): number {
  try {
    return openByHandle(union.layers.roots[layer] as number, handle);
  } catch (error) {
    // Also EINVAL and the like: it cannot be a handle of this filesystem.
    if (isErrno(error)) return fail('ESTALE');
    throw error;
  }
}

/** Opens an object that is in memory. */
function openKnown(union: Union, node: Node, flags: number): { fd: number; node: Node } {
  const [dentry = null] = node.dentries;
  if (dentry === null && node.kind === Kind.dir) fail('ESTALE');
  return openNode(union, node, dentry, flags);
}

/** Opens an upper inode, whatever its name is. */
function openUpper(union: Union, place: number, flags: number): { fd: number; node: Node } {
  const { mode, nlink } = statx(place, asBytes(''));
  if (nlink === 0) fail('ESTALE');
  if (mode >> 12 === Kind.dir) {
    const dentry = directoryAt(union, relativeTo(union.layers.upper.fd, place));
    if (realOf(dentry.node).ino !== statx(place, asBytes('')).ino) fail('ESTALE');
    return openObject(union, dentry, flags);
  }
  const entry = union.entries.adopt(reopen(place, Open.path), 0);
  const node = union.adoptUpper(entry);
  try {
    return openKnown(union, node, flags);
  } finally {
    union.letGo(node);
  }
}

/** The path of a directory below a root, both open; throws ESTALE where it lies elsewhere. */
function relativeTo(root: number, place: number): Bytes[] {
  const above = pathOfFd(root);
  const path = pathOfFd(place);
  const prefix = above === '/' ? '/' : `${above}/`;
  if (path === above) return [];
  // What lies outside has another path, or none that can be reached.
  if (!path.startsWith(prefix)) fail('ESTALE');
  return path.slice(prefix.length).split('/') as Bytes[];
}

function directoryAt(union: Union, names: readonly Bytes[]): Dentry {
  return stale(() => resolve(union, names.join('/') as Bytes));
}

/** What is not found by a name is gone. */
function stale<T>(use: () => T): T {
  try {
    return use();
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return fail('ESTALE');
    throw error;
  }
}

/** A name of an object that has several; null where it has not. */
function findLinked(union: Union, ino: bigint): Dentry | null {
  const [path] = union.links.pathsOf(ino, union.root.node.ino);
  if (path === undefined) return null;
  const { parent, name } = { parent: directoryAt(union, path.slice(0, -1)), name: path.at(-1) as Bytes };
  return union.child(parent, name);
}

/** The name by which a lower inode is seen that is not copied up. Throws ESTALE where no name shows it. */
function findLower(union: Union, parts: Parts, layers: number[], isDirectory: boolean, ino: bigint): Dentry {
  const directory = isDirectory ? parts.inode : (parts.directory ?? fail('ESTALE'));
  for (const layer of layers) {
    const place = openPlace(union, layer, directory);
    try {
      const at = unionDirectory(union, layer, place);
      const found = isDirectory ? at : union.child(at, parts.name);
      if (found?.node.ino === ino) return found;
    } catch (error) {
      if (!isErrno(error, 'ESTALE', 'ENOTDIR')) throw error;
    } finally {
      close(place);
    }
  }
  return fail('ESTALE');
}

/**
 * The directory of the union that a lower directory is part of: from the nearest one on its path that was renamed, or
 * from the root, by names.
 */
function unionDirectory(union: Union, layer: number, place: number): Dentry {
  const root = union.layers.lowers.find((one) => one.layer === layer) as Entry;
  const names = relativeTo(root.fd, place);
  for (let depth = names.length; depth > 0; depth--) {
    const at = openat(root.fd, names.slice(0, depth).join('/') as Bytes, Open.path | Open.noFollow);
    const renamed = union.renamed.get(`${layer}:${statx(at, asBytes('')).ino}`);
    close(at);
    if (renamed === undefined) continue;
    return directoryAt(union, [...union.links.pathOfDirectory(renamed, union.root.node.ino), ...names.slice(depth)]);
  }
  return directoryAt(union, names);
}
