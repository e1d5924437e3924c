/**
 * Joins Orders with their lines, customer and carts, per customer, in the order of the shop's log; and tells what a
 * Customer row says of its person, and a row of returns of its order.
 */
import { createHash } from 'node:crypto';
import type {
  AddressEnvelope,
  CustomerEnvelope,
  CustomOrderReturnEnvelope,
  CustomOrderReturnValue,
  LineRow,
  OrdersEnvelope,
  OrdersShoppingCartEnvelope,
  OrdersShoppingCartValue,
  OrdersValue,
  ShoppingCartEnvelope,
} from '../../../schemas/generated/types.ts';
import type { Schemas } from '../../../schemas/serde.ts';
import { redrivenFrom } from '../../runtime/redrive.ts';
import { input, type Stage, type StageContext, type StageRecord } from '../../runtime/topology.ts';
import { assemble, sameMeaning } from '../domain/assemble.ts';
import { addressText } from '../domain/customers/fields.ts';
import { customerRowOf, erasedFacts, postalAddress, presentFact, tellingOf } from '../domain/customers/rows.ts';
import { decimalText } from '../domain/money.ts';
import { noLines, withChangedLine, withLine, withoutLine, withSnapshotLine } from '../domain/order-lines.ts';
import type { Policy } from '../domain/policy.ts';
import { readReturn, sameReturn, stayedReturn } from '../domain/return-rows.ts';
import { isKnownState, subjectOf, textOrNull } from '../domain/shop.ts';
import { type Envelope, isRowChange, isSnapshotRead, moneyOf, placeOf, rowAfter } from '../sources/debezium.ts';
import { personOf } from '../sources/person.ts';

/**
 * Hands on changes of rows. A tombstone only tells compaction that a key is gone; an operation we do not know (such as
 * a truncation, which CDC-enabled tables refuse) is kept for a person to see.
 */
const onRowChange =
  <E extends Envelope<unknown>>(apply: (envelope: E, context: StageContext, redriven: boolean) => void) =>
  (record: StageRecord<E>, context: StageContext): void => {
    if (record.value === null) context.count('ignored', 'tombstone');
    else if (!isRowChange(record.value))
      context.deadLetter('unknown_operation', `Debezium operation '${record.value.op}' on ${record.topic}`);
    else apply(record.value, context, redrivenFrom(record.headers) !== undefined);
  };

/** What an image says, for telling twins: the shop's triggers write every row twice. */
const digestOf = (row: OrdersValue | CustomOrderReturnValue): string =>
  createHash('sha256')
    .update(
      JSON.stringify(row, (_name, value: unknown) => {
        return typeof value === 'bigint' ? String(value) : value;
      }),
    )
    .digest('base64');

const lineOf = (row: OrdersShoppingCartValue, addedToCartAt: bigint | null): LineRow => ({
  cartRecordId: row.ShoppingCartRecID ?? 0,
  productId: row.ProductID ?? 0,
  variantId: row.VariantID ?? 0,
  sku: textOrNull(row.OrderedProductSKU),
  name: textOrNull(row.OrderedProductName),
  quantity: row.Quantity ?? 0,
  extendedPrice: decimalText(moneyOf(row.OrderedProductPrice)),
  taxable: row.IsTaxable === 1,
  addedToCartAt,
});

const returnRowOf = (row: CustomOrderReturnValue): Parameters<typeof readReturn>[0] => ({
  returnId: row.OrderReturnID,
  rmaNumber: row.RMANumber,
  orderNumber: row.OrderNumber,
  cartRecordId: row.ShoppingCartRecID,
  variantId: row.VariantID,
  quantity: row.Quantity,
  reason: row.ReasonCode,
  state: row.ReturnState,
  goodsExpected: row.GoodsExpected !== 0,
  restock: row.Restock === 1,
  amount: row.RefundAmount === null ? null : moneyOf(row.RefundAmount),
  restockingFee: moneyOf(row.RestockingFee),
  creditOrderNumber: row.RefundOrderNumber,
  reference: row.RefundReference,
  requestedOn: row.CreatedOn,
  approvedOn: row.ApprovedOn,
  receivedOn: row.ReceivedOn,
  refundedOn: row.RefundedOn,
});

const lineId = ({ before, after }: OrdersShoppingCartEnvelope): string => {
  const row = after ?? before;
  return `line/${row?.OrderNumber}/${row?.ShoppingCartRecID}/${row?.VariantID}`;
};

export const assemblyStage = (application: string, schemas: Schemas, policy: Policy): Stage => {
  const customers = schemas.store(application, 'customers');
  const addresses = schemas.store(application, 'addresses');
  const carts = schemas.store(application, 'carts');
  const orderLines = schemas.store(application, 'order-lines');
  const progress = schemas.store(application, 'order-progress');
  const places = schemas.store(application, 'places');
  const returnRows = schemas.store(application, 'return-rows');
  const assembled = schemas.topic('assembledOrders');
  const returned = schemas.topic('orderReturns');
  const people = schemas.topic('shopCustomers');

  /** Whether a redriven image tells of a row that a newer one has told of since. */
  const isSuperseded = (row: string, place: string, redriven: boolean, context: StageContext): boolean => {
    const told = context.store(places).get(row)?.place;
    if (!redriven || told === undefined || told <= place) return false;
    context.count('ignored', 'superseded');
    return true;
  };

  /** Rows of which each image replaces the one before. */
  const newest =
    <E extends Envelope<unknown>>(
      rowOf: (envelope: E) => string,
      apply: (envelope: E, context: StageContext) => void,
    ) =>
    (envelope: E, context: StageContext, redriven: boolean): void => {
      const row = rowOf(envelope);
      const place = placeOf(envelope) ?? '';
      if (isSuperseded(row, place, redriven, context)) return;
      apply(envelope, context);
      context.store(places).put(row, { place });
    };

  const customer = (envelope: CustomerEnvelope, context: StageContext): void => {
    const rows = context.store(customers);
    const row = rowAfter(envelope);
    const key = String((row ?? envelope.before)?.CustomerID);
    const known = rows.get(key);
    const place = placeOf(envelope) ?? '';
    const source = { factId: `adnsf:Customer:${key}@${place}`, place, occurredAt: envelope.source.ts_ms };
    const forget = (addressId: number | null | undefined): void => {
      if (addressId != null) context.store(addresses).delete(String(addressId));
    };
    if (row === null) {
      for (const fact of known === undefined ? [] : erasedFacts(known, source)) context.send(people, fact.person, fact);
      forget(known?.billingAddressId);
      rows.delete(key);
      return;
    }
    const next = customerRowOf(row, known, personOf);
    const address = context.store(addresses).get(String(next.billingAddressId))?.address ?? null;
    const telling = tellingOf(known, next, address, source, personOf);
    for (const fact of telling.facts) context.send(people, fact.person, fact);
    if (next.gone) forget(known?.billingAddressId);
    rows.put(key, telling.row);
  };

  const address = (envelope: AddressEnvelope, context: StageContext): void => {
    const rows = context.store(addresses);
    const row = rowAfter(envelope);
    const key = String((row ?? envelope.before)?.AddressID);
    const known = rows.get(key)?.address ?? null;
    const next = row === null ? null : postalAddress(row);
    const customerId = (row ?? envelope.before)?.CustomerID ?? 0;
    if (next === null) rows.delete(key);
    else rows.put(key, { addressId: Number(key), customerId, address: next });
    const owner = context.store(customers).get(String(customerId));
    if (owner?.toldOf == null || String(owner.billingAddressId) !== key || addressText(known) === addressText(next))
      return;
    const at = placeOf(envelope) ?? '';
    // Behind the image of the customer, with which it shares the place of a snapshot.
    const source = { factId: `adnsf:Address:${key}@${at}`, place: `${at}/address`, occurredAt: envelope.source.ts_ms };
    context.send(people, owner.toldOf, presentFact(owner, next, source, owner.toldOf));
  };

  const cart = (envelope: ShoppingCartEnvelope, context: StageContext): void => {
    const rows = context.store(carts);
    const row = rowAfter(envelope);
    if (row === null) rows.delete(String(envelope.before?.ShoppingCartRecID));
    else
      rows.put(String(row.ShoppingCartRecID), {
        cartRecordId: row.ShoppingCartRecID ?? 0,
        customerId: row.CustomerID ?? 0,
        variantId: row.VariantID ?? 0,
        quantity: row.Quantity ?? 0,
        addedAt: row.CreatedOn ?? 0n,
      });
  };

  const line = (envelope: OrdersShoppingCartEnvelope, context: StageContext): void => {
    const rows = context.store(orderLines);
    const carted = (row: OrdersShoppingCartValue): bigint | null =>
      context.store(carts).get(String(row.ShoppingCartRecID))?.addedAt ?? null;
    const { before } = envelope;
    const row = rowAfter(envelope);
    const key = String((row ?? before)?.OrderNumber);
    const lines = rows.get(key) ?? noLines;
    if (row === null) {
      const left = before === null ? lines : withoutLine(lines, lineOf(before, null));
      if (left.lines.length === 0) rows.delete(key);
      else rows.put(key, left);
    } else if (isSnapshotRead(envelope))
      rows.put(key, withSnapshotLine(lines, lineOf(row, carted(row)), envelope.source.commit_lsn ?? ''));
    else if (envelope.op === 'u' && before !== null)
      rows.put(key, withChangedLine(lines, lineOf(before, null), lineOf(row, carted(row))));
    else rows.put(key, withLine(lines, lineOf(row, carted(row))));
  };

  const order = (envelope: OrdersEnvelope, context: StageContext, redriven: boolean): void => {
    const row = rowAfter(envelope);
    const key = String((row ?? envelope.before)?.OrderNumber);
    const place = placeOf(envelope) ?? '';
    if (isSuperseded(`order/${key}`, place, redriven, context)) return;
    const saw = (): void => context.store(places).put(`order/${key}`, { place });
    if (row === null) {
      saw();
      context.store(progress).delete(key);
      context.store(orderLines).delete(key);
      context.count('ignored', 'order_deleted');
      return;
    }
    if (row.TransactionState !== null && !isKnownState(row.TransactionState))
      context.count('unknown_transaction_state', row.TransactionState);
    const known = context.store(progress).get(key) ?? { sent: null, refusal: null, image: null };
    const outcome = assemble(
      { row, money: moneyOf, place, changedAt: envelope.source.ts_ms },
      context.store(orderLines).get(key)?.lines ?? [],
      context.store(customers).get(String(row.CustomerID)) ?? null,
      policy,
      known.sent,
    );
    switch (outcome.kind) {
      case 'unfinished':
        saw();
        if (known.image !== null) context.store(progress).put(key, { ...known, image: null });
        context.count('ignored', 'unfinished_order');
        return;
      case 'refused': {
        const refusal = `${outcome.refusal.code}: ${outcome.refusal.message}`;
        const image = digestOf(row);
        if (!redriven && known.refusal === refusal) {
          // An order that was sent needs no second letter about later images.
          if (known.sent !== null) {
            saw();
            return;
          }
          // The letter that was written stands for this image too, so it must not count as older.
          if (known.image === image) return;
        }
        saw();
        context.deadLetter(outcome.refusal.code, outcome.refusal.message);
        context.store(progress).put(key, { ...known, refusal, image });
        return;
      }
      case 'assembled':
        saw();
        if (known.sent !== null && sameMeaning(known.sent, outcome.order)) {
          context.count('ignored', 'unchanged_order');
          return;
        }
        for (const [which, address] of Object.entries({ billTo: outcome.order.billTo, shipTo: outcome.order.shipTo }))
          for (const field of address?.unrecognised ?? []) context.count('unrecognised_address', `${which}.${field}`);
        context.send(assembled, subjectOf(outcome.order), outcome.order);
        // What a person put right in a letter is still wrong in the shop: its next images are not told again.
        context
          .store(progress)
          .put(key, { sent: outcome.order, refusal: redriven ? known.refusal : null, image: null });
    }
  };

  /** The order of a return was written before it, so one that is not known by now is none of this customer's. */
  const orderReturn = (envelope: CustomOrderReturnEnvelope, context: StageContext, redriven: boolean): void => {
    const row = rowAfter(envelope);
    const key = String((row ?? envelope.before)?.OrderReturnID);
    const place = placeOf(envelope) ?? '';
    const rows = context.store(returnRows);
    const known = rows.get(key) ?? { sent: null, refusal: null, place: null, image: null };
    if (redriven && known.place !== null && known.place > place) {
      context.count('ignored', 'superseded');
      return;
    }
    if (row === null) {
      rows.put(key, { ...known, place });
      context.count('ignored', 'return_deleted');
      return;
    }
    const order = context.store(progress).get(String(row.OrderNumber))?.sent ?? undefined;
    const timeZone = policy.stores[String(order?.storeId)]?.timeZone ?? 'UTC';
    const source = { place, factId: `adnsf:Custom_OrderReturn:${key}@${place}`, changedAt: envelope.source.ts_ms };
    const reading = stayedReturn(readReturn(returnRowOf(row), order, timeZone, source), known.sent);
    if (reading.kind === 'refused') {
      const { code, message } = reading.refusal;
      const [refusal, image] = [`${code}: ${message}`, digestOf(row)];
      // As with orders: a twin needs no second letter, and must not make the first one's image count as older.
      if (!redriven && known.refusal === refusal && (known.sent !== null || known.image === image)) return;
      context.deadLetter(code, message);
      rows.put(key, { ...known, refusal, image, place });
      return;
    }
    const { told } = reading;
    const refusal = redriven ? known.refusal : null;
    if (known.sent !== null && sameReturn(known.sent, told)) {
      rows.put(key, { ...known, refusal, place });
      context.count('ignored', 'unchanged_return');
      return;
    }
    context.send(returned, told.orderId, told);
    rows.put(key, { sent: told, refusal, image: known.image, place });
  };

  // The order of inputs decides between rows of one snapshot, which share a place: an order comes after all of its own.
  return {
    name: 'assembly',
    inputs: [
      input({
        topic: schemas.topic('customers'),
        place: placeOf,
        process: onRowChange(newest(({ before, after }) => `customer/${(after ?? before)?.CustomerID}`, customer)),
      }),
      input({
        topic: schemas.topic('addresses'),
        place: placeOf,
        process: onRowChange(newest(({ before, after }) => `address/${(after ?? before)?.AddressID}`, address)),
      }),
      // An old image of a cart does no harm: orders ask only when a line was put in, which never changes.
      input({ topic: schemas.topic('carts'), place: placeOf, process: onRowChange(cart) }),
      input({ topic: schemas.topic('orderLines'), place: placeOf, process: onRowChange(newest(lineId, line)) }),
      input({ topic: schemas.topic('orders'), place: placeOf, process: onRowChange(order) }),
      input({ topic: schemas.topic('returns'), place: placeOf, process: onRowChange(orderReturn) }),
    ],
    stores: [customers, addresses, carts, orderLines, progress, places, returnRows],
    outputs: [assembled, people, returned],
  };
};
