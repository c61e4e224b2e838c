import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MetaLine, ScanMeta, type ScanObject } from '../../shared/contract/scan.ts';
import { MapChanged, MapFault, MapObject } from '../../shared/map/record.ts';
import { plainUser } from '../plain-user.ts';
import { exactly, expectFailure, NODE, PROGRAM, ROOT, type Run, stratoscope } from './program.ts';
import { makeStage, OVERLAY, type Stage } from './stage.ts';

let stage: Stage;
let db = '';
beforeAll(async () => {
  stage = makeStage();
  db = stage.at('stack.map');
  if (process.getuid?.() !== 0) return;
  stage.sh(`${OVERLAY}\nchmod 600 merged/d/f "$(printf 'merged/bad\\377name')"`);
  expect((await map('build', stage.at('merged'))).status).toBe(0);
});
afterAll(() => stage.remove());

const map = (part: string, ...words: string[]): Promise<Run> => stratoscope(['map', part, ...words, '--db', db]);
const inode = (path: string): string => {
  const { dev, ino } = JSON.parse(stage.sh(`stat -c '{"dev":"%Hd:%Ld","ino":"%i"}' "${path}"`));
  return `${dev}:${ino}`;
};
const paths = (rows: { path: string }[]): string[] => rows.map(({ path }) => path).sort();

describe.skipIf(process.getuid?.() !== 0)('map', () => {
  it('build makes it of the origins that scan calls verified; show, get and check read it', async () => {
    const built = await stratoscope(['map', 'build', stage.at('merged'), '--db', stage.at('new.map')]);
    expect([built.status, built.stderr]).toEqual([0, '']);
    const [meta, ...rows] = built.lines;
    expect(ScanMeta.shape.meta.parse((meta as { meta: unknown }).meta)).toMatchObject({ mount: stage.at('merged') });
    const changed = rows.map((row) => exactly(MapChanged, row));
    expect(new Set(changed.map(({ change }) => change))).toEqual(new Set(['added']));

    const scanned = await stratoscope(['scan', stage.at('merged')]);
    const objects = scanned.lines.slice(1).map((line) => line as ScanObject);
    const mapped = objects.filter(
      ({ path, origin }) => path !== '' && origin !== null && origin !== 'unknown' && origin.state === 'verified',
    );
    expect(mapped.length).toBeGreaterThan(3);

    const shown = await map('show');
    expect([shown.status, shown.stderr]).toEqual([0, '']);
    expect(MetaLine.parse(shown.lines[0])).toMatchObject({ meta: { contract: 1, db, mappings: mapped.length } });
    const entries = shown.lines.slice(1).map((row) => exactly(MapObject, row));
    expect(paths(entries)).toEqual(paths(mapped));
    expect(paths(changed)).toEqual(paths(mapped));
    for (const { path, entries: own, origin } of mapped) {
      const entry = entries.find((one) => one.path === path);
      const upper = own.find(({ layer }) => layer === 0);
      expect(entry?.upper).toMatchObject({ dev: upper?.dev, ino: upper?.ino });
      expect(entry?.lower).toMatchObject({
        ino: (origin as { ino: string }).ino,
        layer: (origin as { layer: number }).layer,
      });
    }
    expect(entries.find(({ pathB64 }) => pathB64 !== undefined)?.path).toBe('bad\\xffname');

    const number = inode('fs/u/a');
    const got = await map('get', '--upper', number);
    expect([got.status, got.stderr, got.lines.slice(1)]).toEqual([0, '', [entries.find(({ path }) => path === 'a')]]);
    const back = await map('get', '--lower', inode('fs/l1/a'));
    expect(back.lines.slice(1)).toEqual(got.lines.slice(1));

    const checked = await map('check', stage.at('merged'));
    expect([checked.status, checked.stderr, checked.lines.length]).toEqual([0, '', 1]);
  });

  it('get of what is not in it prints nothing, and that is no error', async () => {
    for (const words of [
      ['--upper', inode('fs/u/own')],
      ['--lower', '0:1:18446744073709551615'],
    ]) {
      const run = await map('get', ...words);
      expect([run.status, run.lines.length]).toEqual([0, 1]);
      const table = await map('get', ...words, '--format', 'table');
      expect([table.status, table.stdout, table.stderr]).toEqual([0, '', '']);
    }
  });

  it('speaks to people, and as one document', async () => {
    const table = await map('show', '--format', 'table');
    expect(table.stdout).toMatch(/^UPPER +LOWER +LAYER +SINCE \(UTC\) +PATH\n/);
    expect(table.stdout).toContain(inode('fs/u/a'));
    expect(table.stdout).toContain('bad\\xffname');
    const document = await map('show', '--format', 'json');
    const { contract, meta, rows } = JSON.parse(document.stdout);
    expect([contract, meta.db]).toEqual([1, db]);
    expect(rows.map((row: unknown) => exactly(MapObject, row)).length).toBe(meta.mappings);
    const built = await map('build', stage.at('merged'), '--format', 'table');
    expect(built.stdout).toMatch(/^\d+ mappings: 0 added, 0 changed, 0 removed\.\n$/);
    const checked = await map('check', stage.at('merged'), '--format', 'json');
    expect(JSON.parse(checked.stdout)).toMatchObject({ contract: 1, rows: [] });
  });

  it('check says what is bad, and ends with 1; build puts it right', async () => {
    stage.sh('rm merged/a; chmod 600 merged/fifo');
    const run = await map('check', stage.at('merged'));
    expect(run.status).toBe(1);
    const [fault, ...more] = run.lines.slice(1).map((row) => exactly(MapFault, row));
    expect(more).toEqual([]);
    expect(fault).toMatchObject({ path: 'a', fault: 'upper-gone' });
    expect(run.stderr).toBe('stratoscope: 1 upper inode is not in it yet.\n');
    const table = await map('check', stage.at('merged'), '--format', 'table');
    expect(table.status).toBe(1);
    expect(table.stdout).toMatch(
      /^upper-gone {2}a {2}\(upper .*\n\d+ entries checked, 1 is bad; 1 upper inode is not in it yet\.\n$/,
    );
    const built = await map('build', stage.at('merged'));
    expect(
      built.lines
        .slice(1)
        .map((row) => exactly(MapChanged, row))
        .map(({ path, change }) => [path, change]),
    ).toEqual([
      ['a', 'removed'],
      ['fifo', 'added'],
    ]);
    expect((await map('check', stage.at('merged'))).status).toBe(0);
  });

  it('names a stack by its directories, in which it is the same map', async () => {
    const words = [
      '--lower',
      stage.at('fs/l1'),
      '--lower',
      stage.at('fs/l2'),
      '--upper',
      stage.at('fs/u'),
      '--options',
      'redirect_dir=on',
    ];
    const run = await map('build', ...words);
    expect([run.status, run.lines.length]).toEqual([0, 1]);
    expect((await map('check', ...words)).status).toBe(0);
  });

  it('refuses what is no map, and leaves it alone', async () => {
    stage.sh('echo text > text');
    for (const part of [
      ['build', stage.at('merged')],
      ['show'],
      ['get', '--upper', '1:1:1'],
      ['check', stage.at('merged')],
    ]) {
      const run = await stratoscope(['map', ...part, '--db', stage.at('text')]);
      expectFailure(run, 2, 'ndjson');
      expect(run.stderr).toContain(`${stage.at('text')}: it is no inode map`);
    }
    expect(stage.sh('cat text')).toBe('text\n');
    for (const part of [['show'], ['check', stage.at('merged')], ['build', stage.at('merged')]])
      expectFailure(await stratoscope(['map', ...part, '--db', stage.at('none/a.map')]), 2, 'ndjson');
    expect(existsSync(stage.at('none'))).toBe(false);
    const other = makeStage();
    try {
      other.sh(OVERLAY);
      const run = await map('check', other.at('merged'));
      expectFailure(run, 2, 'ndjson');
      expect(run.stderr).toContain('another upper directory');
    } finally {
      other.remove();
    }
  });

  it('without privilege: is shown, but neither built nor checked, and nothing is lost of it', async () => {
    const user = await plainUser({ program: ROOT, stage: stage.dir });
    try {
      const inside = (path: string): string => `${user.at('program')}/${path}`;
      const command = [await user.program([inside('node_modules/.bin/node'), inside(relative(ROOT, PROGRAM))])];
      const run = (words: string[]): Promise<Run> => stratoscope(words, { command, cwd: '/', env: user.env });
      const before = readFileSync(db);
      chmodSync(stage.dir, 0o777);
      chmodSync(db, 0o666);
      const file = `${user.at('stage')}/stack.map`;
      for (const part of ['build', 'check']) {
        const refused = await run(['map', part, stage.at('merged'), '--db', file]);
        expectFailure(refused, 4, 'ndjson');
      }
      expectFailure(
        await run(['map', 'build', stage.at('merged'), '--db', `${user.at('stage')}/none.map`]),
        4,
        'ndjson',
      );
      expect(existsSync(stage.at('none.map'))).toBe(false);
      const shown = await run(['map', 'show', '--db', file]);
      expect(shown.status).toBe(0);
      expect(shown.lines.length).toBeGreaterThan(3);
      expect((await map('show')).lines.slice(1)).toEqual(shown.lines.slice(1));
      expect(readFileSync(db).subarray(100).equals(before.subarray(100))).toBe(true);
    } finally {
      await user.remove();
    }
  });

  it('a reader that wants no more ends it quietly', () => {
    const script = `"${NODE}" "${PROGRAM}" map show --db "${db}" | head -1 | wc -l`;
    expect(execFileSync('bash', ['-ec', `set -o pipefail; ${script}`], { encoding: 'utf8' }).trim()).toBe('1');
  });
});

describe('bad usage of map', () => {
  it.each([
    [['map']],
    [['map', 'frob']],
    [['map', 'show', 'too', 'many', '--db', 'x']],
    [['map', 'build', '--format', 'xml']],
  ])('%j', async (words) => {
    expectFailure(await stratoscope([...words]), 2, 'ndjson');
  });

  it.each([
    [['map', 'build', '--db', 'x']],
    [['map', 'build', '/']],
    [['map', 'show']],
    [['map', 'show', '--db', '']],
    [['map', 'get', '--db', 'x']],
    [['map', 'get', '--db', 'x', '--upper', '1:2:3', '--lower', '1:2:3']],
    [['map', 'get', '--db', 'x', '--upper', '1:2']],
    [['map', 'get', '--db', 'x', '--lower', '1:2:99999999999999999999']],
    [['map', 'get', '--upper', '1:2:3']],
    [['map', 'check', '--db', 'x']],
    [['map', 'check', '/', '--lower', '/', '--db', 'x']],
  ])('%j', async (words) => {
    expectFailure(await stratoscope([...words]), 2, 'ndjson');
    expectFailure(await stratoscope([...words, '--format', 'table']), 2);
    expect(existsSync('x')).toBe(false);
  });
});
