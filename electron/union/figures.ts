import { asBytes } from '../../shared/bytes/bytes.ts';
import { statx } from '../probe/syscalls/statx.ts';
import type { Union } from './union.ts';

/** How many temporary files are held, and the room that they take (blocks that are shared with the lower count too). */
export function tempFigures({ nodes }: Union): { tempfiles: number; tempBytes: string } {
  let tempfiles = 0;
  let bytes = 0n;
  for (const { temp } of nodes.values()) {
    if (temp === null) continue;
    tempfiles++;
    bytes += statx(temp, asBytes('')).blocks * 512n;
  }
  return { tempfiles, tempBytes: String(bytes) };
}
