import { expect, test } from 'vitest';
import type { VerifyRow } from '../../shared/contract/verify.ts';
import { countsWords, linesOf, progressOf } from './words.ts';

const row = (path: string, cause: VerifyRow['cause']): VerifyRow => ({
  path,
  field: 'ino',
  predicted: '1',
  observed: '2',
  verdict: 'wrong',
  cause,
  evidence: null,
  cure: null,
  findings: [],
});

test('rows stand under their causes, our own errors first', () => {
  const rows = [
    row('a', 'cached from before a layer change'),
    row('b', 'our error'),
    row('c', 'cached from before a layer change'),
  ];
  const lines = linesOf(rows).map((line) => (line.kind === 'head' ? `${line.cause} ${line.count}` : line.row.path));
  expect(lines).toEqual(['our error 1', 'b', 'cached from before a layer change 2', 'a', 'c']);
});

test('what came of it is said in numbers, and nothing that is nought', () => {
  const counts = { paths: 1, checked: 7, wrong: 0, unpredictable: 0, settled: 0 };
  expect(countsWords(counts)).toBe('1 path · 7 answers compared · none differs');
  expect(countsWords({ paths: 1200, checked: 8000, wrong: 1, unpredictable: 3, settled: 2 })).toBe(
    '1,200 paths · 8,000 answers compared · 1 differs · 3 not to be foretold · 2 changed meanwhile and agree now',
  );
});

test('how far it is is a part only once it is known of how much', () => {
  expect(progressOf(null).part).toBeNull();
  expect(progressOf({ phase: 'reading', layers: [] }).part).toBeNull();
  expect(progressOf({ phase: 'looking', done: 5, total: 20 })).toEqual({ part: 0.25, words: 'Looked at 5 of 20' });
});
