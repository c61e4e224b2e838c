/** What a suite of tests came to. */
export type Skip = { name: string; reason: string };
export type Counts = { passed: number; failed: number; skipped: Skip[] };

export const NO_REASON = 'no reason given';

export const sum = (all: readonly Counts[]): Counts => ({
  passed: all.reduce((total, { passed }) => total + passed, 0),
  failed: all.reduce((total, { failed }) => total + failed, 0),
  skipped: all.flatMap(({ skipped }) => skipped),
});

/** The line that ends a run. */
export const lastLine = ({ passed, failed, skipped }: Counts): string =>
  `${passed} passed, ${failed} failed, ${skipped.length} skipped`;

/**
 * A suite that failed without a failed test (a file that cannot be loaded, an error outside all tests, a crash) has
 * failed all the same; so has one that ran nothing.
 */
export function judged(counts: Counts, exitCode: number | null): Counts {
  const ran = counts.passed + counts.failed + counts.skipped.length;
  const isFailure = exitCode !== 0 || ran === 0;
  return isFailure && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

type PlaywrightSpec = {
  title: string;
  file: string;
  tests: { status: string; annotations: { type: string; description?: string }[] }[];
};
type PlaywrightSuite = { suites?: PlaywrightSuite[]; specs?: PlaywrightSpec[] };
export type PlaywrightReport = { suites: PlaywrightSuite[] };

/** Counts of Playwright's JSON report. A test that passed at a second try only has failed. */
export function countsOfPlaywright(report: PlaywrightReport): Counts {
  const counts: Counts = { passed: 0, failed: 0, skipped: [] };
  const visit = (suite: PlaywrightSuite): void => {
    for (const spec of suite.specs ?? []) {
      for (const { status, annotations } of spec.tests) {
        if (status === 'expected' || status === 'flaky') counts.passed++;
        else if (status !== 'skipped') counts.failed++;
        else {
          const reason = annotations.find(({ type }) => type === 'skip')?.description ?? NO_REASON;
          counts.skipped.push({ name: `${spec.file} › ${spec.title}`, reason });
        }
      }
    }
    for (const inner of suite.suites ?? []) visit(inner);
  };
  for (const suite of report.suites) visit(suite);
  return counts;
}
