import type { ListObject } from '../contract/scan.ts';
import type { VerifyCause } from '../contract/verify.ts';

/** What people are told before and after a mount is verified. */

/** What to do about each cause, in one sentence. */
export const CURES: Record<VerifyCause, string> = {
  'cached from before a layer change':
    'Nothing is wrong: once the inode is closed everywhere and has left memory, or after the next mount, it shows what is predicted.',
  'changed under the mount':
    'Unmount it and mount it again, so that the kernel reads its layers anew, and change a mounted layer through the mount alone.',
  'our error': 'Report it with its evidence: a prediction that the kernel refutes is a bug of this program.',
};

/** What looking through this mount can change, a sentence each; to be shown before `verify` is called. */
export function sideEffects({
  layers,
  mount,
}: {
  layers: readonly Pick<ListObject['layers'][number], 'role'>[];
  mount: string | null;
}): string[] {
  const hasUpper = layers.some(({ role }) => role === 'upper');
  const looks = `Verifying looks names up through the mount ${mount ?? ''}`.trimEnd();
  if (!hasUpper) return [`${looks}; it has no upper, so nothing is written.`];
  return [
    `${looks}.`,
    'That can make the kernel write overlay.origin and overlay.impure into the upper, or take overlay.impure away, also on a read-only mount.',
    'It can move the access times of directories in the upper. Files and their data stay as they are.',
  ];
}
