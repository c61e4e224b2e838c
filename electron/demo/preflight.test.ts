import { mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { walkIn } from './testing/walk.ts';
import { holdDemo, isRoot, PLAIN_UID, plainDirectory, usernsRefused } from './testing/witness.ts';

const LAYERS = ['base', 'nginx', 'site', 'upper'];
const refused = usernsRefused();

let parent = '';
beforeEach(() => {
  parent = plainDirectory('preflight');
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

/** A PATH with every command that this machine has, but these. */
function pathWithout(...missing: string[]): string {
  const bin = join(parent, 'bin');
  mkdirSync(bin);
  for (const folder of ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']) {
    for (const name of readdirSync(folder)) {
      if (missing.includes(name)) continue;
      try {
        symlinkSync(join(folder, name), join(bin, name));
      } catch {
        // An earlier folder has it, and goes before this one as it would in PATH.
      }
    }
  }
  return bin;
}

describe('on a machine where something is missing', () => {
  it('does without setfattr', async () => {
    const whole = await holdDemo(join(parent, 'with'), { plain: true, form: 'directories' });
    const env = { PATH: pathWithout('setfattr') };
    const poor = await holdDemo(join(parent, 'without'), { plain: true, form: 'directories', env });
    try {
      expect(walkIn(poor.demo.dir, null, LAYERS)).toEqual(walkIn(whole.demo.dir, null, LAYERS));
    } finally {
      await Promise.all([whole.end(), poor.end()]);
    }
  });

  it('falls back to directories without unshare, and says why', async () => {
    const held = await holdDemo(join(parent, 'demo'), { plain: true, env: { PATH: pathWithout('unshare') } });
    expect(held.demo.form).toBe('directories');
    expect(held.demo.refused).toMatchObject([
      { form: 'userns', failure: { code: 'missing-tool', message: 'unshare cannot be started' } },
    ]);
    await held.end();
    expect(readdirSync(parent)).toEqual(['bin']);
  });

  it('falls back to directories without mount, and says why', async () => {
    const held = await holdDemo(join(parent, 'demo'), { plain: true, env: { PATH: pathWithout('mount') } });
    expect(held.demo.form).toBe('directories');
    expect(held.demo.refused).toMatchObject([{ form: 'userns', failure: { code: 'step-failed' } }]);
    expect(held.demo.refused[0]?.failure.message).toContain('mount: not found');
    expect(held.demo.refused[0]?.failure.hint).toContain('package');
    await held.end();
  });
});

describe.skipIf(refused !== null)(`where namespaces are refused${refused ? ` (skipped: ${refused})` : ''}`, () => {
  it('falls back to directories as the root of a container that may make none', async () => {
    const shell = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"';
    const user = isRoot ? ['setpriv', `--reuid=${PLAIN_UID}`, `--regid=${PLAIN_UID}`, '--clear-groups'] : [];
    const inside = [...user, 'unshare', '--user', '--map-root-user', 'sh', '-c', shell, 'container'];
    const held = await holdDemo(join(parent, 'demo'), { inside });
    expect(held.demo.form).toBe('directories');
    expect(held.demo.refused.map(({ form, failure }) => [form, failure.code])).toEqual([
      ['root', 'step-failed'],
      ['userns', 'no-namespace'],
    ]);
    expect(held.demo.refused[1]?.failure.message).toMatch(/unshare failed: /);
    await held.end();
    expect(readdirSync(parent)).toEqual([]);
  });
});
