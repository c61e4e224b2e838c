import { expect, test } from 'vitest';
import { inoLostAfterEviction } from './ino-lost-after-eviction.ts';
import { copiedUpOf, directoryOf, entryView, findingStack, originOf, shownOf, subjectOf, told } from './testing.ts';

const lost = shownOf({ dev: 'pseudo:0', ino: '100', cached: { dev: 'pseudo:1', ino: '101' } });

test.each(['empty', 'undecodable'] as const)('an origin that is %s', (state) => {
  const said = told(inoLostAfterEviction, copiedUpOf({ origin: originOf({ state }), shown: lost }));
  expect(said).toMatchObject({
    severity: 'warning',
    layer: 0,
    evidence: { originState: state, before: { dev: 'pseudo:1', ino: '101' }, shown: { ino: '100' }, origin: '00fb' },
    what: 'was 101 on pseudo:1, is 100 on pseudo:0 since it was dropped',
  });
});

test('the cure is xino=on where the uuid is missing, a uuid where it is another’s too', () => {
  const subject = copiedUpOf({ origin: originOf({ state: 'undecodable' }), shown: lost });
  expect(told(inoLostAfterEviction, subject)?.cure).toContain('xino=on');
  expect(told(inoLostAfterEviction, subject, findingStack({}, { xino: 'on' }))?.cure).toContain('tune2fs -U');
});

test('a copy-up that could leave no mark, told by size and time', () => {
  const subject = { origin: null, shown: lost, beneath: entryView(1), top: entryView(0) };
  expect(told(inoLostAfterEviction, copiedUpOf(subject))?.severity).toBe('warning');
  expect(told(inoLostAfterEviction, copiedUpOf({ ...subject, top: entryView(0, { mtimeNs: 2n }) }))).toBeNull();
});

test('a file whose layer makes its number up', () => {
  expect(told(inoLostAfterEviction, subjectOf({ shown: shownOf({ ino: null }) }))?.cause).toContain(
    'of its own making',
  );
});

test('is silent where the kernel finds the way back, where the numbers are equal, and about directories', () => {
  const empty = originOf({ state: 'empty' });
  for (const subject of [
    copiedUpOf(),
    copiedUpOf({ origin: originOf({ state: 'stale' }), shown: lost }),
    copiedUpOf({ origin: empty, shown: shownOf() }),
    copiedUpOf({ origin: 'unknown', shown: lost }),
    directoryOf({ origin: empty, shown: lost }),
    subjectOf(),
  ])
    expect(told(inoLostAfterEviction, subject)).toBeNull();
});
