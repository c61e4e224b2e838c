import { expect, test } from 'vitest';
import { foreignStDev } from './foreign-st-dev.ts';
import { findingStack, shownOf, subjectOf, told } from './testing.ts';

test('a file on the pseudo device of a layer', () => {
  const stack = findingStack({ inodeMode: 'none' });
  const said = told(foreignStDev, subjectOf({ shown: shownOf({ dev: 'pseudo:2' }) }), stack);
  expect(said).toMatchObject({ severity: 'note', layer: 1, evidence: { dev: 'pseudo:2', overlayDev: '0:45' } });
  expect(said?.cause).toContain('filesystem id 2');
  expect(said?.cure).toContain('xino=on');
  const own = told(foreignStDev, subjectOf({ shown: shownOf({ dev: 'pseudo:0' }) }), stack);
  expect(own?.cause).toContain('the upper’s filesystem');
});

test('a number that does not fit under xino', () => {
  const stack = findingStack({ inodeMode: 'xino', xinoBits: 2 });
  expect(told(foreignStDev, subjectOf({ shown: shownOf({ dev: 'pseudo:1' }) }), stack)?.cause).toContain(
    'does not fit',
  );
});

test('is silent about the mount’s own device, and where it is not known', () => {
  for (const shown of [shownOf(), shownOf({ dev: 'unknown' }), null])
    expect(told(foreignStDev, subjectOf({ shown }))).toBeNull();
});
