import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { asBytes, bytesOfText } from '../../../shared/bytes/bytes.ts';
import type { FindingGroup } from '../../../shared/ipc/engine.ts';
import { cannotMount, Laboratory } from '../testing/laboratory.ts';

let lab: Laboratory;
beforeEach(() => {
  lab = new Laboratory();
});
afterEach(() => lab.end());

describe.skipIf(cannotMount !== null)(`findings of a view${cannotMount ? ` (${cannotMount})` : ''}`, () => {
  /** Directories of both kinds of dino-differs, a shared origin, a split link, and ten thousand files. */
  async function opened(): Promise<number> {
    lab.sh(`mkdir -p src/l/many src/l/lost/z; echo f > src/l/f; echo h > src/l/h; ln src/l/h src/l/h2
      echo g > src/l/lost/g; seq -f 'src/l/many/%g' 1 10000 | xargs touch`);
    lab.filesystem('ext4', 'fs', 'src');
    lab.sh('mkdir fs/u fs/w');
    lab.overlay('m', 'lowerdir=fs/l,upperdir=fs/u,workdir=fs/w');
    lab.sh(`chmod 600 m/f m/h m/lost/g; umount m; cp -a fs/u/f fs/u/copy; setfattr -x trusted.overlay.impure fs/u/lost
      mkdir fs/u/lost/z`);
    return lab.open(lab.directories(['fs/l'], 'fs/u', {}, 'fs/w'));
  }
  const counted = (groups: FindingGroup[]) =>
    groups.map(({ code, severity, count, errors, warnings, notes }) => [
      code,
      severity,
      count,
      errors,
      warnings,
      notes,
    ]);

  test('are counted by code, errors and warnings each, notes once a code', async () => {
    const view = await opened();
    const progress: { checked: number; total: number }[] = [];
    const found = await lab.client.call('findings', { view }, { onItem: (item) => progress.push(item) });
    expect(counted(found.groups)).toEqual([
      ['dino-differs', 'warning', 2, 0, 1, 1],
      ['hardlink-split', 'warning', 1, 0, 1, 0],
      ['origin-shared', 'error', 2, 2, 0, 0],
      ['rename-exdev', 'note', 3, 0, 0, 3],
    ]);
    expect(found.totals).toEqual({ errors: 2, warnings: 2, notes: 2 });
    expect(found.checked).toBe(10_009);
    expect(progress.length).toBeGreaterThan(1);
    expect(progress.at(-1)).toEqual({ checked: 10_009, total: 10_009 });
    // It was looked for once.
    await lab.client.call('findings', { view }, { onItem: () => expect.unreachable() });
  });

  test('come in windows, the gravest first, then in the order of the tree', async () => {
    const view = await opened();
    const rows = async (code: FindingGroup['code'], from: number, count: number) =>
      lab.client.call('findingRows', { view, code, from, count });
    const differs = await rows('dino-differs', 0, 10);
    expect(differs.rows.map(({ path, severity }) => [path, severity])).toEqual([
      ['lost/g', 'warning'],
      ['lost/z', 'note'],
    ]);
    const moved = await rows('rename-exdev', 1, 1);
    expect([moved.total, moved.from, moved.rows.map(({ path }) => path)]).toEqual([3, 1, ['lost/z']]);
    expect((await rows('rename-exdev', 3, 5)).rows).toEqual([]);
    expect((await rows('marks-lost', 0, 5)).total).toBe(0);
    const [shared] = (await rows('origin-shared', 0, 1)).rows;
    expect(shared).toMatchObject({
      path: 'copy',
      what: 'the same lower object as f',
      row: { id: shared?.id, name: 'copy' },
    });
  });

  test('stand whole in the detail, by code and severity in the row, and not on what lies hidden', async () => {
    const view = await opened();
    const row = await lab.row(view, 'h');
    expect(row.findings).toEqual([{ code: 'hardlink-split', severity: 'warning' }]);
    const detail = await lab.client.call('detail', { view, id: row.id });
    expect(detail.findings).toMatchObject([{ code: 'hardlink-split', severity: 'warning', layer: 0 }]);
    expect(detail.findings[0]?.cause.map(({ text }) => text).join('')).toContain('h2');
    expect((await lab.row(view, 'many/1')).findings).toEqual([]);
  });

  test('that a message can come from are named with their rows, what it names first, no more than asked for', async () => {
    const view = await opened();
    const why = async (text: string, limit: number) => {
      const found: { id: number; path: string }[] = [];
      const result = await lab.client.call(
        'why',
        { view, text: bytesOfText(text), limit },
        { onItem: (item) => found.push(...(item.found ?? [])) },
      );
      return { ...result, paths: found.map(({ path }) => path), ids: found.map(({ id }) => id) };
    };
    const moved = await why('mv: cannot move ‘many’ to ‘lost/many’: Invalid cross-device link', 2);
    expect([moved.codes, moved.total, moved.paths]).toEqual([['rename-exdev'], 3, ['many', 'lost']]);
    expect(moved.ids[0]).toBe((await lab.row(view, 'many')).id);
    await expect(lab.client.call('why', { text: asBytes('x') })).rejects.toThrow('a view or a stack');
  });

  test('are looked for again after the stack was read again', async () => {
    const view = await opened();
    await lab.client.call('findings', { view });
    lab.sh('rm fs/u/copy; setfattr -n trusted.overlay.impure -v y fs/u/lost');
    await lab.client.call('rescan', { view });
    const { groups } = await lab.client.call('findings', { view });
    expect(groups.map(({ code, count }) => [code, count])).toEqual([
      ['hardlink-split', 1],
      ['rename-exdev', 3],
    ]);
  });

  test('cannot be had before the stack is read, and their search can be cancelled and begun again', async () => {
    const settled = await opened();
    const { view } = await lab.client.call('open', { stack: lab.directories(['fs/l'], 'fs/u', {}, 'fs/w') });
    await expect(lab.client.call('findings', { view })).rejects.toMatchObject({ failure: { code: 'reading' } });
    await lab.settled(view);
    const stop = new AbortController();
    const search = lab.client.call('findings', { view }, { signal: stop.signal, onItem: () => stop.abort() });
    await expect(search).rejects.toMatchObject({ failure: { code: 'cancelled' } });
    const whole = await lab.client.call('findings', { view });
    expect(whole.groups).toEqual((await lab.client.call('findings', { view: settled })).groups);
  });
});
