import fc from 'fast-check';
import { expect, test } from 'vitest';
import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import type { PathState } from '../../../shared/history/state.ts';
import { joinBlob, Packer, packState, partBlob, rawOf, unpackFacts, unpackState } from './pack.ts';

const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const state: fc.Arbitrary<PathState> = fc.record({
  ino: fc.option(fc.oneof(u64, fc.bigInt({ min: 0n, max: 300n }))),
  dev: fc.oneof(
    fc.constant('overlay' as const),
    fc.integer({ min: 0, max: 500 }).map((k) => `pseudo:${k}` as const),
  ),
  stable: fc.boolean(),
  provenance: fc.constantFrom('lower', 'upper', 'copied-up', 'merged'),
  layer: fc.integer({ min: 0, max: 500 }),
  real: fc.oneof(u64, fc.bigInt({ min: 0n, max: 300n })),
  bornNs: fc.option(fc.bigInt({ min: -(2n ** 62n), max: 2n ** 63n - 1n })),
});
const name = fc
  .uint8Array({ minLength: 1, maxLength: 255 })
  .map((bytes) => asBytes(String.fromCharCode(...bytes.map((byte) => byte || 1))));

test('a state comes back as it was', () => {
  fc.assert(
    fc.property(state, (one) => {
      expect(unpackState(packState(one))).toEqual(one);
    }),
  );
  const same: PathState = {
    ...unpackState(packState(fc.sample(state, 1)[0] as PathState)),
    ino: 2n ** 60n,
    real: 2n ** 60n,
  };
  expect(unpackState(packState(same))).toEqual(same);
});

test('a directory comes back as it was, and equal ones are equal bytes', () => {
  const packer = new Packer();
  const facts = (all: Map<Bytes, PathState>): Uint8Array => {
    packer.reset();
    for (const [one, its] of all) {
      packer.name(one);
      packer.state(rawOf(its));
    }
    return packer.take();
  };
  fc.assert(
    fc.property(fc.array(fc.tuple(name, state), { maxLength: 40 }), (pairs) => {
      const all = new Map(pairs);
      const since = [...all].map((_, i) => i * 1000);
      const parts = partBlob(joinBlob(facts(all), since));
      expect(unpackFacts(parts.facts)).toEqual(all);
      expect(parts.since()).toEqual(since);
      facts(all);
      expect(packer.equals(parts.facts)).toBe(true);
    }),
  );
});

test('what is cut short is told', () => {
  const blob = joinBlob(Uint8Array.of(1, 0x61), [1]);
  expect(() => unpackFacts(partBlob(blob).facts)).toThrow(RangeError);
  for (let length = 0; length < 6; length++) expect(() => partBlob(blob.subarray(0, length))).toThrow(RangeError);
});
