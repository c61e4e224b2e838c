import { line, mark, strong } from '../explain/words.ts';
import type { Finding, Subject } from './finding.ts';
import { commandsOf, firstOf, othersEvidence, setMark } from './words.ts';

/** Whether this one keeps the origin: the one at whose path the lower object stands, or the first by name. */
function keeps({ path, top, beneath, sharers, origin }: Subject): boolean {
  const isHome = origin !== null && origin !== 'unknown' && String(beneath?.ino) === origin.ino;
  if (isHome || top?.layer !== 0) return true;
  return !sharers.some(({ atHome, path: other }) => atHome || other < path);
}

/** Two paths that resolve to one lower object. */
export const originShared: Finding = {
  code: 'origin-shared',
  severity: 'error',
  title: 'several entries claim one lower object: all but the first that is looked up answer ESTALE',
  messages: ['Stale file handle', 'ESTALE', 'Stale NFS file handle'],
  rule: 'inode.c:ovl_verify_inode: an inode in memory that came from another upper inode is refused',
  look: ({ sharers }) => (sharers.length > 0 ? 'error' : null),
  tell: (subject, stack) => {
    const { type, top, sharers, originBytes, path } = subject;
    const layer = top?.layer ?? 0;
    const isFile = type !== 'dir' && layer === 0 && originBytes !== null;
    return {
      layer,
      evidence: {
        layer,
        ino: top === null ? 'unknown' : String(top.ino),
        ...(originBytes === null ? {} : { origin: originBytes }),
        ...othersEvidence(sharers),
      },
      what: `the same lower object as ${firstOf(sharers)}`,
      cause: line`It resolves to the same lower object as ${firstOf(sharers)}, of which the kernel answers the first that is looked up and refuses the others with ${strong('ESTALE')}.`,
      cure: !isFile
        ? line`With the mount away, leave one redirect to the lower directory and make the others opaque copies.`
        : keeps(subject)
          ? line`Leave its ${mark('origin')} and remove that of ${firstOf(sharers)}, with the mount away.`
          : line`Remove the ${mark('origin')} that it got by a copy inside the upper, with the mount away: it then goes by its own number.`,
      commands: isFile && !keeps(subject) ? commandsOf(setMark(stack, path, 'origin', null)) : [],
    };
  },
};
