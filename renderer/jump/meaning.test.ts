import { expect, it } from 'vitest';
import type { NumberMeaning } from '../../shared/contract/inode.ts';
import type { ListObject } from '../../shared/contract/scan.ts';
import { asWord, numberPieces, pathOf, placeText, whereWords } from './meaning.ts';

const of = (change: Partial<NumberMeaning>): NumberMeaning => ({
  as: 'real',
  path: 'etc/shadow',
  layer: 3,
  dev: '7:1',
  state: 'object',
  ino: '20',
  ...change,
});
const XINO = { inodeMode: 'xino', xinoBits: 2 } as unknown as ListObject;

it('each meaning says how it stands there', () => {
  expect(whereWords(of({}))).toBe('used');
  expect(whereWords(of({ hiddenBy: 'file', state: 'hidden' }))).toBe('hidden by file');
  expect(whereWords(of({ entryPath: 'old/shadow' }))).toBe('used, at old/shadow');
  expect(whereWords(of({ as: 'st_ino', dev: 'pseudo:1', state: 'stable' }), 'copied up')).toBe('on P1, copied up');
  expect(whereWords(of({ as: 'st_ino', dev: 'overlay', state: 'unstable' }), 'lower')).toBe('lower, may change');
  expect(whereWords(of({ as: 'xino-part', ino: '9223372036854775828' }))).toBe('st_ino 9223372036854775828');
  expect(whereWords(of({ as: 'origin', state: 'verified' }))).toBe('verified');
  expect(asWord(of({ as: 'index' }))).toBe('index entry');
});

it('what was searched for is lit in the number', () => {
  const whole = of({ as: 'xino-part', ino: String((1n << 63n) | 20n) });
  expect(numberPieces(whole, XINO, '20')).toEqual([
    { text: '1·', hit: false },
    { text: '20', hit: true },
  ]);
  expect(numberPieces(of({}), XINO, '20')).toEqual([{ text: '20', hit: true }]);
});

it('a name that is no text goes by its bytes, and none acts', () => {
  expect(pathOf(of({ path: 'a\\xff', pathB64: btoa('a\xff') }))).toBe('a\xff');
  expect(placeText(of({ path: '' }))).toBe('/');
  expect(placeText(of({ path: null, entry: '00fb' }))).toBe('index/00fb');
  expect(placeText(of({ path: 'a\u001b[2J' }))).toBe('a\\e[2J');
});
