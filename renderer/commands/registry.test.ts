import { expect, test } from 'vitest';
import { commandFor, keysOf, listCommands, registerCommands, runCommand } from './registry.ts';

const press = (key: string, ...down: ('ctrlKey' | 'altKey' | 'shiftKey' | 'metaKey')[]) => ({
  key,
  ctrlKey: down.includes('ctrlKey'),
  altKey: down.includes('altKey'),
  shiftKey: down.includes('shiftKey'),
  metaKey: down.includes('metaKey'),
});

test('keys are written as in menus, in one order', () => {
  expect(keysOf(press('P', 'shiftKey', 'ctrlKey'))).toBe('Ctrl+Shift+P');
  expect(keysOf(press('p', 'ctrlKey'))).toBe('Ctrl+P');
  expect(keysOf(press('F6', 'shiftKey'))).toBe('Shift+F6');
  expect(keysOf(press('Control', 'ctrlKey'))).toBeNull();
});

test('a command runs only while it makes sense', () => {
  let ran = 0;
  let sense = false;
  registerCommands([{ id: 'a', title: 'A', keys: 'Ctrl+A', when: () => sense, run: () => ran++ }]);
  expect(runCommand('a')).toBe(false);
  expect(commandFor('Ctrl+A')).toBeUndefined();
  sense = true;
  expect(runCommand('a')).toBe(true);
  expect(commandFor('Ctrl+A')?.id).toBe('a');
  expect(ran).toBe(1);
  expect(runCommand('no such')).toBe(false);
});

test('a command of the same id takes the place of the one before', () => {
  registerCommands([{ id: 'a', title: 'Another', run: () => {} }]);
  expect(listCommands().filter(({ id }) => id === 'a')).toHaveLength(1);
});
