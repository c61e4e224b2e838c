import { inodeNumber, line, strong } from '../explain/words.ts';
import type { Finding } from './finding.ts';
import { capital, entryEvidence, firstOf, numberText, othersEvidence, shownEvidence } from './words.ts';

/** Two files with one st_dev and st_ino: subvolumes, or an inner overlay, of one filesystem id. */
export const sameNumberTwoFiles: Finding = {
  code: 'same-number-two-files',
  severity: 'error',
  title: 'different files show one st_dev and st_ino: programs take them for one',
  messages: [
    'are the same file',
    'File system loop detected',
    'Circular directory structure',
    'input file is output file',
    'is the same file as',
  ],
  rule: 'super.c:ovl_get_fsid: layers of one superblock get one filesystem id, also where each is a subvolume with numbers of its own',
  look: ({ sameNumber }) => (sameNumber.length > 0 ? 'error' : null),
  tell: ({ shown, top, sameNumber }, { names }) => {
    const layer = top?.layer ?? 0;
    const shownNumber = shown === null ? 'unknown' : numberText(shown);
    return {
      layer,
      evidence: {
        ...(shown ? { shown: shownEvidence(shown) } : {}),
        ...(top ? { real: entryEvidence(top) } : {}),
        ...othersEvidence(sameNumber),
      },
      what: `${shownNumber}, as ${firstOf(sameNumber)}`,
      cause: capital(
        line`${names.the(layer)}’s inode ${inodeNumber(top === null ? 'unknown' : String(top.ino))} and that of ${firstOf(sameNumber)} are of ${strong('two numberings')} on one filesystem id, so both show ${inodeNumber(shownNumber)}.`,
      ),
      cure: line`Take layers from one subvolume, or from filesystems of their own, and mount with xino=on; until then no program may tell files apart by number here.`,
      commands: [],
    };
  },
};
