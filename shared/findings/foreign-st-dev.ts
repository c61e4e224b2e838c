import { line, number, option } from '../explain/words.ts';
import type { Finding } from './finding.ts';
import { shownEvidence } from './words.ts';

/** A file on a pseudo device inside one mount. */
export const foreignStDev: Finding = {
  code: 'foreign-st-dev',
  severity: 'note',
  title: 'st_dev differs inside one mount: du -x and tar --one-file-system leave these out',
  messages: [
    'is on a different filesystem',
    'is on a different device',
    'on different devices',
    'Stopping at filesystem boundary',
  ],
  rule: 'inode.c:ovl_map_dev_ino: a file whose number cannot carry a filesystem id is shown on an anonymous device of its layer’s filesystem',
  look: ({ shown }) => (shown?.dev.startsWith('pseudo:') ? 'note' : null),
  tell: ({ shown, top }, { list, names }) => {
    const layer = top?.layer ?? 0;
    const dev = shown?.dev ?? 'unknown';
    const fsid = dev.slice('pseudo:'.length);
    const holder = fsid === '0' ? names.the(0) : null;
    const why =
      list.inodeMode === 'none'
        ? line`${option('xino')} is off`
        : line`its number does not fit under ${option('xino')}`;
    return {
      layer,
      evidence: { inodeMode: list.inodeMode, overlayDev: list.dev, ...(shown ? shownEvidence(shown) : {}) },
      what: `st_dev is the pseudo device of filesystem id ${fsid}, not the mount’s`,
      cause: line`The layers lie on several filesystems and ${why}, so this file shows the anonymous device of ${holder ? line`${holder}’s filesystem` : line`filesystem id ${number(fsid)}`}, which no mountinfo line has.`,
      cure:
        list.inodeMode === 'none'
          ? line`Mount with ${option('xino=on')}, or put all layers on one filesystem.`
          : line`Put that layer on a filesystem whose inode numbers are small.`,
      commands: [],
    };
  },
};
