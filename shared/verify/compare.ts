import type { EntryType, Lookup, Shown } from '../contract/scan.ts';
import type { VerifyField } from '../contract/verify.ts';
import type { Observed } from '../ipc/probe.ts';
import type { DeviceClasses } from './devices.ts';

/** What the kernel should say of one path. */
export type Prediction = {
  lookup: Lookup;
  type: EntryType | 'unknown';
  /** A listing of the parent gives the name; null for the root, which none lists. */
  listed: boolean | 'unknown' | null;
  /** The numbers; null where stat answers an error. */
  shown: Shown | null;
};

/** One field: what was predicted and what was seen. */
export type Comparison = {
  field: VerifyField;
  predicted: string | number | null;
  observed: string | number | null;
  verdict: 'agrees' | 'wrong' | 'unpredictable';
  /** It is what an inode shows that is still in memory from before its copy-up. */
  isCached: boolean;
};

const TYPES: Record<number, EntryType> = {
  1: 'fifo',
  2: 'char',
  4: 'dir',
  6: 'block',
  8: 'file',
  10: 'symlink',
  12: 'socket',
};
/** Type of an st_mode. */
export const typeOfMode = (mode: number): EntryType | 'unknown' => TYPES[mode >>> 12] ?? 'unknown';

/** Errnos that say that whoever asked may not, and nothing of the object. */
const REFUSED = new Set(['EACCES', 'EPERM']);

/**
 * Holds what the kernel said of a path against the prediction, field by field. `mayBeRefused`: it was asked without
 * privilege, so that a refusal says nothing. What could not be asked at all (another mount lies on it) gives one row.
 */
export function compare(
  { lookup, type, listed, shown }: Prediction,
  seen: Observed,
  devices: DeviceClasses,
  mayBeRefused: boolean,
): Comparison[] {
  const out: Comparison[] = [];
  const say = (
    field: VerifyField,
    predicted: Comparison['predicted'],
    observed: Comparison['observed'],
    isPredicted: boolean,
    isCached = false,
  ): void => {
    const agrees = predicted === observed;
    const verdict = !isPredicted ? 'unpredictable' : agrees ? 'agrees' : 'wrong';
    out.push({ field, predicted, observed, verdict, isCached: isCached && verdict === 'wrong' });
  };
  const { stat } = seen;
  if ('covered' in stat) {
    say('lookup', lookup, null, false);
    return out;
  }
  const answer = 'errno' in stat ? stat.errno : 'ok';
  const isRefusal = mayBeRefused && REFUSED.has(answer);
  say('lookup', lookup, answer, lookup !== 'unknown' && !isRefusal);
  const cached = shown?.cached ?? null;
  if (listed !== null && seen.listed !== undefined) {
    const observed = seen.listed?.ino ?? null;
    if (listed === 'unknown') say('dino', 'unknown', observed, false);
    else if (!listed) say('dino', null, observed, true);
    else if (observed === null) say('dino', shown?.dino ?? 'listed', null, true);
    else {
      const dino = shown?.dino ?? null;
      say('dino', dino, observed, dino !== null && dino !== 'unknown', (cached?.dino ?? cached?.ino) === observed);
    }
  }
  if ('errno' in stat || lookup !== 'ok') return out;
  const device = devices.classOf(stat.dev);
  const isCached = cached !== null && cached.ino === stat.ino && devices.agree(cached.dev, stat.dev) !== false;
  say('type', type, typeOfMode(stat.mode), type !== 'unknown');
  if (shown === null) return out;
  const agree = devices.agree(shown.dev, stat.dev);
  say('dev', shown.dev, agree === true ? shown.dev : device, agree !== null, isCached);
  const hasNumber = shown.ino !== null && shown.ino !== 'unknown';
  say('ino', shown.ino, stat.ino, hasNumber, isCached);
  say(
    'nlink',
    shown.nlink,
    stat.nlink,
    shown.nlink !== 'unknown',
    isCached && (cached?.nlink ?? stat.nlink) === stat.nlink,
  );
  if (seen.fstat === null) return out;
  // Where no number can be foretold, that an open file has the same as its name still can.
  const expected = `${hasNumber && agree !== null ? shown.dev : device} ${hasNumber ? shown.ino : stat.ino}`;
  if ('errno' in seen.fstat) say('fstat', expected, seen.fstat.errno, false);
  else {
    const { dev, ino } = seen.fstat;
    const same = devices.agree(shown.dev, dev) === true;
    say('fstat', expected, `${same ? shown.dev : devices.classOf(dev)} ${ino}`, true, isCached && ino === stat.ino);
  }
  return out;
}
