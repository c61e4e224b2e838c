import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Bytes } from '../../shared/bytes/bytes.ts';
import { type Directory, flatten, nest, shareWord, tilesOf } from './figures.ts';
import { burstOf, indexAt, seriesOf, timeLabels } from './growth.ts';

const directory = (path: string, bytes: number): Directory => ({
  id: path.length,
  path: path as Bytes,
  depth: path === '' ? 0 : path.split('/').length,
  entries: 1,
  bytes: String(bytes),
  own: '0',
});
const LIST = [
  directory('', 1000),
  directory('src', 700),
  directory('src/build', 600),
  directory('src-old', 100),
  directory('var', 200),
];

describe('nest', () => {
  it('puts each directory into the nearest one above it, by whole names', () => {
    const [root] = nest(LIST);
    expect(root?.children.map((child) => child.path)).toEqual(['src', 'var', 'src-old']);
    expect(root?.children[0]?.children.map((child) => child.path)).toEqual(['src/build']);
    expect(root?.rest).toBe(0n);
    expect(root?.children[0]?.rest).toBe(100n);
  });
  it('takes any order, heaviest first, and keeps the way through directories that are not listed', () => {
    const deep = directory('var/lib/docker', 150);
    const lines = flatten(nest([...LIST, deep].sort((a, b) => Number(b.bytes) - Number(a.bytes))));
    expect(lines.map((line) => [line.level, line.name])).toEqual([
      [0, ''],
      [1, 'src'],
      [2, 'build'],
      [1, 'var'],
      [2, 'lib/docker'],
      [1, 'src-old'],
    ]);
  });
  it('takes a list without a common root', () => {
    expect(nest(LIST.slice(1)).length).toBe(3);
    expect(nest([])).toEqual([]);
  });
});

describe('tilesOf', () => {
  it('gives each leaf an area that goes with its bytes, inside its directory', () => {
    const tiles = tilesOf(nest(LIST), 800, 400);
    const tile = (path: string) => tiles.find((one) => one.node.path === path && !one.rest);
    const area = (path: string): number => (tile(path)?.width ?? 0) * (tile(path)?.height ?? 0);
    expect(area('src/build')).toBeGreaterThan(area('var'));
    expect(area('var')).toBeGreaterThan(area('src-old'));
    const [inner, outer] = [tile('src/build'), tile('src')];
    expect(inner && outer && inner.x >= outer.x && inner.y >= outer.y).toBe(true);
    expect(inner && outer && inner.x + inner.width <= outer.x + outer.width).toBe(true);
    expect(tiles.some((one) => one.node.path === 'src' && one.rest)).toBe(true);
  });
  it('draws nothing of nothing', () => {
    expect(tilesOf([], 800, 400)).toEqual([]);
  });
});

describe('words', () => {
  it('writes shares', () => {
    expect(shareWord(1n, 3n)).toBe('33');
    expect(shareWord(5n, 100n)).toBe('5.0');
    expect(shareWord(1n, 100000n)).toBe('<0.1');
    expect(shareWord(0n, 0n)).toBe('0');
  });
});

describe('growth', () => {
  const points = (...list: [number, number][]): [string, string][] => list.map(([at, sum]) => [`${at}`, `${sum}`]);
  it('finds the shortest stretch that brought half', () => {
    const burst = burstOf(points([0, 10], [100, 20], [110, 60], [115, 90], [400, 100]));
    expect(burst).toEqual({ from: 2, to: 3, bytes: 70n });
    expect(burstOf(points([0, 10]))).toBeNull();
    expect(burstOf([])).toBeNull();
  });
  it('finds one point that brought half alone', () => {
    expect(burstOf(points([0, 10], [100, 95], [200, 100]))).toEqual({ from: 1, to: 1, bytes: 85n });
  });
  it('is never beaten by trying every stretch', () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 9 })), {
      minLength: 2,
      maxLength: 12,
    });
    fc.assert(
      fc.property(steps, (list) => {
        let at = 0;
        let sum = 0;
        const growth = list.map(([dt, more]): [string, string] => {
          at += dt;
          sum += more;
          return [`${at}`, `${sum}`];
        });
        const burst = burstOf(growth);
        if (sum === 0) {
          expect(burst).toBeNull();
          return;
        }
        const time = (i: number): number => Number(growth[i]?.[0]);
        const came = (from: number, to: number): number =>
          Number(growth[to]?.[1]) - (from === 0 ? 0 : Number(growth[from - 1]?.[1]));
        for (let from = 0; from < growth.length; from++)
          for (let to = from; to < growth.length; to++)
            if (came(from, to) * 2 >= sum && burst)
              expect(time(burst.to) - time(burst.from)).toBeLessThanOrEqual(time(to) - time(from));
      }),
    );
  });
  it('turns nanoseconds into seconds and finds the point of a time', () => {
    const { times, bytes } = seriesOf([
      ['1763975527398000000', '5'],
      ['1763975528000000000', '9'],
    ]);
    expect(times).toEqual([1763975527.398, 1763975528]);
    expect(bytes).toEqual([5, 9]);
    expect([indexAt(times, 0), indexAt(times, 1763975527.9), indexAt(times, 2e9)]).toEqual([0, 0, 1]);
  });
  it('labels marks as finely as they lie apart', () => {
    const at = new Date(2026, 10, 20, 23, 59, 58).getTime() / 1000;
    expect(timeLabels([at, at + 0.5])).toEqual(['23:59:58.000', '23:59:58.500']);
    expect(timeLabels([at, at + 1, at + 2])).toEqual(['23:59:58', '23:59:59', '00:00:00']);
    expect(timeLabels([at, at + 3600, at + 7200])).toEqual(['Nov 20 23:59', 'Nov 21 00:59', '01:59']);
    expect(timeLabels([at, at + 86400])).toEqual(['Nov 20', 'Nov 21']);
  });
});
