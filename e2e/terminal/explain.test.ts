import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Explained } from '../../shared/contract/explain.ts';
import { ScanMeta, ScanObject } from '../../shared/contract/scan.ts';
import { RULES } from '../../shared/merge/rules.ts';
import { exactly, expectFailure, stratoscope } from './program.ts';
import { makeStage, OVERLAY, type Stage } from './stage.ts';

describe.skipIf(process.getuid?.() !== 0)('explain', () => {
  let stage: Stage;
  beforeAll(() => {
    stage = makeStage();
    stage.sh(OVERLAY);
  });
  afterAll(() => stage.remove());

  async function explained(path: string, ...words: string[]): Promise<Explained> {
    const run = await stratoscope(['explain', '--format', 'ndjson', stage.at('merged'), path, ...words]);
    expect([run.status, run.stderr]).toEqual([0, '']);
    const [meta, object, ...rest] = run.lines;
    exactly(ScanMeta, meta);
    expect(rest).toEqual([]);
    return exactly(Explained, object);
  }

  it('gives the scan object, the steps with their rules, and the attributes with their bytes', async () => {
    const a = await explained('a');
    const scan = await stratoscope(['scan', '--path', 'a', stage.at('merged')]);
    const object = exactly(ScanObject, scan.lines[1]);
    expect(a).toMatchObject(object);
    const rules = new Set<string>(RULES.map(({ id }) => id));
    expect(a.steps.length).toBeGreaterThan(0);
    for (const step of a.steps) expect(rules.has(step.rule)).toBe(true);
    const origin = a.xattrs.find(({ name }) => name === 'trusted.overlay.origin');
    expect(origin?.counts).toBe(true);
    expect(origin?.value).toBe(
      stage.sh('getfattr -h -e hex --only-values -n trusted.overlay.origin fs/u/a | od -An -v -tx1 | tr -d " \\n"'),
    );
    const inode = origin?.fields.find(({ label }) => label === 'inode');
    expect(inode?.text).toBe(stage.sh('stat -c %i fs/l1/a').trim());
    // tmpfs: the inode number stands behind the generation, low word first.
    expect([inode?.from, inode?.to]).toEqual([25, 33]);
  });

  it('names layers, marks and what would change it', async () => {
    const a = await explained('/a');
    expect(a.explanation[0]).toMatch(/^You read the upper’s file, copied up; lower 1’s file .*; lower 2 has none\.$/);
    expect(a.wouldChange.join(' ')).toContain('lower 1’s file would be seen again');
    const x = await explained('d/x');
    expect(x.explanation.join(' ')).toContain('The mark opaque stands on the upper');
    const renamed = await explained('renamed');
    expect(renamed.explanation.join(' ')).toContain('redirect_dir=on lets a redirect be followed');
    const b = await explained('b');
    expect(b.explanation[0]).toContain('The name is gone: the upper’s whiteout says so');
    const root = await explained('');
    expect(root).toMatchObject({ path: '', type: 'dir' });
  });

  it('finds hidden objects too', async () => {
    const hidden = await explained('gone/deep/file');
    expect(hidden).toMatchObject({ hiddenBy: 'whiteout', provenance: 'lower' });
    expect(hidden.explanation[0]).toContain('a whiteout above hides it');
  });

  it('takes the path as bytes', async () => {
    const b64 = Buffer.from('bad\xffname', 'latin1').toString('base64');
    const bad = await explained(b64, '--b64');
    expect(bad).toMatchObject({ path: 'bad\\xffname', pathB64: b64 });
    // The shell hands over the byte itself.
    const program = `"$1" "$2" explain --format ndjson "$3" "$(printf 'bad\\377name')"`;
    const { NODE, PROGRAM } = await import('./program.ts');
    const out = execFileSync('sh', ['-c', program, 'sh', NODE, PROGRAM, stage.at('merged')], { encoding: 'utf8' });
    expect(JSON.parse(out.split('\n')[1] as string)).toEqual(bad);
  });

  it('a path that is not there is bad input', async () => {
    const run = await stratoscope(['explain', '--format', 'json', stage.at('merged'), 'no/such']);
    expectFailure(run, 2, 'json');
  });

  it('in words for people, each fact with its command, and every command shows its value', async () => {
    const run = await stratoscope(['explain', stage.at('merged'), 'a']);
    expect(run.status).toBe(0);
    for (const part of [
      'You read the',
      'What would change it',
      'Where it stands',
      'The lookup',
      'Attributes',
      'By hand',
    ]) {
      expect(run.stdout).toContain(part);
    }
    for (const path of ['a', 'b', 'd', 'sym', 'link1', 'renamed', 'fifo', 'own']) {
      const { commands } = await explained(path);
      expect(commands.length).toBeGreaterThan(5);
      for (const { fact, value, command } of commands) {
        const out = execFileSync('bash', ['-c', command], { encoding: 'utf8' });
        expect([path, fact, out.includes(value)]).toEqual([path, fact, true]);
      }
    }
  });
});
