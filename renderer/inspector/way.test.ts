import { describe, expect, it } from 'vitest';
import type { ListObject, ScanEntry, ScanObject } from '../../shared/contract/scan.ts';
import type { CellKind, ObjectDetail } from '../../shared/ipc/engine.ts';
import { wayOf } from './way.ts';

const factsOf = (count: number, unreadable: number[] = []): ListObject =>
  ({
    layers: Array.from({ length: count }, (_, layer) => ({
      layer,
      role: layer === 0 ? 'upper' : 'lower',
      path: `/l${layer}`,
      state: unreadable.includes(layer) ? 'unreadable' : 'ok',
    })),
  }) as unknown as ListObject;

const entry = (layer: number, role: ScanEntry['role'], ino: string): ScanEntry =>
  ({ layer, role, ino, type: 'file', path: 'f', marks: [] }) as unknown as ScanEntry;

const detail = (cells: [number, CellKind][], entries: ScanEntry[], object: Partial<ScanObject>): ObjectDetail =>
  ({
    row: { cells },
    object: { type: 'file', lookup: 'ok', hiddenBy: null, data: null, entries, ...object },
  }) as unknown as ObjectDetail;

describe('wayOf', () => {
  it('leads from a copied-up name to the upper and joins what is absent', () => {
    const copied = detail(
      [
        [0, 'used'],
        [3, 'origin'],
      ],
      [entry(0, 'object', '50331780'), entry(3, 'origin', '18')],
      { data: { layer: 0, path: 'f' } },
    );
    const way = wayOf(copied, factsOf(4));
    expect(way.rows.map((row) => [row.letter, row.word, row.ino])).toEqual([
      ['U', 'used', '50331780'],
      ['1', 'absent', null],
      ['2', 'absent', null],
      ['3', 'origin', '18'],
    ]);
    expect([way.from, way.to, way.end]).toEqual([0, 0, { text: '50331780', under: 'real inode' }]);
    expect(way.beside).toBe('both');
  });

  it('leads from a metacopy on to the layer of its bytes', () => {
    const metacopy = detail(
      [
        [0, 'metacopy'],
        [1, 'data'],
      ],
      [entry(0, 'object', '7'), entry(1, 'data', '8')],
      { data: { layer: 1, path: 'f' } },
    );
    const way = wayOf(metacopy, factsOf(2));
    expect(way.rows.map((row) => row.word)).toEqual(['attributes', 'data']);
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

  it('leaves no digit of a long number out: it stands in its row, and its end names the layer', () => {
    const long = detail([[0, 'used']], [entry(0, 'object', '9223372036854775826')], { type: 'dir' });
    const way = wayOf(long, factsOf(1));
    expect(way.rows[0]?.ino).toBe('9223372036854775826');
    expect(way.end).toEqual({ text: 'in U', under: 'real inode' });
    expect(way.beside).toBe('nothing');
  });

  it('answers ENOENT for a whiteout and for what is hidden', () => {
    const whiteout = detail([[0, 'whiteout']], [entry(0, 'whiteout', '3')], { type: 'whiteout', lookup: 'ENOENT' });
    expect(wayOf(whiteout, factsOf(2)).end).toEqual({ text: 'ENOENT', under: 'lookup' });
    const hidden = detail([[1, 'hidden']], [entry(1, 'hidden', '3')], { hiddenBy: 'opaque', lookup: 'ENOENT' });
    expect(wayOf(hidden, factsOf(2)).from).toBeNull();
  });
});
