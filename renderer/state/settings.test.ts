import { expect, test } from 'vitest';
import { DEFAULTS, settingsOf } from './settings.ts';

test('what was stored comes back', () => {
  const stored = {
    theme: 'contrast',
    columns: ['layers', 'since'],
    hidden: true,
    sort: { column: 'size', descending: true },
    panes: { nav: 200, side: 300 },
    map: true,
    history: false,
    historyMegabytes: 12,
    watch: false,
  };
  expect(settingsOf(stored)).toEqual(stored);
});

test('what is no setting counts as absent, each by itself', () => {
  expect(settingsOf({})).toEqual(DEFAULTS);
  expect(
    settingsOf({
      theme: 'pink',
      columns: ['layers', 'no such'],
      hidden: 'yes',
      sort: { column: 7 },
      panes: { nav: 'x' },
      map: 'x',
      history: 'x',
      historyMegabytes: 0.5,
      watch: 'x',
    }),
  ).toEqual(DEFAULTS);
  expect(settingsOf({ theme: 'light', sort: null })).toEqual({ ...DEFAULTS, theme: 'light' });
});
