import { inodeNumber, line, mark, option, strong } from '../explain/words.ts';
import type { Finding, FindingStack, Subject } from './finding.ts';
import { capital, commandsOf, entryEvidence, setMark, shownEvidence } from './words.ts';

type Staleness = 'gone' | 'foreign' | 'linked' | 'not indexed' | 'other type' | 'no handle' | 'mismatch';

function stalenessOf({ isRoot, type, lookup, provenance, top, origin, shown }: Subject): Staleness | null {
  if (isRoot || type === 'whiteout' || top?.layer !== 0 || origin === 'unknown') return null;
  // A directory that merges goes by the lower that its path finds, whatever its origin says.
  if (type === 'dir' && provenance !== 'upper') return null;
  if (lookup === 'ESTALE') return 'mismatch';
  if (lookup !== 'ok' || origin === null || shown === null) return null;
  if (origin.state === 'stale') return 'gone';
  if (origin.state === 'foreign') return 'foreign';
  if (type === 'dir') return null;
  if (shown.why === 'lower gained a link') return 'linked';
  if (origin.state !== 'ignored') return null;
  if (origin.ino === 'unknown') return 'no handle';
  return /another type/.test(origin.why) ? 'other type' : 'not indexed';
}

/** The origin leads to no lower inode that the kernel takes: the number became the upper's. */
export const originStale: Finding = {
  code: 'origin-stale',
  severity: 'warning',
  title: 'the origin leads to no lower inode that counts: the number became the upper’s',
  messages: ['has been replaced', 'not uptodate. Cannot merge', 'Stale file handle', 'ESTALE'],
  rule: 'namei.c:ovl_check_origin_fh, inode.c:ovl_getattr: an origin counts only if its handle opens a lower inode of the same type that has one name or is indexed',
  look: (subject) => (stalenessOf(subject) === null ? null : 'warning'),
  tell: (subject, stack) => {
    const { shown, origin, originBytes, top, beneath, path } = subject;
    const how = stalenessOf(subject) ?? 'gone';
    const named = origin !== null && origin !== 'unknown' ? origin : null;
    const was = named === null || named.ino === 'unknown' ? null : named.ino;
    const now = shown?.ino ?? (top ? String(top.ino) : 'unknown');
    return {
      layer: 0,
      evidence: {
        how,
        ...(named ? { originState: named.state, why: named.why, named: was, nlink: named.nlink } : {}),
        ...(originBytes === null ? {} : { origin: originBytes }),
        ...(shown ? { shown: shownEvidence(shown) } : {}),
        ...(beneath === null ? {} : { lowerNow: entryEvidence(beneath) }),
      },
      what: whatOf(how, was, now),
      cause: causeOf(how, was, now, subject, stack),
      cure: cureOf(how, stack),
      commands: how === 'linked' || how === 'not indexed' ? [] : commandsOf(setMark(stack, path, 'origin', null)),
    };
  },
};

const inodeText = (was: string | null): string => (was === null ? 'the lower inode' : `the lower inode ${was}`);

function whatOf(how: Staleness, was: string | null, now: string): string {
  switch (how) {
    case 'gone':
      return `${inodeText(was)} is gone, now ${now}`;
    case 'foreign':
      return `its origin is on none of the lowers’ filesystems, now ${now}`;
    case 'linked':
      return `${inodeText(was)} has several names now, so it shows ${now}`;
    case 'not indexed':
      return `${inodeText(was)} is not in the index, so it shows ${now}`;
    case 'other type':
      return `${inodeText(was)} is of another type, now ${now}`;
    case 'no handle':
      return `its origin is no handle that the kernel takes, now ${now}`;
    case 'mismatch':
      return 'its origin and its path lead to two lower inodes: ESTALE';
  }
}

function causeOf(how: Staleness, was: string | null, now: string, { beneath }: Subject, { names }: FindingStack) {
  const inode =
    was === null
      ? line`the lower inode that its ${mark('origin')} names`
      : line`the lower inode ${inodeNumber(was)} that its ${mark('origin')} names`;
  const become = line`so the number became the upper’s, ${inodeNumber(now)}`;
  switch (how) {
    case 'gone': {
      const other =
        beneath !== null && String(beneath.ino) !== was
          ? line` (${names.the(beneath.layer)} has inode ${inodeNumber(String(beneath.ino))} at this path now)`
          : '';
      return line`${capital(inode)} is ${strong('gone')}${other}, ${become}.`;
    }
    case 'foreign':
      return line`Its ${mark('origin')} names an inode on a filesystem that is none of the lowers’, as after a new uuid or a copy of the lower, ${become}.`;
    case 'linked':
      return line`${capital(inode)} has ${strong('several names')} now and no entry in the index, ${become}.`;
    case 'not indexed':
      return line`${capital(inode)} counts only if the index has it, and it has not, ${become}.`;
    case 'other type':
      return line`${capital(inode)} is of another type by now, ${become}.`;
    case 'no handle':
      return line`Its ${mark('origin')} is no handle that this kernel takes, ${become}.`;
    case 'mismatch':
      return line`Its ${mark('origin')} names another inode than the lower that its path leads to, and with the index on the kernel answers ${strong('ESTALE')}.`;
  }
}

function cureOf(how: Staleness, { options }: FindingStack) {
  switch (how) {
    case 'linked':
      return line`Remove the lower’s other name, or let programs forget the old number; ${option('index=on')} helps only what is copied up under it.`;
    case 'not indexed':
      return options.nfsExport
        ? line`Let programs forget the old number: with ${option('nfs_export=on')} only what was copied up under it keeps the lower’s.`
        : line`Let programs forget the old number; what is copied up under ${option('index=on')} keeps the lower’s.`;
    case 'mismatch':
      return line`Remove the ${mark('origin')}, with the mount away, and never change a lower while an upper stands on it.`;
    default:
      return line`Let programs forget the old number and never change a lower while an upper stands on it; the dead ${mark('origin')} can be removed with the mount away.`;
  }
}
