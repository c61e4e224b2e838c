import { defineConfig } from '@playwright/test';

// Whole-program tests. They share one machine's mounts, display and clock, so one runs at a time. The window needs a
// display (npm test gives it one with xvfb-run); the browser form is driven with Debian's Chromium.
export default defineConfig({
  testDir: 'e2e',
  testMatch: '**/*.spec.ts',
  outputDir: 'artifacts/e2e',
  workers: 1,
  fullyParallel: false,
  forbidOnly: process.env.CI !== undefined,
  // Each drives a real window against a clock: what passes the second time is reported, and does not stop the rest.
  retries: process.env.CI === undefined ? 0 : 1,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  use: { actionTimeout: 15_000, navigationTimeout: 15_000 },
  reporter: [['list'], ['json', { outputFile: 'artifacts/e2e.json' }]],
});
