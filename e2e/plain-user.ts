/**
 * Runs the window as a plain user with Chromium's sandbox on, when the tests themselves run as root. A script stands in
 * for Electron's executable: it sees checkout and Electron through bind mounts (a checkout below /root is closed to
 * others), then becomes the user.
 */
import { chmod, chown, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testElectron } from '../scripts/electron.ts';
import { freshHome } from './app.ts';

/** Debian's `nobody`: it owns nothing and may nothing. */
export const NOBODY = 65534;

export type PlainUser = {
  /** Runs Electron as the user; takes Electron's arguments. */
  executable: string;
  /** Where the user sees `folder`. */
  folder: string;
  env: Record<string, string>;
  remove(): Promise<void>;
};

/** Prepares it for the app in `folder`. `before` is a line of shell that runs as root in the private mount namespace. */
export async function plainUser(folder: string, before = ''): Promise<PlainUser> {
  const base = await mkdtemp(join(tmpdir(), 'stratoscope-plain-'));
  await chmod(base, 0o755);
  const seen = { app: join(base, 'app'), electron: join(base, 'electron'), home: join(base, 'home') };
  for (const path of Object.values(seen)) await mkdir(path);
  await chown(seen.home, NOBODY, NOBODY);
  const env: Record<string, string> = { ...freshHome(seen.home), XDG_RUNTIME_DIR: seen.home };
  if (process.env.XAUTHORITY !== undefined) {
    env.XAUTHORITY = join(base, 'cookie');
    await copyFile(process.env.XAUTHORITY, env.XAUTHORITY);
    await chown(env.XAUTHORITY, NOBODY, NOBODY);
  }
  const executable = join(base, 'run');
  const become = `setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups`;
  await writeFile(
    executable,
    `#!/bin/sh
exec unshare --mount --propagation private sh -c '
mount --bind "${folder}" "${seen.app}" && mount --bind "${await testElectron()}" "${seen.electron}" || exit 1
cd "${seen.home}"
${before}
exec ${become} "${seen.electron}/electron" "$@"' sh "$@"
`,
  );
  await chmod(executable, 0o755);
  return { executable, folder: seen.app, env, remove: () => rm(base, { recursive: true, force: true }) };
}
