/**
 * One look through the shop's orders. What neither capture nor a webhook has told is read as it is and handed to the
 * order stream, assembled by the same rules. Nothing is remembered between processes: what is known is what the topics
 * hold, so a killed scanner is taken up by any other.
 */
import { snapshotOf } from '../../adnsf-executor/reader/snapshot.ts';
import type { AssembledOrder } from '../../../schemas/generated/types.ts';
import type { Policy } from '../../order-stream/domain/policy.ts';
import { subjectOf } from '../../order-stream/domain/shop.ts';
import { countService } from '../../platform/counts.ts';
import { PoisonError } from '../../runtime/errors.ts';
import type { ConsumedRecord, KafkaCluster, ProducedRecord, TransactionalProducer } from '../../runtime/ports.ts';
import type { Topic } from '../../runtime/topology.ts';
import { type Problem, SOURCE_HEADER, writeAtOnce } from '../feed.ts';
import { openRaised } from '../raised.ts';
import type { Source } from '../read.ts';
import type { ShopOrders } from './orders.ts';
import { openToldReturns, scanReturns } from './returns.ts';

export type ShopScanSetup = Source &
  Readonly<{
    cluster: Pick<KafkaCluster, 'transactionalProducer'>;
    shop: ShopOrders;
    policy: Policy;
    /** The first order that is ours to look after: what is older was never to be told. */
    fromOrder: number;
    /** Younger changes may be on their way. */
    graceSeconds: number;
    /** Epoch milliseconds. */
    now: () => number;
  }>;

export type ShopScanReport = Readonly<{
  looked: number;
  found: readonly number[];
  /** Returns that were told of too little. */
  returns: readonly number[];
  refused: number;
}>;

export interface ShopScanner {
  /**
   * Stops between pages when `signal` aborts.
   * @throws TaskMigratedError when another scanner came: what was committed is done
   * @throws RetriableError when the shop or the brokers did not answer
   */
  scan(signal?: AbortSignal): Promise<ShopScanReport>;
}

export const SHOP_SCANNER_ID = 'scanner-shop';
const SERVICE = 'scanner';
const TOLD = ['assembledOrders', 'adnsfSnapshots'] as const;

/** The order a record tells of: a credit lies under its parent. Of what cannot be read the key says it. */
const orderIn = ({ value }: Topic<AssembledOrder>, record: ConsumedRecord): number => {
  try {
    return value.decode(record.value!).orderNumber;
  } catch (error) {
    if (!(error instanceof PoisonError)) throw error;
    return Number(record.key?.toString('utf8'));
  }
};

/** Numbers of the orders that the topics hold, read on at each call. */
const openTold = (source: Source): (() => Promise<ReadonlySet<number>>) => {
  const known = new Set<number>();
  const positions = new Map<string, bigint>();
  return async () => {
    for (const key of TOLD) {
      const told = source.schemas.topic(key);
      const topic = told.name;
      const count = (await source.admin.partitions([topic])).get(topic) ?? 0;
      const partitions = Array.from({ length: count }, (_, partition) => ({ topic, partition }));
      for (const { partition, offset } of await source.admin.beginningOffsets(partitions)) {
        const at = `${topic}-${partition}`;
        const read = positions.get(at) ?? 0n;
        const from = read > offset ? read : offset;
        for await (const { records, position } of source.reader.read({ topic, partition }, from)) {
          const orders = records.filter(({ value }) => value !== null);
          await told.value.prepare?.(orders.map(({ value }) => value!));
          for (const record of orders) known.add(orderIn(told, record));
          positions.set(at, position);
        }
      }
    }
    return known;
  };
};

const refused = (orderNumber: number, code: string, message: string): Problem => ({
  exceptionId: `shop/order/${orderNumber}/${code}`,
  orderId: String(orderNumber),
  code,
  message: `finished in the shop, told by nobody, and it cannot be taken: ${message}`,
  advice: 'put the order right in the shop, or its settings here; it is looked at again by itself',
});

/** One transaction for the orders of a page that nobody told of. */
const feed = async (
  { shop, policy, schemas }: ShopScanSetup,
  producer: TransactionalProducer,
  orders: readonly number[],
  raise: ReturnType<typeof openRaised>,
): Promise<{ found: number[]; refused: number }> => {
  const topic = schemas.topic('adnsfSnapshots');
  const records: ProducedRecord[] = [];
  const found: number[] = [];
  const problems: Problem[] = [];
  for (const orderNumber of orders) {
    const read = await shop.order(orderNumber);
    const outcome = read && snapshotOf(read.order, read.customer, policy);
    if (outcome?.kind === 'refused') problems.push(refused(orderNumber, outcome.refusal.code, outcome.refusal.message));
    if (outcome?.kind !== 'assembled') continue;
    found.push(orderNumber);
    records.push({
      topic: topic.name,
      key: Buffer.from(subjectOf(outcome.order)),
      value: topic.value.encode(outcome.order),
      headers: { [SOURCE_HEADER]: Buffer.from('scan') },
    });
  }
  const told = await raise(problems);
  await writeAtOnce(producer, [...records, ...told]);
  return { found, refused: told.length };
};

export const shopScanner = (setup: ShopScanSetup): ShopScanner => {
  const knownNow = openTold(setup);
  const toldReturns = openToldReturns(setup);
  return {
    scan: async (signal) => {
      for (const key of ['adnsfSnapshots', 'adnsfReturns', 'exceptions'] as const)
        await setup.schemas.topic(key).value.open?.();
      // Fences whoever scans, and only then looks at what he has written.
      const producer = await setup.cluster.transactionalProducer(SHOP_SCANNER_ID);
      try {
        const raise = openRaised(setup, setup.now);
        const report = { looked: 0, found: [] as number[], refused: 0 };
        for (let after = setup.fromOrder - 1; signal?.aborted !== true;) {
          const page = await setup.shop.finished(after, setup.graceSeconds);
          const last = page.at(-1);
          if (last === undefined) break;
          after = last;
          // After the shop was read: what capture told meanwhile is known.
          const known = await knownNow();
          const missing = page.filter((orderNumber) => !known.has(orderNumber));
          const { found, refused: told } = await feed(setup, producer, missing, raise);
          report.looked += page.length;
          report.found.push(...found);
          report.refused += told;
          countService(SERVICE, 'shop', 'looked', page.length);
          countService(SERVICE, 'shop', 'found', found.length);
          countService(SERVICE, 'shop', 'refused', told);
        }
        const { found, refused: told } = await scanReturns(setup, toldReturns, producer, raise, signal);
        countService(SERVICE, 'shop', 'returns', found.length);
        return { ...report, returns: found, refused: report.refused + told };
      } finally {
        await producer.close();
      }
    },
  };
};
