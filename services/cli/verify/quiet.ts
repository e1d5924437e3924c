/** Whether everything that was begun has come to its end: what verify waits for before it judges. */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { connectorState } from '../../../connectors/connect-api.ts';
import { type TopicDefinition, topics as definitions } from '../../../schemas/topics.ts';
import { ORDER_STREAM, orderTopology } from '../../order-stream/topology.ts';
import { noWorkflows } from '../../order-stream/workflows/set.ts';
import { groupId } from '../../runtime/topics.ts';
import type { PartitionReader, TopicPartition } from '../../runtime/ports.ts';
import type { CliConfig } from '../environment.ts';
import type { Topics } from '../kafka.ts';
import type { LedgerReader } from '../ledger.ts';

/** Nothing has moved for this long: longer than a poll of the connector, a batch, and a settlement in the sandbox. */
const STILL_MS = 3_000;
const LOOK_EVERY_MS = 500;
const CONNECTOR = 'adnsf-sqlserver';
/** Keeps its positions in its own database, with what it has booked. */
const LEDGER = 'erp-ledger';

export type Lag = TopicPartition & Readonly<{ group: string; unread: number }>;

const id = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`;

/** Groups that must read a topic, as far as the order stream says; others are found by what they have committed. */
const expectedReaders = (topics: Topics): ReadonlyMap<string, ReadonlySet<string>> => {
  const { stages } = orderTopology(
    topics.schemas,
    { stores: {}, stripeMethods: [], captureOnShipment: [], offSession: [], shippedWithFirst: false, livemode: false },
    '',
    noWorkflows(),
  );
  const readers = new Map<string, Set<string>>();
  for (const stage of stages)
    for (const { topic } of stage.inputs)
      readers.set(topic.name, (readers.get(topic.name) ?? new Set()).add(groupId(ORDER_STREAM, stage.name)));
  return readers;
};

/** Topics whose records are somebody's to carry out. */
const carriedOut: readonly string[] = [
  definitions.stripeCommands,
  definitions.adnsfCommands,
  definitions.erpCommands,
  definitions.notifications,
].map(({ name }) => name);

const unreadFrom = async (reader: PartitionReader, source: TopicPartition, from: bigint): Promise<number> => {
  let unread = 0;
  for await (const { records } of reader.read(source, from)) unread += records.length;
  return unread;
};

export type Ends = ReadonlyMap<string, bigint>;

/**
 * Records that groups have not read, and where topics end. A committed position may stand before markers that are no
 * records, so what lies behind it is looked at, not subtracted.
 */
export const lagOf = async (
  topics: Topics,
  reader: PartitionReader,
  ledger: Pick<LedgerReader, 'positions'>,
): Promise<Readonly<{ lags: readonly Lag[]; ends: Ends }>> => {
  const { admin } = topics;
  // How far the scanner came is no record that anybody acts on; it notes so all day long.
  const names = Object.values(definitions)
    .map(({ name }: TopicDefinition) => name)
    .filter((name) => name !== definitions.scanPositions.name);
  const partitions = [...(await admin.partitions(names))].flatMap(([topic, count]) =>
    Array.from({ length: count }, (_, partition) => ({ topic, partition })),
  );
  const [ends, begins] = await Promise.all([admin.endOffsets(partitions), admin.beginningOffsets(partitions)]);
  const endOf = new Map(ends.map((end) => [id(end), end.stable]));
  const beginOf = new Map(begins.map((begin) => [id(begin), begin.offset]));
  const expected = expectedReaders(topics);
  const own = new Map(ledger.positions().map((position) => [id(position), position.offset]));
  const groups = new Set([
    LEDGER,
    ...(await admin.listGroups()),
    ...[...expected.values()].flatMap((readers) => [...readers]),
  ]);

  const lags: Lag[] = [];
  const readBySomebody = new Set<string>();
  for (const group of groups) {
    const committed =
      group === LEDGER
        ? own
        : new Map((await admin.committedOffsets(group, partitions)).map((position) => [id(position), position.offset]));
    for (const source of partitions) {
      const position = committed.get(id(source));
      if (position === undefined && expected.get(source.topic)?.has(group) !== true) continue;
      readBySomebody.add(id(source));
      const from = position ?? beginOf.get(id(source)) ?? 0n;
      if (from >= (endOf.get(id(source)) ?? 0n)) continue;
      const unread = await unreadFrom(reader, source, from);
      if (unread > 0) lags.push({ ...source, group, unread });
    }
  }
  for (const source of partitions) {
    if (!carriedOut.includes(source.topic) || readBySomebody.has(id(source))) continue;
    const unread = await unreadFrom(reader, source, beginOf.get(id(source)) ?? 0n);
    if (unread > 0) lags.push({ ...source, group: 'nobody', unread });
  }
  return { lags, ends: endOf };
};

const sandboxState = z.object({
  webhooks: z.object({ pending: z.int() }),
  dueSoon: z.int(),
});

/** Webhooks not delivered and settlements due, where Stripe is the sandbox. */
const stripePending = async (config: CliConfig): Promise<readonly string[]> => {
  const base = config.MILLRACE_STRIPE_API_BASE;
  if (base === undefined) return [];
  const response = await fetch(new URL('/_sandbox/state', base), {
    headers: { authorization: `Bearer ${config.MILLRACE_STRIPE_SECRET_KEY}` },
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok) throw new Error(`${base}/_sandbox/state: ${response.status}`);
  const { webhooks, dueSoon } = sandboxState.parse(await response.json());
  return [
    ...(webhooks.pending > 0 ? [`${webhooks.pending} webhooks not delivered`] : []),
    ...(dueSoon > 0 ? [`${dueSoon} settlements due at Stripe`] : []),
  ];
};

const connectorTrouble = async (config: CliConfig): Promise<readonly string[]> => {
  const state = await connectorState(config.MILLRACE_CONNECT_URL, CONNECTOR);
  if (state === undefined) return [`connector ${CONNECTOR} does not exist`];
  const idle = [state.connector, ...state.tasks].find((part) => part.state !== 'RUNNING');
  return idle === undefined && state.tasks.length > 0
    ? []
    : [`connector ${CONNECTOR} is ${idle?.state ?? 'without a task'}`];
};

/** What is still under way, in words; nothing when all is done. */
export const whatIsUnderWay = async (
  config: CliConfig,
  topics: Topics,
  reader: PartitionReader,
  ledger: Pick<LedgerReader, 'positions'>,
): Promise<Readonly<{ pending: readonly string[]; ends: Ends }>> => {
  const { lags, ends } = await lagOf(topics, reader, ledger);
  const pending = [
    ...lags.map(
      ({ group, topic, partition, unread }) => `${group} has ${unread} records of ${topic}-${partition} to read`,
    ),
    ...(await stripePending(config)),
    ...(await connectorTrouble(config)),
  ];
  return { pending, ends };
};

/** Waits until nothing is under way and nothing has moved for a while; 0 seconds look once. @returns what still was, when time ran out */
export const waitUntilQuiet = async (
  config: CliConfig,
  topics: Topics,
  reader: PartitionReader,
  ledger: Pick<LedgerReader, 'positions'>,
  options: Readonly<{ seconds: number; say?: (text: string) => void }>,
): Promise<readonly string[]> => {
  const deadline = performance.now() + options.seconds * 1_000;
  let seen = '';
  let since = performance.now();
  for (;;) {
    let pending: readonly string[];
    try {
      const state = await whatIsUnderWay(config, topics, reader, ledger);
      pending = state.pending;
      const now = [...state.ends].map(([source, end]) => `${source}@${end}`).join();
      if (now !== seen || pending.length > 0) {
        seen = now;
        since = performance.now();
      }
    } catch (error) {
      // A part that is being restarted does not answer; it is not quiet either.
      pending = [String(error)];
      since = performance.now();
    }
    if (options.seconds === 0) return pending;
    if (performance.now() - since >= STILL_MS) return [];
    if (performance.now() > deadline) return pending.length > 0 ? pending : ['records are still arriving'];
    options.say?.(pending[0] ?? 'nothing under way, waiting a moment longer');
    await sleep(LOOK_EVERY_MS);
  }
};
