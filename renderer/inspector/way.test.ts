import { describe, expect, it } from 'vitest';
import type { ListObject, Origin, ScanEntry, ScanObject, Shown } from '../../shared/contract/scan.ts';
import type { NumberRow } from '../../shared/inodes/rows.ts';
import type { CellKind, ObjectDetail } from '../../shared/ipc/engine.ts';
import { wayOf } from './way.ts';

const factsOf = (count: number, unreadable: number[] = []): ListObject =>
  ({
    inodeMode: 'xino',
    xinoBits: 2,
    layers: Array.from({ length: count }, (_, layer) => ({
      layer,
      role: layer === 0 ? 'upper' : 'lower',
      path: `/l${layer}`,
      state: unreadable.includes(layer) ? 'unreadable' : 'ok',
    })),
  }) as unknown as ListObject;

const XINO_18 = String((1n << 63n) | 18n);

const shownOf = (why: NumberRow, ino: string | null): Shown => ({
  dev: 'overlay',
  ino,
  dino: ino,
  nlink: 1,
  stable: ino !== null,
  why,
});

const entry = (layer: number, role: ScanEntry['role'], ino: string): ScanEntry =>
  ({ layer, role, ino, type: 'file', path: 'f', marks: [] }) as unknown as ScanEntry;

const detail = (cells: [number, CellKind][], entries: ScanEntry[], object: Partial<ScanObject>): ObjectDetail =>
  ({
    row: { cells },
    object: { type: 'file', lookup: 'ok', hiddenBy: null, data: null, origin: null, shown: null, entries, ...object },
  }) as unknown as ObjectDetail;

describe('wayOf', () => {
  it('leads from a copied-up name to the upper, and from its origin to the number', () => {
    const copied = detail(
      [
        [0, 'used'],
        [3, 'origin'],
      ],
      [entry(0, 'object', '50331780'), entry(3, 'origin', '18')],
      {
        data: { layer: 0, path: 'f' },
        origin: { layer: 3, ino: '18', nlink: 1, state: 'verified', why: '' },
        shown: shownOf('copied up, origin usable', XINO_18),
      },
    );
    const way = wayOf(copied, factsOf(4));
    expect(way.rows.map((row) => [row.letter, row.word, row.ino])).toEqual([
      ['U', 'data', '50331780'],
      ['1', 'absent', null],
      ['2', 'absent', null],
      ['3', 'number', '18'],
    ]);
    expect([way.from, way.to]).toEqual([0, 3]);
    expect(way.end).toEqual({ text: '1·18', under: 'st_ino', number: XINO_18 });
    expect(way.beside).toBe('both');
  });

  it('leads from a metacopy on to the layer of its bytes', () => {
    const metacopy = detail(
      [
        [0, 'metacopy'],
        [1, 'data'],
      ],
      [entry(0, 'object', '7'), entry(1, 'data', '8')],
      { data: { layer: 1, path: 'f' }, shown: shownOf('metacopy', '8') },
    );
    const way = wayOf(metacopy, factsOf(2));
    expect(way.rows.map((row) => row.word)).toEqual(['attributes', 'data, number']);
    expect([way.from, way.to, way.end.text]).toEqual([0, 1, '8']);
  });

  it('leads nowhere from a name that layers above could hide, and says unknown', () => {
    const cells: [number, CellKind][] = [
      [7, 'unknown'],
      [12, 'unknown'],
      [14, 'stands'],
    ];
    const way = wayOf(detail(cells, [entry(14, 'object', '655391')], { lookup: 'unknown' }), factsOf(24, [7, 12]));
    expect(way.rows.map((row) => [row.letter, row.word])).toEqual([
      ['U, 1–6', 'absent'],
      ['7', 'unknown'],
      ['8–11', 'absent'],
      ['12', 'unknown'],
      ['13', 'absent'],
      ['14', 'stands there'],
      ['15–23', 'absent'],
    ]);
    expect(way.from).toBeNull();
    expect(way.end.text).toBe('unknown');
  });

  it('leaves no digit of a long number out: it stands in its row alone', () => {
    const long = detail([[0, 'used']], [entry(0, 'object', '9223372036854775826')], {
      type: 'dir',
      shown: shownOf('dir pure upper', '9223372036854775826'),
    });
    const way = wayOf(long, factsOf(1));
    expect(way.rows[0]?.ino).toBe('9223372036854775826');
    expect(way.beside).toBe('nothing');
  });

  it('says what a lower was, or is no more, to a number that is the upper’s own', () => {
    const words = (object: Partial<ScanObject>): string[] =>
      wayOf(
        detail(
          [
            [0, 'used'],
            [1, 'hidden'],
          ],
          [entry(0, 'object', '7'), entry(1, 'hidden', '4')],
          { data: { layer: 0, path: 'f' }, ...object },
        ),
        factsOf(2),
      ).rows.map((row) => row.word);
    const origin = (state: Origin['state']): Origin => ({ layer: 1, ino: '4', nlink: 1, state, why: '' });
    const missing = shownOf('copied up, origin missing', '7');
    expect(words({ shown: missing, origin: origin('undecodable') })).toEqual(['all', 'unused']);
    expect(words({ shown: missing, origin: origin('stale') })).toEqual(['all', 'another']);
    expect(words({ shown: shownOf('hard link copied up, index off', '7'), origin: null })).toEqual(['all', 'former']);
    expect(words({ shown: shownOf('pure upper file', '7'), origin: null })).toEqual(['all', 'hidden']);
  });

  it('ends in volatile where the kernel counts', () => {
    const counted = detail([[0, 'used']], [entry(0, 'object', '7')], {
      type: 'dir',
      shown: shownOf('dir pure upper', null),
    });
    expect(wayOf(counted, factsOf(2)).end).toEqual({ text: 'volatile', under: 'st_ino', number: null });
  });

  it('answers ENOENT for a whiteout and for what is hidden', () => {
    const whiteout = detail([[0, 'whiteout']], [entry(0, 'whiteout', '3')], { type: 'whiteout', lookup: 'ENOENT' });
    expect(wayOf(whiteout, factsOf(2)).end).toEqual({
      text: 'ENOENT',
      under: 'lookup',
      number: null,
    });
    const hidden = detail([[1, 'hidden']], [entry(1, 'hidden', '3')], { hiddenBy: 'opaque', lookup: 'ENOENT' });
    expect(wayOf(hidden, factsOf(2)).from).toBeNull();
  });
});
