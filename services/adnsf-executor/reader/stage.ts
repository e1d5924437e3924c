/**
 * adnsf.webhooks → the shop's REST API → adnsf.snapshots, and adnsf.returns for those that tell of returns. A webhook only says that something changed; what there is now is
 * asked of the shop, so that a late or repeated webhook tells nothing old.
 */
import type { AdnsfWebhook, AssembledOrder, OrderReturn } from '../../../schemas/generated/types.ts';
import type { Policy } from '../../order-stream/domain/policy.ts';
import { subjectOf } from '../../order-stream/domain/shop.ts';
import { countService } from '../../platform/counts.ts';
import type { EffectStage } from '../../runtime/effects.ts';
import { PoisonError } from '../../runtime/errors.ts';
import type { DeadLetter, Topic } from '../../runtime/topology.ts';
import type { Client } from '../rest/client.ts';
import { type ReturnBody, returnIn, returnPage } from './returns.ts';
import { customerBody, orderBody, snapshotOf } from './snapshot.ts';

export type ReaderStageOptions = Readonly<{
  client: Client;
  policy: Policy;
  version: string;
  concurrency: number;
  webhooks: Topic<AdnsfWebhook>;
  snapshots: Topic<AssembledOrder>;
  returns: Topic<OrderReturn>;
  deadLetters: Topic<DeadLetter>;
}>;

/** What an order is at present. Undefined while checkout is still writing it. */
const read = async (options: ReaderStageOptions, orderNumber: number): Promise<AssembledOrder | undefined> => {
  const { client, policy } = options;
  const order = await client.get(`api/v1/orders/${orderNumber}`, orderBody, 'order_not_found');
  // Told of, and not there: a person finds out which of the two is wrong.
  if (order === undefined)
    throw new PoisonError('order_not_found', `the shop told of order ${orderNumber} and has none`);
  const customer = await client.get(`api/v1/customers/${order.body.customerId}`, customerBody, 'customer_not_found');
  const outcome = snapshotOf(order.body, customer?.body, policy);
  switch (outcome.kind) {
    case 'unfinished':
      return undefined;
    case 'refused':
      throw new PoisonError(outcome.refusal.code, outcome.refusal.message);
    case 'assembled':
      return outcome.order;
  }
};

const pagesOf = async (client: Client, orderNumber: number, after = 0): Promise<readonly ReturnBody[]> => {
  const path = `api/v1/returns?orderNumber=${orderNumber}&limit=100&after=${after}`;
  const page = await client.get(path, returnPage, 'not_found');
  if (page === undefined) return [];
  const { data, next } = page.body;
  return next === null ? data : [...data, ...(await pagesOf(client, orderNumber, next))];
};

/** What the returns of an order are at present. @throws PoisonError naming the first that cannot be told */
const readReturns = async (options: ReaderStageOptions, orderNumber: number): Promise<readonly OrderReturn[]> => {
  const rows = await pagesOf(options.client, orderNumber);
  const order = await read(options, orderNumber);
  return rows.map((row) => {
    const reading = returnIn(row, order, options.policy);
    if (reading.kind === 'refused') throw new PoisonError(reading.refusal.code, reading.refusal.message);
    return reading.told;
  });
};

export const readerStage = (options: ReaderStageOptions): EffectStage<AdnsfWebhook> => ({
  application: 'adnsf-reader',
  version: options.version,
  name: 'adnsf-webhooks',
  input: options.webhooks,
  outputs: [options.snapshots, options.returns],
  deadLetters: options.deadLetters,
  concurrency: options.concurrency,
  effect: async ({ value: event }) => {
    const orderNumber = event?.orderNumber ?? null;
    if (orderNumber === null) {
      countService('adnsf-reader', 'ignored', 'no_order');
      return [];
    }
    // A row of returns that cannot be told keeps nothing back but returns.
    if (event?.type.startsWith('return.') === true) {
      const returns = await readReturns(options, orderNumber);
      return returns.map((told) => ({ topic: options.returns, key: told.orderId, value: told }));
    }
    const order = await read(options, orderNumber);
    if (order !== undefined) return [{ topic: options.snapshots, key: subjectOf(order), value: order }];
    countService('adnsf-reader', 'ignored', 'unfinished_order');
    return [];
  },
});
