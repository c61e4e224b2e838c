import { line, option } from '../explain/words.ts';
import type { Finding } from './finding.ts';
import { shownEvidence } from './words.ts';

/** Inode mode none, a number that does not fit under xino, or a layer that counts its own. */
export const volatileDirIno: Finding = {
  code: 'volatile-dir-ino',
  severity: 'note',
  title: 'the kernel counts the numbers of these directories: they change once the inode was dropped from memory',
  messages: ['Directory renamed before its status could be extracted', 'Directory has been renamed'],
  rule: 'inode.c:ovl_map_dev_ino: a directory whose number cannot carry a filesystem id has that of a counter',
  look: ({ type, shown }) => (type === 'dir' && shown?.ino === null ? 'note' : null),
  tell: ({ isRoot, shown, top, object }, { list, names }) => {
    const layer = top?.layer ?? 0;
    const real = object.entries.find(({ role }) => role === 'object')?.ino ?? 'unknown';
    const isCounted = list.inodeMode === 'none';
    const overflows = list.inodeMode === 'xino' && real !== 'unknown' && list.xinoBits !== null;
    const why = isCounted
      ? line`the layers lie on several filesystems and ${option('xino')} is off`
      : overflows
        ? line`its number ${real} needs the upper ${String(list.xinoBits)} bits that ${option('xino')} takes`
        : line`${names.the(layer)} makes the numbers of its own directories up`;
    const lasts = isRoot
      ? 'the root keeps its own while it is mounted, for it is never dropped'
      : 'it gets another one once its inode was dropped from memory';
    return {
      layer,
      evidence: { inodeMode: list.inodeMode, real, ...(shown ? shownEvidence(shown) : {}) },
      what: isRoot
        ? 'a counter’s number, kept while it is mounted'
        : `a counter’s number; the listing says ${shown?.dino ?? 'none'}`,
      cause: line`This directory’s number is a counter’s, since ${why}; ${lasts}.`,
      cure: isCounted
        ? line`Mount with ${option('xino=on')}, or put all layers on one filesystem.`
        : line`Put that layer on a filesystem whose inode numbers last and are small.`,
      commands: [],
    };
  },
};
