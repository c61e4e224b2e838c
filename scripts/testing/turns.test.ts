import { expect, test } from 'vitest';
import { Turns } from './turns.ts';

test('what runs side by side is read one after the other, the first as it comes', async () => {
  let read = '';
  const turns = new Turns((text) => {
    read += text;
  });
  const ends: (() => void)[] = [];
  const says: ((text: string) => void)[] = [];
  const tasks = [0, 1, 2].map((at) =>
    turns.take((say) => {
      says[at] = say;
      return new Promise<void>((resolve) => {
        ends[at] = resolve;
      });
    }),
  );
  says[1]?.('b1 ');
  says[0]?.('a1 ');
  says[2]?.('c1 ');
  expect(read).toBe('a1 ');
  ends[2]?.();
  await tasks[2];
  expect(read).toBe('a1 ');
  ends[0]?.();
  await tasks[0];
  expect(read).toBe('a1 b1 ');
  says[1]?.('b2 ');
  expect(read).toBe('a1 b1 b2 ');
  ends[1]?.();
  await tasks[1];
  expect(read).toBe('a1 b1 b2 c1 ');
});

test('a task that fails gives way to the next, and its failure is its own', async () => {
  let read = '';
  const turns = new Turns((text) => {
    read += text;
  });
  const failing = turns.take(async (say) => {
    say('a');
    await Promise.resolve();
    throw new Error('no');
  });
  const other = turns.take(async (say) => say('b'));
  await expect(failing).rejects.toThrow('no');
  await other;
  expect(read).toBe('ab');
});
