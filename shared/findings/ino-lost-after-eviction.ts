import { inodeNumber, line, mark, option, strong } from '../explain/words.ts';
import type { Finding, FindingStack, Subject } from './finding.ts';
import { capital, entryEvidence, numberText, shownEvidence } from './words.ts';

/** How the number is lost; null where it is not, or where nothing tells. */
function lossOf({ type, shown, origin, beneath, top }: Subject): 'origin' | 'unrecorded' | 'volatile' | null {
  if (type === 'dir' || type === 'whiteout' || shown === null || origin === 'unknown') return null;
  if (shown.ino === null) return 'volatile';
  if (origin?.state === 'empty' || origin?.state === 'undecodable') {
    // The lower's number is the upper's by chance: nothing changes.
    return top?.layer !== 0 || (beneath !== null && shown.cached === undefined) ? null : 'origin';
  }
  if (origin !== null || shown.cached === undefined || beneath === null || top === null) return null;
  // No mark could be written at its copy-up. What replaced the lower looks the same, but for its time.
  return top.mtimeNs === beneath.mtimeNs && top.size === beneath.size ? 'unrecorded' : null;
}

/** Copied up where the kernel cannot find the way back to the lower inode. */
export const inoLostAfterEviction: Finding = {
  code: 'ino-lost-after-eviction',
  severity: 'warning',
  title: 'the number changes once the inode is dropped from memory, though nobody wrote',
  messages: ['not uptodate. Cannot merge', 'has been replaced'],
  rule: 'inode.c:ovl_getattr: without an origin that can be decoded, a copied-up file goes by its upper inode',
  look: (subject) => (lossOf(subject) === null ? null : 'warning'),
  tell: (subject, stack) => {
    const { shown, origin, beneath, top, originBytes } = subject;
    const loss = lossOf(subject);
    const before = shown?.cached;
    const now = shown === null ? 'unknown' : numberText(shown);
    const was = before ? line`${inodeNumber(numberText(before))}` : line`its lower’s number`;
    const evidence = {
      ...(shown ? { shown: shownEvidence(shown) } : {}),
      ...(before ? { before: { dev: before.dev, ino: before.ino } } : {}),
      ...(origin !== null && origin !== 'unknown' ? { originState: origin.state, why: origin.why } : {}),
      ...(originBytes === null ? {} : { origin: originBytes }),
      ...(beneath === null ? {} : { lower: entryEvidence(beneath) }),
    };
    const layer = top?.layer ?? 0;
    if (loss === 'volatile')
      return {
        layer,
        evidence,
        what: 'its layer makes its number up, and anew once it was dropped from memory',
        cause: capital(
          line`${stack.names.the(layer)} gives this file a number of its own making, which another takes over once the inode was dropped from memory.`,
        ),
        cure: line`Serve that layer with inode numbers that last (for a FUSE server, the option ${option('use_ino')} or its like).`,
        commands: [],
      };
    return {
      layer,
      evidence,
      what: before ? `was ${numberText(before)}, is ${now} since it was dropped` : `is ${now} since it was dropped`,
      cause:
        loss === 'unrecorded'
          ? line`It has the size and the time of ${stack.names.the(beneath?.layer ?? 1)}’s and no mark could be written at its copy-up, so the number was ${was} while the inode stayed in memory and is ${inodeNumber(now)} after.`
          : line`It was copied up and ${reason(subject)}, so the number was ${was} while the inode stayed in memory and is ${inodeNumber(now)} after.`,
      cure: cureOf(subject, stack),
      commands: [],
    };
  },
};

function reason({ origin }: Subject) {
  return origin !== null && origin !== 'unknown' && origin.state === 'empty'
    ? line`its ${mark('origin')} is empty, for the lower gives no handle that can be stored`
    : line`the kernel decodes no ${mark('origin')} there, for the lower filesystem’s uuid is ${strong('null or not unique')}`;
}

function cureOf({ origin }: Subject, { list, options }: FindingStack) {
  const isUndecodable = origin !== null && origin !== 'unknown' && origin.state === 'undecodable';
  const layer = isUndecodable ? list.layers.find((one) => one.layer === origin.layer) : undefined;
  if (isUndecodable && (layer?.fs.uuid ?? null) === null && options.xino !== 'on')
    return line`Mount with ${option('xino=on')}, by which the kernel follows handles to a filesystem without uuid too.`;
  if (isUndecodable)
    return line`Give the lower filesystem a uuid of its own before anything is copied up from it (for ext4, tune2fs -U random).`;
  return line`Put the lower on a filesystem that can be opened by handle and mount in the initial user namespace before anything is copied up; this file keeps the upper’s number from now on.`;
}
