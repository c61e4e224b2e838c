import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { MapKept } from '../../../shared/ipc/map.ts';
import { cannotMount, Laboratory } from '../testing/laboratory.ts';

let lab: Laboratory;
let kept: MapKept[];
let notices: string[];
beforeEach(() => {
  lab = new Laboratory();
  kept = [];
  notices = [];
  lab.client.on('map', (one) => kept.push(one));
  lab.client.on('notice', ({ text }) => notices.push(text));
});
afterEach(() => lab.end());

/** Waits until the map of a view was brought up to date so many times. */
async function keptTimes(times: number): Promise<MapKept> {
  while (kept.length < times) await new Promise((resolve) => setTimeout(resolve, 5));
  return kept[times - 1] as MapKept;
}

const rows = async (db: MapKept['db'], by: 'upper' | 'lower' = 'upper') =>
  (await lab.client.call('mapRows', { db, by, from: 0, count: 100 })).rows.map(({ path }) => path);

function stack(): void {
  lab.sh('mkdir -p src/l src/u src/w; for f in a b c; do echo $f > src/l/$f; done');
  lab.filesystem('ext4', 'fs', 'src');
  lab.overlay('m', 'lowerdir=fs/l,upperdir=fs/u,workdir=fs/w');
  lab.sh('chmod 600 m/a');
}

describe.skipIf(cannotMount !== null)(`the map of a view${cannotMount ? ` (${cannotMount})` : ''}`, () => {
  test('is kept in step with each reading, while the setting is on', async () => {
    stack();
    const view = await lab.open(lab.mount('m'));
    const { db, exists } = await lab.client.call('mapOf', { view });
    expect(exists).toBe(false);
    expect(db.startsWith(`${lab.at('data/maps')}/`)).toBe(true);

    await lab.client.call('setSetting', { key: 'map', value: true });
    await lab.client.call('rescan', { view });
    expect(await keptTimes(1)).toEqual({ view, db, added: 1, changed: 0, removed: 0 });
    expect(await lab.client.call('mapOf', { view })).toEqual({ db, exists: true });
    expect(await rows(db)).toEqual(['a']);

    lab.sh('chmod 600 m/b; mv m/a m/d');
    await lab.client.call('rescan', { view });
    expect(await keptTimes(2)).toMatchObject({ added: 1, changed: 1, removed: 0 });
    expect((await rows(db, 'lower')).sort()).toEqual(['b', 'd']);
    const figures = await lab.client.call('mapFigures', { db });
    expect(figures).toMatchObject({ mappings: 2, upper: { fill: expect.any(Number) } });

    // The same stack by its directories, and opened anew, is the same map.
    const other = await lab.open(lab.directories(['fs/l'], 'fs/u'));
    expect(await keptTimes(3)).toEqual({ view: other, db, added: 0, changed: 0, removed: 0 });

    await lab.client.call('setSetting', { key: 'map', value: false });
    lab.sh('chmod 600 m/c');
    await lab.client.call('rescan', { view });
    await lab.client.call('rescan', { view: other });
    expect(kept).toHaveLength(3);
    expect((await rows(db)).sort()).toEqual(['b', 'd']);
    expect(notices).toEqual([]);
  });

  test('is not made of a stack without an upper', async () => {
    lab.sh('mkdir l1 l2; echo x > l1/x');
    await lab.client.call('setSetting', { key: 'map', value: true });
    const view = await lab.open(lab.directories(['l1', 'l2']));
    await lab.client.call('rescan', { view });
    expect(existsSync(lab.at('data/maps'))).toBe(false);
  });

  test('that cannot be kept is told of once, and the view stays', async () => {
    stack();
    const view = await lab.open(lab.mount('m'));
    const { db } = await lab.client.call('mapOf', { view });
    lab.sh('mkdir -p data/maps');
    writeFileSync(db, 'somebody else’s file');
    await lab.client.call('setSetting', { key: 'map', value: true });
    for (let i = 0; i < 3; i++) await lab.client.call('rescan', { view });
    while (notices.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await lab.client.call('state', { view });
    expect(notices).toEqual([expect.stringContaining('it is no inode map')]);
    expect(notices[0]).toContain(db);
    expect(kept).toEqual([]);
    expect(readdirSync(lab.at('data/maps'))).toHaveLength(1);
  });
});
