import type { Severity } from '../contract/finding.ts';
import { inodeNumber, line, mark, option } from '../explain/words.ts';
import type { Finding, FindingStack, Subject } from './finding.ts';
import { commandsOf, place, setMark, shownEvidence, shownPath } from './words.ts';

/**
 * Its parent holds it with an origin and has no impure mark: the kernel writes that mark before any entry with an
 * origin comes in (copy_up.c:ovl_do_copy_up, dir.c:ovl_rename), so it was there and is lost.
 */
const isImpureLost = ({ shown, parent, top }: Subject, { list }: FindingStack): boolean =>
  list.inodeMode !== 'none' &&
  shown?.ino !== null &&
  parent?.impure === false &&
  top?.layer === 0 &&
  top.hasOrigin === true;

function severityOf(subject: Subject, stack: FindingStack): Severity | null {
  const { isRoot, shown } = subject;
  if (isRoot || shown === null || shown.ino === 'unknown') return null;
  if (shown.dino === null || shown.dino === 'unknown' || shown.dino === shown.ino) return null;
  return isImpureLost(subject, stack) ? 'warning' : 'note';
}

/** readdir gives another number than stat: by rule, or since a directory lost its impure mark. */
export const dinoDiffers: Finding = {
  code: 'dino-differs',
  severity: 'note',
  title: 'a listing gives another inode number than stat',
  messages: ["couldn't find directory entry in", 'with matching i-node'],
  rule: 'readdir.c:ovl_cache_update: a listing looks numbers up only in directories with overlay.impure or under xino, and gives those of the layer elsewhere',
  look: severityOf,
  tell: (subject, stack) => {
    const { shown, parent, top } = subject;
    const { list, names } = stack;
    const layer = top?.layer ?? 0;
    const ino = shown?.ino ?? 'volatile';
    const dino = shown?.dino ?? 'none';
    const at = parent?.path;
    const evidence = {
      inodeMode: list.inodeMode,
      ...(shown ? shownEvidence(shown) : {}),
      parent: at === undefined ? null : shownPath(at),
      parentImpure: parent?.impure ?? null,
    };
    const what = `stat says ${ino}, the listing ${dino}`;
    const both = line`${inodeNumber(dino)} in a listing and ${inodeNumber(ino)} by stat`;
    if (isImpureLost(subject, stack) && at !== undefined)
      return {
        layer,
        evidence,
        what: `${what}: its directory has lost the impure mark`,
        cause: line`The upper’s directory ${place(at)} has no ${mark('impure')} mark although this entry in it has an ${mark('origin')}, so the number is ${both}.`,
        cure: line`Set the mark again, with the mount away: ${setMark(stack, at, 'impure', 'y') ?? 'overlay.impure to y'}.`,
        commands: commandsOf(setMark(stack, at, 'impure', 'y')),
      };
    const isUnmarked = list.inodeMode === 'same-fs' && layer === 0 && top?.hasOrigin === false;
    return {
      layer,
      evidence,
      what,
      cause:
        list.inodeMode === 'none'
          ? line`In inode mode none a listing gives the numbers that the layers have, so it is ${both}.`
          : isUnmarked
            ? line`The upper’s directory merges here without an ${mark('origin')}, which the first lookup writes, so until then it is ${both}.`
            : line`A listing here gives the number that ${names.the(layer)}’s directory has for it, so it is ${both}.`,
      cure:
        list.inodeMode === 'none'
          ? line`Mount with ${option('xino=on')}, or put all layers on one filesystem; until then trust stat.`
          : line`Trust what stat says; nothing is wrong with the file.`,
      commands: [],
    };
  },
};
