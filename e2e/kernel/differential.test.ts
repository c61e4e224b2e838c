import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/**
 * Random layer trees, mounted for real; every object compared with what our program says. STRATOSCOPE_SEED repeats a
 * run, STRATOSCOPE_DEEP=1 is the long one, STRATOSCOPE_OBJECTS sets how many objects. The harness itself is tested
 * first: it believes the kernel's own answer, and finds out a liar.
 */
const harnessSeed = '1';

interface Run {
  readonly code: number;
  readonly stderr: string;
  readonly result: {
    readonly objects: number;
    readonly unknown: number;
    readonly failures: { readonly smallest: object; readonly differences: { readonly field: string }[] }[];
  };
}

/** Runs the differential program; rejects where it ends without a result. */
function differential(seed: string, ...args: string[]): Promise<Run> {
  const program = join(import.meta.dirname, 'differential.ts');
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, [program, '--seed', seed, ...args], { maxBuffer: 1 << 26 });
    let stdout = '';
    let stderr = '';
    child.stdout?.on('data', (text) => {
      stdout += text;
    });
    child.stderr?.on('data', (text) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      try {
        resolve({ code: code ?? -1, stderr, result: JSON.parse(stdout) });
      } catch {
        reject(new Error(`the differential program gave no result (exit ${code}):\n${stderr}`));
      }
    });
  });
}

test('the comparison agrees with the kernel about itself', async () => {
  const { result } = await differential(harnessSeed, '--scan', 'kernel', '--objects', '1500');
  expect(result.failures).toEqual([]);
  expect(result.objects).toBeGreaterThanOrEqual(1500);
});

test.each(['object', 'twice', 'lookup', 'listed', 'type', 'mode', 'size', 'data', 'unknown', 'entries'])(
  'the comparison finds one false %s',
  async (field) => {
    const { code, result } = await differential(harnessSeed, '--scan', 'kernel', '--lie', field, '--objects', '300');
    expect(code).toBe(1);
    expect(result.failures[0]?.differences.map((difference) => difference.field)).toContain(field);
  },
);

test('a scan that knows no marks is found wrong, by a small case', async () => {
  const { code, stderr, result } = await differential(
    harnessSeed,
    '--scan',
    'naive',
    '--objects',
    '500',
    '--failures',
    '3',
  );
  expect(code).toBe(1);
  for (const { smallest } of result.failures) expect(JSON.stringify(smallest).length).toBeLessThan(1500);
  expect(stderr).toContain('mount -t overlay');
});
