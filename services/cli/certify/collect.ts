/** Reads the topics and runs the stages before the decider in shadow; what is about an order goes to the spool. */
import type { PaymentFact } from '../../../schemas/generated/types.ts';
import type { Schemas } from '../../../schemas/serde.ts';
import { needsPerson } from '../../dead-letters/letter.ts';
import { allLetters } from '../../dead-letters/read.ts';
import { isSnapshotRead, placeOf } from '../../order-stream/sources/debezium.ts';
import { PoisonError } from '../../runtime/errors.ts';
import { partitionOf } from '../../runtime/partitioner.ts';
import type { Admin, ConsumedRecord, PartitionReader, TopicPartition } from '../../runtime/ports.ts';
import { redrivenFrom } from '../../runtime/redrive.ts';
import { inputsOf, type Made, madeOf } from '../../runtime/stage-run.ts';
import { StoreOverlay, type StoreBackend } from '../../runtime/store.ts';
import type { Stage, Topic } from '../../runtime/topology.ts';
import type { Explain } from '../../runtime/replay/comparison.ts';
import { type Letter, placeText, type Seen } from './facts.ts';
import { mergedByPlace, type Fed } from './merged.ts';
import type { Positions } from './positions.ts';
import type { Group, Side, Spool } from './spool.ts';
import type { Ways } from './topics.ts';

export type Collecting = Readonly<{
  schemas: Schemas;
  ways: Ways;
  positions: Positions;
  admin: Admin;
  reader: PartitionReader;
  spool: Spool;
  /** Tables of a stage while it runs in shadow. */
  openBackend: (stage: Stage) => Promise<StoreBackend>;
  /** Which copies audited replays have sent; undefined when there was none. Asked in the order of offsets. */
  explains: Explain | undefined;
  /** Told how far it is, for people. */
  say: (text: string) => void;
}>;

/** Of which order; undefined for all. */
export type Scope = string | undefined;

const keyOf = ({ key }: ConsumedRecord): string => key?.toString('utf8') ?? '';

async function* pages(
  { reader, positions, ways }: Collecting,
  source: TopicPartition,
): AsyncGenerator<readonly ConsumedRecord[]> {
  const serde = ways.serdeOf(source.topic);
  for await (const { records } of reader.read(source, positions.begin(source), positions.end(source))) {
    await serde.prepare?.(records.flatMap(({ value }) => (value === null ? [] : [value])));
    yield records;
  }
}

/** The value, or null when there is none that could be read. */
const decoded = <V>(topic: Topic<V>, record: ConsumedRecord): V | null => {
  try {
    return record.value === null ? null : topic.value.decode(record.value);
  } catch (error) {
    if (error instanceof PoisonError) return null;
    throw error;
  }
};

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** Runs a stage over batches of records. */
const runShadow = async (
  world: Collecting,
  stage: Stage,
  batches: AsyncIterable<readonly Fed[]>,
  take: (fed: Fed, made: Made) => void,
): Promise<void> => {
  const backend = await world.openBackend(stage);
  try {
    const overlay = new StoreOverlay(backend, stage.stores);
    for await (const batch of batches) {
      world.spool.together(() => {
        for (const fed of batch) {
          const made = madeOf(stage, fed.input, fed.record, (store) => overlay.view(store));
          if (made.failed === undefined) overlay.keepRecord();
          else overlay.dropRecord();
          take(fed, made);
        }
      });
      await backend.write(overlay.writes(), new Map());
      overlay.clear();
    }
  } finally {
    await backend.close();
  }
};

const settledOf = ({ positions, ways }: Collecting, stage: Stage, record: ConsumedRecord): boolean =>
  positions.settled(ways.groupOf(stage), record, record.offset);

/** Whether all that a stage has read of a partition is still kept. */
const isKept = ({ positions }: Collecting, stage: Stage, partition: number): boolean =>
  inputsOf(stage).every(({ topic }) => positions.begin({ topic: topic.name, partition }) === 0n);

/** Orders whose images are made in a partition, from what customers' rows say. */
const collectImages = async (
  world: Collecting,
  partition: number,
  orderId: Scope,
  wants: (customer: string) => boolean,
): Promise<void> => {
  const { ways, spool, schemas } = world;
  const stage = ways.assembly;
  const kept = isKept(world, stage, partition);
  const orders = schemas.topic('orders');
  const streams = inputsOf(stage).map(({ topic }) => wanted(pages(world, { topic: topic.name, partition }), wants));
  let last = { place: '', at: '' };
  await runShadow(world, stage, mergedByPlace(stage, streams), ({ record }, made) => {
    const images = made.outputs.filter(({ topic }) => topic === ways.images.name);
    for (const { topic, key, value } of made.outputs) {
      const side = topic === ways.images.name ? 'images' : topic === ways.returns.name ? 'returns' : undefined;
      const id = key!.toString('utf8');
      if (side === undefined || (orderId !== undefined && id !== orderId)) continue;
      spool.derived(id, side, {
        from: record,
        timestamp: record.timestamp,
        value: value!,
        settled: settledOf(world, stage, record),
        sequence: '',
        mayWait: false,
      });
      if (side === 'returns') spool.source(id, { ...placed(record), what: 'row of returns', outcome: 'told' });
    }
    if (record.topic !== orders.name) return;
    const envelope = decoded(orders, record);
    const row = envelope?.after ?? envelope?.before ?? null;
    if (row === null) return;
    const id = String(row.OrderNumber);
    if (orderId !== undefined && id !== orderId) return;
    if (!kept) for (const side of ['images', 'returns'] as const) spool.gap(id, side);
    // A redriven change is told again by a person, not by the shop.
    if (envelope !== null && !isSnapshotRead(envelope) && redrivenFrom(record.headers) === undefined) {
      const place = placeOf(envelope) ?? '';
      const at = placeText(record);
      if (place === last.place)
        spool.fault(id, { kind: 'doubled', message: `the change at ${last.at} is at ${at} again` });
      if (place < last.place)
        spool.fault(id, { kind: 'reordered', message: `${at} is older in the shop's log than ${last.at}` });
      last = { place, at };
    }
    const refusal = made.refusals.at(-1);
    if (images.length === 0 && refusal === undefined) spool.quiet(id);
    else
      spool.source(id, {
        ...placed(record),
        what: `Orders row ${row.TransactionState ?? 'without a state'}`,
        outcome: refusal === undefined ? 'assembled' : `refused: ${refusal.code}`,
      });
  });
};

const placed = ({
  topic,
  partition,
  offset,
}: ConsumedRecord): { topic: string; partition: number; offset: bigint } => ({
  topic,
  partition,
  offset,
});

async function* wanted(
  stream: AsyncIterable<readonly ConsumedRecord[]>,
  wants: (key: string) => boolean,
): AsyncGenerator<readonly ConsumedRecord[]> {
  for await (const records of stream) yield records.filter((record) => wants(keyOf(record)));
}

/**
 * Facts about payments, from what Stripe said in one partition. What was read already goes first; and of that what tells
 * which order an object belongs to, so that only events wait of which nobody has told it.
 */
const collectPayments = async (
  world: Collecting,
  partition: number,
  orderId: Scope,
  wants: (object: string) => boolean,
): Promise<void> => {
  const { ways, spool } = world;
  const stage = ways.routing;
  const kept = isKept(world, { ...stage, inputs: stage.inputs.slice(0, 1) }, partition);
  async function* phases(): AsyncGenerator<readonly Fed[]> {
    for (const settled of [true, false])
      for (const [input, { topic }] of [...inputsOf(stage).entries()].reverse())
        for await (const records of wanted(pages(world, { topic: topic.name, partition }), wants))
          yield records
            .filter((record) => settledOf(world, stage, record) === settled)
            .map((record) => ({ input, record }));
  }
  await runShadow(world, stage, phases(), ({ record }, made) => {
    for (const { topic, key, value } of made.outputs) {
      const id = key!.toString('utf8');
      if (topic !== ways.payments.name || (orderId !== undefined && id !== orderId)) continue;
      if (!kept) spool.gap(id, 'payments');
      const fact = ways.payments.value.decode(value!) as PaymentFact;
      const settled = settledOf(world, stage, record);
      const sequence = `${partition}/${keyOf(record)}`;
      // An event that names its order has the order as its key, and waits for nobody.
      const mayWait = keyOf(record) !== id;
      const { timestamp } = record;
      spool.derived(id, 'payments', { from: record, timestamp, value: value!, settled, sequence, mayWait });
      spool.source(id, { ...placed(record), what: `event ${fact.factId}`, outcome: fact.kind });
    }
  });
};

const againOf = ({ spool, explains }: Collecting, key: string, kind: Group, record: ConsumedRecord): Seen['again'] => {
  if (redrivenFrom(record.headers) !== undefined) return 'redriven';
  if (explains === undefined || record.value === null) return null;
  const before = spool.lastCopy(key, kind, record, record.value);
  if (before === undefined) return null;
  return explains(record.topic, record.partition, before, record.offset) ? 'replayed' : null;
};

/** Records of a topic keyed by order, as they lie. */
const collectSeen = async (
  world: Collecting,
  topic: string,
  kind: Group,
  reader: string | null,
  orderId: Scope,
): Promise<void> => {
  const { positions, spool } = world;
  const count = positions.count(topic);
  const home = orderId === undefined ? undefined : partitionOf(Buffer.from(orderId), count);
  for (const partition of numbers(count)) {
    if (home !== undefined && partition !== home) continue;
    for await (const records of pages(world, { topic, partition }))
      spool.together(() => {
        for (const record of records) {
          const key = keyOf(record);
          if (orderId !== undefined && key !== orderId) continue;
          spool.seen(key, kind, {
            ...record,
            settled: positions.settled(reader, record, record.offset),
            late: positions.late(record, record.offset),
            again: againOf(world, key, kind, record),
          });
        }
      });
  }
};

/** Customers of the order, and Stripe's objects that belong to it. */
const relatedTo = async (
  world: Collecting,
  orderId: string,
): Promise<Readonly<{ customers: ReadonlySet<string>; objects: ReadonlySet<string> }>> => {
  const customers = new Set<string>();
  const objects = new Set([orderId]);
  const { positions, schemas } = world;
  const orders = schemas.topic('orders');
  for (const partition of numbers(positions.count(orders.name)))
    for await (const records of pages(world, { topic: orders.name, partition }))
      for (const record of records) {
        const envelope = decoded(orders, record);
        const row = envelope?.after ?? envelope?.before;
        // Its credits are orders of their own.
        if (String(row?.OrderNumber) === orderId || String(row?.ParentOrderNumber) === orderId)
          customers.add(keyOf(record));
      }
  const links = schemas.topic('stripeObjects');
  for (const partition of numbers(positions.count(links.name)))
    for await (const records of pages(world, { topic: links.name, partition }))
      for (const record of records) if (decoded(links, record)?.orderId === orderId) objects.add(keyOf(record));
  return { customers, objects };
};

/** What was put aside, by order as far as the letter's key is one. */
const collectLetters = async (world: Collecting, orderId: Scope): Promise<ReadonlyMap<string, readonly Letter[]>> => {
  const found = new Map<string, Letter[]>();
  const { name: topic } = world.schemas.topic('deadLetters');
  for await (const { partition, offset, letter, standing } of allLetters(world)) {
    const key = letter.key?.toString('utf8') ?? '';
    if (orderId !== undefined && key !== orderId) continue;
    const { stage, code, message, sourceTopic, sourcePartition, sourceOffset } = letter;
    const from = { topic: sourceTopic, partition: sourcePartition, offset: sourceOffset };
    const waits = needsPerson(standing);
    found.set(key, [...(found.get(key) ?? []), { topic, partition, offset, from, stage, code, message, waits }]);
  }
  return found;
};

/** Fills the spool. @returns what was put aside, by key */
export const collect = async (world: Collecting, orderId: Scope): Promise<ReadonlyMap<string, readonly Letter[]>> => {
  const { ways, positions, say } = world;
  const related = orderId === undefined ? undefined : await relatedTo(world, orderId);
  const partitionsOf = (stage: Stage, keys: ReadonlySet<string> | undefined): number[] => {
    const count = positions.count(inputsOf(stage)[0]!.topic.name);
    if (keys === undefined) return numbers(count);
    return [...new Set([...keys].map((key) => partitionOf(Buffer.from(key), count)))];
  };
  const sides: readonly [Side, Stage, ReadonlySet<string> | undefined, typeof collectImages][] = [
    ['images', ways.assembly, related?.customers, collectImages],
    ['payments', ways.routing, related?.objects, collectPayments],
  ];
  for (const [side, stage, keys, run] of sides) {
    const partitions = partitionsOf(stage, keys);
    for (const [done, partition] of partitions.entries()) {
      say(`${side}: partition ${done + 1} of ${partitions.length}`);
      await run(world, partition, orderId, (key) => keys === undefined || keys.has(key));
    }
  }
  const decider = ways.groupOf(ways.orders);
  const topics: [string, Group, string | null][] = [
    [ways.images.name, 'images', decider],
    [ways.returns.name, 'returns', decider],
    [ways.payments.name, 'payments', decider],
    ...ways.snapshots.map(({ name }): [string, Group, string] => [name, 'snapshots', decider]),
  ];
  for (const { commands, results, group } of ways.targets.values()) {
    topics.push([commands, 'commands', group]);
    if (results !== null && positions.count(results) > 0) topics.push([results, 'results', decider]);
  }
  for (const [topic, kind, reader] of topics) {
    say(`reading ${topic}`);
    await collectSeen(world, topic, kind, reader, orderId);
  }
  return collectLetters(world, orderId);
};
