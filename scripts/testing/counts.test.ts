import { expect, test } from 'vitest';
import { countsOfPlaywright, judged, lastLine, NO_REASON, sum } from './counts.ts';

test('a run ends with one plain line over all suites', () => {
  const one = { passed: 3, failed: 0, skipped: [{ name: 'a', reason: 'no mkfs' }] };
  expect(lastLine(sum([one, { passed: 1, failed: 2, skipped: [] }]))).toBe('4 passed, 2 failed, 1 skipped');
});

test('a suite that fails without a failed test has failed; so has one that ran nothing', () => {
  const good = { passed: 3, failed: 0, skipped: [] };
  expect(judged(good, 0).failed).toBe(0);
  expect(judged(good, 1).failed).toBe(1);
  expect(judged(good, null).failed).toBe(1);
  expect(judged({ ...good, failed: 2 }, 1).failed).toBe(2);
  expect(judged({ passed: 0, failed: 0, skipped: [] }, 0).failed).toBe(1);
});

test("Playwright's report, suites within suites", () => {
  const spec = (title: string, status: string, annotations: { type: string; description?: string }[] = []) => ({
    title,
    file: 'a.spec.ts',
    tests: [{ status, annotations }],
  });
  const report = {
    suites: [
      {
        specs: [spec('one', 'expected'), spec('two', 'unexpected')],
        suites: [
          { specs: [spec('three', 'flaky'), spec('four', 'skipped', [{ type: 'skip', description: 'no browser' }])] },
          { specs: [spec('five', 'skipped')] },
        ],
      },
    ],
  };
  expect(countsOfPlaywright(report)).toEqual({
    passed: 2,
    failed: 1,
    skipped: [
      { name: 'a.spec.ts › four', reason: 'no browser' },
      { name: 'a.spec.ts › five', reason: NO_REASON },
    ],
  });
});
