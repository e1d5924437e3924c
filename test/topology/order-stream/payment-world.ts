/** One order with the real order stream and both executors, over a real shop and a Stripe, and memory for Kafka. */
import type { Sandbox } from '../../../infra/sandbox/stripe/testing/sandbox.ts';
import { bookFindings } from '../../../services/cli/verify/books.ts';
import type { ShopReturn } from '../../../services/cli/verify/facts.ts';
import { creditFindings, refundedOf } from '../../../services/cli/verify/refunds.ts';
import { returnFindings } from '../../../services/cli/verify/returns.ts';
import { instantOf } from '../../../services/order-stream/domain/local-time.ts';
import { decimalFromText, minorUnits } from '../../../services/order-stream/domain/money.ts';
import type { Policy } from '../../../services/order-stream/domain/policy.ts';
import { readReturn } from '../../../services/order-stream/domain/return-rows.ts';
import { subjectOf } from '../../../services/order-stream/domain/shop.ts';
import type { ShopServer, Way } from '../../unit/adnsf-executor/shop-server.ts';
import { soundWorld } from '../../unit/cli/world.ts';
import { assembledOrder, policy as usualPolicy } from '../../unit/order-stream/fixtures.ts';
import { openWholeWorld } from './whole-world.ts';

export const TAX = 1_137n;
export const TOTAL = 12_345n;

const ROW = `SELECT OrderNumber, ParentOrderNumber, TransactionType, TransactionState, RefundReason, AuthorizationPNREF,
  ShippingTrackingNumber, CustomerServiceNotes, VoidedOn, AuthorizedOn, CapturedOn, RefundedOn, ShippedOn,
  CONVERT(varchar(40), OrderTotal, 2) AS Total FROM dbo.Orders`;

const RETURN = `SELECT OrderReturnID, RMANumber, OrderNumber, ShoppingCartRecID, VariantID, Quantity, ReasonCode, ReturnState,
  GoodsExpected, Restock, RefundOrderNumber, RefundReference, ApprovedOn, ReceivedOn, RefundedOn, RestockedOn, Notes,
  CONVERT(varchar(40), RefundAmount, 2) AS RefundAmount FROM dbo.Custom_OrderReturn`;

type ReturnRow = Readonly<{
  OrderReturnID: number;
  RMANumber: string;
  OrderNumber: number;
  ShoppingCartRecID: number;
  VariantID: number;
  Quantity: number;
  ReasonCode: string | null;
  ReturnState: string;
  GoodsExpected: number;
  Restock: number;
  RefundAmount: string | null;
  RefundOrderNumber: number | null;
  RefundReference: string | null;
  ApprovedOn: Date | null;
  ReceivedOn: Date | null;
  RefundedOn: Date | null;
  RestockedOn: Date | null;
  Notes: string | null;
}>;

type Row = Readonly<{
  OrderNumber: number;
  ParentOrderNumber: number | null;
  TransactionType: number;
  TransactionState: string | null;
  RefundReason: string | null;
  AuthorizationPNREF: string | null;
  ShippingTrackingNumber: string | null;
  CustomerServiceNotes: string | null;
  VoidedOn: Date | null;
  AuthorizedOn: Date | null;
  CapturedOn: Date | null;
  RefundedOn: Date | null;
  ShippedOn: Date | null;
  Total: string;
}>;

export const openPaymentWorld = async (
  server: ShopServer,
  way: Way,
  {
    policy = usualPolicy,
    place = {},
    before = () => Promise.resolve(),
  }: Readonly<{
    policy?: Policy;
    place?: Readonly<Record<string, string>>;
    /** What is at Stripe when the order is placed. */
    before?: (box: Sandbox) => Promise<void>;
  }> = {},
) => {
  const whole = await openWholeWorld(server, way, { policy });
  const { box, driver, schemas } = whole;
  await before(box);
  const orderNumber = await server.place(place);
  const orderId = String(orderNumber);
  const placedAs = new Map<number, string>();
  const returnedAs = new Map<number, string>();
  let images = 0;

  const rows = async (): Promise<readonly Row[]> =>
    (await server.sql(
      `${ROW} WHERE OrderNumber = ${orderNumber} OR ParentOrderNumber = ${orderNumber} ORDER BY OrderNumber`,
    )) as unknown as readonly Row[];

  const imageOf = (row: Row) => {
    const total = minorUnits(decimalFromText(row.Total), 'USD');
    const isCredit = row.TransactionType === 2;
    const tax = isCredit ? 0n : TAX;
    const at = (local: Date | null) => (local === null ? null : instantOf(BigInt(local.getTime()), 'America/New_York'));
    return assembledOrder({
      orderId: String(row.OrderNumber),
      orderNumber: row.OrderNumber,
      parentOrderNumber: row.ParentOrderNumber,
      transactionType: row.TransactionType,
      state: row.TransactionState,
      place: `image/${++images}`,
      changedAt: BigInt(Date.now()),
      subtotal: total - tax,
      shipping: 0n,
      tax,
      total,
      paymentReference: row.AuthorizationPNREF,
      refundedAt: at(row.RefundedOn),
      refundReason: row.RefundReason,
      shippedAt: at(row.ShippedOn),
      trackingNumber: row.ShippingTrackingNumber,
      ...(isCredit && { lines: [] }),
    });
  };

  const returnRows = async (): Promise<readonly ReturnRow[]> =>
    (await server.sql(
      `${RETURN} WHERE OrderNumber = ${orderNumber} ORDER BY OrderReturnID`,
    )) as unknown as readonly ReturnRow[];

  const returnOf = (row: ReturnRow) => {
    const on = (local: Date | null): bigint | null => (local === null ? null : BigInt(local.getTime()));
    const reading = readReturn(
      {
        returnId: row.OrderReturnID,
        rmaNumber: row.RMANumber,
        orderNumber: row.OrderNumber,
        cartRecordId: row.ShoppingCartRecID,
        variantId: row.VariantID,
        quantity: row.Quantity,
        reason: row.ReasonCode,
        state: row.ReturnState,
        goodsExpected: row.GoodsExpected === 1,
        restock: row.Restock === 1,
        amount: row.RefundAmount === null ? null : decimalFromText(row.RefundAmount),
        restockingFee: decimalFromText('0'),
        creditOrderNumber: row.RefundOrderNumber,
        reference: row.RefundReference,
        requestedOn: null,
        approvedOn: on(row.ApprovedOn),
        receivedOn: on(row.ReceivedOn),
        refundedOn: on(row.RefundedOn),
      },
      assembledOrder({ orderId, orderNumber }),
      'America/New_York',
      { place: `return/${++images}`, factId: `return/${images}`, changedAt: BigInt(Date.now()) },
    );
    if (reading.kind === 'refused') throw new Error(reading.refusal.message);
    return reading.told;
  };

  /** What capture tells of the rows that changed since. @returns how many did */
  const observe = async (): Promise<number> => {
    let changed = 0;
    for (const row of await rows()) {
      const said = JSON.stringify(row);
      if (placedAs.get(row.OrderNumber) === said) continue;
      placedAs.set(row.OrderNumber, said);
      changed += 1;
      const image = imageOf(row);
      driver.feed(schemas.topic('assembledOrders'), subjectOf(image), image);
    }
    for (const row of await returnRows()) {
      const said = JSON.stringify(row);
      if (returnedAs.get(row.OrderReturnID) === said) continue;
      returnedAs.set(row.OrderReturnID, said);
      changed += 1;
      driver.feed(schemas.topic('orderReturns'), orderId, returnOf(row));
    }
    await driver.run();
    return changed;
  };

  /** Tells what happened at Stripe and in the shop since, the latest first and everything twice. */
  const hear = async () => {
    for (let changed = 1; changed > 0;) {
      const events = await whole.news();
      await whole.tell([...events, ...events]);
      changed = events.length + (await observe());
    }
  };
  await observe();

  const intent = async () => (await box.stripe.paymentIntents.list()).data[0]!;
  const pay = async (method = 'pm_card_visa') => {
    const { id } = await intent();
    await box.stripe.paymentIntents.confirm(id, { payment_method: method, return_url: 'https://shop.example/paid' });
    await hear();
  };

  /** Books all that was sent to the ERP, and judges the books against Stripe. */
  const judged = async () => {
    const { outcome: booked, books, facts, entries } = await whole.booked();
    const [sample] = soundWorld().shop;
    const inShop = (await rows()).map((row) => {
      const { orderId: id, parentOrderNumber, transactionType, state, subtotal, tax, shipping, total } = imageOf(row);
      const credit = transactionType === 2;
      const parent = parentOrderNumber === null ? null : String(parentOrderNumber);
      return { ...sample!, orderId: id, credit, parent, state, subtotal, tax, shipping, total };
    });
    const returns = (await returnRows()).map((row): ShopReturn => ({
      returnId: row.OrderReturnID,
      orderId,
      state: row.ReturnState,
      goodsExpected: row.GoodsExpected === 1,
      amount: row.RefundAmount === null ? null : minorUnits(decimalFromText(row.RefundAmount), 'USD'),
      reference: row.RefundReference,
      credit: row.RefundOrderNumber,
    }));
    const all = { ...facts, shop: inShop, returns };
    const findings = [...bookFindings(all), ...creditFindings(all), ...returnFindings(all)];
    const refunded = refundedOf(facts.payments[0]!);
    return { booked, books, entries: entries.get(orderId) ?? [], findings, refunded };
  };

  const commandIds = (): readonly string[] =>
    (['stripeCommands', 'adnsfCommands', 'erpCommands', 'notifications'] as const).flatMap((key) =>
      driver
        .readAll(schemas.topic(key) as never)
        .map(({ value }) => (value as { commandId: string }).commandId.replace(`${orderId}/`, '')),
    );

  return {
    box,
    driver,
    schemas,
    server,
    orderNumber,
    orderId,
    hear,
    observe,
    judged,
    intent,
    pay,
    commandIds,
    returnRow: async (id: number) => (await returnRows()).find(({ OrderReturnID }) => OrderReturnID === id)!,
    giveBack: (over?: Readonly<Record<string, string>>) => server.giveBack(orderNumber, over),
    row: async () => (await rows()).find(({ OrderNumber }) => OrderNumber === orderNumber)!,
    /** Somebody refunds a part in the shop, as ADNSF writes it down. @returns the number of the credit */
    credit: async (amount: string, reason = 'damaged') =>
      server.place({
        ParentOrderNumber: String(orderNumber),
        TransactionType: '2',
        TransactionState: `N'REFUNDED'`,
        OrderTotal: amount,
        RefundedOn: 'GETDATE()',
        RefundReason: `N'${reason}'`,
        AuthorizationPNREF: `N''`,
      }),
    sql: (assignments: string) => server.sql(`UPDATE dbo.Orders SET ${assignments} WHERE OrderNumber = ${orderNumber}`),
    [Symbol.asyncDispose]: whole.close,
  };
};

export type PaymentWorld = Awaited<ReturnType<typeof openPaymentWorld>>;
