import { expect, test } from 'vitest';
import { asBytes } from '../bytes/bytes.ts';
import { dinoDiffers } from './dino-differs.ts';
import { copiedUpOf, directoryOf, entryView, findingStack, shownOf, subjectOf, told } from './testing.ts';

const other = shownOf({ dino: '100' });
const parent = (impure: boolean | 'unknown' | null) => ({ path: asBytes('etc'), impure });

test('in mode none a copied-up file and every directory', () => {
  const none = findingStack({ inodeMode: 'none' });
  const said = told(dinoDiffers, copiedUpOf({ shown: other, parent: parent(false) }), none);
  expect(said).toMatchObject({ severity: 'note', evidence: { ino: '101', dino: '100' } });
  expect(told(dinoDiffers, directoryOf({ shown: shownOf({ ino: null }) }), none)?.what).toContain('volatile');
});

test('a lost impure mark is a warning, with the command that sets it again', () => {
  const said = told(dinoDiffers, copiedUpOf({ shown: other, parent: parent(false) }));
  expect(said).toMatchObject({ severity: 'warning', layer: 0, evidence: { parent: 'etc', parentImpure: false } });
  expect(said?.commands).toEqual(['setfattr -h -n trusted.overlay.impure -v y -- /l/0/etc']);
  expect(said?.cure).toContain('setfattr');
  const user = told(dinoDiffers, copiedUpOf({ shown: other, parent: parent(false) }), findingStack({ marks: 'user' }));
  expect(user?.commands).toEqual(['setfattr -h -n user.overlay.impure -v y -- /l/0/etc']);
});

test('without an origin, or with a mark that is there or unknown, nothing was lost', () => {
  const notes = [
    copiedUpOf({ shown: other, top: entryView(0), parent: parent(false) }),
    copiedUpOf({ shown: other, parent: parent(true) }),
    copiedUpOf({ shown: other, parent: parent('unknown') }),
    subjectOf({ shown: other, parent: parent(false) }),
  ];
  for (const subject of notes) expect(told(dinoDiffers, subject)).toMatchObject({ severity: 'note', commands: [] });
});

test('is silent where the numbers agree, where one is not known, and about the root', () => {
  for (const shown of [shownOf(), shownOf({ dino: null }), shownOf({ dino: 'unknown' }), shownOf({ ino: 'unknown' })])
    expect(told(dinoDiffers, subjectOf({ shown }))).toBeNull();
  expect(told(dinoDiffers, directoryOf({ isRoot: true, shown: other }))).toBeNull();
});
