import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { asBytes } from '../../shared/bytes/bytes.ts';
import { startEngine } from './engine.ts';
import type { Session } from './session.ts';

const FILES = 20_000;
let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'stratoscope-engine-'));
  for (const lower of ['a', 'b']) mkdirSync(join(dir, lower));
  for (let i = 0; i < FILES; i++) writeFileSync(join(dir, 'a', `file-${i}`), '');
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

it('a reader that takes nothing holds the scan back after a few pieces', async () => {
  const cleanups: (() => void | Promise<void>)[] = [];
  let release = (): void => {};
  const taken = new Promise<void>((resolve) => {
    release = resolve;
  });
  const session = {
    output: { drained: () => taken },
    defer: (cleanup: () => void | Promise<void>) => cleanups.push(cleanup),
  } as unknown as Session;
  const engine = await startEngine(session);
  let bytes = 0;
  let began = (): void => {};
  const begun = new Promise<void>((resolve) => {
    began = resolve;
  });
  const lowers = [join(dir, 'a'), join(dir, 'b')].map(asBytes);
  const done = engine.call(
    'scan',
    { stack: { kind: 'directories', lowers } },
    {
      onChunk: (chunk) => {
        bytes += chunk.length;
        began();
      },
    },
  );
  await begun;
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(bytes).toBeGreaterThan(0);
  expect(bytes).toBeLessThan(1_000_000);
  release();
  expect((await done).objects).toBe(FILES + 1);
  expect(bytes).toBeGreaterThan(FILES * 300);
  for (const cleanup of cleanups) await cleanup();
});
