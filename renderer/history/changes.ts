import type { RememberedState } from '../../shared/contract/history.ts';
import { clockText, millisOf } from '../tree/format.ts';

/** What is remembered of a path, read: where its number changed, and when. Pure. */

/** Two states, one after the other, of which the number or its device differs. */
export type Change = { before: RememberedState; after: RememberedState };

const isCounted = ({ ino }: RememberedState): boolean => ino === null;

/** Whether the number of a state is another than that of the state after it. What the kernel counts never counts. */
export const isChange = (before: RememberedState, after: RememberedState): boolean =>
  !isCounted(before) && !isCounted(after) && (before.ino !== after.ino || before.dev !== after.dev);

/** The last change of the number, in a history that begins with the newest state; null where there was none. */
export function lastChange(history: readonly RememberedState[]): Change | null {
  for (const [at, before] of history.entries()) {
    const after = history[at - 1];
    if (after && isChange(before, after)) return { before, after };
  }
  return null;
}

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const DAY_MS = 24 * 3600 * 1000;

/** A moment as people say it: the time today, the weekday within a week, else the day. `nowMs` says what today is. */
export function momentWords(ns: string | null, nowMs: number): string {
  if (ns === null) return 'now';
  const date = new Date(millisOf(ns));
  const now = new Date(nowMs);
  const clock = clockText(ns);
  if (date.toDateString() === now.toDateString()) return clock;
  const age = nowMs - date.getTime();
  if (age > 0 && age < 6 * DAY_MS) return `${DAYS[date.getDay()]} ${clock.slice(0, 5)}`;
  const year = date.getFullYear() === now.getFullYear() ? '' : ` ${date.getFullYear()}`;
  return `${date.getDate()} ${MONTHS[date.getMonth()]}${year} ${clock.slice(0, 5)}`;
}
