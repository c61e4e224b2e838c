import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cannotMount } from './testing/laboratory.ts';

const ROOT = join(import.meta.dirname, '../..');
const NOBODY = '65534';
const PASSWORD = 'over and above';

/**
 * What "Read with privilege" gives a plain user with the real sudo, whose rules, passwords and notes are files of this
 * test's own: they are mounted over the machine's in a mount namespace.
 */
describe.skipIf(cannotMount)(`privilege by sudo${cannotMount ? `: ${cannotMount}` : ''}`, () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'stratoscope-sudo-'));
    chmodSync(folder, 0o755);
    for (const name of ['checkout', 'bin', 'empty']) mkdirSync(join(folder, name));
    writeFileSync(join(folder, 'sudoers'), 'nobody ALL=(root) ALL\n', { mode: 0o440 });
    const hash = execFileSync('perl', ['-e', 'print crypt($ARGV[0], q($6$stratoscope$))', PASSWORD], {
      encoding: 'utf8',
    });
    writeFileSync(join(folder, 'shadow'), `root:*:19000::::::\nnobody:${hash}:19000::::::\n`, { mode: 0o600 });
    writeFileSync(join(folder, 'knows'), `#!/bin/sh\necho "${PASSWORD}"\n`, { mode: 0o755 });
    writeFileSync(join(folder, 'closes'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    // A PATH on which there is no pkexec.
    const sudo = execFileSync('sh', ['-c', 'command -v sudo'], { encoding: 'utf8' }).trim();
    symlinkSync(sudo, join(folder, 'bin', 'sudo'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Asks for privilege as nobody, with this askpass program; null: with none. */
  function elevate(askpass: string | null): { readAs?: string; privilege?: object; message?: string; hint?: string } {
    const at = (name: string): string => join(folder, name);
    const setting = askpass === null ? '' : `SUDO_ASKPASS=${at(askpass)}`;
    const script = `
mount --rbind "${ROOT}" ${at('checkout')}
mount --bind ${at('sudoers')} /etc/sudoers
mount --bind ${at('empty')} /etc/sudoers.d
mount --bind ${at('shadow')} /etc/shadow
mount -t tmpfs -o mode=711 notes /run/sudo
cd ${at('checkout')}
exec setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups env -i PATH=${at('bin')} ${setting} \\
  ${at('checkout')}/node_modules/.bin/node electron/engine/testing/elevate.ts`;
    const words = ['--mount', '--propagation', 'private', 'sh', '-ec', script];
    return JSON.parse(execFileSync('unshare', words, { encoding: 'utf8' }));
  }

  test('is had for the password, and is what the probe needs and no more', () => {
    expect(elevate('knows')).toEqual({
      readAs: 'by sudo',
      privilege: {
        uid: 65534,
        noNewPrivs: true,
        capabilities: ['DAC_READ_SEARCH', 'SYS_CHROOT', 'SYS_PTRACE', 'SYS_ADMIN'],
        trusted: true,
        handles: true,
      },
    });
  });

  test("is not had without it, and sudo's own words say so", () => {
    const { message, hint } = elevate('closes');
    expect(message).toMatch(/^sudo gave no privilege: .*password/);
    expect(hint).toContain('at a terminal, run the command with sudo');
  });

  test('cannot be asked for where nothing can ask for a password', () => {
    expect(elevate(null)).toEqual({
      message: 'this machine has neither pkexec nor sudo with an askpass program (SUDO_ASKPASS)',
      hint: 'at a terminal, run: sudo stratoscope scan MOUNTPOINT',
    });
  });
});
