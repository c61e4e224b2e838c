import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { asBytes } from '../../../shared/bytes/bytes.ts';
import type { Mapping } from '../../../shared/map/record.ts';
import { figuresOf } from './figures.ts';
import { fillMap } from './fill.ts';
import { InodeMap } from './inode-map.ts';
import { applyChanges } from './step.ts';
import { FILESYSTEMS, FS, manyMappings, mappingOf, OTHER } from './testing/synthetic.ts';
import { everyMapping, windowOf } from './windows.ts';

let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stratoscope-map-'));
  file = join(folder, 'a.map');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Opens the map, uses it, closes it. */
function using<T>(use: (map: InodeMap) => T, mode: 'read' | 'create' = 'create'): T {
  const map = InodeMap.open(file, mode);
  try {
    return use(map);
  } finally {
    map.close();
  }
}

const byNumber = (mappings: Mapping[]): Mapping[] =>
  mappings.toSorted(
    ({ upper: a }, { upper: b }) => (a.fs < b.fs ? -1 : a.fs > b.fs ? 1 : 0) || (a.ino < b.ino ? -1 : 1),
  );

const HIGH = [2n ** 63n - 1n, 2n ** 63n, 2n ** 63n + 12n, 2n ** 64n - 1n];

describe('a map', () => {
  test('gives back what was put in, also numbers above 2⁶³, names that are no text, and what is not known', () => {
    const mappings = [
      ...HIGH.map((ino, n) => mappingOf(ino, HIGH[3 - n] as bigint)),
      mappingOf(1n, 2n, { path: asBytes('bad\xff\xfe'), since: null }),
      mappingOf(3n, 2n, { path: asBytes('caf\xc3\xa9\nline'), since: -5n }),
      mappingOf(5n, 9n, {
        upper: { fs: OTHER, ino: 5n, handle: null },
        lower: { fs: FS, ino: 9n, handle: null, layer: 7 },
      }),
      mappingOf(7n, 9n, { path: asBytes('x/'.repeat(3000)) }),
    ];
    using((map) => fillMap(map, FILESYSTEMS, mappings));
    using((map) => {
      expect(byNumber([...everyMapping(map)])).toEqual(byNumber(mappings));
      const [fs, other] = [map.byKey(FS)?.id as number, map.byKey(OTHER)?.id as number];
      map.reading(() => {
        for (const one of mappings) {
          const id = one.upper.fs === FS ? fs : other;
          expect(map.mappingOf(id, one.upper.ino)).toEqual(one);
          expect(map.lowerOf(id, one.upper.ino)).toEqual({ ino: one.lower.ino, filesystem: fs });
          expect(map.mappingsTo(fs, one.lower.ino)).toContainEqual(one);
        }
        expect(map.mappingsTo(fs, 2n)).toHaveLength(2);
        expect(map.mappingsTo(other, 2n)).toEqual([]);
        expect(map.mappingOf(other, 1n)).toBeNull();
        expect(map.lowerOf(fs, 2n)).toBeNull();
      });
    }, 'read');
  });

  test('tells lowers on several filesystems apart', () => {
    const lower = { fs: OTHER, ino: 7n, handle: '01:00', layer: 2 };
    using((map) => {
      fillMap(map, FILESYSTEMS, [mappingOf(1n, 7n), mappingOf(3n, 7n, { lower })]);
      const [fs, other] = [map.byKey(FS)?.id as number, map.byKey(OTHER)?.id as number];
      map.reading(() => {
        expect(map.lowerOf(fs, 1n)).toEqual({ ino: 7n, filesystem: fs });
        expect(map.lowerOf(fs, 3n)).toEqual({ ino: 7n, filesystem: other });
        expect(map.mappingsTo(other, 7n).map(({ upper }) => upper.ino)).toEqual([3n]);
      });
    });
  });

  test('is after any changes what a plain table would be', () => {
    const number = fc.oneof(fc.bigInt(0n, 30n), fc.constantFrom(...HIGH));
    const change = fc.record({
      isPut: fc.boolean(),
      ino: number,
      lower: number,
      generation: fc.nat(3),
      fs: fc.constantFrom(FS, OTHER),
    });
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 12 }), { maxLength: 8 }), (steps) => {
        rmSync(file, { force: true });
        const plain = new Map<string, Mapping>();
        using((map) => {
          const [fs] = map.writing(() => FILESYSTEMS.map((one) => map.noteFilesystem(one)));
          for (const [n, step] of steps.entries()) {
            // Now and then in front of the disk, now and then not.
            if (n % 2 === 1) map.reading(() => map.mayHold('upper', fs as number, 1n));
            map.writing(() => {
              for (const { isPut, ino, lower, generation, fs: key } of step) {
                const mapping = mappingOf(ino, lower, { generation });
                mapping.upper.fs = key;
                const old = plain.get(`${key} ${ino}`);
                if (isPut) {
                  map.put(mapping);
                  plain.set(`${key} ${ino}`, mapping);
                } else {
                  const isThere = old?.upper.handle === mapping.upper.handle;
                  expect(map.remove(mapping.upper)).toBe(isThere);
                  if (isThere) plain.delete(`${key} ${ino}`);
                }
              }
            });
            const expected = byNumber([...plain.values()]);
            map.reading(() => {
              expect(byNumber([...everyMapping(map)])).toEqual(expected);
              for (const { upper, lower } of expected)
                expect(map.lowerOf(map.byKey(upper.fs)?.id as number, upper.ino)).toEqual({
                  ino: lower.ino,
                  filesystem: fs,
                });
            });
          }
        });
        using((map) => expect(byNumber([...everyMapping(map)])).toEqual(byNumber([...plain.values()])), 'read');
      }),
      { numRuns: 60 },
    );
  });

  test('writes all or nothing', () => {
    using((map) => {
      fillMap(map, FILESYSTEMS, manyMappings(100));
      const before = [...everyMapping(map)];
      const fails = (use: () => void) => expect(() => map.writing(use)).toThrow('on purpose');
      fails(() => {
        map.put(mappingOf(5n, 6n));
        map.remove(before[0]?.upper as Mapping['upper']);
        map.noteFilesystem({ key: 'cc'.repeat(16), type: 'ext4', dev: '7:9' });
        throw new Error('on purpose');
      });
      expect([...everyMapping(map)]).toEqual(before);
      expect(map.byKey('cc'.repeat(16))).toBeNull();
      map.reading(() => expect(map.lowerOf(map.byKey(FS)?.id as number, 1000n)).not.toBeNull());
    });
    rmSync(file);
    using((map) => {
      const torn = function* (): Generator<Mapping> {
        yield* manyMappings(500);
        throw new Error('on purpose');
      };
      expect(() => fillMap(map, FILESYSTEMS, torn())).toThrow('on purpose');
      expect([map.count, map.filesystems, map.uppers]).toEqual([0, [], []]);
      fillMap(map, FILESYSTEMS, manyMappings(500));
      expect(map.count).toBe(500);
    });
  });

  test('takes notice of what another process writes, also in front of the disk', () => {
    using((map) => {
      fillMap(map, FILESYSTEMS, manyMappings(10));
      const fs = map.byKey(FS)?.id as number;
      using((reader) => {
        expect(reader.reading(() => reader.lowerOf(fs, 5n))).toBeNull();
        map.writing(() => map.put(mappingOf(5n, 6n)));
        expect(reader.reading(() => reader.lowerOf(fs, 5n))).toMatchObject({ ino: 6n });
        map.writing(() => map.remove(mappingOf(5n, 6n).upper));
        expect(reader.reading(() => reader.lowerOf(fs, 5n))).toBeNull();
        // Tables that were not there when it was opened.
        map.writing(() => map.put(mappingOf(5n, 6n, { upper: { fs: OTHER, ino: 5n, handle: null } })));
        const other = map.byKey(OTHER)?.id as number;
        expect(reader.reading(() => reader.lowerOf(other, 5n))).toMatchObject({ ino: 6n });
      }, 'read');
    });
  });

  test('keeps a late reading out', () => {
    using((map) => {
      const change = (mapping: Mapping, readAt: bigint) =>
        applyChanges(map, FILESYSTEMS, { added: [mapping], changed: [], removed: [] }, readAt, map.count === 0);
      expect(change(mappingOf(5n, 6n), 100n)).toBe(true);
      expect(change(mappingOf(5n, 8n, { generation: 2 }), 200n)).toBe(true);
      // A scan that began before, and took longer.
      expect(change(mappingOf(5n, 6n), 150n)).toBe(false);
      expect([...everyMapping(map)]).toEqual([mappingOf(5n, 8n, { generation: 2 })]);
      // After a clock was set back, what is of the future does not hold it for ever.
      map.setFact('readAt', String(BigInt(Date.now()) * 1_000_000n + 10n ** 15n));
      expect(change(mappingOf(7n, 8n), 300n)).toBe(true);
    });
  });

  test('forgets a device that another filesystem has got', () => {
    using((map) => {
      map.writing(() => {
        for (const one of FILESYSTEMS) map.noteFilesystem(one);
        map.noteFilesystem({ key: OTHER, type: 'xfs', dev: '7:1' });
      });
      expect(map.filesystems.map(({ key, dev }) => [key, dev])).toEqual([
        [FS, null],
        [OTHER, '7:1'],
      ]);
    });
    using((map) => expect(map.byKey(FS)?.dev).toBeNull(), 'read');
  });

  test('lies in one plain file when nobody has it open', () => {
    using((map) => fillMap(map, FILESYSTEMS, manyMappings(5000)));
    expect(statSync(file).size).toBeGreaterThan(5000 * 50);
    expect(statSync(`${file}-wal`, { throwIfNoEntry: false })).toBeUndefined();
    expect(statSync(`${file}-shm`, { throwIfNoEntry: false })).toBeUndefined();
  });
});

describe('windows', () => {
  test('give any part, in the order of either number, as people count', () => {
    const numbers = [...HIGH, 1n, 12n, 2n ** 40n, 77n];
    const mappings = numbers.map((ino, n) => {
      const one = mappingOf(ino, numbers[(n * 3) % numbers.length] as bigint);
      if (n % 3 === 0) one.upper.fs = OTHER;
      return one;
    });
    using((map) => {
      fillMap(map, FILESYSTEMS, mappings);
      const whole = {
        upper: byNumber(mappings),
        lower: mappings.toSorted(({ lower: a }, { lower: b }) => (a.ino < b.ino ? -1 : 1)),
      };
      for (const by of ['upper', 'lower'] as const)
        for (let from = 0; from <= numbers.length; from++)
          for (let count = 0; count <= numbers.length; count++)
            expect(map.reading(() => windowOf(map, by, from, count))).toEqual(whole[by].slice(from, from + count));
    });
  });

  test('of an empty map are empty', () => {
    using((map) => {
      expect(map.reading(() => windowOf(map, 'upper', 0, 10))).toEqual([]);
      expect(map.reading(() => windowOf(map, 'lower', 5, 10))).toEqual([]);
    });
  });
});

describe('figures', () => {
  test('say what there is, and hold the theory against a sample', () => {
    using((map) => {
      fillMap(map, FILESYSTEMS, manyMappings(20_000));
      map.setFact('readAt', '123');
      const { upper, lower, ...rest } = figuresOf(map, () => '7:1');
      expect(rest).toMatchObject({ mappings: 20_000, readAtNs: '123' });
      expect(rest.bytes).toBeGreaterThan(20_000 * 50);
      expect(rest.filesystems).toContainEqual({ fs: FS, type: 'ext4', dev: '7:1' });
      for (const { fill, falsePositives, picture, bits, bytes } of [upper, lower]) {
        expect(bytes).toBe(bits / 8);
        expect(picture).toHaveLength(1024);
        expect(picture.reduce((sum, share) => sum + share) / 1024).toBeCloseTo(fill, 6);
        expect(falsePositives.sample).toBeGreaterThan(1000);
        expect(falsePositives.measured).toBeLessThanOrEqual(0.01);
        expect(Math.abs(falsePositives.measured - falsePositives.expected)).toBeLessThan(0.005);
      }
    });
  });

  test('of an empty map are zero', () => {
    using((map) => {
      const figures = figuresOf(map, () => 'unknown');
      expect(figures).toMatchObject({ mappings: 0, readAtNs: null, upper: { fill: 0 }, lower: { fill: 0 } });
      expect(figures.upper.falsePositives).toEqual({ measured: 0, sample: 0, expected: 0 });
    });
  });
});
