import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Mark, ScanMeta, ScanObject, ScanSummary } from '../../shared/contract/scan.ts';
import { exactly, type Run, stratoscope } from './program.ts';
import { makeStage, OVERLAY, type Stage } from './stage.ts';

const isRoot = process.getuid?.() === 0;

/** The objects of an NDJSON scan, each held to its schema. */
function objectsOf(run: Run): ScanObject[] {
  expect([run.status, run.stderr]).toEqual([0, '']);
  const [meta, ...rest] = run.lines;
  exactly(ScanMeta, meta);
  return rest.map((one) => exactly(ScanObject, one));
}

const bytesOf = ({ path, pathB64 }: { path: string; pathB64?: string | undefined }): Buffer =>
  pathB64 === undefined ? Buffer.from(path) : Buffer.from(pathB64, 'base64');

describe.skipIf(!isRoot)('scan', () => {
  let stage: Stage;
  let visible: ScanObject[];
  let all: ScanObject[];
  const named = (objects: ScanObject[], path: string): ScanObject => {
    const found = objects.find((one) => one.path === path);
    if (!found) throw new Error(`no object ${path}`);
    return found;
  };
  beforeAll(async () => {
    stage = makeStage();
    stage.sh(OVERLAY);
    visible = objectsOf(await stratoscope(['scan', stage.at('merged')]));
    all = objectsOf(await stratoscope(['scan', '--hidden', stage.at('merged'), '--format', 'ndjson']));
  });
  afterAll(() => stage.remove());

  it('to a program it speaks NDJSON: meta, then the root, parents before children, siblings in byte order', () => {
    for (const objects of [visible, all]) {
      expect(objects[0]).toMatchObject({ path: '', type: 'dir', lookup: 'ok', listed: true });
      const seen = new Set(['']);
      for (const one of objects.slice(1)) {
        const path = bytesOf(one).toString('latin1');
        expect(seen.has(path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '')).toBe(true);
        expect(seen.has(path)).toBe(false);
        seen.add(path);
      }
      const sorted = objects.toSorted((a, b) => {
        const [left, right] = [bytesOf(a), bytesOf(b)].map((bytes) => bytes.toString('latin1').split('/'));
        for (let i = 0; ; i++) {
          const [x, y] = [left?.[i], right?.[i]];
          if (x === y && x === undefined) return 0;
          if (x === undefined) return -1;
          if (y === undefined) return 1;
          if (x !== y) return x < y ? -1 : 1;
        }
      });
      expect(objects.map(({ path }) => path)).toEqual(sorted.map(({ path }) => path));
    }
  });

  it('says what stands where', () => {
    expect(named(visible, 'a')).toMatchObject({
      provenance: 'copied-up',
      mode: '0100600',
      size: '4',
      data: { layer: 0, path: 'a' },
      origin: { layer: 1, state: 'verified', ino: stage.sh('stat -c %i fs/l1/a').trim() },
      entries: [
        { layer: 0, role: 'object', ino: stage.sh('stat -c %i fs/u/a').trim() },
        { layer: 1, ino: stage.sh('stat -c %i fs/l1/a').trim() },
      ],
    });
    expect(named(visible, 'b')).toMatchObject({
      type: 'whiteout',
      lookup: 'ENOENT',
      listed: false,
      marks: ['whiteout'],
      data: null,
    });
    expect(named(visible, 'd')).toMatchObject({ type: 'dir', provenance: 'merged', hiddenBy: null });
    expect(named(visible, 'd/x')).toMatchObject({ provenance: 'upper', marks: ['opaque'] });
    expect(named(visible, 'renamed')).toMatchObject({ provenance: 'merged', redirect: 'old' });
    expect(named(visible, 'renamed/sub/file')).toMatchObject({
      provenance: 'lower',
      entries: [{ layer: 2, path: 'old/sub/file' }],
      data: { layer: 2, path: 'old/sub/file' },
    });
    expect(named(visible, 'own')).toMatchObject({ provenance: 'upper', origin: null });
    expect(named(visible, 'sym')).toMatchObject({ type: 'symlink', target: 'd/f', data: null });
    expect(named(visible, 'fifo')).toMatchObject({ type: 'fifo', data: null });
    expect(named(visible, 'null')).toMatchObject({ type: 'char', data: null });
    expect(visible.some(({ hiddenBy }) => hiddenBy !== null)).toBe(false);
  });

  it('with --hidden also what lies below whiteouts, opaque directories and redirects', () => {
    expect(named(all, 'd/x/hidden')).toMatchObject({
      hiddenBy: 'opaque',
      lookup: 'ENOENT',
      listed: false,
      provenance: 'lower',
    });
    expect(named(all, 'gone/deep/file')).toMatchObject({ hiddenBy: 'whiteout', lookup: 'ENOENT', provenance: 'lower' });
    const withoutHidden = all.filter(({ hiddenBy }) => hiddenBy === null);
    expect(withoutHidden).toEqual(visible);
  });

  it('names are exact: a bad byte shows as \\xNN, with the bytes beside', () => {
    const bad = visible.find(({ path }) => path === 'bad\\xffname');
    expect(bad?.pathB64).toBe(Buffer.from('bad\xffname', 'latin1').toString('base64'));
    expect(bad?.entries[0]?.pathB64).toBe(bad?.pathB64);
    expect(named(visible, 'esc\x1b[2J').pathB64).toBeUndefined();
    expect(named(visible, 'new\nline').type).toBe('file');
  });

  it('agrees with the kernel on every visible name', () => {
    // After the scan: looking through the mount can write to the upper.
    const listed = stage.sh('cd merged; find . -print0').split('\0').slice(0, -1).length;
    expect(visible.filter(({ listed: isListed }) => isListed === true)).toHaveLength(listed);
    for (const one of visible.filter(({ lookup }) => lookup === 'ok')) {
      const path = Buffer.concat([Buffer.from(`${stage.at('merged')}/`), bytesOf(one)]);
      const shown = execFileSync('sh', ['-c', 'stat -c "%f %u %g" -- "$(printf %b "$1")"', 'sh', escapes(path)], {
        encoding: 'utf8',
      });
      expect([one.path, shown.trim()]).toEqual([
        one.path,
        `${Number.parseInt(one.mode, 8).toString(16)} ${one.uid} ${one.gid}`,
      ]);
    }
  });

  it('--path and --depth narrow it', async () => {
    const paths = async (...words: string[]) =>
      objectsOf(await stratoscope(['scan', stage.at('merged'), ...words])).map(({ path }) => path);
    expect(await paths('--depth', '0')).toEqual(['']);
    expect(await paths('--path', 'd')).toEqual(['d', 'd/f', 'd/x']);
    expect(await paths('--path', '/d/', '--depth', '0')).toEqual(['d']);
    expect(await paths('--path', 'renamed', '--depth', '1')).toEqual(['renamed', 'renamed/sub']);
  });

  it('--summary counts', async () => {
    const run = await stratoscope(['scan', '--summary', stage.at('merged')]);
    const [meta, summary, ...rest] = run.lines;
    exactly(ScanMeta, meta);
    expect(rest).toEqual([]);
    const counts = exactly(ScanSummary, summary);
    expect(counts.objects).toBe(visible.length);
    const byProvenance: Record<string, number> = {};
    for (const { provenance } of visible) byProvenance[provenance] = (byProvenance[provenance] ?? 0) + 1;
    for (const [key, count] of Object.entries(counts.byProvenance))
      expect([key, byProvenance[key] ?? 0]).toEqual([key, count]);
    expect(Object.keys(counts.byMark)).toEqual(Mark.options.filter((mark) => counts.byMark[mark] !== undefined));
    expect(counts.byMark.whiteout).toBe(visible.filter(({ marks }) => marks.includes('whiteout')).length);
  });

  it('json is one document of the same rows', async () => {
    const run = await stratoscope(['scan', '--format', 'json', stage.at('merged')]);
    const document = JSON.parse(run.stdout) as { contract: number; meta: object; rows: unknown[] };
    expect(document.contract).toBe(1);
    exactly(ScanMeta, { meta: document.meta });
    expect(document.rows).toEqual(visible);
  });

  it('the same from directories and from a line of mountinfo', async () => {
    const directories = [
      '--lower',
      'fs/l1',
      '--lower',
      'fs/l2',
      '--upper',
      'fs/u',
      '--work',
      'fs/w',
      '--options',
      'redirect_dir=on',
    ];
    const run = await stratoscope(['scan', ...directories], { cwd: stage.dir });
    const meta = exactly(ScanMeta, run.lines[0]).meta;
    expect(meta).toMatchObject({ kind: 'directories', mount: null, mountId: null, dev: null, ns: null, pid: null });
    const plain = (objects: ScanObject[]) =>
      objects.map(({ path, lookup, listed, provenance, entries }) => ({ path, lookup, listed, provenance, entries }));
    expect(plain(objectsOf(run))).toEqual(plain(visible));
    const many = await stratoscope(
      ['scan', '--lower', 'fs/l1', 'fs/l2', '--upper', 'fs/u', '--options', 'redirect_dir=on'],
      { cwd: stage.dir },
    );
    expect(plain(objectsOf(many))).toEqual(plain(visible));
    const line = stage.sh(`grep -F " $PWD/merged " /proc/self/mountinfo`).trimEnd();
    expect(plain(objectsOf(await stratoscope(['scan', '--mountinfo', line])))).toEqual(plain(visible));
    const pid = await stratoscope(['scan', stage.at('merged'), '--pid', String(process.pid)]);
    expect(plain(objectsOf(pid))).toEqual(plain(visible));
  });

  it('table and tree draw every object once, and never act on the terminal', async () => {
    const table = await stratoscope(['scan', '--format', 'table', stage.at('merged')]);
    expect(table.stdout.trimEnd().split('\n')).toHaveLength(visible.length + 1);
    const tree = await stratoscope(['tree', '--hidden', stage.at('merged')]);
    expect(tree.status).toBe(0);
    const drawn = tree.stdout.split('\n').filter((line) => /[├└]── /.test(line));
    expect(drawn).toHaveLength(all.length - 1);
    expect(drawn.filter((line) => line.includes('hidden by'))).toHaveLength(
      all.filter(({ hiddenBy }) => hiddenBy !== null).length,
    );
    for (const { stdout } of [table, tree]) {
      expect(stdout).not.toContain('\x1b');
      expect(stdout).toContain('esc\\e[2J');
      expect(stdout).toContain('bad\\xffname');
    }
    const lines = await stratoscope(['tree', '--format', 'ndjson', stage.at('merged')]);
    expect(objectsOf(lines)).toEqual(visible);
  });
});

/** Bytes as octal escapes of printf. */
function escapes(path: Buffer): string {
  return [...path].map((byte) => `\\0${byte.toString(8).padStart(3, '0')}`).join('');
}
