/**
 * Writes a map without end, to be killed: `writer.ts TRUTH DB SEED`. Every state that it commits holds true entries
 * alone, some or all of those in the file TRUTH. On standard output it writes `R` and a digest of what the map holds once
 * it is ready, then `B` and a digest of what it is to hold before each transaction, and `C` after it.
 */
import { readFileSync, writeSync } from 'node:fs';
import { InodeMap } from '../../electron/engine/map/inode-map.ts';
import { applyChanges, type Changes } from '../../electron/engine/map/step.ts';
import { everyMapping } from '../../electron/engine/map/windows.ts';
import type { MapFilesystem, Mapping } from '../../shared/map/record.ts';
import { Random } from '../kernel/random.ts';

export type WrittenTruth = { filesystems: MapFilesystem[]; mappings: Mapping[]; facts: Record<string, string> };

/** Which entries a map holds, by their upper numbers, in whatever order. */
export function digestOf(numbers: Iterable<bigint>): string {
  let count = 0;
  let sum = 0n;
  for (const ino of numbers) {
    count++;
    sum = (sum + (ino + 1n) * (ino ^ 0x9e3779b97f4a7c15n)) & 0xffffffffffffn;
  }
  return `${count}-${sum.toString(16)};`;
}

/** Numbers of 64 bits cross as text with an n. */
export const toText = (truth: WrittenTruth): string =>
  JSON.stringify(truth, (_, value) => (typeof value === 'bigint' ? `${value}n` : value));
const fromText = (text: string): WrittenTruth =>
  JSON.parse(text, (_, value) =>
    typeof value === 'string' && /^-?\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value,
  );

function writeForEver(truth: WrittenTruth, db: string, random: Random): never {
  const say = (mark: string): void => void writeSync(1, mark);
  for (let isReady = false; ; ) {
    const map = InodeMap.open(db, 'create');
    map.writing(() => {
      for (const [name, value] of Object.entries(truth.facts)) map.setFact(name as 'stack', value);
    });
    const there = new Set(map.reading(() => [...everyMapping(map)].map(({ upper }) => upper.ino)));
    if (!isReady) say(`R${digestOf(there)}`);
    isReady = true;
    // Opened anew now and then, so that what is done at the beginning and the end is hit too.
    for (let rounds = random.between(30, 150); rounds > 0; rounds--) {
      const share = random.pick([0.2, 0.6, 1]);
      const isTaking = random.chance(there.size / truth.mappings.length);
      const changes: Changes = { added: [], changed: [], removed: [] };
      const isEmpty = there.size === 0;
      for (const one of truth.mappings) {
        const isThere = there.has(one.upper.ino);
        if (!random.chance(share)) continue;
        if (!isThere) {
          if (isTaking) continue;
          changes.added.push(one);
          there.add(one.upper.ino);
        } else if (isTaking) {
          changes.removed.push(one);
          there.delete(one.upper.ino);
        } else changes.changed.push(one);
      }
      say(`B${digestOf(there)}`);
      const isDone = applyChanges(map, truth.filesystems, changes, BigInt(Date.now()) * 1_000_000n, isEmpty);
      if (!isDone) throw new Error('the change came late');
      say('C');
    }
    map.close();
  }
}

if (process.argv[1] === import.meta.filename) {
  const [truth = '', db = '', seed = ''] = process.argv.slice(2);
  writeForEver(fromText(readFileSync(truth, 'utf8')), db, new Random(Number(seed)));
}
