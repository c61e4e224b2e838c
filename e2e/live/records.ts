import { type Now, Raw, type RawEvent } from '../../shared/live/raw.ts';

/** The last records about a path, or a directory that it lies in, as lines. */
export function recordsOf(records: readonly RawEvent[], path: string): string[] {
  const isAbout = (at: string | undefined): boolean =>
    at !== undefined && at !== '' && (path === at || path.startsWith(`${at}/`));
  return records
    .filter(({ at, from }) => isAbout(at?.path) || isAbout(from?.path))
    .slice(-12)
    .map(({ mask, at, from, fid, now, fromNow }) => {
      const bits = Object.entries(Raw).filter(([, bit]) => mask & bit);
      const state = (one: Now | undefined): string =>
        one === undefined ? '' : one.is === 'there' ? `${one.mode.toString(8)} ${one.ino} ${one.fid}` : one.is;
      const moved = from === undefined ? '' : ` from ${from?.layer} ${from?.path} (${state(fromNow)})`;
      return `${bits.map(([name]) => name).join('+')} ${at?.layer} ${at?.path}${moved} fid ${fid} now ${state(now)}`;
    });
}
