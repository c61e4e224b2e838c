/**
 * However the probe came to privilege, it keeps what reading needs and no more: a user that owns nothing, four
 * capabilities, no_new_privs, and a filter that refuses every change.
 *
 * Capabilities and the bounding set belong to threads, and Node has threads before any script runs. So a privileged
 * start narrows the bounding set and starts the program again (execve) in the same process: every thread of the new
 * image is born within it. The user changes half before, half after: the real user already is nobody, by which the new
 * image may become nobody without CAP_SETUID. glibc then tells all threads, the change takes their capabilities from
 * all but the main one, and threads started later inherit from that.
 */
import {
  AmbientOperation,
  becomeUser,
  Capability,
  capset,
  dropGroups,
  execute,
  Prctl,
  prctl,
} from '../syscalls/credentials.ts';
import { SyscallError } from '../syscalls/libc.ts';
import { forbidChanges } from './seccomp.ts';
import { type Credentials, credentials } from './state.ts';

/** What reading needs: clones and trusted.*, closed directories and handles, /proc/PID/root, other mount namespaces. */
const KEPT = [Capability.SYS_ADMIN, Capability.DAC_READ_SEARCH, Capability.SYS_PTRACE, Capability.SYS_CHROOT];
const KEPT_MASK = KEPT.reduce((mask, capability) => mask | (1n << BigInt(capability)), 0n);

/** The user that owns nothing ("nobody"). */
const NOBODY = 65534;

/** Variables that the second start keeps; those that steer the loader or Node (LD_*, NODE_*) never are. */
const KEPT_VARIABLES = ['PATH', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'];

/** Told to the second start, so that it never becomes a third. */
const NARROWED = '--narrowed';

/**
 * The second start's program: it loads the first argument in the way that reads files on this thread alone. Node's
 * other way reads them on helper threads, which would then exist before the change of user, and could read nothing
 * afterwards where the program lies in a closed home directory.
 */
const LOADER = 'require(process.argv[1])';

/**
 * Gives up what is not needed. Call it first, on the main thread; a privileged start does not return from it but
 * begins anew. Throws a SyscallError where the kernel refuses, and the probe must then not go on.
 */
export function giveUpPrivilege(): void {
  const own = credentials();
  if ((own.permitted & ~KEPT_MASK) !== 0n && !process.argv.includes(NARROWED)) startNarrowed(own);
  const kept = own.permitted & KEPT_MASK;
  if (own.uid === 0) {
    prctl(Prctl.setKeepCaps, 1);
    refusable(() => becomeUser(NOBODY, NOBODY, NOBODY));
    prctl(Prctl.setKeepCaps, 0);
  }
  capset(kept, kept, kept);
  prctl(Prctl.capAmbient, AmbientOperation.clearAll);
  prctl(Prctl.setNoNewPrivs, 1);
  forbidChanges();
}

/** Narrows what the next image can have, and replaces this one by the same program. */
function startNarrowed(own: Credentials): never {
  for (let capability = 0; capability < 64; capability++) {
    const bit = 1n << BigInt(capability);
    if ((own.bounding & bit & ~KEPT_MASK) !== 0n) refusable(() => prctl(Prctl.capbsetDrop, capability));
  }
  if (own.uid === 0) {
    // Effective root gets exactly the bounding set from execve.
    refusable(() => dropGroups(NOBODY));
    refusable(() => becomeUser(NOBODY, 0, 0));
  } else {
    const kept = own.permitted & KEPT_MASK;
    capset(kept, kept, kept);
    raiseAmbient(kept);
  }
  const environment = KEPT_VARIABLES.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [`${name}=${value}`];
  });
  // What libuv would hand to io_uring passes no filter.
  environment.push('UV_USE_IO_URING=0');
  const [, program = '', ...args] = process.argv;
  return execute(process.execPath, ['-e', LOADER, program, ...args, NARROWED], environment);
}

function raiseAmbient(mask: bigint): void {
  for (const capability of KEPT) {
    if ((mask & (1n << BigInt(capability))) !== 0n) {
      prctl(Prctl.capAmbient, AmbientOperation.raise, capability);
    }
  }
}

/** For steps that a root of less than the whole machine (a container, a user namespace) may not take. */
function refusable(step: () => void): void {
  try {
    step();
  } catch (error) {
    if (!(error instanceof SyscallError) || !['EPERM', 'EINVAL'].includes(error.code)) throw error;
  }
}

/** Runs `start`, so that a process which it starts on this thread has this one's capabilities. */
export function withAmbient<T>(start: () => T): T {
  const { permitted, inheritable } = credentials();
  raiseAmbient(permitted & inheritable & KEPT_MASK);
  try {
    return start();
  } finally {
    prctl(Prctl.capAmbient, AmbientOperation.clearAll);
  }
}
