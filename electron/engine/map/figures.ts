import { existsSync, statSync } from 'node:fs';
import type { BitmapFigures, MapFigures } from '../../../shared/ipc/map.ts';
import type { HashedBitmap } from '../../../shared/map/bitmap.ts';
import { signed } from '../../../shared/map/keys.ts';
import type { InodeMap } from './inode-map.ts';

/** Numbers that are tried to measure how many pass a bitmap that should not. */
const SAMPLE = 20_000;
const CELLS = 1024;

/** What the map and its bitmaps weigh, and how good these are. */
export function figuresOf(map: InodeMap, devOf: (fs: string) => string): MapFigures {
  return map.reading(() => {
    const { upper, lower } = map.bitmaps;
    return {
      mappings: map.count,
      bytes: ['', '-wal'].reduce(
        (sum, end) => sum + (existsSync(map.file + end) ? statSync(map.file + end).size : 0),
        0,
      ),
      readAtNs: map.fact('readAt'),
      filesystems: map.filesystems.map(({ key, type }) => ({ fs: key, type, dev: devOf(key) })),
      upper: bitmapFigures(upper, measured(map, 'upper', upper)),
      lower: bitmapFigures(lower, measured(map, 'lower', lower)),
    };
  });
}

function bitmapFigures(bitmap: HashedBitmap, falsePositives: { measured: number; sample: number }): BitmapFigures {
  return {
    bits: bitmap.bits,
    bytes: bitmap.bytes,
    fill: bitmap.fill,
    falsePositives: { ...falsePositives, expected: bitmap.expectedFalsePositives },
    picture: bitmap.picture(CELLS),
  };
}

/** Tries numbers around those that there are: the share of those not in the map that pass all the same. */
function measured(map: InodeMap, side: 'upper' | 'lower', bitmap: HashedBitmap): { measured: number; sample: number } {
  const column = side === 'upper' ? 'ino' : 'lower_ino';
  let sample = 0;
  let passed = 0;
  for (const { id } of map.uppers) {
    const { most, any } = map.db
      .prepare(`SELECT max(${column}) AS most, max(source) AS any FROM mapping_${id}`)
      .get() as { most: bigint | null; any: bigint | null };
    if (most === null || any === null) continue;
    const filesystem = side === 'upper' ? id : map.source(Number(any)).filesystem;
    const stands = map.db.prepare(`SELECT 1 FROM mapping_${id} WHERE ${column} = ?`).pluck();
    // As far beyond the greatest as there are numbers below it: where new inodes get theirs.
    const step = most / BigInt(SAMPLE / 2) + 1n;
    for (let n = 0n; n < SAMPLE; n++) {
      const ino = n * step;
      const passes = bitmap.has(ino, filesystem);
      if (passes && stands.get(signed(ino)) !== undefined) continue;
      sample++;
      if (passes) passed++;
    }
  }
  return { measured: sample === 0 ? 0 : passed / sample, sample };
}
