/**
 * Where drifts are decided about. One at a time: whoever opens the desk fences who was there before, and only then
 * reads what was repaired and raised, so that nothing is repaired or raised twice. Commands that are sent again and the
 * records of that are one transaction.
 */
import type { RaisedException, Repair } from '../../../schemas/generated/types.ts';
import type { Schemas } from '../../../schemas/serde.ts';
import { RetriableError } from '../../runtime/errors.ts';
import type {
  ConsumedRecord,
  KafkaCluster,
  PartitionReader,
  ProducedRecord,
  Transaction,
  TransactionalProducer,
} from '../../runtime/ports.ts';
import { repairHeaders, repairId } from '../../runtime/repair.ts';
import type { Topics } from '../kafka.ts';
import type { Place, SeenCommand } from '../verify/facts.ts';
import { type Drift, type History, type Looked, placeText, type Remedy, remediesFor } from './remedies.ts';

export type AuditSetup = Readonly<{
  cluster: Pick<KafkaCluster, 'transactionalProducer'>;
  topics: Topics;
  reader: PartitionReader;
}>;

export type Auditor = Readonly<{ by: string; at: bigint }>;

export type Orders = Readonly<{
  /** Send commands again, for this reason. */
  repair: { reason: string } | undefined;
  /** Tell of what no command repairs, and of what is over. */
  raise: boolean;
  /** This order only. */
  orderId?: string;
}>;

export type Done =
  | Readonly<{ kind: 'repaired'; drift: Drift; repair: Repair }>
  | Readonly<{ kind: 'raised' | 'standing'; drift: Drift; exception: RaisedException }>
  | Readonly<{ kind: 'resolved'; exception: RaisedException }>
  | Readonly<{ kind: 'told'; remedy: Remedy }>;

export const AUDIT_DESK = 'audit-desk';
/** Of one transaction: readers of the topics of commands wait for it. */
const BATCH = 50;

/** Everything that was done at the desk. */
export const readHistory = async (topics: Topics): Promise<History> => {
  const { schemas } = topics;
  const repairs = new Map<string, Repair[]>();
  for await (const { value } of topics.read(schemas.topic('repairs')))
    if (value !== null) repairs.set(value.commandId, [...(repairs.get(value.commandId) ?? []), value]);
  const open = new Map<string, RaisedException>();
  for await (const { value } of topics.read(schemas.topic('exceptions')))
    if (value?.status === 'raised') open.set(value.exceptionId, value);
    else if (value !== null) open.delete(value.exceptionId);
  return { repairs, open };
};

const record = <V>(
  topic: { name: string; value: { encode(value: V): Buffer } },
  key: string,
  value: V,
): ProducedRecord => ({
  topic: topic.name,
  key: Buffer.from(key),
  value: topic.value.encode(value),
});

const originalOf = async (reader: PartitionReader, { topic, partition, offset }: Place): Promise<ConsumedRecord> => {
  for await (const { records } of reader.read({ topic, partition }, offset, offset + 1n))
    for (const found of records) if (found.offset === offset) return found;
  throw new RetriableError(`${topic}-${partition}@${offset} cannot be read`);
};

const exceptionKey = ({ orderId, exceptionId }: RaisedException): string => orderId ?? exceptionId;

class Desk {
  readonly #setup: AuditSetup;
  readonly #producer: TransactionalProducer;
  readonly #schemas: Schemas;
  readonly #auditor: Auditor;
  readonly #history: History;

  constructor(setup: AuditSetup, producer: TransactionalProducer, auditor: Auditor, history: History) {
    this.#setup = setup;
    this.#producer = producer;
    this.#schemas = setup.topics.schemas;
    this.#auditor = auditor;
    this.#history = history;
  }

  /** All or nothing. */
  async #within<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const transaction = await this.#producer.begin();
    try {
      const result = await work(transaction);
      await transaction.commit();
      return result;
    } catch (error) {
      await transaction.abort().catch(() => undefined);
      throw error;
    }
  }

  /** Sends commands again in the order in which they were sent. */
  repair(due: readonly Extract<Remedy, { kind: 'repair' }>[], reason: string): Promise<readonly Done[]> {
    return this.#within(async (transaction) => {
      const done: Done[] = [];
      for (const { drift, command } of due) {
        const repair = await this.#send(transaction, drift, command, reason);
        await transaction.send([record(this.#schemas.topic('repairs'), command.orderId, repair)]);
        done.push({ kind: 'repaired', drift, repair });
      }
      return done;
    });
  }

  async #send(transaction: Transaction, drift: Drift, command: SeenCommand, reason: string): Promise<Repair> {
    const { commandId, orderId } = command;
    const original = await originalOf(this.#setup.reader, command.latest ?? command);
    const id = repairId(commandId, (this.#history.repairs.get(commandId)?.length ?? 0) + 1);
    const { topic, partition, key, value, timestamp } = original;
    // The time is the command's own: executors judge by it whether Stripe may have forgotten an idempotency key.
    const again = { topic, partition, key, value, timestamp, headers: repairHeaders(original.headers, id) };
    const [end] = await transaction.send([again]);
    if (end === undefined) throw new RetriableError(`no position of ${id} after sending it`);
    return {
      repairId: id,
      commandId,
      orderId,
      code: drift.code,
      message: drift.message,
      by: this.#auditor.by,
      reason,
      at: this.#auditor.at,
      original: placeText(original),
      repeated: placeText({ ...end, offset: end.offset - 1n }),
    };
  }

  async tell(exceptions: readonly RaisedException[]): Promise<void> {
    const topic = this.#schemas.topic('exceptions');
    for (let at = 0; at < exceptions.length; at += BATCH) {
      const batch = exceptions.slice(at, at + BATCH);
      await this.#within((transaction) =>
        transaction.send(batch.map((exception) => record(topic, exceptionKey(exception), exception))),
      );
    }
  }
}

const exceptionOf = (remedy: Remedy, { by, at }: Auditor): RaisedException => {
  const { id: exceptionId, orderId, code, message, evidence } = remedy.drift;
  const about = { exceptionId, status: 'raised', orderId, code, message, evidence, by, at };
  return remedy.kind === 'person'
    ? { ...about, who: remedy.who, advice: remedy.advice }
    : { ...about, who: 'operations', advice: `millrace audit --order ${orderId ?? ''} --repair --reason …` };
};

const inOrder = (left: SeenCommand, right: SeenCommand): number =>
  left.topic === right.topic ? (left.offset < right.offset ? -1 : 1) : left.topic < right.topic ? -1 : 1;

type Due = Extract<Remedy, { kind: 'repair' }>;

/** A command that several findings call for is sent once. */
const onceEach = (due: readonly Due[]): Due[] => [
  ...new Map(due.map((remedy) => [remedy.command.commandId, remedy])).values(),
];

/**
 * Decides about what was found and does what it is told to, order by order. `present`: ids of everything that was found
 * lately, confirmed or not: of what is among it nothing is over.
 * @throws TaskMigratedError when somebody else came to the desk: what was told is done, the rest is not
 */
export async function* atDesk(
  setup: AuditSetup,
  looked: Looked,
  present: ReadonlySet<string>,
  orders: Orders,
  auditor: Auditor,
): AsyncGenerator<Done> {
  const { schemas } = setup.topics;
  for (const key of ['repairs', 'exceptions'] as const) await schemas.topic(key).value.open?.();
  const producer = await setup.cluster.transactionalProducer(AUDIT_DESK);
  try {
    const history = await readHistory(setup.topics);
    const desk = new Desk(setup, producer, auditor, history);
    const remedies = remediesFor(looked, history).filter(
      ({ drift }) => orders.orderId === undefined || drift.orderId === orders.orderId,
    );
    const due = remedies.filter((remedy) => remedy.kind === 'repair');
    if (orders.repair !== undefined)
      for (const [, ofOrder] of Map.groupBy(due, ({ drift }) => drift.orderId)) {
        const sorted = onceEach(ofOrder).sort((left, right) => inOrder(left.command, right.command));
        yield* await desk.repair(sorted, orders.repair.reason);
      }

    const raising: { drift: Drift; exception: RaisedException }[] = [];
    for (const remedy of remedies) {
      const { drift, kind } = remedy;
      if (kind === 'repair' && orders.repair !== undefined) continue;
      const exception = history.open.get(drift.id);
      if (exception !== undefined) yield { kind: 'standing', drift, exception };
      else if (orders.raise && kind !== 'wait') raising.push({ drift, exception: exceptionOf(remedy, auditor) });
      else yield { kind: 'told', remedy };
    }
    const over = orders.raise ? overFor(history, present, orders.orderId, auditor) : [];
    await desk.tell([...raising.map(({ exception }) => exception), ...over]);
    for (const raised of raising) yield { kind: 'raised', ...raised };
    for (const exception of over) yield { kind: 'resolved', exception };
  } finally {
    await producer.close();
  }
}

/** Exceptions about drifts that are no longer to be seen. Those that no audit raised are not for it to end. */
const overFor = (
  { open }: History,
  present: ReadonlySet<string>,
  orderId: string | undefined,
  { by, at }: Auditor,
): RaisedException[] =>
  [...open.values()]
    .filter(({ exceptionId }) => exceptionId.startsWith('drift/') && !present.has(exceptionId))
    .filter((exception) => orderId === undefined || exception.orderId === orderId)
    .map((exception) => ({ ...exception, status: 'resolved', by, at }));
