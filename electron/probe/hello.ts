/** Who reads, on which kernel, and which of the newer system calls answer. */
import { readdirSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import type { z } from 'zod';
import manifest from '../../package.json' with { type: 'json' };
import { asBytes } from '../../shared/bytes/bytes.ts';
import type { probeContract } from '../../shared/ipc/probe.ts';
import { privilege } from './privilege/state.ts';
import { AT_HANDLE_FID, nameToHandle } from './syscalls/handle.ts';
import { SyscallError } from './syscalls/libc.ts';
import { cloneMount, listmount, statmount } from './syscalls/mount.ts';
import { neighbourNamespace } from './syscalls/namespace.ts';
import { AT_FDCWD, close, Open, withOpen } from './syscalls/open.ts';
import { statx } from './syscalls/statx.ts';
import { hasXattrat } from './syscalls/xattr.ts';

export type Hello = z.input<(typeof probeContract)['calls']['hello']['result']>;

const OVERLAY_PARAMETERS = '/sys/module/overlay/parameters';

/** Whether a call is there: an answer, or any refusal but "no such call" and "no such flag". */
function answers(call: () => unknown, missing: readonly string[] = ['ENOSYS']): boolean {
  try {
    call();
    return true;
  } catch (error) {
    if (error instanceof SyscallError) return !missing.includes(error.code);
    throw error;
  }
}

const root = asBytes('/');

function syscalls(): Hello['syscalls'] {
  const { listxattrat, getxattrat } = hasXattrat();
  return {
    listxattrat,
    getxattrat,
    handleFid: answers(() => {
      if (nameToHandle(AT_FDCWD, asBytes('/proc/self'), AT_HANDLE_FID) === null) throw new SyscallError('', 38);
    }),
    mountNamespaceNext: answers(() => {
      const next = (fd: number): void => close(neighbourNamespace(fd, 'next').fd);
      withOpen(AT_FDCWD, asBytes('/proc/self/ns/mnt'), Open.readOnly, next);
    }, ['ENOSYS', 'ENOTTY']),
    clone: answers(() => close(cloneMount(AT_FDCWD, root))),
    statmount: answers(() => statmount(statx(AT_FDCWD, root).mntId?.id ?? 0n, 0)),
    listmount: answers(() => listmount()),
    mountIdUnique: statx(AT_FDCWD, root).mntId?.unique === true,
    birthTime: statx(AT_FDCWD, root).btimeNs !== null,
  };
}

function parameters(): Record<string, string> {
  try {
    const names = readdirSync(OVERLAY_PARAMETERS);
    return Object.fromEntries(
      names.map((name) => [name, readFileSync(`${OVERLAY_PARAMETERS}/${name}`, 'latin1').trim()]),
    );
  } catch {
    return {};
  }
}

/** Names by number, from a file in the form of /etc/passwd; the first name of a number counts. */
function namesByNumber(path: string): Record<string, string> {
  const out: Record<string, string> = {};
  let text = '';
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return out;
  }
  for (const line of text.split('\n')) {
    const [name, , id] = line.split(':');
    if (name && id !== undefined && /^\d+$/.test(id)) out[id] ??= name;
  }
  return out;
}

export function hello(): Hello {
  return {
    version: manifest.version,
    pid: process.pid,
    kernel: release(),
    privilege: privilege(),
    parameters: parameters(),
    syscalls: syscalls(),
    users: namesByNumber('/etc/passwd'),
    groups: namesByNumber('/etc/group'),
  };
}
