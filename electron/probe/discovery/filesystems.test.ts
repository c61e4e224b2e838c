import { lstatSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { cannotMount, FILESYSTEMS, Sandbox } from '../testing/machine.ts';
import { seenFilesystems } from './filesystems.ts';

const sandbox = new Sandbox();
afterAll(() => sandbox.remove());

const deviceOf = (path: string): string => {
  const { dev } = lstatSync(path, { bigint: true });
  return `${((dev >> 8n) & 0xfffn) | ((dev >> 32n) & 0xfffff000n)}:${(dev & 0xffn) | ((dev >> 12n) & 0xffffff00n)}`;
};

describe.skipIf(cannotMount)(`filesystems${cannotMount ? `: ${cannotMount}` : ''}`, () => {
  test('that are mounted are told by what outlives them', async () => {
    const at = FILESYSTEMS.map((name) => [name, deviceOf(sandbox.filesystem(name))] as const);
    const seen = await seenFilesystems(new AbortController().signal);
    for (const [type, dev] of at) {
      const found = seen.filter((one) => one.dev === dev);
      expect(found).toEqual([
        {
          dev,
          type,
          uuid: expect.stringMatching(/^[0-9a-f]{32}$/),
          handle: { type: expect.any(Number), fid: expect.any(String) },
        },
      ]);
    }
    expect(new Set(seen.map(({ dev }) => dev)).size).toBe(seen.length);
    expect(seen.map(({ type }) => type)).not.toContain('overlay');
  });
});
