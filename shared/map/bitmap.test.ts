import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BITS_PER_NUMBER, falsePositivesOf, HashedBitmap } from './bitmap.ts';

const ino = fc.oneof(fc.bigInt(0n, 2n ** 64n - 1n), fc.bigInt(0n, 10_000n), fc.bigInt(2n ** 63n, 2n ** 63n + 100n));

describe('a bitmap', () => {
  test('never says of a number that it was not added', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(ino, fc.nat(5)), { maxLength: 500 }), (numbers) => {
        const bitmap = new HashedBitmap(numbers.length);
        for (const [number, filesystem] of numbers) bitmap.add(number, filesystem);
        for (const [number, filesystem] of numbers) expect(bitmap.has(number, filesystem)).toBe(true);
        expect(bitmap.count).toBe(numbers.length);
      }),
    );
  });

  test('takes a number above 2⁶³ and its two’s complement for the same', () => {
    fc.assert(
      fc.property(ino, (number) => {
        const bitmap = new HashedBitmap(1);
        bitmap.add(number);
        expect(bitmap.has(BigInt.asIntN(64, number))).toBe(true);
      }),
    );
  });

  test('that is empty lets nothing pass', () => {
    const bitmap = new HashedBitmap(0);
    for (let n = 0n; n < 1000n; n++) expect(bitmap.has(n)).toBe(false);
    expect([bitmap.fill, bitmap.expectedFalsePositives, bitmap.isFull]).toEqual([0, 0, false]);
  });

  // The shapes that inode numbers have: in a row, with gaps, in groups of a filesystem's, and high ones.
  test.each<[string, (n: bigint) => bigint]>([
    ['in a row', (n) => n + 12n],
    ['every other', (n) => 2n * n],
    ['in groups, as on ext4', (n) => (n / 100n) * 8192n + (n % 100n)],
    ['a multiple of 2³²', (n) => n << 32n],
    ['above 2⁶³', (n) => 2n ** 63n + n],
    ['64 bits apart', (n) => n * 64n],
  ])('lets few others pass: numbers %s', (_, numberOf) => {
    const count = 20_000n;
    const bitmap = new HashedBitmap(Number(count));
    for (let n = 0n; n < count; n++) bitmap.add(numberOf(n));
    let passed = 0;
    const tried = 200_000n;
    for (let n = count; n < count + tried; n++) if (bitmap.has(numberOf(n))) passed++;
    const measured = passed / Number(tried);
    expect(measured).toBeLessThanOrEqual(0.01);
    // Six times the deviation of a sample of this size.
    const expected = bitmap.expectedFalsePositives;
    expect(Math.abs(measured - expected)).toBeLessThan(6 * Math.sqrt(expected / Number(tried)) + expected / 4);
  });

  test('keeps filesystems apart', () => {
    const bitmap = new HashedBitmap(1000);
    for (let n = 0n; n < 1000n; n++) bitmap.add(n, 1);
    let passed = 0;
    for (let n = 0n; n < 1000n; n++) if (bitmap.has(n, 2)) passed++;
    expect(passed).toBeLessThan(30);
  });

  test('says when it is full, and is not before', () => {
    const bitmap = new HashedBitmap(1000);
    const most = Math.floor(bitmap.bits / BITS_PER_NUMBER);
    expect(most).toBeGreaterThanOrEqual(1000);
    for (let n = 0; n < most; n++) bitmap.add(BigInt(n));
    expect(bitmap.isFull).toBe(false);
    expect(bitmap.expectedFalsePositives).toBeLessThanOrEqual(0.01);
    bitmap.add(BigInt(most));
    expect(bitmap.isFull).toBe(true);
  });

  test('counts its bits, and draws them', () => {
    const bitmap = new HashedBitmap(3000);
    for (let n = 0n; n < 3000n; n++) bitmap.add(n * 7n);
    const picture = bitmap.picture(64);
    expect(picture).toHaveLength(64);
    const mean = picture.reduce((sum, share) => sum + share, 0) / 64;
    expect(mean).toBeCloseTo(bitmap.fill, 10);
    expect(bitmap.fill).toBeCloseTo(1 - Math.exp((-4 * 3000) / bitmap.bits), 1);
    expect(bitmap.bytes * 8).toBe(bitmap.bits);
    // More cells than words: a word a cell.
    expect(new HashedBitmap(1).picture(1024)).toHaveLength(32);
  });
});

test('the theory: at twelve bits a number less than one in a hundred passes', () => {
  expect(falsePositivesOf(1000, 12_000)).toBeCloseTo(0.0065, 4);
  expect(falsePositivesOf(0, 1024)).toBe(0);
});
