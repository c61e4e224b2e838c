import { readFileSync } from 'node:fs';
import type { Privilege } from '../../../shared/ipc/probe.ts';
import { Capability } from '../syscalls/credentials.ts';

/** What this process may do, as the kernel says in /proc. */

export type Credentials = {
  uid: number;
  gid: number;
  permitted: bigint;
  effective: bigint;
  inheritable: bigint;
  bounding: bigint;
  noNewPrivs: boolean;
  /** Its user namespace is the initial one: capabilities count for the whole machine. */
  initialUserNamespace: boolean;
};

/** The calling process (its main thread), from /proc/self/status and uid_map. */
export function credentials(): Credentials {
  const status = readFileSync('/proc/self/status', 'latin1');
  const field = (name: string): string => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
  const mask = (name: string): bigint => BigInt(`0x${field(name) || '0'}`);
  return {
    uid: Number(field('Uid').split('\t')[1]),
    gid: Number(field('Gid').split('\t')[1]),
    permitted: mask('CapPrm'),
    effective: mask('CapEff'),
    inheritable: mask('CapInh'),
    bounding: mask('CapBnd'),
    noNewPrivs: field('NoNewPrivs') === '1',
    initialUserNamespace: /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'latin1')),
  };
}

/** Names of all capabilities, by bit (capability.h). */
const NAMES =
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE'.split(
    ' ',
  );

export const has = (mask: bigint, capability: number): boolean => ((mask >> BigInt(capability)) & 1n) === 1n;

/** The same as an answer to `hello`. */
export function privilege(own: Credentials = credentials()): Privilege {
  return {
    uid: own.uid,
    capabilities: NAMES.filter((_, bit) => has(own.effective, bit)),
    trusted: own.initialUserNamespace && has(own.effective, Capability.SYS_ADMIN),
    handles: own.initialUserNamespace && has(own.effective, Capability.DAC_READ_SEARCH),
    noNewPrivs: own.noNewPrivs,
  };
}
