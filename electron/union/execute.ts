import { type Bytes, bytesOfBase64, bytesOfText } from '../../shared/bytes/bytes.ts';
import { jsonField } from '../../shared/bytes/show.ts';
import { FailureError } from '../../shared/ipc/rpc.ts';
import { Kind } from '../../shared/merge/marks.ts';
import type { Answer, OpenFlag, Operation } from '../../shared/scheme/operation.ts';
import { SyscallError } from '../probe/syscalls/libc.ts';
import { Open } from '../probe/syscalls/open.ts';
import type { Stat } from '../probe/syscalls/statx.ts';
import { noteRead, ruleOf } from './atime.ts';
import { attributesOf, chmod, chown, getAttribute, setAttribute, utimens } from './attributes.ts';
import { copyUp } from './copy-up.ts';
import { makeDirectory, makeLink, makeNode, makeSymlink } from './create.ts';
import { fail } from './failure.ts';
import { tempFigures } from './figures.ts';
import { handleOfObject, openObjectByHandle } from './handles.ts';
import { list } from './listing.ts';
import type { Dentry } from './node.ts';
import { closeDescriptor, open, truncatePath } from './open.ts';
import { rmdir, unlink } from './remove.ts';
import { rename } from './rename.ts';
import { type Place, placeOf, resolve, targetOf } from './resolve.ts';
import { SetXattr } from './syscalls/attributes.ts';
import { fsync, mapShared, peekMemory, read, truncateFd, write } from './syscalls/data.ts';
import { Create, KEEP_ID, Rename } from './syscalls/names.ts';
import type { Union } from './union.ts';

/** Carries out one operation of the terminal contract's `scheme exec`. */

const TYPES: Record<number, string> = {
  [Kind.file]: 'file',
  [Kind.dir]: 'dir',
  [Kind.symlink]: 'symlink',
  [Kind.fifo]: 'fifo',
  [Kind.char]: 'char',
  [Kind.block]: 'block',
  [Kind.socket]: 'socket',
};
const OPEN_BITS: Record<OpenFlag, number> = {
  RDONLY: 0,
  WRONLY: Create.writeOnly,
  RDWR: Create.readWrite,
  CREAT: Create.create,
  EXCL: Create.exclusive,
  TRUNC: Create.truncate,
  APPEND: Create.append,
  DIRECTORY: Open.directory,
  NOFOLLOW: 0,
};
const MADE = { fifo: 0o010000, char: 0o020000, block: 0o060000, file: 0o100000, socket: 0o140000 } as const;
/** What one read may ask for, in bytes; more is read in parts, as the kernel does. */
const MOST_BYTES = 64 << 20;

const openBits = (flags: readonly OpenFlag[]): number => flags.reduce((bits, flag) => bits | OPEN_BITS[flag], 0);
const base64 = (data: Uint8Array): string => Buffer.from(data).toString('base64');
const ofBase64 = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text, 'base64'));
const shownMode = (mode: number): string => (mode & 0o7777).toString(8).padStart(4, '0');

/** The bytes of a field that is text, or base64 beside it. Throws a FailureError where neither is there. */
function bytesOf<K extends string>(request: { [P in K | `${K}B64`]?: string | undefined }, key: K): Bytes {
  const exact = request[`${key}B64`];
  if (exact !== undefined) return bytesOfBase64(exact);
  const text = request[key];
  if (text !== undefined) return bytesOfText(text);
  throw new FailureError({ code: 'usage', message: `${key} is missing`, hint: `give ${key}, or ${key}B64` });
}

function statAnswer(stat: Stat): Record<string, unknown> {
  return {
    type: TYPES[stat.mode >> 12] ?? 'unknown',
    ino: String(stat.ino),
    dev: stat.dev,
    mode: shownMode(stat.mode),
    uid: stat.uid,
    gid: stat.gid,
    nlink: stat.nlink,
    size: String(stat.size),
    atimeNs: String(stat.atimeNs),
    mtimeNs: String(stat.mtimeNs),
  };
}

/** A descriptor's number; one that is too large is no descriptor. */
const small = (value: bigint): number => (value >= 0n && value < 2n ** 31n ? Number(value) : -1);
const length = (value: bigint): number => {
  if (value < 0n) fail('EINVAL');
  return value > BigInt(MOST_BYTES) ? MOST_BYTES : Number(value);
};

/** The place that an operation makes or removes; what has no name of its own answers `code`. */
const placeFor = (union: Union, path: Bytes, code: string): Place => placeOf(union, path) ?? fail(code);

/** Does what is asked. Throws a FailureError where the request lacks something; errnos are answers. */
export function execute(union: Union, request: Exclude<Operation, { op: 'crash' }>): Answer {
  try {
    return { ok: perform(union, request) };
  } catch (error) {
    if (error instanceof SyscallError) return { errno: error.code };
    throw error;
  }
}

function perform(union: Union, request: Exclude<Operation, { op: 'crash' }>): true | Record<string, unknown> {
  const path = (): Bytes => bytesOf(request as { path?: string }, 'path');
  const dentry = (): Dentry => resolve(union, path());
  switch (request.op) {
    case 'open': {
      const { fd, node } = open(union, path(), openBits(request.flags), request.mode & ~process.umask());
      return { fd, ino: String(node.ino) };
    }
    case 'close':
      closeDescriptor(union, small(request.fd));
      return true;
    case 'read':
    case 'pread': {
      const { node, real } = union.descriptors.get(small(request.fd));
      const data = read(real, length(request.len), request.op === 'pread' ? request.off : null);
      if (node.kind === Kind.file && node.upper === null && request.len > 0n) noteRead(union, node, atimeRule(union));
      return { data: base64(data) };
    }
    case 'write':
    case 'pwrite': {
      const { real } = union.descriptors.get(small(request.fd));
      return { n: write(real, ofBase64(request.data), request.op === 'pwrite' ? request.off : null) };
    }
    case 'mmap': {
      const { node, real } = union.descriptors.get(small(request.fd));
      const size = length(request.len);
      const address = mapShared(real, size);
      node.maps++;
      if (node.kind === Kind.file && node.upper === null) noteRead(union, node, atimeRule(union));
      return { map: union.descriptors.addMapping({ node, address, size }) };
    }
    case 'peek': {
      const { address, size } = union.descriptors.mapping(small(request.map));
      const pages = Math.ceil(size / PAGE) * PAGE;
      if (request.off < 0n || request.len < 0n) fail('EINVAL');
      if (request.off + request.len > BigInt(pages)) fail('EFAULT');
      const data = peekMemory(address + Number(request.off), Number(request.len));
      if (data.length < Number(request.len)) fail('EFAULT');
      return { data: base64(data) };
    }
    case 'stat':
      return statAnswer(attributesOf(union, dentry().node));
    case 'fstat':
      return statAnswer(attributesOf(union, union.descriptors.get(small(request.fd)).node));
    case 'readdir': {
      const directory = dentry();
      if (directory.node.kind !== Kind.dir) fail('ENOTDIR');
      const entries = list(union, directory).map(({ name, kind, ino }) => ({
        ...jsonField('name', name),
        type: TYPES[kind] ?? 'unknown',
        dino: String(ino),
      }));
      return { entries };
    }
    case 'fsync':
      fsync(union.descriptors.get(small(request.fd)).real);
      return true;
    case 'ftruncate':
      truncateFd(union.descriptors.get(small(request.fd)).real, request.size);
      return true;
    case 'truncate':
      truncatePath(union, path(), request.size);
      return true;
    case 'mkdir':
      makeDirectory(union, placeFor(union, path(), 'EEXIST'), request.mode & ~process.umask());
      return true;
    case 'rmdir':
      rmdir(union, placeFor(union, path(), rootCode(path())).dentry ?? fail('ENOENT'));
      return true;
    case 'unlink':
      unlink(union, placeFor(union, path(), 'EISDIR').dentry ?? fail('ENOENT'));
      return true;
    case 'rename': {
      const flags = request.flags.reduce(
        (bits, flag) => bits | (flag === 'EXCHANGE' ? Rename.exchange : Rename.noReplace),
        0,
      );
      if (flags === (Rename.exchange | Rename.noReplace)) fail('EINVAL');
      const to = bytesOf(request, 'to');
      rename(union, placeFor(union, path(), 'EBUSY'), placeFor(union, to, 'EBUSY'), flags);
      return true;
    }
    case 'link':
      makeLink(union, dentry(), placeFor(union, bytesOf(request, 'to'), 'EEXIST'), (from) => copyUp(union, from));
      return true;
    case 'symlink': {
      const target = bytesOf(request, 'target');
      if (target === '') fail('ENOENT');
      makeSymlink(union, placeFor(union, path(), 'EEXIST'), target);
      return true;
    }
    case 'readlink': {
      const link = dentry();
      if (link.node.kind !== Kind.symlink) fail('EINVAL');
      return jsonField('target', targetOf(link));
    }
    case 'mknod': {
      const [major = 0, minor = 0] = (request.rdev ?? '0:0').split(':').map(Number);
      const mode = MADE[request.type] | (request.mode & ~process.umask());
      makeNode(union, placeFor(union, path(), 'EEXIST'), mode, major, minor);
      return true;
    }
    case 'chmod':
      chmod(union, dentry(), request.mode);
      return true;
    case 'chown':
      chown(union, dentry(), idOf(request.uid), idOf(request.gid));
      return true;
    case 'utimens':
      utimens(union, dentry(), request.atimeNs ?? null, request.mtimeNs ?? null);
      return true;
    case 'getxattr':
      return { value: base64(getAttribute(union, dentry(), bytesOf(request, 'name'))) };
    case 'setxattr': {
      const flags = request.flags.reduce(
        (bits, flag) => bits | (flag === 'CREATE' ? SetXattr.create : SetXattr.replace),
        0,
      );
      setAttribute(union, dentry(), bytesOf(request, 'name'), ofBase64(request.value), flags);
      return true;
    }
    case 'handle':
      return { handle: base64(handleOfObject(dentry())) };
    case 'openHandle': {
      const bits = openBits(request.flags) & ~(Create.create | Create.exclusive);
      const { fd, node } = openObjectByHandle(union, ofBase64(request.handle), bits);
      return { fd, ino: String(node.ino) };
    }
    case 'evict':
      return { dentries: union.evict() };
    case 'stats':
      return { ...tempFigures(union), ...union.store.figures() };
  }
}

const PAGE = 4096;

/** What rmdir answers of a path without a name of its own. */
const rootCode = (path: Bytes): string => {
  const last = path.split('/').findLast((part) => part !== '');
  return last === '.' ? 'EINVAL' : last === '..' ? 'ENOTEMPTY' : 'EBUSY';
};

const idOf = (id: bigint | undefined): number => {
  if (id === undefined || id === -1n) return KEEP_ID;
  if (id < 0n || id > 0xffffffffn) fail('EINVAL');
  return Number(id);
};

const rules = new WeakMap<Union, ReturnType<typeof ruleOf>>();
function atimeRule(union: Union): ReturnType<typeof ruleOf> {
  const known = rules.get(union) ?? ruleOf(union.layers.upper.fd);
  rules.set(union, known);
  return known;
}
