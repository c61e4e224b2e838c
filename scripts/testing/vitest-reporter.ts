/** Writes a run's counts, with the reason of each skip, to the file that STRATOSCOPE_COUNTS names. */
import { writeFileSync } from 'node:fs';
import type { Reporter, TestCase } from 'vitest/node';
import { type Counts, NO_REASON } from './counts.ts';

export default class CountsReporter implements Reporter {
  readonly #counts: Counts = { passed: 0, failed: 0, skipped: [] };

  onTestCaseResult(test: TestCase): void {
    const result = test.result();
    if (result.state === 'passed') this.#counts.passed++;
    else if (result.state === 'failed') this.#counts.failed++;
    else if (result.state === 'skipped') {
      const name = `${test.module.moduleId.split('/').slice(-2).join('/')} › ${test.fullName}`;
      this.#counts.skipped.push({ name, reason: result.note ?? NO_REASON });
    }
  }

  onTestRunEnd(): void {
    const file = process.env.STRATOSCOPE_COUNTS;
    if (file !== undefined) writeFileSync(file, JSON.stringify(this.#counts));
  }
}
