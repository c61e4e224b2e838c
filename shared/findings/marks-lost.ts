import { line, mark, number, option, strong } from '../explain/words.ts';
import type { Sentence } from '../ipc/engine.ts';
import type { Finding, FindingStack, LostMark, Subject } from './finding.ts';
import { capital, commandsOf, entryEvidence, setMark, shownPath } from './words.ts';

/** The upper was copied without its xattrs, or is read under the other prefix. */
export const marksLost: Finding = {
  code: 'marks-lost',
  severity: 'error',
  title: 'marks are missing, as after a copy without xattrs: what was deleted or renamed below shows again',
  messages: ['Directory not empty', 'cannot execute binary file', 'Exec format error', 'No such file or directory'],
  rule: 'copy_up.c:ovl_copy_up_metadata, dir.c:ovl_create_over_whiteout, ovl_set_redirect: what is copied up has an origin, what replaces is opaque, what is moved has a redirect, all in xattrs',
  look: ({ lostMark }) => (lostMark === null ? null : 'error'),
  tell: (subject, stack) => {
    const { lostMark, top, beneath, path } = subject;
    const lost = lostMark as LostMark;
    return {
      layer: lost.sign === 'prefix' ? lost.layer : 0,
      evidence: {
        sign: lost.sign,
        ...(lost.sign === 'prefix' ? { marks: lost.marks, prefix: lost.prefix } : {}),
        ...(lost.sign === 'whiteout-inside' ? { whiteout: shownPath(lost.whiteout) } : {}),
        ...(lost.sign === 'merged-unmarked' ? { whiteoutsInUpper: lost.whiteouts } : {}),
        ...(top ? { upper: entryEvidence(top), blocks: String(top.blocks) } : {}),
        ...(beneath ? { lower: entryEvidence(beneath) } : {}),
      },
      what: whatOf(lost),
      cause: causeOf(lost, subject, stack),
      cure:
        lost.sign === 'prefix'
          ? line`Mount so that ${strong(`${lost.prefix}.overlay.*`)} is read, or set the marks under the prefix that this mount reads.`
          : line`Copy the upper again from where it was, with its xattrs: cp -a, rsync -aX, or tar --xattrs --xattrs-include='*' on both sides.`,
      commands:
        lost.sign === 'prefix' && lost.layer === 0 && lost.marks.includes('opaque') && stack.list.marks !== 'none'
          ? commandsOf(setMark(stack, path, 'opaque', 'y'))
          : [],
    };
  },
};

function whatOf(lost: LostMark): string {
  switch (lost.sign) {
    case 'prefix':
      return `${lost.marks.join(' and ')} under ${lost.prefix}.overlay, which this mount does not read`;
    case 'whiteout-inside':
      return `holds the whiteout of ${shownPath(lost.whiteout)}, but no mark of a merged directory`;
    case 'holes':
      return 'nothing but holes, as a metacopy that lost its mark';
    case 'merged-unmarked':
      return 'merges with a lower without an origin, in an upper that has whiteouts and no other mark';
    case 'copied-unmarked':
      return 'the lower’s size and time, other attributes, and no origin';
  }
}

function causeOf(lost: LostMark, { beneath }: Subject, { names, list }: FindingStack): Sentence {
  const lower = names.the(beneath?.layer ?? 1);
  switch (lost.sign) {
    case 'prefix':
      return capital(
        line`${names.the(lost.layer)}’s entry has ${strong(lost.marks.join(' and '))} under ${lost.prefix}.overlay, and this mount ${
          list.marks === 'none'
            ? line`of a user namespace without ${option('userxattr')} reads no mark`
            : line`reads ${list.marks}.overlay alone`
        }, so what the mark hid shows again.`,
      );
    case 'whiteout-inside':
      return line`The upper’s directory holds a whiteout, which the kernel writes only into directories with an ${mark('origin')} or ${mark('opaque')}, and has neither: its marks were lost in a copy, or it was made by hand.`;
    case 'holes':
      return line`The upper’s file has ${number(`${beneath?.size ?? 0n}`)} bytes, as ${lower}’s, but not one block and no ${mark('metacopy')}: the mark was lost in a copy, and it reads as zeros.`;
    case 'merged-unmarked':
      return line`The upper has ${number(String(lost.whiteouts))} ${lost.whiteouts === 1 ? 'whiteout' : 'whiteouts'}, so it was written through an overlay, but this directory merges with ${lower}’s without the ${mark('origin')} that the kernel writes at its copy-up: the marks were lost in a copy (or the lower got the directory later), and if it was ${mark('opaque')}, what it hid shows again.`;
    case 'copied-unmarked':
      return line`The file has the size and the time of ${lower}’s and another mode or owner, as after a copy-up, but no file of the upper has an ${mark('origin')}, though there are whiteouts: the marks were lost in a copy, or the file was unpacked anew with its old time.`;
  }
}
