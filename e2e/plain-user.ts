/**
 * Runs programs as a plain user when the tests themselves run as root. They see the folders that they need through
 * bind mounts in a mount namespace of their own, for a checkout below /root is closed to others.
 */
import { chmod, chown, copyFile, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freshHome, removeHome } from './app.ts';

/** Debian's `nobody`: it owns nothing and may nothing. */
export const NOBODY = 65534;

/** Why a test that becomes this user is skipped for anybody but root. */
export const NEEDS_ROOT = 'only root can become another user';
export const isRoot: boolean = process.getuid?.() === 0;

export type PlainUser = {
  /** Where the user sees the folder of this name. */
  at(name: string): string;
  home: string;
  /** Home, display cookie: what the user's programs need of the environment. */
  env: Record<string, string>;
  /**
   * Writes a program that runs `command` as the user, with its own arguments behind, and returns its path. In a
   * chroot the kernel gives a plain user no user namespace, hence Chromium no sandbox.
   */
  program(command: readonly string[], options?: { chroot?: boolean }): Promise<string>;
  remove(): Promise<void>;
};

/** Makes a user that sees each of `folders` (name → path). */
export async function plainUser(folders: Record<string, string>): Promise<PlainUser> {
  const base = await mkdtemp(join(tmpdir(), 'stratoscope-plain-'));
  await chmod(base, 0o755);
  const at = (name: string): string => join(base, name);
  for (const name of [...Object.keys(folders), 'home', 'root']) await mkdir(at(name));
  await chown(at('home'), NOBODY, NOBODY);
  const env: Record<string, string> = { ...freshHome(at('home')), XDG_RUNTIME_DIR: at('home') };
  if (process.env.XAUTHORITY !== undefined) {
    env.XAUTHORITY = at('cookie');
    await copyFile(process.env.XAUTHORITY, env.XAUTHORITY);
    await chown(env.XAUTHORITY, NOBODY, NOBODY);
  }
  let programs = 0;
  return {
    at,
    home: at('home'),
    env,
    async program(command, { chroot = false } = {}) {
      const path = at(`program-${programs++}`);
      const mounts = Object.entries(folders).map(([name, folder]) => `mount --rbind "${folder}" "${at(name)}"`);
      const become = `setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups`;
      const where = chroot ? `mount --rbind / "${at('root')}" && exec chroot "${at('root')}"` : 'exec';
      const words = command.map((word) => `"${word}"`).join(' ');
      await writeFile(
        path,
        `#!/bin/sh\nexec unshare --mount --propagation private sh -ec '\n${mounts.join('\n')}\n${where} ${become} ${words} "$@"' sh "$@"\n`,
      );
      await chmod(path, 0o755);
      return path;
    },
    remove: () => removeHome(base),
  };
}
