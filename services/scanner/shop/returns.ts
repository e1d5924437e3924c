/** Returns of which neither capture nor a webhook has told as much as the shop knows: they are told as they are. */
import { returnIn, type ReturnBody } from '../../adnsf-executor/reader/returns.ts';
import { snapshotOf } from '../../adnsf-executor/reader/snapshot.ts';
import { returnRank } from '../../order-stream/domain/return-rows.ts';
import type { ProducedRecord, TransactionalProducer } from '../../runtime/ports.ts';
import { type Problem, SOURCE_HEADER, writeAtOnce } from '../feed.ts';
import type { openRaised } from '../raised.ts';
import { decoded, type Source } from '../read.ts';
import type { ShopScanSetup } from './scan.ts';

const TOLD = ['orderReturns', 'adnsfReturns'] as const;

/** How much was told of a return: what it was worth most, and whether somebody said how much. */
const standing = (state: string, hasAmount: boolean): number =>
  returnRank(state.trim().toUpperCase()) + (hasAmount ? 1 : 0);

/** By return, how far it was told of; read on at each call. */
export const openToldReturns = (source: Source): (() => Promise<ReadonlyMap<number, number>>) => {
  const known = new Map<number, number>();
  const positions = new Map<string, bigint>();
  return async () => {
    for (const key of TOLD) {
      const topic = source.schemas.topic(key);
      const count = (await source.admin.partitions([topic.name])).get(topic.name) ?? 0;
      const partitions = Array.from({ length: count }, (_, partition) => ({ topic: topic.name, partition }));
      for (const { partition, offset } of await source.admin.beginningOffsets(partitions)) {
        const at = `${topic.name}-${partition}`;
        const read = positions.get(at) ?? 0n;
        for await (const { position, values } of decoded(source, topic, partition, read > offset ? read : offset)) {
          for (const { value } of values)
            known.set(
              value.returnId,
              Math.max(known.get(value.returnId) ?? 0, standing(value.state, value.amount !== null)),
            );
          positions.set(at, position);
        }
      }
    }
    return known;
  };
};

const refused = ({ returnId, orderNumber }: ReturnBody, code: string, message: string): Problem => ({
  exceptionId: `shop/return/${returnId}/${code}`,
  orderId: String(orderNumber),
  code,
  message: `in the shop, told by nobody, and it cannot be taken: ${message}`,
  advice: 'put the row of returns right in the shop; it is looked at again by itself',
});

/** @returns the returns that were told now, and how many could not be */
export const scanReturns = async (
  { shop, policy, schemas, fromOrder, graceSeconds }: ShopScanSetup,
  knownNow: () => Promise<ReadonlyMap<number, number>>,
  producer: TransactionalProducer,
  raise: ReturnType<typeof openRaised>,
  signal?: AbortSignal,
): Promise<Readonly<{ found: readonly number[]; refused: number }>> => {
  const topic = schemas.topic('adnsfReturns');
  const found: number[] = [];
  let untellable = 0;
  for (let after = 0; signal?.aborted !== true;) {
    const page = await shop.returns(after, fromOrder, graceSeconds);
    const last = page.at(-1);
    if (last === undefined) break;
    after = last.returnId;
    // After the shop was read: what capture told meanwhile is known.
    const known = await knownNow();
    const records: ProducedRecord[] = [];
    const problems: Problem[] = [];
    for (const row of page) {
      if (standing(row.state, row.refundAmount !== null) <= (known.get(row.returnId) ?? -1)) continue;
      const read = await shop.order(row.orderNumber);
      const order = read && snapshotOf(read.order, read.customer, policy);
      const reading = returnIn(row, order?.kind === 'assembled' ? order.order : undefined, policy);
      if (reading.kind === 'refused') {
        problems.push(refused(row, reading.refusal.code, reading.refusal.message));
        continue;
      }
      found.push(row.returnId);
      records.push({
        topic: topic.name,
        key: Buffer.from(reading.told.orderId),
        value: topic.value.encode(reading.told),
        headers: { [SOURCE_HEADER]: Buffer.from('scan') },
      });
    }
    const told = await raise(problems);
    untellable += told.length;
    await writeAtOnce(producer, [...records, ...told]);
  }
  return { found, refused: untellable };
};
