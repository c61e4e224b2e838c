import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { condense, groupBytes, hexPieces, rangeWords } from './bytes.ts';

const ORIGIN = '00fb1d00017ea56c2d710e43f48b9085fcacea3046120000004353d841';

describe('groupBytes', () => {
  it('cuts an origin at its fields', () => {
    const fields = [
      { from: 0, to: 1 },
      { from: 1, to: 2 },
      { from: 2, to: 5 },
      { from: 5, to: 21 },
      { from: 21, to: 25 },
      { from: 25, to: 29 },
    ];
    const groups = groupBytes(ORIGIN, fields);
    expect(groups.map((group) => group.hex)).toEqual([
      '00',
      'fb',
      '1d0001',
      '7ea56c2d710e43f48b9085fcacea3046',
      '12000000',
      '4353d841',
    ]);
    expect(groups.map((group) => group.fields)).toEqual([[0], [1], [2], [3], [4], [5]]);
  });

  it('keeps bytes that no field claims, and gives a field without bytes no group', () => {
    const groups = groupBytes('0102030405', [
      { from: 0, to: 0 },
      { from: 1, to: 3 },
    ]);
    expect(groups).toEqual([
      { from: 0, to: 1, hex: '01', fields: [] },
      { from: 1, to: 3, hex: '0203', fields: [1] },
      { from: 3, to: 5, hex: '0405', fields: [] },
    ]);
  });

  it('has no group for an empty value', () => {
    expect(groupBytes('', [{ from: 0, to: 0 }])).toEqual([]);
  });

  it('covers every byte once and lights exactly the bytes of each field, whatever the ranges', () => {
    const range = fc
      .tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 40 }))
      .map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 32 }), fc.array(range, { maxLength: 8 }), (length, fields) => {
        const hex = 'a5'.repeat(length);
        const groups = groupBytes(hex, fields);
        expect(groups.map((group) => group.hex).join('')).toBe(hex);
        for (const [index, field] of fields.entries()) {
          const lit = groups.filter((group) => group.fields.includes(index));
          const bytes = lit.reduce((sum, group) => sum + group.to - group.from, 0);
          expect(bytes).toBe(Math.max(0, Math.min(field.to, length) - Math.min(field.from, length)));
        }
      }),
    );
  });
});

describe('rangeWords', () => {
  it('says one, several and none', () => {
    expect(rangeWords({ from: 4, to: 5 })).toBe('byte 4');
    expect(rangeWords({ from: 5, to: 21 })).toBe('bytes 5 to 20');
    expect(rangeWords({ from: 3, to: 3 })).toBe('no byte');
  });
});

describe('hexPieces', () => {
  it('cuts at whole bytes and loses none', () => {
    expect(hexPieces('00112233', 3)).toEqual(['001122', '33']);
    expect(hexPieces('', 4)).toEqual([]);
  });
});

describe('condense', () => {
  const field = (label: string, from: number, to: number) => ({ label, text: label.toUpperCase(), from, to });
  it('joins the bytes of a header and keeps what follows', () => {
    const fields = [field('a', 0, 1), field('b', 1, 2), field('c', 2, 3), field('uuid', 3, 19), field('d', 19, 20)];
    expect(condense(fields)).toEqual([
      { label: 'header', text: 'a A, b B, c C', from: 0, to: 3 },
      fields[3],
      fields[4],
    ]);
  });
  it('leaves two bytes, gaps and fields without bytes alone', () => {
    const fields = [field('a', 0, 1), field('b', 1, 2), field('e', 2, 2), field('f', 4, 5), field('g', 6, 7)];
    expect(condense(fields)).toEqual(fields);
  });
});
