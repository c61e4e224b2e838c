import { execFileSync, spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesOfArray } from '../../shared/bytes/bytes.ts';
import { textForEyes } from '../../shared/bytes/show.ts';
import { MetaLine, ScanMeta } from '../../shared/contract/scan.ts';
import { Verified } from '../../shared/contract/verify.ts';
import { exactly, expectFailure, NODE, PROGRAM, ROOT, type RunOptions, stratoscope } from './program.ts';
import { makeStage, OVERLAY, type Stage } from './stage.ts';

let stage: Stage;
let mount: string;
const isRoot = process.getuid?.() === 0;

describe.skipIf(!isRoot)(`verify on a real mount${isRoot ? '' : ' (needs root: it mounts)'}`, () => {
  beforeAll(() => {
    stage = makeStage();
    stage.sh(OVERLAY);
    mount = stage.at('merged');
  });
  afterAll(() => stage.remove());
  const verify = async (words: string[], status = 0, options: RunOptions = {}): Promise<Verified> => {
    const run = await stratoscope(['verify', '--yes', '--format', 'ndjson', ...words], options);
    expect([run.status, run.stderr]).toEqual([status, run.stderr]);
    const [meta, verified, ...rest] = run.lines;
    MetaLine.parse(meta);
    ScanMeta.parse(meta);
    expect(rest).toEqual([]);
    return exactly(Verified, verified);
  };

  it('finds nothing wrong, of all and of chosen paths', async () => {
    const all = await verify([mount]);
    expect([all.wrong, all.rows, all.unpredictable]).toEqual([0, [], 0]);
    const rows = await verify([mount, '--rows', 'all']);
    expect(rows.rows).toHaveLength(rows.checked);
    expect(new Set(rows.rows.map(({ field }) => field))).toEqual(
      new Set(['lookup', 'type', 'dev', 'ino', 'dino', 'nlink', 'fstat']),
    );
    expect(rows.rows.map(({ path }) => path)).toContain('bad\\xffname');
    const chosen = await verify([mount, 'a', 'd/x', '/', '--rows', 'all']);
    expect([chosen.paths, [...new Set(chosen.rows.map(({ path }) => path))]]).toEqual([3, ['', 'a', 'd/x']]);
    const b64 = Buffer.from('bad\xffname', 'latin1').toString('base64');
    const bad = await verify([mount, '--b64', b64, '--rows', 'all']);
    expect([bad.paths, bad.rows[0]?.pathB64, bad.checked]).toEqual([1, b64, 7]);
  });

  it('is one document with --format json, and counts for people', async () => {
    const run = await stratoscope(['verify', '--yes', mount, 'a', '--rows', 'all', '--format', 'json']);
    const { contract, rows } = JSON.parse(run.stdout) as { contract: number; rows: unknown[] };
    expect([run.status, contract, rows.length]).toEqual([0, 1, 1]);
    expect(exactly(Verified, rows[0]).rows).toHaveLength(7);
    const table = await stratoscope(['verify', '--yes', mount, 'a', '--format', 'table']);
    expect([table.status, table.stdout]).toEqual([
      0,
      '1 path looked at: 7 answers checked, 0 wrong, 0 not to be foretold.\n',
    ]);
    expect(table.stderr).toContain(`through the mount ${mount}`);
    expect(table.stderr).toContain('overlay.origin');
  });

  it('exits with 1 where an answer is wrong by a fault, and says why and what to do', async () => {
    const env = { STRATOSCOPE_WITHOUT_ROW: 'copied up, origin usable' };
    const { rows, wrong } = await verify([mount], 1, { env });
    expect(wrong).toBe(rows.length);
    expect(new Set(rows.map(({ path, cause }) => `${path} ${cause}`))).toEqual(new Set(['a our error']));
    const table = await stratoscope(['verify', '--yes', mount, '--format', 'table'], { env });
    expect(table.status).toBe(1);
    expect(table.stdout).toMatch(/^a {2}ino: predicted \d+, the kernel says \d+\n {2}our error\. Report it/m);
  });

  it('touches nothing without a yes: refused without a terminal, asked at one', async () => {
    const upper = (): string =>
      stage.sh('cd fs/u; find . -printf "%p %C@ %i\\n" | sort; getfattr -Rdm- -e hex . 2>/dev/null');
    const before = upper();
    for (const format of ['table', 'ndjson'] as const) {
      const run = await stratoscope(['verify', mount, '--format', format]);
      expectFailure(run, 2, format);
      expect(run.stderr).toContain('--yes');
    }
    // A terminal made by script(1): the answer comes when the question does.
    const asked = (answer: string): string =>
      execFileSync('script', ['-qec', `${NODE} ${PROGRAM} verify ${mount} a --format table`, '/dev/null'], {
        cwd: ROOT,
        input: `${answer}\n`,
        encoding: 'utf8',
      });
    expect(asked('n')).toContain('nothing was looked at');
    expect(upper()).toBe(before);
    expect(asked('y')).toContain('1 path looked at');
  });

  it('names with each row what is found in the object', async () => {
    stage.sh('echo more >> merged/link1');
    const { rows } = await verify([mount, 'link1', 'link2', '--rows', 'all']);
    const found = new Set(rows.map(({ path, findings }) => `${path}: ${findings.join(' ')}`));
    expect(found).toEqual(new Set(['link1: hardlink-split', 'link2: ']));
    const table = await stratoscope(['verify', '--yes', mount, 'link1', '--rows', 'all', '--format', 'table']);
    expect(table.stdout).toMatch(/^link1 {2}ino: .* {2}hardlink-split$/m);
  });

  it('names the mount as eyes may see it', async () => {
    const name = Buffer.from(`${stage.dir}/m\xff`, 'latin1');
    stage.sh('m=$(printf "m\\377"); mkdir "$m"; mount --bind merged "$m"');
    const script = `"${NODE}" "${PROGRAM}" verify "${stage.dir}/$(printf 'm\\377')" </dev/null`;
    const { stderr } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
    stage.sh('umount "$(printf "m\\377")"');
    expect(stderr).toContain(`through the mount ${textForEyes(bytesOfArray(name))}.`);
  });

  it('refuses what is no mount', async () => {
    const layers = ['--lower', stage.at('fs/l1'), '--upper', stage.at('fs/u')];
    for (const words of [
      layers,
      [],
      [stage.at('fs/l1')],
      ['/nowhere'],
      [mount, 'a/../../b'],
      [mount, '--rows', 'some'],
    ])
      expectFailure(await stratoscope(['verify', '--yes', ...words, '--format', 'ndjson']), 2, 'ndjson');
  });
});
