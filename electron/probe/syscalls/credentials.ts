import { AFTER_PATHS, bind, check, errno, Memory, SyscallError, scratch } from './libc.ts';

/** Who the process is and what it may: capabilities, user ids, prctl(2), limits. */

/** Capabilities by name, as bits of the masks in /proc/PID/status. */
export const Capability = { DAC_READ_SEARCH: 2, SYS_CHROOT: 18, SYS_PTRACE: 19, SYS_ADMIN: 21 } as const;

export const Prctl = {
  getKeepCaps: 7,
  setKeepCaps: 8,
  capbsetDrop: 24,
  setNoNewPrivs: 38,
  getNoNewPrivs: 39,
  capAmbient: 47,
  setPdeathsig: 1,
  setDumpable: 4,
} as const;
export const AmbientOperation = { isSet: 1, raise: 2, lower: 3, clearAll: 4 } as const;

type Prctl5 = (option: number, a: number, b: number, c: number, d: number) => number;
const prctlCall = bind<Prctl5>('prctl', 'int', ['int', 'long', 'long', 'long', 'long']);
const capsetCall = bind<(header: number, data: number) => number>('capset', 'int', ['address', 'address']);
const setresuidCall = bind<(r: number, e: number, s: number) => number>('setresuid', 'int', ['uint', 'uint', 'uint']);
const setresgidCall = bind<(r: number, e: number, s: number) => number>('setresgid', 'int', ['uint', 'uint', 'uint']);
const setgroupsCall = bind<(count: number, list: number) => number>('setgroups', 'int', ['size_t', 'address']);
const execveCall = bind<(file: number, argv: number, envp: number) => number>('execve', 'int', [
  'address',
  'address',
  'address',
]);
const fcntlCall = bind<(fd: number, command: number, flags: number) => number>('fcntl', 'int', ['int', 'int', 'long']);
const getrlimitCall = bind<(resource: number, limit: number) => number>('getrlimit', 'int', ['int', 'address']);

/** prctl(2) of the calling thread. Throws a SyscallError. */
export const prctl = (option: number, a = 0, b = 0, c = 0): number => check('prctl', prctlCall(option, a, b, c, 0));

const CAPABILITY_VERSION_3 = 0x20080522;

/** Sets the three capability sets (bits) of the calling thread. Throws a SyscallError. */
export function capset(effective: bigint, permitted: bigint, inheritable: bigint): void {
  const { view } = scratch;
  const at = AFTER_PATHS;
  view.setUint32(at, CAPABILITY_VERSION_3, true);
  view.setInt32(at + 4, 0, true);
  const low = (mask: bigint): number => Number(mask & 0xffffffffn);
  const high = (mask: bigint): number => Number(mask >> 32n);
  [low(effective), low(permitted), low(inheritable), high(effective), high(permitted), high(inheritable)].forEach(
    (word, i) => {
      view.setUint32(at + 8 + 4 * i, word, true);
    },
  );
  check('capset', capsetCall(scratch.address + at, scratch.address + at + 8));
}

/** Makes `gid` the only group of all threads. Throws a SyscallError: EPERM without CAP_SETGID. */
export function dropGroups(gid: number): void {
  check('setgroups', setgroupsCall(0, 0));
  check('setresgid', setresgidCall(gid, gid, gid));
}

/** Sets the real, effective and saved user of all threads (glibc tells each of them). Throws a SyscallError. */
export function becomeUser(real: number, effective: number, saved: number): void {
  check('setresuid', setresuidCall(real, effective, saved));
}

const exitCall = bind<(code: number) => number>('_exit', 'int', ['int']);

/** Ends the process at once, without waiting for its threads, one of which may wait for a dead filesystem. */
export function exitNow(code: number): void {
  exitCall(code);
}

const F_SETFD = 2;

/**
 * Replaces this process's program, which gets the standard descriptors and no other (Node marks all of them, these too,
 * to be closed). Returns only by throwing a SyscallError.
 */
export function execute(file: string, args: readonly string[], environment: readonly string[]): never {
  const texts = [file, ...args, ...environment].map((text) => Buffer.from(`${text}\0`));
  const pointers = args.length + environment.length + 3;
  const memory = new Memory(8 * pointers + texts.reduce((size, text) => size + text.length, 0));
  let slot = 0;
  let at = 8 * pointers;
  const pointer = (value: number): void => memory.view.setBigUint64(8 * slot++, BigInt(value), true);
  texts.forEach((text, i) => {
    if (i === args.length + 1) pointer(0);
    memory.bytes.set(text, at);
    pointer(memory.address + at);
    at += text.length;
  });
  if (environment.length === 0) pointer(0);
  pointer(0);
  for (const fd of [0, 1, 2]) check('fcntl', fcntlCall(fd, F_SETFD, 0));
  const { address } = memory;
  execveCall(address + 8 * pointers, address, address + 8 * (args.length + 2));
  throw new SyscallError('execve', errno());
}

const RLIMIT_NOFILE = 7;

/** How many descriptors this process may hold: the soft limit, which Node has raised to the hard one at its start. */
export function descriptorLimit(): number {
  check('getrlimit', getrlimitCall(RLIMIT_NOFILE, scratch.address + AFTER_PATHS));
  return Number(scratch.view.getBigUint64(AFTER_PATHS, true));
}
