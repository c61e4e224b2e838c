import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ListObject, MetaLine } from '../../shared/contract/scan.ts';
import { exactly, stratoscope } from './program.ts';
import { makeStage, OVERLAY, type Stage } from './stage.ts';

describe.skipIf(process.getuid?.() !== 0)('list', () => {
  let stage: Stage;
  beforeAll(() => {
    stage = makeStage();
    stage.sh(`${OVERLAY}\nmkdir again; mount --bind merged again`);
  });
  afterAll(() => stage.remove());

  it('ndjson: a meta line, then one object a mount, bind mounts of it beside', async () => {
    const run = await stratoscope(['list', '--format', 'ndjson']);
    expect(run.status).toBe(0);
    const [meta, ...rest] = run.lines;
    expect(MetaLine.parse(meta).meta.contract).toBe(1);
    const objects = rest.map((one) => exactly(ListObject, one));
    const mine = objects.filter((one) => [one.mount, ...(one.alsoAt ?? [])].includes(stage.at('merged')));
    expect(mine).toHaveLength(1);
    const [one] = mine as [ListObject];
    expect([one.mount, ...(one.alsoAt ?? [])].sort()).toEqual([stage.at('again'), stage.at('merged')]);
    expect(one).toMatchObject({
      kind: 'overlay',
      readonly: false,
      privilege: 'full',
      marks: 'trusted',
      inodeMode: 'same-fs',
    });
    expect(one.dev).toBe(stage.sh('findmnt -n -o MAJ:MIN -M "$PWD/merged"').trim());
    expect(one.ns).toBe(stage.sh('stat -Lc %i /proc/self/ns/mnt').trim());
    expect(one.work).toBe(stage.at('fs/w'));
    expect(one.layers.map(({ layer, role, path, shown, fs }) => [layer, role, path, shown, fs.type])).toEqual([
      [0, 'upper', stage.at('fs/u'), stage.at('fs/u'), 'tmpfs'],
      [1, 'lower', stage.at('fs/l1'), stage.at('fs/l1'), 'tmpfs'],
      [2, 'lower', stage.at('fs/l2'), stage.at('fs/l2'), 'tmpfs'],
    ]);
    // The mount's own handle proves the upper, the origin of merged/a the first lower, that of merged/renamed the second.
    expect(one.layers.map(({ state }) => state)).toEqual(['ok', 'ok', 'ok']);
  });

  it('json: one document', async () => {
    const run = await stratoscope(['list', '--format', 'json']);
    expect(run.status).toBe(0);
    const document = JSON.parse(run.stdout) as { contract: number; meta: unknown; rows: unknown[] };
    expect(Object.keys(document)).toEqual(['contract', 'meta', 'rows']);
    expect(document.contract).toBe(1);
    expect(document.rows.map((row) => exactly(ListObject, row)).length).toBeGreaterThan(0);
  });

  it('table: for people, without colours in a pipe', async () => {
    const run = await stratoscope(['list']);
    expect(run.status).toBe(0);
    expect(run.stdout).toContain(stage.at('merged'));
    expect(run.stdout).toContain('upper + 2 lower');
    expect(run.stdout).not.toContain('\x1b');
    expect(run.stderr).toBe('');
  });
});
