import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ProbeHolder } from './machine.ts';
import { StackScan } from './scan.ts';
import { cannotMount, Laboratory } from './testing/laboratory.ts';

/** Bytes that a raw entry may take once all is read, beside its name. */
const LIMIT = 150;

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

describe.skipIf(cannotMount !== null)(`what a scan keeps${cannotMount ? ` (${cannotMount})` : ''}`, () => {
  test(`is at most ${LIMIT} bytes an entry`, async () => {
    lab.filesystem('tmpfs', 'fs');
    lab.sh(`python3 - <<'END'
import os
for layer in (1, 2):
    for i in range(1000):
        os.makedirs(f'fs/l{layer}/d{i % 50}/e{i}')
        for k in range(11):
            open(f'fs/l{layer}/d{i % 50}/e{i}/f{k * layer}', 'w').close()
END`);
    const stack = await probe.resolve(lab.directories(['fs/l1', 'fs/l2']));
    const scan = new StackScan(stack, probe.client, { targets: true, through: false });
    await scan.run();
    expect(scan.phase).toBe('ready');
    scan.trim();
    const { rawCount } = scan.entries;
    expect(rawCount).toBeGreaterThanOrEqual(2 * (50 + 1000 + 11_000));
    expect((scan.entries.bytes().arrays + scan.objects.bytes()) / rawCount).toBeLessThanOrEqual(LIMIT);
  });
});
