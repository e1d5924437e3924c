import { defineConfig } from 'vitest/config';

/**
 * Tiers by what they need: `unit` and `topology` need nothing; `conformance` and `integration` get the real parts from
 * test/stack.ts.
 */
const tier = (name: string, include: string[], timeoutMs: number, globalSetup: string[] = [], more: object = {}) => ({
  test: {
    name,
    include,
    environment: 'node',
    setupFiles: ['test/properties.ts'],
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs,
    globalSetup,
    ...more,
  },
});

export default defineConfig({
  test: {
    maxWorkers: 2,
    // What a failing assertion saw is worth its length.
    chaiConfig: { truncateThreshold: 4_000 },
    projects: [
      tier('unit', ['test/unit/**/*.test.ts', 'infra/**/*.test.ts'], 120_000),
      tier('topology', ['test/topology/**/*.test.ts'], 120_000),
      tier('conformance', ['test/conformance/**/*.test.ts'], 120_000, ['test/stack.ts']),
      // Each file runs the services on the one stack: one after the other.
      tier('integration', ['test/integration/**/*.test.ts'], 300_000, ['test/stack.ts'], { fileParallelism: false }),
      // Takes parts of a stack of its own away; minutes long.
      tier('runbooks', ['test/runbooks/**/*.test.ts'], 300_000),
    ],
  },
});
