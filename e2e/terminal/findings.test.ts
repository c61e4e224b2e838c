import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DoctorRow, DoctorSummary } from '../../shared/contract/finding.ts';
import { FINDINGS } from '../../shared/findings/index.ts';
import { exactly, expectFailure, NODE, PROGRAM, type Run, stratoscope } from './program.ts';
import { makeStage, type Stage } from './stage.ts';

/** An error, a warning and notes: a copy inside the upper, a split hard link, directories that cannot be renamed. */
const STACK = `
chmod 755 .; mkdir fs merged; mount -t tmpfs -o mode=755 fs fs; mkdir -p fs/l/d fs/u fs/w fs/none
echo f > fs/l/f; echo h > fs/l/h; ln fs/l/h fs/l/h2; printf bad > "$(printf 'fs/l/bad\\377')"
mount -t overlay stage -o lowerdir=$PWD/fs/l,upperdir=$PWD/fs/u,workdir=$PWD/fs/w merged
chmod 600 merged/f merged/bad*; chmod 600 merged/h; umount merged; cp -a fs/u/f fs/u/z
cp -a fs/u/bad* "$(printf 'fs/u/worse\\377')"
`;

describe.skipIf(process.getuid?.() !== 0)('doctor and why (elsewhere skipped: they need uid 0)', () => {
  let stage: Stage;
  beforeAll(() => {
    stage = makeStage();
    stage.sh(STACK);
  });
  afterAll(() => stage.remove());
  const words = (): string[] => ['--lower', stage.at('fs/l'), '--upper', stage.at('fs/u'), '--work', stage.at('fs/w')];
  const healthy = (): string[] => ['--lower', stage.at('fs/l'), '--lower', stage.at('fs/none')];

  it('prints a finding a line, and what it counted last; exit 1 where there is an error or a warning', async () => {
    const run = await stratoscope(['doctor', ...words(), '--format', 'ndjson']);
    expect([run.status, run.stderr]).toEqual([1, '']);
    const [meta, ...lines] = run.lines;
    expect(meta).toMatchObject({ meta: { contract: 1, kind: 'directories', inodeMode: 'same-fs' } });
    const summary = exactly(DoctorSummary, lines.pop());
    const rows = lines.map((line) => exactly(DoctorRow, line));
    expect(rows.map(({ path, code, severity }) => `${path} ${code} ${severity}`)).toEqual([
      'bad\\xff origin-shared error',
      'd rename-exdev note',
      'f origin-shared error',
      'h hardlink-split warning',
      'worse\\xff origin-shared error',
      'z origin-shared error',
    ]);
    expect(rows[0]?.pathB64).toBe(Buffer.from('bad\xff', 'latin1').toString('base64'));
    expect(summary).toEqual({ summary: { errors: 4, warnings: 1, notes: 1, checked: 8 } });
    // One sentence each, that begins and ends as one.
    for (const { cause, cure } of rows) for (const text of [cause, cure]) expect(text).toMatch(/^[A-Z“].*[^.]\.$/);
  });

  it('is one document in json, and for people in words; exit 0 where there is nothing worse than notes', async () => {
    const json = await stratoscope(['doctor', ...healthy(), '--format', 'json']);
    expect(json.status).toBe(0);
    expect(JSON.parse(json.stdout)).toMatchObject({
      contract: 1,
      rows: [{ summary: { errors: 0, warnings: 0, notes: 0, checked: 6 } }],
    });
    const table = await stratoscope(['doctor', ...words(), '--format', 'table']);
    expect(table.status).toBe(1);
    expect(table.stdout).toMatch(/^error origin-shared {2}4 entries\n/);
    expect(table.stdout).toContain('warning hardlink-split  1 entry');
    expect(table.stdout).toContain('4 errors, 1 warning, 1 kind of note in 8 objects');
    expect(table.stdout).not.toContain('\xff');
  });

  it('names in scan the same codes, and in the table of a scan no notes', async () => {
    const doctor = await stratoscope(['doctor', ...words(), '--format', 'ndjson']);
    const scan = await stratoscope(['scan', ...words(), '--format', 'ndjson']);
    const told = (doctor.lines.slice(1, -1) as DoctorRow[]).map(({ path, code }) => `${path} ${code}`);
    const scanned = (scan.lines.slice(1) as { path: string; findings: string[] }[]).flatMap(({ path, findings }) =>
      findings.map((code) => `${path} ${code}`),
    );
    expect(scanned).toEqual(told);
    const table = await stratoscope(['scan', ...words(), '--format', 'table']);
    expect(table.stdout).toContain('hardlink-split');
    expect(table.stdout).not.toContain('rename-exdev');
    const explained = await stratoscope(['explain', ...words(), 'h']);
    expect(explained.stdout).toContain('Findings\nwarning hardlink-split\n');
  });

  it('names the findings that a message can come from, what the message names first', async () => {
    const why = (text: string, ...rest: string[]) => stratoscope(['why', ...words(), ...rest, text]);
    const stale = await why("ls: cannot access 'z': Stale file handle", '--format', 'ndjson');
    expect(stale.status).toBe(0);
    const rows = stale.lines.slice(1).map((line) => exactly(DoctorRow, line));
    expect(rows.map(({ path }) => path)).toEqual(['z', 'bad\\xff', 'f', 'worse\\xff']);
    const table = await why('mv: cannot move: Invalid cross-device link', '--format', 'table');
    expect(table.stdout).toMatch(/^note rename-exdev {2}d\n/);
    const absent = await why("cp: 'a' and 'b' are the same file", '--format', 'ndjson');
    expect([absent.status, absent.lines.length]).toEqual([0, 1]);
    expect(absent.stderr).toContain('same-number-two-files');
    const unknown = await why('Segmentation fault', '--format', 'ndjson');
    expect([unknown.status, unknown.lines.length]).toEqual([0, 1]);
    expect(unknown.stderr).toContain('No finding is known by the message');
  });

  it('knows each finding by each of its messages', async () => {
    const notes = await stratoscope(['why', ...words(), '--format', 'ndjson', 'EXDEV hardlink-split']);
    expect((notes.lines.slice(1) as DoctorRow[]).map(({ code }) => code)).toEqual(['hardlink-split', 'rename-exdev']);
    expect(FINDINGS.every(({ messages }) => messages.every((message) => message.trim() !== ''))).toBe(true);
  });

  it('writes the cures to a script that it does not run, and that cures', async () => {
    const script = stage.at('cures.sh');
    const before = stage.sh('getfattr -R -d -m - fs/u 2>/dev/null; ls -iR fs/u');
    const run = await stratoscope(['doctor', ...words(), '--format', 'ndjson', '--script', script]);
    expect(run.status).toBe(1);
    expect(run.stderr).toContain('read them before you run any');
    expect(stage.sh('getfattr -R -d -m - fs/u 2>/dev/null; ls -iR fs/u')).toBe(before);
    const text = readFileSync(script, 'utf8');
    const commands = text.split('\n').filter((line) => line !== '' && !line.startsWith('#') && line !== 'set -eu');
    expect(commands).toHaveLength(3);
    const codes = FINDINGS.map(({ code }) => code.replace('^', '\\^')).join('|');
    for (const command of commands) expect(command).toMatch(new RegExp(`  # (${codes}): .`));
    expect(statSync(script).mode & 0o111).toBe(0);
    // Again over its own script, never over another file.
    expect((await stratoscope(['doctor', ...words(), '--format', 'ndjson', '--script', script])).status).toBe(1);
    writeFileSync(stage.at('mine'), 'mine\n');
    const mine = await stratoscope(['doctor', ...words(), '--script', stage.at('mine'), '--format', 'ndjson']);
    expectFailure(mine, 2, 'ndjson');
    expect(readFileSync(stage.at('mine'), 'utf8')).toBe('mine\n');
    const nowhere = await stratoscope([
      'doctor',
      ...words(),
      '--script',
      stage.at('no/such/file'),
      '--format',
      'table',
    ]);
    expect(nowhere.status).toBe(2);
    expect(nowhere.stderr).toContain('ENOENT');
  });

  it('writes no script for a mounted upper unless it is told to', async () => {
    stage.sh(
      'mount -t overlay stage -o lowerdir=$PWD/fs/l,upperdir=$PWD/fs/u,workdir=$PWD/fs/w merged; echo > /dev/null',
    );
    const script = stage.at('mounted.sh');
    for (const stack of [words(), [stage.at('merged')]]) {
      const run = await stratoscope(['doctor', ...stack, '--script', script, '--format', 'table']);
      expectFailure(run, 2);
      expect(run.stderr).toContain(stage.at('merged'));
      expect(statSync(script, { throwIfNoEntry: false })).toBeUndefined();
    }
    const run = await stratoscope(['doctor', stage.at('merged'), '--script', script, '--even-if-mounted']);
    expect(run.status).toBe(1);
    expect(readFileSync(script, 'utf8')).toContain('# origin-shared: z');
    stage.sh('umount merged');
  });

  it('tells without privilege nothing that privilege would not, and that there may be more', async () => {
    const command = ['setpriv', '--bounding-set=-dac_read_search', '--inh-caps=-dac_read_search', NODE, PROGRAM];
    const full = await stratoscope(['doctor', ...words(), '--format', 'ndjson']);
    const run = await stratoscope(['doctor', ...words(), '--format', 'ndjson'], { command });
    const told = ({ lines }: Run): string[] =>
      (lines.slice(1, -1) as DoctorRow[]).map(({ path, code }) => `${path} ${code}`);
    expect(told(full)).toEqual(expect.arrayContaining(told(run)));
    expect(told(run)).toEqual(['d rename-exdev', 'h hardlink-split']);
    expect([full.stderr, run.stderr.includes('Without privilege')]).toEqual(['', true]);
  });

  it.each([
    [['doctor'], 'no stack is named'],
    [['why'], 'no message is given'],
    [['why', '--lower', '/x', ''], 'the message is empty'],
    [['why', '/m', 'one', 'two'], 'too many words'],
    [['doctor', '/m', '--script', ''], 'names no file'],
  ])('%j is bad usage', async (wrong, says) => {
    const run = await stratoscope(wrong);
    expect(run.status).toBe(2);
    expect(run.stderr).toContain(says);
  });
});
