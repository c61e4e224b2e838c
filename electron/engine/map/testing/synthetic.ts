/** Mappings that no filesystem made: as many as are wanted, with numbers of any size. */
import { asBytes } from '../../../../shared/bytes/bytes.ts';
import type { MapFilesystem, Mapping } from '../../../../shared/map/record.ts';

export const FS = 'aa'.repeat(16);
export const OTHER = 'bb'.repeat(16);
export const FILESYSTEMS: MapFilesystem[] = [
  { key: FS, type: 'ext4', dev: '7:1' },
  { key: OTHER, type: 'xfs', dev: '7:2' },
];

/** A mapping of these numbers; `generation` tells one inode of a number from another. */
export function mappingOf(
  upper: bigint,
  lower: bigint,
  more: Partial<Mapping> & { generation?: number } = {},
): Mapping {
  const { generation = 1, ...rest } = more;
  return {
    upper: { fs: FS, ino: upper, handle: `81:${upper.toString(16).padStart(16, '0')}${generation}0000000` },
    lower: { fs: FS, ino: lower, handle: `81:${lower.toString(16).padStart(16, '0')}10000000`, layer: 1 },
    path: asBytes(`dir/file${upper}`),
    since: 1_790_000_000_000_000_000n + (upper & 0xffffn),
    ...rest,
  };
}

/** Upper numbers from `first` on, every second one; lower numbers in no order. */
export function* manyMappings(count: number, first = 1000n): Generator<Mapping> {
  for (let n = 0; n < count; n++) {
    const upper = first + 2n * BigInt(n);
    yield mappingOf(upper, 50_000n + ((BigInt(n) * 7919n) % BigInt(count)));
  }
}
