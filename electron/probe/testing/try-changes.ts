/**
 * Gives up privilege as the probe does, then tries to change each directory named as an argument in every way that it
 * can think of, through the probe's own bindings. Prints what each try was answered: null would be success.
 */
import { asBytes, bytesOfText } from '../../../shared/bytes/bytes.ts';
import { giveUpPrivilege } from '../privilege/drop.ts';
import { bind, bindNumber, errno, errnoName, path, SyscallError, scratch } from '../syscalls/libc.ts';
import { AT_FDCWD, Open, openat, openat2, raw } from '../syscalls/open.ts';

giveUpPrivilege();

const layers = process.argv.slice(2).filter((argument) => argument.startsWith('/'));
const results: { call: string; layer: string; error: string | null }[] = [];

type Two = (a: number, b: number) => number;
const mkdir = bind<Two>('mkdir', 'int', ['address', 'uint']);
const mknod = bind<(p: number, mode: number, dev: number) => number>('mknod', 'int', ['address', 'uint', 'uint64']);
const unlink = bind<(p: number) => number>('unlink', 'int', ['address']);
const rename = bind<Two>('rename', 'int', ['address', 'address']);
const link = bind<Two>('link', 'int', ['address', 'address']);
const symlink = bind<Two>('symlink', 'int', ['address', 'address']);
const chmod = bind<Two>('chmod', 'int', ['address', 'uint']);
const chown = bind<(p: number, u: number, g: number) => number>('chown', 'int', ['address', 'uint', 'uint']);
const truncate = bind<Two>('truncate', 'int', ['address', 'long']);
const utimensat = bind<(fd: number, p: number, times: number, flags: number) => number>('utimensat', 'int', [
  'int',
  'address',
  'address',
  'int',
]);
const setxattr = bind<(p: number, n: number, v: number, s: number, f: number) => number>('setxattr', 'int', [
  'address',
  'address',
  'address',
  'size_t',
  'int',
]);
const removexattr = bind<Two>('removexattr', 'int', ['address', 'address']);
const mount = bind<(s: number, t: number, f: number, flags: number, d: number) => number>('mount', 'int', [
  'address',
  'address',
  'address',
  'long',
  'address',
]);
const umount2 = bind<Two>('umount2', 'int', ['address', 'int']);
const moveMount = bindNumber<(a: number, b: number, c: number, d: number, e: number) => number>(429, [
  'int',
  'address',
  'int',
  'address',
  'uint',
]);
const fsopen = bindNumber<(name: number, flags: number) => number>(430, ['address', 'uint']);
const iouring = bindNumber<(entries: number, parameters: number) => number>(425, ['uint', 'address']);

for (const layer of layers) {
  const file = bytesOfText(`${layer}/file`);
  const fresh = bytesOfText(`${layer}/new`);
  const attempt = (call: string, use: () => number): void => {
    let error: string | null = null;
    try {
      if (use() < 0) error = errnoName(errno());
    } catch (thrown) {
      if (!(thrown instanceof SyscallError)) throw thrown;
      error = thrown.code;
    }
    results.push({ call, layer, error });
  };
  const create = 0o100;
  attempt('openat O_CREAT', () => raw.openat(AT_FDCWD, path(fresh), Open.readOnly | create, 0o644));
  attempt('openat O_WRONLY', () => raw.openat(AT_FDCWD, path(file), 1, 0));
  attempt('openat O_RDWR', () => raw.openat(AT_FDCWD, path(file), 2, 0));
  attempt('openat O_TRUNC', () => raw.openat(AT_FDCWD, path(file), 0o1000, 0));
  attempt('openat O_TMPFILE', () => raw.openat(AT_FDCWD, path(bytesOfText(layer)), 0o20000000 | Open.directory | 2, 0));
  attempt('mkdir', () => mkdir(path(fresh), 0o755));
  attempt('mknod', () => mknod(path(fresh), 0o010644, 0));
  attempt('mknod whiteout', () => mknod(path(fresh), 0o020000, 0));
  attempt('unlink', () => unlink(path(file)));
  attempt('rename', () => rename(path(file), path(fresh, 1)));
  attempt('link', () => link(path(file), path(fresh, 1)));
  attempt('symlink', () => symlink(path(file), path(fresh, 1)));
  attempt('chmod', () => chmod(path(file), 0o600));
  attempt('chown', () => chown(path(file), 65534, 65534));
  attempt('truncate', () => truncate(path(file), 0));
  attempt('utimensat', () => utimensat(AT_FDCWD, path(file), 0, 0));
  attempt('setxattr user', () => setxattr(path(file), path(asBytes('user.new'), 1), scratch.address, 1, 0));
  attempt('setxattr trusted', () =>
    setxattr(path(bytesOfText(layer)), path(asBytes('trusted.overlay.opaque'), 1), scratch.address, 1, 0),
  );
  attempt('removexattr', () => removexattr(path(file), path(asBytes('user.new'), 1)));
  attempt('mount', () => mount(path(bytesOfText(layer)), path(file, 1), 0, 4096, 0));
  attempt('umount', () => umount2(path(bytesOfText(layer)), 2));
  attempt('move_mount', () => moveMount(AT_FDCWD, path(bytesOfText(layer)), AT_FDCWD, path(file, 1), 0));
  attempt('fsopen', () => fsopen(path(asBytes('tmpfs')), 0));
  attempt('io_uring_setup', () => iouring(8, scratch.address));
  // The filter cannot look into this one; in a directory as most are, root's own, the missing capabilities refuse it.
  attempt('openat2 O_CREAT', () => {
    const fd = openat(AT_FDCWD, bytesOfText(`${layer}/directory`), Open.path | Open.directory);
    return openat2(fd, asBytes('new'), 1 | create, 0);
  });
}
process.stdout.write(JSON.stringify(results));
