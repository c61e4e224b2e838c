import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NODE, PROGRAM, stratoscope } from './program.ts';
import { makeStage, OVERLAY, type Stage } from './stage.ts';

/** What the program says where a terminal reads it: `script` gives it one, and keeps what it would show. */
describe.skipIf(process.getuid?.() !== 0)('on a terminal', () => {
  let stage: Stage;
  beforeAll(() => {
    stage = makeStage();
    stage.sh(OVERLAY);
  });
  afterAll(() => stage.remove());

  function shown(words: string[], env: NodeJS.ProcessEnv = {}): string {
    const command = [NODE, PROGRAM, ...words].map((word) => `'${word}'`).join(' ');
    return execFileSync('script', ['-qec', command, '/dev/null'], {
      encoding: 'utf8',
      env: { ...process.env, TERM: 'xterm', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  it('scan is a table, and in colours', () => {
    const text = shown(['scan', stage.at('merged')]);
    expect(text).toContain('STATUS');
    expect(text).toContain('\x1b[32m');
  });

  it('NO_COLOR and a dumb terminal are honoured', () => {
    const colours = /\x1b\[3\dm/;
    expect(shown(['tree', stage.at('merged')])).toMatch(colours);
    expect(shown(['tree', stage.at('merged')], { NO_COLOR: '1' })).not.toMatch(colours);
    expect(shown(['tree', stage.at('merged')], { TERM: 'dumb' })).not.toMatch(colours);
  });

  it('in a pipe there are no colours, and no progress', async () => {
    for (const command of ['list', 'tree', 'explain']) {
      const words = command === 'list' ? [] : command === 'tree' ? [stage.at('merged')] : [stage.at('merged'), 'a'];
      const run = await stratoscope([command, ...words]);
      expect([command, run.stdout.includes('\x1b'), run.stderr]).toEqual([command, false, '']);
    }
  });
});
