import { expect, test } from 'vitest';
import { inoOver53 } from './ino-over-2-53.ts';
import { entryView, findingStack, shownOf, subjectOf, told } from './testing.ts';

test('a number that a double does not hold', () => {
  const shown = shownOf({ ino: '9223372036854775839', dino: '9223372036854775839' });
  const said = told(inoOver53, subjectOf({ shown }), findingStack({ inodeMode: 'xino' }));
  expect(said).toMatchObject({
    severity: 'note',
    evidence: { hex: '0x800000000000001f', asDouble: '9223372036854775808' },
    what: '9223372036854775839 becomes 9223372036854775808 as a double',
  });
  expect(said?.cause).toContain('xino puts the filesystem id');
});

test('a layer’s own number, and one that only the listing gives', () => {
  const ino = 2n ** 60n + 1n;
  const own = subjectOf({ shown: shownOf({ ino: String(ino) }), top: entryView(1, { ino }) });
  expect(told(inoOver53, own)?.cause).toContain('Lower 1 itself');
  expect(told(inoOver53, subjectOf({ shown: shownOf({ ino: null, dino: String(ino) }) }))?.severity).toBe('note');
});

test('the border is 2^53', () => {
  const at = (ino: bigint) => told(inoOver53, subjectOf({ shown: shownOf({ ino: String(ino), dino: null }) }));
  expect(at(2n ** 53n - 1n)).toBeNull();
  expect(at(2n ** 53n)?.what).toContain('holds by chance');
});

test('is silent where there is no number', () => {
  for (const shown of [null, shownOf({ ino: 'unknown', dino: 'unknown' }), shownOf({ ino: null, dino: null })])
    expect(told(inoOver53, subjectOf({ shown }))).toBeNull();
});
