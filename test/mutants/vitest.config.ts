import { defineConfig } from 'vitest/config';

/** Tests of all tiers that need no stack, on a copy of the checkout: nothing is written outside of it. */
export default defineConfig({
  cacheDir: '.mutants-cache',
  test: {
    include: ['test/**/*.test.ts'],
    environment: 'node',
    setupFiles: ['test/properties.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
