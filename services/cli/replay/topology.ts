/** The order stream as the present code has it, and what a replay has to know of it. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Schemas } from '../../../schemas/serde.ts';
import { type TopicDefinition, topics } from '../../../schemas/topics.ts';
import { paymentMethodsIn } from '../../order-stream/domain/shop.ts';
import { loadWorkflows } from '../../order-stream/workflows/directory.ts';
import { orderTopology } from '../../order-stream/topology.ts';
import type { Topology } from '../../runtime/topology.ts';
import type { CliConfig } from '../environment.ts';

const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')));

type Settings = Pick<
  CliConfig,
  | 'MILLRACE_STORES'
  | 'MILLRACE_STRIPE_METHODS'
  | 'MILLRACE_STRIPE_CAPTURE_ON_SHIPMENT'
  | 'MILLRACE_STRIPE_OFF_SESSION'
  | 'MILLRACE_SHIPPED_WITH_FIRST'
  | 'MILLRACE_STRIPE_LIVEMODE'
  | 'MILLRACE_WORKFLOWS_DIR'
  | 'MILLRACE_ENVIRONMENT'
>;

/** With the same settings as the services: a replay under others is another program. */
export const topologyOf = (config: Settings, schemas: Schemas): Topology =>
  orderTopology(
    schemas,
    {
      stores: config.MILLRACE_STORES,
      stripeMethods: paymentMethodsIn(config.MILLRACE_STRIPE_METHODS),
      captureOnShipment: paymentMethodsIn(config.MILLRACE_STRIPE_CAPTURE_ON_SHIPMENT),
      offSession: paymentMethodsIn(config.MILLRACE_STRIPE_OFF_SESSION),
      shippedWithFirst: config.MILLRACE_SHIPPED_WITH_FIRST,
      livemode: config.MILLRACE_STRIPE_LIVEMODE,
    },
    version,
    { current: loadWorkflows(config.MILLRACE_WORKFLOWS_DIR, config.MILLRACE_ENVIRONMENT) },
  );

/** The stage that keeps orders apart: its records, stores and outputs are keyed by order id. */
export const keyedByOrder = 'orders';

/** Topics whose records are carried out under their id, for ever: other contents under a known id are a conflict. */
export const commandTopics: ReadonlySet<string> = new Set([
  topics.stripeCommands.name,
  topics.adnsfCommands.name,
  topics.erpCommands.name,
  topics.notifications.name,
]);

const definitions: readonly TopicDefinition[] = Object.values(topics);

/** Topics that keep only the last record of a key. */
export const compactedTopics: ReadonlySet<string> = new Set(
  definitions.filter(({ config }) => config['cleanup.policy'] === 'compact').map(({ name }) => name),
);
