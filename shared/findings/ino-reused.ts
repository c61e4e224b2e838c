import { inodeNumber, line, mark, strong } from '../explain/words.ts';
import type { Finding, FormerOwner } from './finding.ts';
import { capital, entryEvidence, shownPath } from './words.ts';

const SOURCES: Record<FormerOwner['from'], string> = {
  origin: 'an origin in the upper',
  map: 'an inode map',
  history: 'the history',
};

/** The filesystem gave a deleted file's number to a new one. */
export const inoReused: Finding = {
  code: 'ino-reused',
  severity: 'warning',
  title: 'the number of a deleted file was given to a new one',
  messages: ['Directory has been renamed from'],
  rule: 'the filesystem’s own: an inode number is free again after the last close; the generation in a file handle tells the two apart',
  look: ({ formerOwners }) => (formerOwners.length > 0 ? 'warning' : null),
  tell: ({ top, shown, path, object, formerOwners }, { names }) => {
    const [former] = formerOwners;
    const ino = former === undefined ? 'unknown' : String(former.ino);
    const holder = object.entries.find((entry) => entry.ino === ino);
    const layer = holder?.layer ?? top?.layer ?? 0;
    const isSame = former?.path === path;
    const owner =
      former === undefined ? 'a file' : isSame ? 'the file that was copied up here' : shownPath(former.path);
    return {
      layer,
      evidence: {
        ino,
        shown: shown?.ino ?? null,
        ...(top ? { real: entryEvidence(top) } : {}),
        formerOwners: formerOwners.slice(0, 8).map((one) => ({
          path: shownPath(one.path),
          ino: String(one.ino),
          handle: one.handle,
          from: one.from,
        })),
      },
      what: `${ino} was the number of ${owner}`,
      cause: capital(
        line`${SOURCES[former?.from ?? 'origin']} names inode ${inodeNumber(ino)} with another ${strong('generation')}, as that of ${owner}, so the filesystem gave its number to ${names.the(layer)}’s file here.`,
      ),
      cure: line`Compare generations (FS_IOC_GETVERSION) or file handles, never numbers alone; nothing is wrong with the file, and a dead ${mark('origin')} is told by origin-stale.`,
      commands: [],
    };
  },
};
