import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// Two projects. `unit` is pure and runs in parallel. `machine` talks to the kernel (mounts, loop devices, child
// processes), whose state is shared by everything that runs, so its files run one after another.
export default defineConfig({
  test: {
    projects: [
      {
        plugins: [react()],
        test: {
          name: 'unit',
          include: ['shared/**/*.test.ts', 'renderer/**/*.test.{ts,tsx}', 'scripts/**/*.test.ts'],
          environment: 'node',
        },
      },
      {
        test: {
          name: 'machine',
          include: ['electron/**/*.test.ts'],
          environment: 'node',
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
