import { expect, test } from 'vitest';
import { type OriginFact, OriginFacts } from './origin-facts.ts';

const fact = (n: number): OriginFact => ({
  state: n % 3 === 0 ? 'verified' : n % 3 === 1 ? 'stale' : 'unknown',
  why: `why ${n % 5}`,
  layer: (n % 9) - 1,
  ino: n % 4 === 0 ? null : 0xffff_ffff_0000_0000n + BigInt(n),
  nlink: n % 6 === 0 ? null : n % 6 === 1 ? 0 : n,
  dev: n % 7 === 0 ? null : `8:${n % 7}`,
  mode: n % 2 === 0 ? 0 : 0o100644,
});

test('facts come back as they were set, over growth, replacement and trimming', () => {
  const facts = new OriginFacts();
  const expected = new Map<number, OriginFact>();
  for (let n = 0; n < 5000; n++) {
    const entry = (n * 7919) % 100_003;
    facts.set(entry, fact(n));
    expected.set(entry, fact(n));
    if (n % 10 === 0) {
      facts.set(entry, fact(n + 1));
      expected.set(entry, fact(n + 1));
    }
    if (n === 2500) facts.trim();
  }
  facts.trim();
  expect([...facts]).toEqual([...expected]);
  expect(facts.size).toBe(expected.size);
  for (const [entry, one] of expected) expect(facts.get(entry)).toEqual(one);
  expect(facts.get(100_004)).toBeUndefined();
  expect(facts.has(0)).toBe(true);
  expect(facts.has(1_000_000)).toBe(false);
});
