import { expect, test } from 'vitest';
import { asBytes } from '../../shared/bytes/bytes.ts';
import { type Turn, withTurn } from './expanded.ts';

const turn = (path: string, open: boolean, deep = false): Turn => ({ path: asBytes(path), open, deep });
const short = (turns: readonly Turn[]): string => turns.map((one) => `${one.open ? '+' : '-'}${one.path}`).join(' ');

test('the last turn of a directory is the one that counts', () => {
  const turns = [turn('etc', true), turn('srv', true), turn('etc', false)].reduce<Turn[]>(withTurn, []);
  expect(short(turns)).toBe('+srv -etc');
});

test('opening all beneath forgets what was turned there, not beside it', () => {
  const turns = [turn('etc/a', false), turn('etcetera', true), turn('etc', true, true)].reduce<Turn[]>(withTurn, []);
  expect(short(turns)).toBe('+etcetera +etc');
  expect(short(withTurn(turns, turn('', false, true)))).toBe('-');
});

test('the list stays short', () => {
  const turns = Array.from({ length: 1000 }, (_, n) => turn(`d${n}`, true)).reduce<Turn[]>(withTurn, []);
  expect(turns).toHaveLength(400);
  expect(turns.at(-1)?.path).toBe('d999');
});
