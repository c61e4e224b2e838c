import { inodeNumber, line, mark, option, strong } from '../explain/words.ts';
import type { NumberRow } from '../inodes/rows.ts';
import type { Finding, OtherName, Subject } from './finding.ts';
import { capital, commandsOf, entryEvidence, firstOf, othersEvidence, shownEvidence, upperWord } from './words.ts';

const SPLIT: NumberRow = 'hard link copied up, index off';

/**
 * What says that the name was copied up, and not replaced by another file. `attributes`: size and time are still the
 * lower's. `impure`: the kernel marks the directory before it copies up into it (copy_up.c:ovl_do_copy_up), so
 * something was; a file that was replaced in the same directory looks the same. (A time older than the inode speaks for
 * a file that was unpacked, but also for an upper that was copied whole: it stands in the evidence.)
 */
function evidenceOf({ top, beneath, parent }: Subject): 'attributes' | 'impure' | null {
  if (top === null || beneath === null) return null;
  if (top.mtimeNs === beneath.mtimeNs && top.size === beneath.size) return 'attributes';
  return parent?.impure === true ? 'impure' : null;
}

/** Other names that are seen in the mount and are not names of the same upper inode. */
const othersOf = ({ otherNames, top }: Subject): OtherName[] =>
  otherNames.filter(({ visible, upperIno }) => visible && upperIno !== top?.ino);

/** One name of a lower hard link was copied up alone. */
export const hardlinkSplit: Finding = {
  code: 'hardlink-split',
  severity: 'warning',
  title: 'one name of a hard link was copied up alone: new number, and the contents diverge',
  messages: ['has been replaced', 'differ: byte', 'differ: char', ' differ', 'not uptodate. Cannot merge'],
  rule: 'copy_up.c:ovl_do_copy_up: without an index a lower inode with several names is copied up for one of them, and no origin is written',
  look: (subject) =>
    subject.shown?.why === SPLIT && evidenceOf(subject) !== null && othersOf(subject).length > 0 ? 'warning' : null,
  tell: (subject, stack) => {
    const { shown, top, beneath, path } = subject;
    const sign = evidenceOf(subject);
    const others = othersOf(subject);
    const was = beneath === null ? 'unknown' : String(beneath.ino);
    const now = shown?.ino ?? 'unknown';
    const layer = beneath?.layer ?? 1;
    const doubt = sign === 'impure' ? ' (or replaced by another file: size and time are no longer the lower’s)' : '';
    const first = others[0];
    const source = upperWord(stack, path);
    const sibling = others.find((one) => one.upperIno === null && parentOf(one.path) === parentOf(path));
    const target = sibling ? upperWord(stack, sibling.path) : null;
    return {
      layer: 0,
      evidence: {
        sign,
        ...(shown ? { shown: shownEvidence(shown) } : {}),
        ...(top ? { upper: entryEvidence(top) } : {}),
        ...(beneath ? { lower: entryEvidence(beneath) } : {}),
        ...othersEvidence(others),
      },
      what: `${was} became ${now}, ${firstOf(others)} keeps it`,
      cause: capital(
        line`${stack.names.the(layer)}’s inode ${inodeNumber(was)} has ${strong(`${beneath?.nlink ?? 2} names`)}, among them ${firstOf(others)}, and with ${option('index')} off this one alone was copied up${doubt}, without an ${mark('origin')}: it shows ${inodeNumber(now)}.`,
      ),
      cure: first
        ? line`Mount with ${option('index=on')} before links are written to; to join these again, remove ${firstOf([first])} and link it anew in the mount.`
        : line`Mount with ${option('index=on')} before links are written to.`,
      commands: commandsOf(source !== null && target !== null ? `ln -- ${source} ${target}` : null),
    };
  },
};

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));
