import { expect } from 'vitest';
import { type Change, type Expected, OTHERS } from './changes.ts';

type Told = { event: string; path: string | null; from?: string; bytes?: string; copied?: string; temp?: string };

const matches = (told: Told, wanted: Expected): boolean =>
  told.event === wanted.event &&
  told.path === wanted.path &&
  (wanted.from === undefined || told.from === wanted.from) &&
  (wanted.bytes === undefined || told.bytes === wanted.bytes) &&
  (wanted.copied === undefined || told.copied === wanted.copied) &&
  (wanted.temp === undefined || (told.temp !== undefined && wanted.temp.test(told.temp)));

const line = ({ event, path, from, bytes, copied, temp }: Told | Expected): string =>
  [event, path, from && `from ${from}`, bytes && `${bytes} bytes`, copied, temp]
    .filter((part) => part !== undefined)
    .join(' ');

/**
 * The events of a change: those expected in their order, and beside them only temporary files that come and go, or a
 * second record of what was told already (several writes are one or more).
 */
export function expectTold(change: Change, told: readonly Told[]): void {
  let at = 0;
  const strange: Told[] = [];
  for (const one of told) {
    const wanted = change.expect[at];
    if (wanted !== undefined && matches(one, wanted)) at++;
    else if ((change.may ?? []).some((allowed) => matches(one, allowed))) continue;
    else if (isOther(one) && ![...change.expect, ...(change.may ?? [])].some((expected) => isRepeated(expected, one)))
      strange.push(one);
  }
  const all = told.map(line);
  expect({ missing: change.expect.slice(at).map(line), strange: strange.map(line), all }).toEqual({
    missing: [],
    strange: [],
    all,
  });
}

const isOther = ({ event }: Told): boolean => (OTHERS as string[]).includes(event);
/** Data and attributes may make more records than one. */
const isRepeated = (expected: Expected, one: Told): boolean =>
  expected.event === one.event &&
  expected.path === one.path &&
  ['modified', 'metadata', 'layer-changed'].includes(one.event);
