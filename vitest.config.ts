import { defineConfig } from 'vitest/config';

/**
 * Tiers by what they need: `unit` and `topology` need nothing, `conformance` runs its suites against memory and, when a
 * stack is given, real brokers; `integration` asks test/stack.ts for the real parts.
 */
const tier = (name: string, include: string[], timeoutMs: number) => ({
  test: { name, include, environment: 'node', testTimeout: timeoutMs, hookTimeout: timeoutMs },
});

export default defineConfig({
  test: {
    projects: [
      tier('unit', ['test/unit/**/*.test.ts', 'infra/sandbox/**/*.test.ts'], 20_000),
      tier('topology', ['test/topology/**/*.test.ts'], 20_000),
      tier('conformance', ['test/conformance/**/*.test.ts'], 120_000),
      tier('integration', ['test/integration/**/*.test.ts'], 240_000),
    ],
  },
});
