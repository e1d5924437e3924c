import { defineConfig } from 'vitest/config';

/** Tests of all tiers that need no stack, on a copy of the checkout: nothing is written outside of it. */
export default defineConfig({
  cacheDir: '.mutants-cache',
  test: {
    include: ['test/**/*.test.ts'],
    environment: 'node',
    testTimeout: 30_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
  },
});
