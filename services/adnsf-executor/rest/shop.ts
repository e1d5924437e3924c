/**
 * The shop over its REST API. A transaction is what was read, kept by its ETag, and one request that carries the change,
 * the command's id and its outcome: the shop does all of it or nothing, and knows the id when it hears it again.
 */
import { z } from 'zod';
import { PoisonError } from '../../runtime/errors.ts';
import type { Change } from '../domain/decision.ts';
import type { OrderRow } from '../domain/order-row.ts';
import { type AppliedRow, CommandKnownError, type OrderLookup, type Shop, type ShopTransaction } from '../shop.ts';
import { type Client, type ClientOptions, openClient } from './client.ts';

const appliedBody = z.object({
  orderNumber: z.number().int(),
  outcome: z.string(),
  appliedOn: z.iso.datetime({ offset: true }),
});
const orderBody = z.object({
  orderNumber: z.number().int(),
  storeId: z.number().int(),
  transactionState: z.string().nullable(),
  paymentReference: z.string().nullable(),
  total: z.string(),
  couponType: z.number().int(),
  couponAmount: z.string().nullable(),
  authorizedOn: z.string().nullable(),
});
const changedBody = z.object({ applied: appliedBody, replayed: z.boolean() });
type OrderBody = z.output<typeof orderBody>;

const pathOf = (orderNumber: number): string => `api/v1/orders/${orderNumber}`;

const rowOf = (order: OrderBody): OrderRow => ({
  orderNumber: order.orderNumber,
  storeId: order.storeId,
  state: order.transactionState,
  paymentReference: order.paymentReference,
  total: order.total,
  couponType: order.couponType,
  couponAmount: order.couponAmount,
});

const appliedRow = ({ outcome, orderNumber, appliedOn }: z.output<typeof appliedBody>): AppliedRow => ({
  outcome,
  orderNumber,
  appliedOn: BigInt(Date.parse(appliedOn)),
});

const localText = (on: number): string => new Date(on).toISOString().slice(0, -1);

/** The fields of an order that a change sets. What it leaves alone depends on the order as it was read. */
const fieldsOf = (change: Change, order: OrderBody): object => {
  switch (change.kind) {
    case 'link':
      return { paymentReference: change.paymentIntentId, paymentGateway: change.gateway };
    case 'paid': {
      const on = localText(change.on);
      return {
        transactionState: 'CAPTURED',
        capturedOn: on,
        ...(order.authorizedOn === null && { authorizedOn: on }),
      };
    }
    case 'authorized':
      return { transactionState: 'AUTHORIZED', authorizedOn: localText(change.on) };
    case 'voided':
      return {
        transactionState: 'VOIDED',
        voidedOn: localText(change.on),
        isNew: false,
        serviceNote: change.note,
      };
    case 'declined':
      return { transactionState: 'REFUSED', serviceNote: change.note };
    case 'refunded':
      return {
        transactionState: 'REFUNDED',
        refundedOn: localText(change.on),
        refundReason: change.reason,
        isNew: false,
        serviceNote: change.note,
      };
    case 'unrefunded':
      return { transactionState: 'CAPTURED', refundedOn: null, serviceNote: change.note };
    case 'noted':
      return { serviceNote: change.note };
  }
};

const readOrder = (client: Client, orderNumber: number) =>
  client.get(pathOf(orderNumber), orderBody, 'order_not_found');

const begin = (client: Client): ShopTransaction => {
  let seen: Readonly<{ order: OrderBody; etag: string }> | undefined;
  let fields: object = {};
  return {
    applied: async (commandId) => {
      const found = await client.get(
        `api/v1/commands/${encodeURIComponent(commandId)}`,
        appliedBody,
        'command_not_found',
      );
      return found && appliedRow(found.body);
    },
    order: async (orderNumber) => {
      const found = await readOrder(client, orderNumber);
      if (found === undefined) return undefined;
      if (found.etag === null) throw new PoisonError('rest_unexpected', `order ${orderNumber} came without an ETag`);
      seen = { order: found.body, etag: found.etag };
      return rowOf(found.body);
    },
    change: (row, change) => {
      if (seen?.order.orderNumber !== row.orderNumber) throw new Error(`order ${row.orderNumber} was not read`);
      fields = fieldsOf(change, seen.order);
      return Promise.resolve(true);
    },
    // The shop makes it when it writes, together with the outcome that would have to name it.
    rowVersion: () => Promise.resolve(undefined),
    remember: async (commandId, orderNumber, outcome) => {
      if (seen?.order.orderNumber !== orderNumber) throw new Error(`order ${orderNumber} was not read`);
      const { body } = await client.patch(pathOf(orderNumber), changedBody, {
        key: commandId,
        etag: seen.etag,
        body: { ...fields, outcome },
      });
      if (body.replayed) throw new CommandKnownError(`${commandId} is known`);
      return appliedRow(body.applied);
    },
  };
};

export const openRestShop = (options: ClientOptions): Shop & OrderLookup => {
  const client = openClient(options);
  return {
    transaction: (work) => work(begin(client)),
    look: async (orderNumber) => {
      const found = await readOrder(client, orderNumber);
      return found && rowOf(found.body);
    },
    close: () => Promise.resolve(),
  };
};
