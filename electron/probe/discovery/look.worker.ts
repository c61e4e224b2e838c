import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import { SyscallError } from '../syscalls/libc.ts';
import { AT_FDCWD, Open, openat } from '../syscalls/open.ts';
import type { FarAnswer, FarRequest } from './far.ts';
import { lookAt, openBelow, overlayHandle } from './look.ts';

/**
 * Looks at one directory that may never answer, then ends: `node look.worker.ts REQUEST`. Its answer is one JSON
 * document on standard output. Whoever started it stops waiting when it takes too long.
 */
function answer({ root, path, overlay }: FarRequest): FarAnswer {
  try {
    const fd = openBelow(openat(AT_FDCWD, root as Bytes, Open.path | Open.directory), asBytes(path), Open.directory);
    return { look: lookAt(fd), overlayHandle: overlay ? overlayHandle(fd) : null };
  } catch (error) {
    if (error instanceof SyscallError) return { call: error.call, errno: error.errno };
    throw error;
  }
}

const request = JSON.parse(process.argv[2] ?? '') as FarRequest;
const text = JSON.stringify(answer(request), (_, value) =>
  typeof value === 'bigint' ? { bigint: `${value}` } : value,
);
process.stdout.write(text);
