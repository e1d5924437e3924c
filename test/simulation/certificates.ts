/**
 * Certificates of what a schedule has left in its topics, with real bytes: whoever reads them later must find that every
 * order was decided, sent and answered exactly once.
 */
import { parseAvro, readSchema } from '../../schemas/avro.ts';
import { memoryRegistry } from '../../schemas/registry.ts';
import { openSchemas } from '../../schemas/serde.ts';
import { type TopicDefinition, type TopicKey, topics } from '../../schemas/topics.ts';
import { certify, openWays } from '../../services/cli/certify/command.ts';
import type { ConsumedRecord, PartitionReader } from '../../services/runtime/ports.ts';
import { memoryCluster } from '../../services/runtime/memory/cluster.ts';
import type { Topic } from '../../services/runtime/topology.ts';
import { complete } from '../topology/order-stream/shop-log.ts';
import { policy, workflows } from './machines.ts';
import type { Evidence } from './oracle.ts';

const keyOf: ReadonlyMap<string, TopicKey> = new Map(
  Object.entries(topics).map(([key, { name }]) => [name, key as TopicKey]),
);

type Row = Readonly<Record<string, unknown>> | null;
type Envelope = Readonly<{ before: Row; after: Row }>;

/** Says every violation. The schedule must have come to rest. */
export const checkCertificates = async (evidence: Evidence, say: (what: string) => void): Promise<number> => {
  const { broker, schemas: byNumber } = evidence;
  const registry = memoryRegistry();
  const schemas = openSchemas(registry);
  const { targets, ...others } = await openWays(schemas, policy, workflows);
  // Nobody carries notifications out in here.
  const unheard = { ...targets.get('notifications')!, group: null };
  const ways = { ...others, targets: new Map([...targets, ['notifications', unheard]]) };
  const cluster = memoryCluster(broker, { now: () => 0, sleep: () => Promise.resolve() });

  /** A change of the shop as the connector writes it: with every column, and under a schema of its own. */
  const change = (file: string, envelope: Envelope): Buffer => {
    const schema = readSchema(file);
    const header = Buffer.alloc(5);
    header.writeInt32BE(registry.register(schema), 1);
    const rows = { before: complete(schema, envelope.before), after: complete(schema, envelope.after) };
    return Buffer.concat([header, parseAvro(schema).toBuffer({ ...envelope, ...rows })]);
  };
  /** What a record would be in Avro; bytes of nobody stay so. */
  const inAvro = (record: ConsumedRecord): ConsumedRecord => {
    const key = keyOf.get(record.topic);
    if (record.value === null || key === undefined) return record;
    let value: unknown;
    try {
      value = byNumber.topic(key).value.decode(record.value);
    } catch {
      return record;
    }
    const { foreign, records }: TopicDefinition = topics[key];
    const { value: serde } = schemas.topic(key) as Topic<unknown>;
    return { ...record, value: foreign ? change(records[0]!, value as Envelope) : serde.encode(value) };
  };
  const reader = async (): Promise<PartitionReader> => {
    const inner = await cluster.reader();
    return {
      async *read(source, from, to) {
        for await (const page of inner.read(source, from, to)) yield { ...page, records: page.records.map(inAvro) };
      },
      close: () => inner.close(),
    };
  };
  return certify({ cluster: { admin: () => cluster.admin(), reader }, schemas, ways }, undefined, {
    onCertificate: ({ orderId, verdict, violations, open }) => {
      for (const { kind, message } of violations) say(`certificate of ${orderId}: ${kind}: ${message}`);
      if (verdict === 'under way') say(`certificate of ${orderId}: ${open.join(', ')} under way at rest`);
    },
  });
};
