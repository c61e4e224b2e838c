import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

/** What talks to the kernel shares its mounts, loop devices and processes with all else: one file at a time. */
const serial = { environment: 'node', pool: 'forks', fileParallelism: false } as const;
const setupFiles = ['scripts/testing/vitest-setup.ts'];

export default defineConfig({
  test: {
    projects: [
      // Meaning and view: pure, fast, in parallel.
      {
        plugins: [react()],
        test: {
          name: 'unit',
          include: ['shared/**/*.test.ts', 'renderer/**/*.test.{ts,tsx}', 'scripts/**/*.test.ts'],
          environment: 'node',
          setupFiles,
        },
      },
      // Each room against the machine.
      {
        test: {
          ...serial,
          name: 'machine',
          include: ['electron/**/*.test.ts'],
          setupFiles,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      // The whole program without its window: against the kernel, and at the terminal.
      {
        test: {
          ...serial,
          name: 'whole',
          include: ['e2e/**/*.test.ts'],
          setupFiles,
          testTimeout: 600_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
