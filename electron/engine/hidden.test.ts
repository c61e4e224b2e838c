import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HiddenTree } from './hidden.ts';
import { ProbeHolder } from './machine.ts';
import { RowTree } from './rows.ts';
import { StackScan } from './scan.ts';
import { cannotMount, Laboratory } from './testing/laboratory.ts';

/** Deeper than a function that calls itself for each parent could go. */
const DEPTH = 12_000;

let lab: Laboratory;
let probe: ProbeHolder;
beforeEach(() => {
  lab = new Laboratory();
  probe = new ProbeHolder(() => {});
});
afterEach(async () => {
  await probe.close();
  await lab.end();
});

describe.skipIf(cannotMount !== null)(`what lies hidden${cannotMount ? ` (${cannotMount})` : ''}`, () => {
  test(`is told of the innermost first, ${DEPTH.toLocaleString('en')} directories deep`, async () => {
    lab.filesystem('tmpfs', 'fs');
    lab.sh(`mkdir fs/l1 fs/l2 fs/l3; mkdir fs/l1/h; setfattr -n trusted.overlay.opaque -v y fs/l1/h
python3 - <<'END'
import os
home = os.getcwd()
for layer, top in (('l1', 'v'), ('l2', 'v'), ('l2', 'h'), ('l3', 'h')):
    os.chdir(f'{home}/fs/{layer}')
    os.makedirs(top, exist_ok=True); os.chdir(top)
    for i in range(${DEPTH}):
        os.mkdir('d'); os.chdir('d')
    open(layer, 'w').close()
END`);
    const stack = await probe.resolve(lab.directories(['fs/l1', 'fs/l2', 'fs/l3']));
    const scan = new StackScan(stack, probe.client, { targets: false });
    await scan.run();
    expect(scan.phase).toBe('ready');
    const { objects, entries } = scan;
    const named = (name: string, from: number[]): number => from.find((id) => tree.name(id) === name) as number;
    const visible = (id: number): number[] =>
      Array.from({ length: objects.counts[id] as number }, (_, i) => (objects.firsts[id] as number) + i);

    let tree = new HiddenTree(scan);
    let innermost = named('v', visible(0));
    for (let i = 0; i < DEPTH; i++) innermost = named('d', visible(innermost));
    const end = named('l2', visible(innermost));
    const path = `v/${'d/'.repeat(DEPTH)}l2`;
    // Each begins anew: nothing above was asked before.
    expect(tree.entriesAt(end).map(({ role }) => role)).toEqual(['object']);
    tree = new HiddenTree(scan);
    expect(tree.shadows(innermost)).toEqual([]);
    expect(tree.path(end)).toBe(path);
    expect(new RowTree(scan, { users: {}, groups: {} }, false).row(end, 1, 1, 1).name).toBe('l2');

    tree = new HiddenTree(scan);
    let hidden = named('h', visible(0));
    for (let i = 0; i < DEPTH; i++) hidden = named('d', tree.children(hidden));
    const [last, ...others] = tree.children(hidden).filter((id) => tree.name(id) === 'l3');
    expect(others).toEqual([]);
    expect(tree.path(last as number)).toBe(`h/${'d/'.repeat(DEPTH)}l3`);
    expect(tree.entriesAt(last as number)).toEqual([
      { entry: tree.top(last as number), role: 'hidden', hiddenBy: 'opaque' },
    ]);
    expect(entries.layer(tree.top(last as number))).toBe(3);
    expect(tree.shadows(hidden).map(({ entry, hiddenBy }) => [entries.layer(entry), hiddenBy])).toEqual([
      [2, 'opaque'],
      [3, 'opaque'],
    ]);
  });
});
