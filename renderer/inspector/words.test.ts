import { describe, expect, it } from 'vitest';
import { HiddenBy, ListLayer, type ListObject, OriginState, type ScanObject } from '../../shared/contract/scan.ts';
import type { CellKind } from '../../shared/ipc/engine.ts';
import { bytesWord, hiddenByWord, layerLines, layerProblem, markWords, modeAndOwner, originWord } from './words.ts';

const layer = (n: number, state: ListLayer['state'] = 'ok'): ListLayer => ({
  layer: n,
  role: n === 0 ? 'upper' : 'lower',
  path: `/l${n}`,
  shown: `/l${n}`,
  dev: '8:1',
  fs: { type: 'ext4', uuid: null, id: 0 },
  state,
});

describe('words', () => {
  it('parts thousands of numbers beyond 2^53', () => {
    expect(bytesWord('9223372036854775826')).toBe('9,223,372,036,854,775,826 bytes');
    expect(bytesWord('1')).toBe('1 byte');
    expect(bytesWord('1702')).toBe('1,702 bytes');
    expect(bytesWord('unknown')).toBe('unknown');
  });

  it('has a sentence of its own for every value of the contract', () => {
    const distinct = (words: string[]): void => expect(new Set(words).size).toBe(words.length);
    distinct(OriginState.options.map(originWord));
    distinct(HiddenBy.options.map(hiddenByWord));
    const states = ListLayer.shape.state.options;
    distinct(states.map((state) => layerProblem(layer(1, state)) ?? 'ok'));
  });

  it('says of mode and owner which is unknown', () => {
    expect(modeAndOwner(0o100644, 'root:root')).toBe('0644 root:root');
    expect(modeAndOwner(null, 'root')).toBe('mode unknown root');
    expect(modeAndOwner(0o104755, 'unknown')).toBe('4755, owner unknown');
    expect(modeAndOwner(null, 'unknown')).toBe('mode and owner unknown');
  });

  it('never turns what could not be read into no', () => {
    expect(markWords(['opaque', 'unknown:origin', 'ignored:redirect'])).toEqual([
      { name: 'opaque', state: 'counts' },
      { name: 'origin', state: 'unknown' },
      { name: 'redirect', state: 'ignored' },
    ]);
  });

  it('gives each layer its cell and its entries, also one that could not be read', () => {
    const facts = { layers: [layer(0), layer(1, 'unreadable'), layer(2)] } as unknown as ListObject;
    const object = { entries: [{ layer: 2, role: 'object' }] } as unknown as ScanObject;
    const cells: [number, CellKind][] = [
      [1, 'unknown'],
      [2, 'stands'],
    ];
    const lines = layerLines(facts, { cells }, object);
    expect(lines.map((line) => line.kind)).toEqual(['absent', 'unknown', 'stands']);
    expect(lines.map((line) => line.entries.length)).toEqual([0, 0, 1]);
  });
});
