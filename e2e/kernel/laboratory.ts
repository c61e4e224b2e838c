import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFilesystems } from './filesystems.ts';
import { observeHere, startUserObserver } from './observer.ts';
import { Laboratory } from './trial.ts';

const inside = 'STRATOSCOPE_IN_MOUNT_NAMESPACE';

/**
 * Runs `body` with an empty directory, in a mount namespace of its own: the module `file` is started again below
 * `unshare --mount`, so that whatever ends it, mounts and loop devices end with it. Gives the exit code. Needs root.
 */
export async function inMountNamespace(file: string, body: (directory: string) => Promise<number>): Promise<number> {
  return process.env[inside] === '1' ? body(process.argv.pop() as string) : startInside(file);
}

/** The same with a laboratory on filesystems of every kind. */
export function inLaboratory(file: string, body: (laboratory: Laboratory) => Promise<number>): Promise<number> {
  return inMountNamespace(file, async (directory) => {
    // The user observer's mount namespace is a copy: the filesystems must stand before it begins.
    const filesystems = makeFilesystems(directory);
    const user = startUserObserver();
    try {
      return await body(new Laboratory(directory, filesystems, { init: observeHere, user }));
    } finally {
      user.end();
    }
  });
}

async function startInside(file: string): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'stratoscope-kernel-'));
  const args = ['--mount', '--propagation', 'private', process.execPath, file, ...process.argv.slice(2), directory];
  const child = spawn('unshare', args, { stdio: 'inherit', env: { ...process.env, [inside]: '1' } });
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  process.on('SIGINT', forward).on('SIGTERM', forward);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (code) => resolve(code ?? 1));
    });
  } finally {
    process.off('SIGINT', forward).off('SIGTERM', forward);
    rmSync(directory, { recursive: true, force: true });
  }
}
