import { spawn } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cannotMount, Stage } from '../../electron/union/testing/stage.ts';
import { NODE, PROGRAM } from '../terminal/program.ts';

/** Runs `scheme exec` on a stage's layers with these lines on its standard input. */
function exec(stage: Stage, lines: readonly string[], ...words: string[]) {
  const layers = ['--lower', stage.at('fs/l'), '--upper', stage.at('fs/u'), '--work', stage.at('fs/w')];
  const child = spawn(NODE, [PROGRAM, 'scheme', 'exec', ...layers, '--store', 'memory', ...words]);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  child.stdin.on('error', () => {});
  child.stdin.end(lines.map((line) => `${line}\n`).join(''));
  return new Promise<{ status: number | null; signal: string | null; answers: unknown[]; stderr: string }>((resolve) =>
    child.on('close', (status, signal) =>
      resolve({
        status,
        signal,
        answers: stdout
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => JSON.parse(line)),
        stderr,
      }),
    ),
  );
}

describe.skipIf(cannotMount !== null)(`scheme exec${cannotMount ? ` (${cannotMount})` : ''}`, () => {
  let stage: Stage;
  beforeEach(() => {
    stage = new Stage('ext4');
    stage.sh(`echo lower > fs/l/f; echo odd > "$(printf 'fs/l/bad\\377')"`);
  });
  afterEach(() => stage.remove());

  test('answers line by line, in order, and goes on after a line that is no operation', async () => {
    const { status, answers } = await exec(stage, [
      '{"op":"open","path":"f","flags":["RDONLY"]}',
      '{"op":"read","fd":"3","len":100}',
      'no json',
      '{"op":"fly"}',
      '{"op":"stat"}',
      '{"op":"stat","path":"gone"}',
      '{"op":"stat","pathB64":"YmFk/w=="}',
      '{"op":"readdir","path":""}',
    ]);
    expect(status).toBe(0);
    expect(answers).toMatchObject([
      { ok: { fd: 3, ino: expect.stringMatching(/^\d+$/) } },
      { ok: { data: Buffer.from('lower\n').toString('base64') } },
      { error: { code: 'usage' } },
      { error: { code: 'usage' } },
      { error: { code: 'usage' } },
      { errno: 'ENOENT' },
      { ok: { type: 'file', mode: '0644', size: '4' } },
      {
        ok: {
          entries: expect.arrayContaining([
            { name: 'bad\\xff', nameB64: 'YmFk/w==', type: 'file', dino: expect.stringMatching(/^\d+$/) },
          ]),
        },
      },
    ]);
  });

  test('ends as by kill -9 at a crash; the next session finds everything in its place', async () => {
    const change = [
      '{"op":"open","path":"f","flags":["RDONLY"]}',
      '{"op":"chmod","path":"f","mode":"0600"}',
      '{"op":"crash"}',
    ];
    const first = await exec(stage, change);
    expect([first.signal, first.answers.length]).toEqual(['SIGKILL', 2]);
    const { answers } = await exec(stage, ['{"op":"stat","path":"f"}']);
    const { ino } = (first.answers[0] as { ok: { ino: string } }).ok;
    expect(answers).toMatchObject([{ ok: { ino, mode: '0600' } }]);
  });

  test('refuses an upper that is in use, by another session or by the kernel', async () => {
    stage.start();
    const other = await exec(stage, []);
    expect([other.status, other.stderr]).toEqual([2, expect.stringContaining('another session')]);
    stage.sh('mkdir fs/u2 fs/w2 m; mount -t overlay o -o lowerdir=fs/l,upperdir=fs/u2,workdir=fs/w2 m');
    const mounted = await exec(stage, [], '--upper', stage.at('fs/u2'), '--work', stage.at('fs/w2'));
    expect([mounted.status, mounted.stderr]).toEqual([2, expect.stringContaining('the kernel has it mounted')]);
  });
});
