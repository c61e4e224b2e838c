import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NumberMeaning } from '../../shared/contract/inode.ts';
import { MetaLine, ScanMeta } from '../../shared/contract/scan.ts';
import { exactly, expectFailure, stratoscope } from './program.ts';
import { makeStage, type Stage } from './stage.ts';

let stage: Stage;
const isRoot = process.getuid?.() === 0;

describe.skipIf(!isRoot)(`inode on a real mount${isRoot ? '' : ' (needs root: it mounts)'}`, () => {
  beforeAll(() => {
    stage = makeStage();
    // Two filesystems and xino, so that a number has a part.
    stage.sh(`mkdir fs fs2 m; mount -t tmpfs fs fs; mount -t tmpfs fs2 fs2; mkdir fs/u fs/w fs2/l
      echo one > fs2/l/a; echo two > fs2/l/gone; mkdir fs2/l/d; printf bad > "$(printf 'fs2/l/bad\\377')"
      mount -t overlay stage -o lowerdir=$PWD/fs2/l,upperdir=$PWD/fs/u,workdir=$PWD/fs/w,xino=on m
      chmod 600 m/a; rm m/gone; chmod 600 m/bad*`);
  });
  afterAll(() => stage.remove());
  const number = (of: string): string => stage.sh(`stat -c %i ${of}`).trim();
  const meanings = async (...words: string[]): Promise<NumberMeaning[]> => {
    const run = await stratoscope(['inode', ...words, '--format', 'ndjson']);
    expect(run.status).toBe(0);
    // Another mount of the machine may go while all are searched.
    if (!words.includes('--all')) expect(run.stderr).toBe('');
    const [meta, ...rows] = run.lines;
    MetaLine.parse(meta);
    return rows.map((row) => exactly(NumberMeaning, row));
  };

  it('tells what stat shows, what the layers have, and which part it is of a number', async () => {
    const lower = number('fs2/l/a');
    const shown = number('m/a');
    expect(await meanings(stage.at('m'), shown)).toEqual([
      { as: 'st_ino', path: 'a', layer: 1, dev: 'overlay', state: 'stable', ino: shown },
      { as: 'd_ino', path: 'a', layer: 1, dev: null, state: 'stable', ino: shown },
    ]);
    const dev = stage.sh('stat -c %Hd:%Ld fs2/l').trim();
    expect((await meanings(stage.at('m'), lower)).filter(({ path }) => path === 'a')).toEqual([
      { as: 'real', path: 'a', layer: 1, dev, state: 'origin', hiddenBy: 'file', ino: lower },
      { as: 'origin', path: 'a', layer: 1, dev, state: 'verified', ino: lower },
      { as: 'xino-part', path: 'a', layer: 1, dev: 'overlay', state: 'stable', ino: shown },
    ]);
    expect(await meanings(stage.at('m'), number('fs/u/a'))).toContainEqual(
      expect.objectContaining({ as: 'real', path: 'a', layer: 0, state: 'object' }),
    );
  });

  it('takes hexadecimal, and tells hidden ones and names that are no text', async () => {
    const gone = number('fs2/l/gone');
    expect(await meanings(stage.at('m'), `0x${BigInt(gone).toString(16)}`)).toContainEqual(
      expect.objectContaining({ as: 'real', path: 'gone', layer: 1, state: 'hidden', hiddenBy: 'whiteout' }),
    );
    const bad = await meanings(stage.at('m'), number('m/bad*'));
    expect(bad.map(({ path, pathB64 }) => [path, pathB64])).toEqual([
      ['bad\\xff', Buffer.from('bad\xff', 'latin1').toString('base64')],
      ['bad\\xff', Buffer.from('bad\xff', 'latin1').toString('base64')],
    ]);
  });

  it('begins with the meta line of the stack; finding nothing is no error', async () => {
    const run = await stratoscope(['inode', stage.at('m'), '18446744073709551615', '--format', 'json']);
    expect(run.status).toBe(0);
    const { contract, meta, rows } = JSON.parse(run.stdout) as Record<string, unknown>;
    expect(contract).toBe(1);
    ScanMeta.parse({ meta });
    expect(rows).toEqual([]);
    const table = await stratoscope(['inode', stage.at('m'), '18446744073709551615', '--format', 'table']);
    expect([table.status, table.stdout]).toEqual([0, '18446744073709551615 means nothing in this stack.\n']);
  });

  it('searches every mount in sight with --all, and directories', async () => {
    const shown = number('m/a');
    const own = (await meanings('--all', shown)).filter(({ mount }) => mount === stage.at('m'));
    expect(own.map(({ as, path, stackDev }) => [as, path, stackDev])).toEqual([
      ['st_ino', 'a', stage.sh('stat -c %Hd:%Ld m').trim()],
      ['d_ino', 'a', stage.sh('stat -c %Hd:%Ld m').trim()],
    ]);
    const layers = ['--lower', stage.at('fs2/l'), '--upper', stage.at('fs/u'), '--options', 'xino=on'];
    expect((await meanings(...layers, shown)).map(({ as }) => as)).toEqual(['st_ino', 'd_ino']);
    const table = await stratoscope(['inode', '--all', shown, '--format', 'table']);
    expect(table.stdout).toMatch(/^AS +NUMBER +DEVICE +LAYER +STATE +MOUNT +PATH$/m);
    expect(table.stdout).toMatch(new RegExp(`^st_ino +${shown} +overlay +1 +stable +${stage.at('m')} +a$`, 'm'));
  });

  it('refuses what is no number, too large, or too much', async () => {
    const mount = stage.at('m');
    for (const words of [
      [mount],
      [mount, 'etc'],
      [mount, '18446744073709551616'],
      [mount, '0x10000000000000000'],
      [mount, '1', '2'],
      ['--all'],
      ['--all', mount, '1'],
      ['--all', '--lower', mount, '--', '1'],
      ['1'],
    ])
      for (const format of ['table', 'ndjson'] as const)
        expectFailure(await stratoscope(['inode', '--format', format, ...words]), 2, format);
  });
});
