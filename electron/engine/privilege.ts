import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { FailureError } from '../../shared/ipc/rpc.ts';

/** The root-owned program that pkexec may start; a package installs it together with its polkit action. */
const PKEXEC_WRAPPER = '/usr/lib/stratoscope/stratoscope-probe';

async function onPath(name: string): Promise<boolean> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    try {
      await access(join(folder, name), constants.X_OK);
      return true;
    } catch {
      // Not in this folder.
    }
  }
  return false;
}

/**
 * What the probe is started behind to read with privilege: pkexec (which asks by its own window), or sudo with an
 * askpass program. Throws no-agent with a plain sentence where neither is there.
 */
export async function privilegePrefix(): Promise<{ prefix: string[]; readAs: string }> {
  if (await onPath('pkexec')) {
    const isPackaged = await access(PKEXEC_WRAPPER, constants.X_OK).then(
      () => true,
      () => false,
    );
    return { prefix: isPackaged ? ['pkexec', PKEXEC_WRAPPER] : ['pkexec'], readAs: 'by pkexec' };
  }
  if (process.env.SUDO_ASKPASS && (await onPath('sudo'))) return { prefix: ['sudo', '-A'], readAs: 'by sudo' };
  throw new FailureError({
    code: 'no-agent',
    message: 'this machine has neither pkexec nor sudo with an askpass program (SUDO_ASKPASS)',
    hint: 'at a terminal, run: sudo stratoscope scan MOUNTPOINT',
  });
}
