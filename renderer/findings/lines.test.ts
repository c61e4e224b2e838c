import { expect, test } from 'vitest';
import type { FindingGroup } from '../../shared/ipc/engine.ts';
import { Lines } from './lines.ts';

const group = (code: FindingGroup['code'], severity: FindingGroup['severity'], count: number): FindingGroup => ({
  code,
  severity,
  title: code,
  count,
  errors: 0,
  warnings: 0,
  notes: 0,
});
const GROUPS = [
  group('origin-shared', 'error', 2),
  group('ino-over-2^53', 'note', 11_413),
  group('origin-stale', 'warning', 25),
];
const text = (lines: Lines): string[] =>
  Array.from({ length: lines.count }, (_, index) => {
    const line = lines.at(index);
    if (line?.kind === 'head') return line.group.code;
    return line?.kind === 'object' ? `#${line.at}` : `and ${line?.kind === 'more' ? line.count : '?'} more`;
  });

test('notes show one object, others twenty, and how many more there are', () => {
  const shown = text(new Lines(GROUPS, new Set()));
  expect(shown.slice(0, 7)).toEqual([
    'origin-shared',
    '#0',
    '#1',
    'ino-over-2^53',
    '#0',
    'and 11412 more',
    'origin-stale',
  ]);
  expect(shown.at(-1)).toBe('and 5 more');
  expect(shown).toHaveLength(3 + 2 + 2 + 21 + 0 + 0);
});

test('an opened group shows all', () => {
  const lines = new Lines(GROUPS, new Set(['ino-over-2^53', 'origin-stale']));
  expect(lines.count).toBe(3 + 2 + 11_413 + 25);
  expect(lines.at(4 + 11_412)).toMatchObject({ kind: 'object', at: 11_412 });
  expect(lines.at(lines.count)).toBeNull();
});
