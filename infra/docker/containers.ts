import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DockerComposeEnvironment } from 'testcontainers';
import { startStack } from '../local/stack.ts';
import { REPOSITORY } from '../local/state.ts';

/** Parts that run in containers here. Our own services are what is tested: they run from the checkout. */
const IN_CONTAINERS = ['sqlserver', 'sqlserver-init', 'kafka', 'registry', 'connect'];

/**
 * The stack of `docker-compose.yml`, with a real SQL Server, for tests; the same environment as the stack without
 * Docker gives. The Stripe sandbox runs beside it, because it sends webhooks to a port of this machine.
 */
export async function startContainers(): Promise<{ env: Record<string, string>; stop: () => Promise<void> }> {
  const stateDir = await mkdtemp(join(tmpdir(), 'millrace-containers-'));
  // Claims every port of a stack, also those that the containers will publish, and makes its secrets.
  const beside = await startStack({ stateDir, parts: ['stripe'], handleSignals: false });
  const { ports, env } = beside;
  const given = (name: string): string => {
    const value = env[name];
    if (value === undefined) throw new Error(`the stack gives no ${name}`);
    return value;
  };
  try {
    const compose = await new DockerComposeEnvironment(REPOSITORY, 'docker-compose.yml')
      .withProjectName(`millrace-test-${randomBytes(4).toString('hex')}`)
      .withBuild()
      .withEnvironment({
        MILLRACE_SQLSERVER_PORT: String(ports.sqlserver),
        MILLRACE_KAFKA_PORT: String(ports.kafka),
        MILLRACE_REGISTRY_PORT: String(ports.registry),
        MILLRACE_CONNECT_PORT: String(ports.connect),
        MSSQL_SA_PASSWORD: `Mr1!${randomBytes(16).toString('hex')}`,
        MILLRACE_ADNSF_CDC_PASSWORD: given('MILLRACE_ADNSF_CDC_PASSWORD'),
        MILLRACE_ADNSF_SQL_PASSWORD: given('MILLRACE_ADNSF_SQL_PASSWORD'),
        MILLRACE_SHOP_SQL_PASSWORD: given('MILLRACE_SHOP_SQL_PASSWORD'),
        MILLRACE_ADNSF_REST_KEY: given('MILLRACE_ADNSF_REST_KEY'),
        MILLRACE_ADNSF_REST_READ_KEY: randomBytes(24).toString('hex'),
        MILLRACE_ADNSF_WEBHOOK_SECRETS: given('MILLRACE_ADNSF_WEBHOOK_SECRETS'),
        MILLRACE_PAYMENT_LINK_SECRETS: given('MILLRACE_PAYMENT_LINK_SECRETS'),
        MILLRACE_STRIPE_SECRET_KEY: given('MILLRACE_STRIPE_SECRET_KEY'),
        MILLRACE_STRIPE_PUBLISHABLE_KEY: given('MILLRACE_STRIPE_PUBLISHABLE_KEY'),
        MILLRACE_STRIPE_WEBHOOK_SECRETS: given('MILLRACE_STRIPE_WEBHOOK_SECRETS'),
      })
      .up(IN_CONTAINERS);
    return {
      env: { ...env },
      stop: async () => {
        await compose.down({ removeVolumes: true });
        await beside.stop();
        await rm(stateDir, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await beside.stop();
    await rm(stateDir, { recursive: true, force: true });
    throw error;
  }
}
