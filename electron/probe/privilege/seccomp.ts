/**
 * A filter in the kernel, seccomp(2), that refuses every system call which could change a file, an attribute, a
 * directory or a mount, whatever the user and the capabilities would allow. The answer is EROFS, as on a read-only
 * filesystem. It holds for all threads and for every program that they start, and cannot be taken off.
 *
 * Two calls that the probe needs take what they shall do by address, where no filter can look: openat2 and
 * mount_setattr. There the missing capabilities and the user that owns nothing are what refuses.
 */
import { bindNumber, check, errnos, Memory } from '../syscalls/libc.ts';

/** Numbers on x86-64 and arm64; null where the architecture lacks the call. */
type Numbers = readonly [x64: number | null, arm64: number | null];

const REFUSED: Readonly<Record<string, Numbers>> = {
  creat: [85, null],
  mkdir: [83, null],
  rmdir: [84, null],
  rename: [82, null],
  link: [86, null],
  unlink: [87, null],
  symlink: [88, null],
  mknod: [133, null],
  chmod: [90, null],
  fchmod: [91, 52],
  chown: [92, null],
  fchown: [93, 55],
  lchown: [94, null],
  truncate: [76, 45],
  utime: [132, null],
  utimes: [235, null],
  futimesat: [261, null],
  utimensat: [280, 88],
  fallocate: [285, 47],
  mkdirat: [258, 34],
  mknodat: [259, 33],
  fchownat: [260, 54],
  unlinkat: [263, 35],
  renameat: [264, 38],
  renameat2: [316, 276],
  linkat: [265, 37],
  symlinkat: [266, 36],
  fchmodat: [268, 53],
  fchmodat2: [452, 452],
  setxattr: [188, 5],
  lsetxattr: [189, 6],
  fsetxattr: [190, 7],
  removexattr: [197, 14],
  lremovexattr: [198, 15],
  fremovexattr: [199, 16],
  setxattrat: [463, 463],
  removexattrat: [466, 466],
  file_setattr: [469, 469],
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  init_module: [175, 105],
  finit_module: [313, 273],
  bpf: [321, 280],
  // What is handed to io_uring passes no filter.
  io_uring_setup: [425, 425],
};

/** Calls that open, and which argument holds the flags. */
const OPENING: readonly { numbers: Numbers; flags: number }[] = [
  { numbers: [2, null], flags: 1 },
  { numbers: [257, 56], flags: 2 },
  { numbers: [304, 265], flags: 2 },
];
/** O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, and the bit of O_TMPFILE that is its own. */
const WRITING = 0o1 | 0o2 | 0o100 | 0o1000 | 0o20000000;

const IOCTL: Numbers = [16, 29];
/** FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR, FS_IOC_SETVERSION: they need no descriptor that can write. */
const REFUSED_IOCTLS = [0x40086602, 0x401c5820, 0x40087602];

const SECCOMP: Numbers = [317, 277];
const AUDIT_ARCH = [0xc000003e, 0xc00000b7] as const;
/** On x86-64, numbers from here on are the x32 ones. */
const X32 = 0x40000000;

const SET_MODE_FILTER = 1;
const FLAG_TSYNC = 1;
/** Older kernels slow a filtered program down against leaks to code that it runs for others: here is none. */
const FLAG_SPEC_ALLOW = 4;
const RET_ALLOW = 0x7fff0000;
const RET_ERRNO = 0x00050000;

/** Opcodes of classic BPF: load a word of struct seccomp_data, jump, return. */
export const Op = { load: 0x20, equal: 0x15, atLeast: 0x35, bits: 0x45, return: 0x06 } as const;
const NUMBER_AT = 0;
const ARCH_AT = 4;
const argumentAt = (index: number): number => 16 + 8 * index;

/** One instruction of classic BPF; jumps count the instructions to skip. */
export type Instruction = [code: number, yes: number, no: number, operand: number];

/** Which of a pair of numbers is this architecture's. */
const arch = process.arch === 'arm64' ? 1 : 0;

/** What `forbidChanges` installs. */
function filter(): Instruction[] {
  const refuse: Instruction = [Op.return, 0, 0, RET_ERRNO | (errnos.EROFS as number)];
  const allow: Instruction = [Op.return, 0, 0, RET_ALLOW];
  const out: Instruction[] = [
    [Op.load, 0, 0, ARCH_AT],
    [Op.equal, 1, 0, AUDIT_ARCH[arch]],
    refuse,
    [Op.load, 0, 0, NUMBER_AT],
  ];
  if (arch === 0) out.push([Op.atLeast, 0, 1, X32], refuse);
  for (const { numbers, flags } of OPENING) {
    const number = numbers[arch];
    if (number === null) continue;
    const body: Instruction[] = [[Op.load, 0, 0, argumentAt(flags)], [Op.bits, 0, 1, WRITING], refuse, allow];
    out.push([Op.equal, 0, body.length, number], ...body);
  }
  const requests = REFUSED_IOCTLS.flatMap((request): Instruction[] => [[Op.equal, 0, 1, request], refuse]);
  const body: Instruction[] = [[Op.load, 0, 0, argumentAt(1)], ...requests, allow];
  out.push([Op.equal, 0, body.length, IOCTL[arch] as number], ...body);
  for (const numbers of Object.values(REFUSED)) {
    const number = numbers[arch];
    if (number !== null) out.push([Op.equal, 0, 1, number], refuse);
  }
  out.push(allow);
  return out;
}

/**
 * Puts a filter on all threads of this process. They must have no_new_privs, which it then sets for those that lack it,
 * or CAP_SYS_ADMIN. Throws a SyscallError: ENOSYS or EINVAL where the kernel is built without filters.
 */
export function installFilter(program: readonly Instruction[]): void {
  const memory = new Memory(64 + 8 * program.length);
  memory.view.setUint16(0, program.length, true);
  memory.view.setBigUint64(8, BigInt(memory.address + 64), true);
  program.forEach(([code, yes, no, operand], i) => {
    const at = 64 + 8 * i;
    memory.view.setUint16(at, code, true);
    memory.view.setUint8(at + 2, yes);
    memory.view.setUint8(at + 3, no);
    memory.view.setUint32(at + 4, operand >>> 0, true);
  });
  const seccomp = bindNumber<(operation: number, flags: number, program: number) => number>(SECCOMP[arch] as number, [
    'uint',
    'uint',
    'address',
  ]);
  check('seccomp', seccomp(SET_MODE_FILTER, FLAG_TSYNC | FLAG_SPEC_ALLOW, memory.address));
}

/** Refuses every change from now on, for this process and all that it starts. */
export const forbidChanges = (): void => installFilter(filter());
