import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isPumpRequest, pageFragment, readPageFragment } from './bridge.ts';

test('a fragment gives back what went in, whatever bytes it holds', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.option(fc.base64String(), { nil: undefined }), (mount, token) => {
      fc.pre(mount.isWellFormed());
      const stack = { kind: 'mount', mount };
      const parts = token === undefined ? { stack } : { token, stack };
      expect(readPageFragment(`#${pageFragment(parts)}`)).toEqual(parts);
    }),
  );
});

test('a fragment that cannot be read counts as absent', () => {
  expect(readPageFragment('#token=%zz&stack={&other=1')).toEqual({});
  expect(readPageFragment('')).toEqual({});
});

test('only a restart is a request of the pump', () => {
  expect(isPumpRequest({ engine: 'restart' })).toBe(true);
  for (const other of [null, undefined, 'restart', {}, { engine: 'ended' }]) expect(isPumpRequest(other)).toBe(false);
});
