import { readFileSync, readlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { asBytes, compareBytes } from '../../shared/bytes/bytes.ts';
import { ScanObject } from '../../shared/contract/scan.ts';
import type { ColumnId, Row } from '../../shared/ipc/engine.ts';
import { cannotMount, Laboratory } from './testing/laboratory.ts';

let lab: Laboratory;
beforeEach(() => {
  lab = new Laboratory();
});
afterEach(() => lab.end());

describe.skipIf(cannotMount !== null)(`a view of a mount${cannotMount ? ` (${cannotMount})` : ''}`, () => {
  beforeEach(() => {
    lab.sh(`mkdir -p src/l1/d/sub src/l2/d src/u src/w; echo one > src/l1/d/f; echo 22 > src/l1/d/sub/g
      mkdir src/l1/gone; echo 1 > src/l1/gone/in; head -c 9000 /dev/zero > src/l2/big; echo 3 > src/l2/d/low`);
    lab.filesystem('ext4', 'fs', 'src');
    lab.overlay('m', 'lowerdir=fs/l1:fs/l2,upperdir=fs/u,workdir=fs/w');
    lab.sh(`cd m; rm -r gone; echo new > d/new; chmod 600 big; chown 1:1 d/f; mkdir own; head -c 20000 /dev/zero > own/x
      ln own/x own/y; ln own/x z`);
  });
  const rowsOf = async (view: number): Promise<Row[]> =>
    (await lab.client.call('rows', { view, from: 0, count: 2000 })).rows;
  const exported = async (view: number, format: 'ndjson' | 'csv'): Promise<string[]> => {
    const chunks: Uint8Array[] = [];
    await lab.client.call('export', { view, format }, { onChunk: (chunk) => void chunks.push(chunk) });
    return Buffer.concat(chunks).toString('utf8').trimEnd().split('\n');
  };
  const expand = (view: number, id: number, open: boolean, deep: boolean) =>
    lab.client.call('expand', { view, id, open, deep });
  const CLOSED = ['/', '  big', '  d', '  gone', '  own', '  z'];
  const OPEN = [
    '/',
    '  big',
    '  d',
    '    f',
    '    low',
    '    new',
    '    sub',
    '      g',
    '  gone',
    '  own',
    '    x',
    '    y',
    '  z',
  ];

  test('opens, closes and opens all of a directory', async () => {
    const view = await lab.open(lab.mount('m'));
    expect(await lab.names(view)).toEqual(CLOSED);
    await expand(view, 0, true, true);
    expect(await lab.names(view)).toEqual(OPEN);
    const { id } = await lab.row(view, 'd');
    await expand(view, id, false, false);
    expect(await lab.names(view)).toEqual(OPEN.filter((_, i) => i < 3 || i > 7));
    await expand(view, 0, false, true);
    expect(await lab.names(view)).toEqual(['/']);
  });

  test('sorts by every column within each directory, both ways', async () => {
    const view = await lab.open(lab.mount('m'));
    await expand(view, 0, true, true);
    const number = (text: string): bigint => (/^\d+$/.test(text) ? BigInt(text) : -1n);
    const keys: Record<ColumnId, (row: Row) => string | number | bigint> = {
      name: ({ name }) => name,
      status: ({ status }) => status,
      layers: ({ real }) => real?.layer ?? -1,
      type: ({ type }) => type,
      size: ({ type, size, upperBeneath }) =>
        upperBeneath ? BigInt(upperBeneath.bytes) : type === 'dir' ? -1n : number(size),
      mode: ({ mode }) => mode ?? -1,
      owner: ({ owner }) => owner,
      dev: ({ shown }) => shown?.dev ?? '',
      ino: ({ shown }) => (shown ? number(String(shown.ino)) : -3n),
      dino: ({ shown }) => (shown ? number(String(shown.dino)) : -3n),
      real: ({ real }) => (real ? number(String(real.ino)) : -1n),
      since: ({ since }) => (since === null ? -1n : number(since)),
    };
    for (const column of Object.keys(keys) as ColumnId[])
      for (const descending of [false, true]) {
        await lab.client.call('sort', { view, column, descending });
        const rows = await rowsOf(view);
        expect(rows.map(({ id }) => id).sort()).toHaveLength(OPEN.length);
        const last = new Map<number, Row>();
        for (const row of rows) {
          for (const depth of last.keys()) if (depth > row.depth) last.delete(depth);
          const before = last.get(row.depth);
          last.set(row.depth, row);
          if (!before) continue;
          const [a, b] = [keys[column](before), keys[column](row)];
          const where = `${column} ${descending}: ${before.name} ${a}, ${row.name} ${b}`;
          if (a === b) expect(compareBytes(before.name, row.name), where).toBeLessThan(0);
          else expect(descending ? a > b : a < b, where).toBe(true);
        }
      }
  });

  test('shows what lies hidden, and by what', async () => {
    const view = await lab.open(lab.mount('m'));
    const inGone = { view, path: asBytes('gone/in') };
    const jumped = async () =>
      (await lab.client.call('jump', { view, text: asBytes('gone/in'), limit: 9 })).matches.map(({ path }) => path);
    expect(await lab.client.call('locate', inGone)).toBeNull();
    expect(await jumped()).toEqual([]);
    await lab.client.call('showHidden', { view, hidden: true });
    expect(await jumped()).toEqual(['gone/in']);
    expect(await lab.row(view, 'gone/in')).toMatchObject({ type: 'file', hiddenBy: 'whiteout', lookup: 'ENOENT' });
    await lab.client.call('showHidden', { view, hidden: false });
    expect(await jumped()).toEqual([]);
    expect(await lab.names(view)).toEqual(CLOSED);
  });

  test('locates, jumps, finds round the end and types ahead', async () => {
    const view = await lab.open(lab.mount('m'));
    expect((await lab.row(view, 'd/sub/g')).depth).toBe(3);
    expect((await lab.client.call('jump', { view, text: asBytes('sub/g'), limit: 1 })).matches[0]?.path).toBe(
      'd/sub/g',
    );
    const find = (after: number | null, backwards: boolean) =>
      lab.client.call('find', { view, text: asBytes('W'), after, backwards });
    const low = await find(null, false);
    expect(low).toMatchObject({ path: 'd/low', wrapped: false });
    const next = await find(low?.id ?? null, false);
    expect(next).toMatchObject({ path: 'd/new', wrapped: false });
    expect((await find(low?.id ?? null, true))?.wrapped).toBe(true);
    const own = await find(next?.id ?? null, false);
    expect(own).toMatchObject({ path: 'own', wrapped: false, matches: 3 });
    expect(await find(own?.id ?? null, false)).toMatchObject({ path: 'd/low', wrapped: true });
    expect(await find(low?.id ?? null, true)).toMatchObject({ path: 'own', wrapped: true });
    const { index } = await lab.client.call('typeAhead', { view, prefix: asBytes('O'), after: 0 });
    expect((await rowsOf(view))[index ?? -1]?.name).toBe('own');
  });

  test('exports its rows as objects and as a table', async () => {
    const view = await lab.open(lab.mount('m'));
    await expand(view, 0, true, true);
    const [meta, ...lines] = await exported(view, 'ndjson');
    expect(JSON.parse(meta as string)).toHaveProperty('meta');
    const objects = lines.map((line) => ScanObject.parse(JSON.parse(line)));
    expect(objects.map(({ path }) => path)).toEqual([
      '',
      'big',
      'd',
      'd/f',
      'd/low',
      'd/new',
      'd/sub',
      'd/sub/g',
      'gone',
      'own',
      'own/x',
      'own/y',
      'z',
    ]);
    const [head, ...table] = await exported(view, 'csv');
    expect(head?.split(',')[0]).toBe('path');
    expect(table.map((line) => line.split(',')[0])).toEqual(objects.map(({ path }) => path));
  });

  test('keeps what is open when it is read again, also while that goes on', async () => {
    const view = await lab.open(lab.mount('m'));
    await expand(view, 0, true, true);
    const { readAtNs } = await lab.client.call('state', { view });
    await lab.client.call('rescan', { view });
    expect(await lab.names(view)).toEqual(OPEN);
    expect(BigInt((await lab.client.call('state', { view })).readAtNs ?? 0)).toBeGreaterThan(BigInt(readAtNs ?? 0));
    const from = lab.states.length;
    await Promise.allSettled([lab.client.call('rescan', { view }), lab.client.call('rescan', { view })]);
    await lab.settled(view);
    expect(await lab.names(view)).toEqual(OPEN);
    for (const state of lab.states.slice(from)) if (state.phase !== 'ready') expect(state.readAtNs).toBeNull();
  });

  test('counts what the upper holds as du does, a file with several names once', async () => {
    const view = await lab.open(lab.mount('m'));
    const use = await lab.client.call('upperUse', { view });
    const du = (path: string): number => Number(lab.sh(`du -s -B1 ${path}`).split('\t')[0]);
    const own = (path: string): number => Number(lab.sh(`stat -c '%b' ${path}`)) * 512;
    expect(Number(use?.directories.find(({ path }) => path === '')?.bytes)).toBe(du('fs/u') - own('fs/u'));
  });

  test('stands beside another view of the same mount', async () => {
    const [one, two] = await Promise.all([lab.open(lab.mount('m')), lab.open(lab.mount('m'), true)]);
    await expand(one, 0, true, true);
    expect(await lab.names(one)).toEqual(OPEN);
    await expand(two, 0, true, true);
    expect(await lab.names(two)).toContain('    in');
    await lab.client.call('close', { view: one });
    expect((await rowsOf(two)).length).toBe(OPEN.length + 1);
  });

  test('a layer deleted since is missed when it is read again', async () => {
    lab.sh('cp -a fs/l1 a; cp -a fs/l2 b');
    const view = await lab.open(lab.directories(['a', 'b']));
    lab.sh('rm -r b');
    await expect(lab.client.call('rescan', { view })).rejects.toMatchObject({ failure: { code: 'not-found' } });
    expect((await rowsOf(view)).length).toBeGreaterThan(1);
  });

  test('the probe is killed: that is said, and the next view opens', async () => {
    const said: string[] = [];
    lab.client.on('probe', ({ state, message }) => void said.push(`${state} ${message}`));
    await lab.open(lab.mount('m'));
    const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ');
    const probes = children.filter((pid) => /probe/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8')));
    expect(probes.map((pid) => readlinkSync(`/proc/${pid}/exe`))).toHaveLength(1);
    process.kill(Number(probes[0]), 'SIGKILL');
    await expect.poll(() => said.join()).toMatch(/down .*SIGKILL/);
    expect(await lab.names(await lab.open(lab.mount('m')))).toEqual(CLOSED);
  });

  test('all that is opened while it is read, is what is read later too; what was shut since stays shut', async () => {
    lab.sh('mkdir -p other/x many/{0..11}/{0..5}/deep; touch many/{0..11}/{0..5}/deep/{a,b}');
    const { view } = await lab.client.call('open', { stack: lab.directories(['many', 'other']), hidden: false });
    // Whatever is read by now: the rest comes later.
    await expand(view, 0, true, true);
    let shut: string | null = null;
    while (shut === null) {
      // The reading needs a turn, too.
      await new Promise((resolve) => setTimeout(resolve, 1));
      const first = (await rowsOf(view)).find(({ depth, expanded }) => depth === 1 && expanded !== null);
      if (!first) continue;
      await expand(view, first.id, false, false);
      shut = first.name;
    }
    await lab.settled(view);
    const rows = await rowsOf(view);
    expect(rows.filter(({ expanded }) => expanded === false).map(({ name }) => name)).toEqual([shut]);
    // The root, 12 directories with 6 each that hold one with 2 files; and the other layer's.
    expect(rows).toHaveLength(shut === 'x' ? 302 : 302 - 24);
    // Once it is over, opening one opens no other.
    await expand(view, 0, false, true);
    await expand(view, 0, true, false);
    expect((await rowsOf(view)).filter(({ expanded }) => expanded === true)).toHaveLength(1);
  });

  test('cancelled, says so and keeps what was read', async () => {
    lab.sh('mkdir -p other many/{0..20}/{0..20}; touch many/{0..20}/{0..20}/{a,b,c,d,e,f}');
    const { view } = await lab.client.call('open', { stack: lab.directories(['many', 'other']), hidden: false });
    await lab.client.call('cancel', { view });
    const state = await lab.settled(view);
    expect(state.phase).toBe('cancelled');
    expect(state.readAtNs).toBeNull();
    expect((await rowsOf(view))[0]?.depth).toBe(0);
  });
});
