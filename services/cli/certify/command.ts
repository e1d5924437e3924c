/** Certificates of one order or of all, from the topics of a cluster alone. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { httpRegistry } from '../../../schemas/registry.ts';
import { openSchemas, type Schemas } from '../../../schemas/serde.ts';
import type { Policy } from '../../order-stream/domain/policy.ts';
import { paymentMethodsIn } from '../../order-stream/domain/shop.ts';
import { loadWorkflows } from '../../order-stream/workflows/directory.ts';
import type { Workflows } from '../../order-stream/workflows/set.ts';
import { diskBackends } from '../../runtime/disk-store.ts';
import { kafkajsCluster } from '../../runtime/kafkajs/cluster.ts';
import type { KafkaCluster } from '../../runtime/ports.ts';
import { memoryBackend, type StoreBackend } from '../../runtime/store.ts';
import type { Stage } from '../../runtime/topology.ts';
import type { CliConfig } from '../environment.ts';
import { topicsOf } from '../kafka.ts';
import { explainedBy, readReplays } from '../replay/audit.ts';
import { certificate, type Certificate, type Verdict } from './certificate.ts';
import { collect, type Scope } from './collect.ts';
import { samplePositions } from './positions.ts';
import { openSpool } from './spool.ts';
import { type Ways, waysOf } from './topics.ts';

/** What certificates are made from. */
export type World = Readonly<{ cluster: Pick<KafkaCluster, 'admin' | 'reader'>; schemas: Schemas; ways: Ways }>;

/** The stages, ready to run. Policy and workflows must be those that the order stream runs with. */
export const openWays = async (schemas: Schemas, policy: Policy, workflows: Workflows): Promise<Ways> => {
  const ways = waysOf(schemas, policy, workflows);
  for (const serde of new Set(ways.serdes)) await serde.open?.();
  return ways;
};

export type CertifyOptions = Readonly<{
  say?: (text: string) => void;
  onCertificate: (certificate: Certificate) => void;
}>;

/** Of all orders. */
export type Summary = Readonly<{
  orders: number;
  counts: Readonly<Record<Verdict, number>>;
  violating: readonly string[];
}>;

/** Tables on disk while one partition of a stage is run, gone after it. */
const temporaryBackends = (directory: string) => {
  let n = 0;
  return (stage: Stage): Promise<StoreBackend> =>
    diskBackends(directory)({
      application: 'certify',
      stage: stage.name,
      partition: n++,
      stores: stage.stores.map(({ name }) => name),
    });
};

const TELL_EVERY = 1_000;

/** Makes a certificate of every order in scope, one after another; only one order is in memory at a time. */
export const certify = async (world: World, scope: Scope, options: CertifyOptions): Promise<number> => {
  const { cluster, schemas, ways } = world;
  const say = options.say ?? (() => undefined);
  const directory = mkdtempSync(join(tmpdir(), 'millrace-certify-'));
  const spool = openSpool(scope === undefined ? directory : undefined);
  const admin = await cluster.admin();
  const reader = await cluster.reader();
  const topics = await topicsOf(cluster, schemas);
  try {
    const replays = await readReplays(topics);
    const explains = replays.length === 0 ? undefined : explainedBy(replays);
    const positions = await samplePositions(admin, ways, [
      schemas.topic('stripeObjects').name,
      schemas.topic('deadLetters').name,
    ]);
    const openBackend = scope === undefined ? temporaryBackends(directory) : () => Promise.resolve(memoryBackend());
    const letters = await collect(
      { schemas, ways, positions, admin, reader, spool, openBackend, explains, say },
      scope,
    );
    const partitions = positions.count(ways.payments.name);
    const total = spool.count();
    let done = 0;
    for (const orderId of spool.orderIds()) {
      options.onCertificate(
        certificate({ ...spool.facts(orderId), letters: letters.get(orderId) ?? [], partitions }, ways),
      );
      done += 1;
      if (done % TELL_EVERY === 0) say(`${done} of ${total} orders`);
    }
    return done;
  } finally {
    await topics.close();
    await reader.close();
    await admin.close();
    spool.close();
    rmSync(directory, { recursive: true, force: true });
  }
};

const worldOf = async (config: CliConfig): Promise<World> => {
  const schemas = openSchemas(httpRegistry(config.MILLRACE_REGISTRY_URL));
  const policy = {
    stores: config.MILLRACE_STORES,
    stripeMethods: paymentMethodsIn(config.MILLRACE_STRIPE_METHODS),
    captureOnShipment: paymentMethodsIn(config.MILLRACE_STRIPE_CAPTURE_ON_SHIPMENT),
    offSession: paymentMethodsIn(config.MILLRACE_STRIPE_OFF_SESSION),
    shippedWithFirst: config.MILLRACE_SHIPPED_WITH_FIRST,
    livemode: config.MILLRACE_STRIPE_LIVEMODE,
  };
  const cluster = kafkajsCluster({ brokers: config.MILLRACE_KAFKA_BROKERS, clientId: 'millrace-cli' });
  const workflows = { current: loadWorkflows(config.MILLRACE_WORKFLOWS_DIR, config.MILLRACE_ENVIRONMENT) };
  return { cluster, schemas, ways: await openWays(schemas, policy, workflows) };
};

/** Undefined when no topic knows the order. */
export const certifyOrder = async (config: CliConfig, orderId: string): Promise<Certificate | undefined> => {
  let found: Certificate | undefined;
  await certify(await worldOf(config), orderId, { onCertificate: (each) => (found = each) });
  return found;
};

export const certifyAll = async (config: CliConfig, options: CertifyOptions): Promise<Summary> => {
  const counts: Record<Verdict, number> = {
    'exactly once': 0,
    'under way': 0,
    'put aside': 0,
    unproven: 0,
    violated: 0,
  };
  const violating: string[] = [];
  const orders = await certify(await worldOf(config), undefined, {
    ...options,
    onCertificate: (each) => {
      counts[each.verdict] += 1;
      if (each.verdict === 'violated') violating.push(each.orderId);
      options.onCertificate(each);
    },
  });
  return { orders, counts, violating };
};
