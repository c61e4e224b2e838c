import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { asBytes } from '../bytes/bytes.ts';
import { stackOf } from '../explain/testing.ts';
import { type Cure, curesScript, SCRIPT_HEAD } from './script.ts';

const cure = (change: Partial<Cure>): Cure => ({
  code: 'origin-shared',
  severity: 'error',
  path: asBytes('a'),
  cure: 'Do it.',
  commands: [],
  more: 0,
  ...change,
});

test('each command and each cure without one says which finding it cures', () => {
  const script = curesScript(stackOf(), [
    cure({ commands: ['true one', 'true two'] }),
    cure({ code: 'rename-exdev', more: 3, cure: 'Mount with redirect_dir=on.' }),
  ]);
  expect(script.startsWith(SCRIPT_HEAD)).toBe(true);
  const lines = script.split('\n');
  expect(lines).toContain('true one  # origin-shared: a');
  expect(lines).toContain('true two  # origin-shared: a');
  expect(lines).toContain('# rename-exdev: a and 3 more: Mount with redirect_dir=on.');
  expect(curesScript(stackOf(), [])).toContain('Nothing was found');
});

test('a name cannot end its comment, and the script is one that bash reads', () => {
  const script = curesScript(stackOf(), [cure({ path: asBytes('a\n: > /tmp/never\n'), commands: ['true'] })]);
  expect(script).toContain('true  # origin-shared: a\\n: > /tmp/never\\n\n');
  expect(spawnSync('bash', ['-n'], { input: script }).status).toBe(0);
});
