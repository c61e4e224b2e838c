import { expect, it } from 'vitest';
import type { ListObject } from '../../shared/contract/scan.ts';
import type { ObjectDetail, ObjectFinding } from '../../shared/ipc/engine.ts';
import { formerNumber, layOut } from './evidence.ts';

const LOWER = { layer: 3, path: 'etc/shadow', dev: '7:1', ino: '20', nlink: 2, size: '968', mtimeNs: '0' };

it('entries of layers stand in one table, the rest by name', () => {
  const { entries, facts } = layOut({
    sign: 'impure',
    upper: { ...LOWER, layer: 0, ino: '50331781', nlink: 1 },
    lower: LOWER,
    count: 2,
    others: [
      { path: 'etc/shadow-', layer: 3, ino: '20' },
      { path: 'etc/gshadow', layer: 3, ino: '20' },
    ],
    shown: { dev: 'overlay', ino: '50331781' },
  });
  expect(entries.map(({ as, layer, ino, nlink }) => [as, layer, ino, nlink])).toEqual([
    ['upper', 0, '50331781', 1],
    ['lower', 3, '20', 2],
    ['others', 3, '20', null],
    ['others', 3, '20', null],
  ]);
  expect(facts.map(([name]) => name)).toEqual(['sign', 'shown']);
});

it('nothing of the evidence is lost where it names only some', () => {
  const { facts } = layOut({ count: 9, others: [{ path: 'a', layer: 1, ino: '2' }] });
  expect(facts).toEqual([['further others', 8]]);
  expect(layOut({ count: 3, formerOwners: [{ path: 'a', ino: '2' }] }).facts.map(([name]) => name)).toEqual([
    'count',
    'formerOwners',
  ]);
});

it('what it was before is the number that the mount showed', () => {
  const facts = {
    inodeMode: 'xino',
    xinoBits: 2,
    layers: [{ layer: 3, fs: { type: 'ext4', uuid: null, id: 1 } }],
  } as unknown as ListObject;
  const split = { code: 'hardlink-split', evidence: { lower: LOWER } } as unknown as ObjectFinding;
  const detail = (shown: object): ObjectDetail => ({ object: { shown } }) as unknown as ObjectDetail;
  expect(formerNumber(split, detail({}), facts)).toBe('1·20');
  expect(formerNumber(split, detail({}), { ...facts, inodeMode: 'none' })).toBe('20');
  expect(formerNumber({ ...split, code: 'dino-differs' }, detail({}), facts)).toBeNull();
  const cached = detail({ cached: { dev: 'overlay', ino: String((1n << 63n) | 24n) } });
  expect(formerNumber({ ...split, code: 'origin-stale' }, cached, facts)).toBe('1·24');
});
