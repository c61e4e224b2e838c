import { type Bytes, bytesOfBase64, bytesOfText } from '../../shared/bytes/bytes.ts';
import { textForEyes } from '../../shared/bytes/show.ts';
import type { WatchEvent } from '../../shared/contract/watch.ts';
import { safeText } from '../app/words.ts';
import { millisOf, sizeText } from '../tree/format.ts';
import type { Bar, Lane } from './lanes.ts';

/** How an event is said in few letters. Pure. */

const two = (n: number): string => String(n).padStart(2, '0');

/** `10:12:09.114`, in local time, of the ISO text that an event has. */
export function timeText(iso: string): string {
  const date = new Date(iso);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${iso.slice(20, 23)}`;
}

/** Exact bytes of an event's path; null where it has none. */
export function pathOf({ path, pathB64 }: Pick<WatchEvent, 'path' | 'pathB64'>): Bytes | null {
  if (pathB64 !== undefined) return bytesOfBase64(pathB64);
  return path === null ? null : bytesOfText(path);
}

/** The path as a row says it; where there is none, why. */
export function pathText(event: WatchEvent): { text: string; isPath: boolean } {
  if (event.path !== null) return { text: event.path === '' ? '/' : safeText(event.path), isPath: true };
  if (event.event === 'overflow') return { text: 'records were lost; reading everything again', isPath: false };
  if (event.event === 'rescanned') return { text: 'everything was read again', isPath: false };
  return { text: event.event.startsWith('temp-') ? 'no name until linked' : 'no path', isPath: false };
}

type Who = Pick<
  WatchEvent,
  'pid' | 'command' | 'commandLine' | 'exe' | 'container' | 'whyNoPid' | 'whyNoCommand' | 'exeB64'
>;

/** Everything that is known of a process, a line each. */
export function whoText(who: Who): string {
  if (who.pid === null) return who.whyNoPid ?? 'unknown';
  return [
    `${who.command === 'unknown' ? 'unknown command' : safeText(who.command)}, process ${who.pid}`,
    who.whyNoCommand ?? null,
    who.commandLine === undefined ? null : safeText(who.commandLine),
    who.exe === 'unknown' ? null : safeText(who.exe),
    who.container === undefined ? null : `container ${safeText(who.container)}`,
  ]
    .filter(Boolean)
    .join('\n');
}

const COPIED = { data: 'with its data', metadata: 'attributes alone', 'later-data': 'its data, after its attributes' };

/** What a row has no room for, in words. */
export function aboutText(event: WatchEvent): string {
  const { from, copied, assumed, merged } = event;
  return [
    event.event,
    from === undefined ? null : `from ${safeText(from)}`,
    copied === undefined ? null : COPIED[copied],
    assumed ? 'rests on what could not be read' : null,
    merged ? 'one record held several changes: told as the state found' : null,
  ]
    .filter(Boolean)
    .join(' · ');
}

/** Milliseconds since the epoch, with their fraction, of an event's time. */
export const millisOfIso = (iso: string): number => Date.parse(iso) + Number(iso.slice(23, 26)) / 1000;

/** The same of nanoseconds in decimal text. */
export const millisOfNs = (ns: string): number => millisOf(ns) + Number(BigInt(ns) % 1_000_000n) / 1e6;

const KINDS: Record<Bar['kind'], string | null> = {
  'copy-up': null,
  work: null,
  whiteouts: 'all whiteouts are its links',
  user: 'O_TMPFILE',
  orphan: null,
};

/** What a bar says of its file: name, where, kind, size. */
export function barText({ kind, name, path, bytes, to }: Bar): string {
  const size = bytes === null || bytes === '0' ? null : sizeText(bytes);
  if (kind === 'orphan')
    return [`${textForEyes(path ?? name)} (deleted)`, size && `${size}${to === null ? ' held' : ''}`]
      .filter(Boolean)
      .join(' · ');
  const where = kind === 'user' && path !== null ? ` in ${path === '' ? '/' : textForEyes(path)}` : '';
  return [`${textForEyes(name)}${where}`, KINDS[kind], size].filter(Boolean).join(' · ');
}

/** How it ended, for one that did. */
export function endText({ end, linkedTo }: Bar): string | null {
  if (end === 'linked') return linkedTo === null ? 'linked' : `linked as ${textForEyes(linkedTo)}`;
  if (end === 'died') return 'died, nothing left';
  return end === 'unknown' ? 'its end is unknown' : null;
}

/** What a moment says of its event: the temporary file that it came from, the path, the word where it is no birth. */
export function momentText(event: WatchEvent): string {
  const path = event.path === null ? '' : event.path === '' ? '/' : safeText(event.path);
  const from = event.temp ?? event.from;
  const word = event.event === 'created' || event.event === 'copied-up' ? '' : `, ${event.event}`;
  return `${from === undefined ? '' : `${safeText(from)} → `}${path}${word}`;
}

/** A lane in words, for who does not see it. */
export function laneText(lane: Lane, moments: number, bars: readonly Bar[]): string {
  const who = lane.pid === null ? 'unknown process' : `${safeText(lane.command)} ${lane.pid}`;
  const said = bars.slice(0, 5).map((bar) => `${barText(bar)}, ${endText(bar) ?? 'lives'}`);
  const more = bars.length > 5 ? [`and ${bars.length - 5} more temporary files`] : [];
  return `${who}: ${[`${moments} ${moments === 1 ? 'event' : 'events'}`, ...said, ...more].join('; ')}`;
}
