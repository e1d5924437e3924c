import { expect, it } from 'vitest';
import { serviceEnvironment } from '../../../infra/local/environment.ts';
import { DEFAULT_PORTS } from '../../../infra/local/ports.ts';
import type { Secrets } from '../../../infra/local/secrets.ts';
import { stateLayout } from '../../../infra/local/state.ts';
import { configOf } from '../../../services/cli/environment.ts';

it('the environment of the local stack is one that the commands take', () => {
  const secrets = new Proxy({} as Secrets, { get: (_, name) => `secret-${String(name)}` });
  const config = configOf(serviceEnvironment(stateLayout('/nowhere'), DEFAULT_PORTS, secrets));
  expect(config.MILLRACE_KAFKA_BROKERS).toEqual([`127.0.0.1:${DEFAULT_PORTS.kafka}`]);
  // A stack of minutes does not wait ten of them.
  expect(config.MILLRACE_UNROUTED_AFTER_MS).toBe(0);
});
