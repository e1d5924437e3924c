import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { topics } from '../../../schemas/topics.ts';
import { letterId } from '../../../services/dead-letters/letter.ts';
import { commandResult, ordersRow, stripeEvent } from '../../unit/order-stream/fixtures.ts';
import { type Desk, openDesk } from '../dead-letters/support.ts';
import { type Change, checkout, pipeChange } from './shop-log.ts';

let desk: Desk;
afterEach(() => desk.driver.close());

type Row = Readonly<Record<string, unknown>>;

const money = (cents: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(cents * 100n);
  return bytes;
};
const order = () => ordersRow() as unknown as Row;
/** One of the two of variant 2. */
const requested: Row = {
  OrderReturnID: 5,
  RMANumber: 'RMA-5',
  OrderNumber: 100123,
  ShoppingCartRecID: 7001,
  CustomerID: 58001,
  ProductID: 2,
  VariantID: 2,
  Quantity: 1,
  ReasonCode: 'too small',
  ReturnState: 'REQUESTED',
  GoodsExpected: 1,
  Restock: 0,
  RestockingFee: money(0n),
  CreatedOn: 1_790_000_500_000n,
};
const received: Row = {
  ...requested,
  ReturnState: 'RECEIVED',
  Restock: 1,
  RefundAmount: money(981n),
  ReceivedOn: 1_790_000_600_000n,
};

/** As the shop's trigger writes: everything twice. */
const inserted = (row: Row): readonly Change[] => [
  desk.log.insert('returns', '58001', row),
  desk.log.update('returns', '58001', row, row),
];
const changed = (before: Row, after: Row): readonly Change[] => [
  desk.log.update('returns', '58001', before, after),
  desk.log.update('returns', '58001', after, after),
];
const pipeAll = async (changes: readonly Change[]) => {
  for (const change of changes) await pipeChange(desk.driver, change);
};
const told = () => desk.driver.readAll(desk.schemas.topic('orderReturns')).map(({ value }) => value!);
const ids = () => desk.commands().map(({ commandId }) => commandId.replace('100123/', ''));

const placed = async () => {
  desk = await openDesk();
  await pipeAll(checkout(desk.log, order()));
};
const paid = async () => {
  await placed();
  const results = desk.schemas.topic('stripeResults');
  await desk.driver.pipe(results, '100123', commandResult({}));
  const made = { commandId: '100123/create-payment-intent/1', type: 'CreatePaymentIntent', objectId: 'pi_1' };
  await desk.driver.pipe(results, '100123', commandResult(made));
  const intent = { id: 'pi_1', object: 'payment_intent', amount: 3744, amount_received: 3744, currency: 'usd' };
  const succeeded = { ...intent, status: 'succeeded', latest_charge: 'ch_1', metadata: { order_id: '100123' } };
  await desk.driver.pipe(desk.schemas.topic('stripeEvents'), '100123', stripeEvent('x', succeeded));
};

describe('rows of returns', () => {
  it('are told once for each that means something, under their order', async () => {
    await paid();
    await pipeAll([...inserted(requested), ...changed(requested, received), ...changed(received, received)]);
    expect(told()).toMatchObject([
      { orderId: '100123', returnId: 5, state: 'REQUESTED', amount: null, receivedAt: null },
      {
        state: 'RECEIVED',
        amount: 981n,
        currency: 'USD',
        restock: true,
        goodsExpected: true,
        lines: [{ cartRecordId: 7001, productId: 2, variantId: 2, sku: 'SKU-1', quantity: 1 }],
        // The shop's clock is New York's.
        receivedAt: 1_790_000_600_000n + 4n * 3_600_000n,
      },
    ]);
    expect(ids().filter((id) => id.includes('return'))).toEqual([
      'refund-return/5',
      'restock-return/5',
      'record-return/5-accepted',
      'receive-return/5',
    ]);
    await pipeAll([desk.log.remove('returns', '58001', received)]);
    expect(await desk.letters()).toEqual([]);
  });

  it('wait for their order, however its topics are read', async () => {
    const played = async (tables: readonly Change['table'][]) => {
      desk = await openDesk();
      const changes = [...checkout(desk.log, order()), ...inserted(requested), ...changed(requested, received)];
      for (const table of tables)
        for (const change of changes.filter((each) => each.table === table))
          desk.driver.feedBytes(topics[table].name, Buffer.from(change.key), change.value, {
            timestamp: change.timestamp,
          });
      await desk.driver.run();
      const outcome = { told: told(), letters: (await desk.letters()).length };
      await desk.driver.close();
      return outcome;
    };
    const all = ['customers', 'carts', 'orderLines', 'orders', 'returns'] as const;
    const expected = await played(all);
    expect(expected.told).toHaveLength(2);
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray([...all], { minLength: all.length }), async (tables) => {
        expect(await played(tables)).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  });

  it.each<[string, Row, string, RegExp]>([
    ['an order that nobody knows', { OrderNumber: 999 }, 'return_unknown_order', /return 5 \(RMA-5\) of order 999/],
    [
      'a state that is none',
      { ReturnState: 'RECIEVED' },
      'return_unknown_state',
      /'RECIEVED' is none of REQUESTED, APP/,
    ],
    ['a line that the order does not have', { VariantID: 9 }, 'return_unknown_line', /no line 7001 of variant 9/],
    ['more than was bought', { Quantity: 3 }, 'return_quantity', /3 of 2 come back/],
    ['none', { Quantity: 0 }, 'return_quantity', /0 of 2 come back/],
    ['less than nothing to pay', { RefundAmount: money(-1n) }, 'return_negative_amount', /-0\.0100 USD cannot be paid/],
    ['a fee below nothing', { RestockingFee: money(-1n) }, 'return_negative_amount', /a fee of -0\.0100 USD/],
    ['half a cent', { RefundAmount: Buffer.from([50]) }, 'inexact_amount', /0\.0050 USD/],
    ['no number', { OrderReturnID: null }, 'return_incomplete', /no OrderReturnID/],
  ])('about %s are a letter, once, and nothing stalls', async (_name, over, code, message) => {
    await paid();
    const wrong = { ...received, ...over };
    await pipeAll(inserted(wrong));
    const letters = await desk.letters();
    expect(letters.map(({ letter }) => letter.code)).toEqual([code]);
    expect(letters[0]!.letter.message).toMatch(message);
    await pipeAll(inserted({ ...received, OrderReturnID: 6, RMANumber: 'RMA-6' }));
    expect(told().map(({ returnId }) => returnId)).toEqual([6]);
  });

  it('that are wrong are put right in the letter, redriven, and paid back once', async () => {
    await paid();
    const wrong = { ...received, ReturnState: 'RECIEVED' };
    await pipeAll(inserted(wrong));
    const id = letterId((await desk.letters())[0]!);
    expect((await desk.edit(id, 'after.ReturnState', 'RECEIVED')).map(({ kind }) => kind)).toEqual(['done']);
    await desk.redrive(id);
    await desk.driver.run();
    expect(told()).toMatchObject([{ returnId: 5, state: 'RECEIVED', amount: 981n }]);
    expect(ids().filter((each) => each === 'refund-return/5')).toHaveLength(1);
    // The shop still has it wrong, and then right: neither is news.
    await pipeAll([...changed(wrong, { ...wrong, ReasonCode: 'x' }), ...changed(wrong, received)]);
    expect(await desk.states()).toEqual([[id, 'return_unknown_state', 'redriven']]);
    expect(ids().filter((each) => each === 'refund-return/5')).toHaveLength(1);
  });

  it('that the shop has put right since are not brought back by an older letter', async () => {
    await paid();
    const wrong = { ...received, ReturnState: 'RECIEVED' };
    await pipeAll([...inserted(wrong), ...changed(wrong, { ...received, RefundAmount: money(500n) })]);
    const id = letterId((await desk.letters())[0]!);
    await desk.edit(id, 'after.ReturnState', 'RECEIVED');
    await desk.redrive(id);
    await desk.driver.run();
    expect(told().map(({ amount }) => amount)).toEqual([500n]);
  });

  it('stay with the order that they were told of first: that one may have paid them back', async () => {
    await paid();
    await pipeAll(checkout(desk.log, { ...order(), OrderNumber: 100124 }));
    await pipeAll(inserted(received));
    await pipeAll(changed(received, { ...received, OrderNumber: 100124 }));
    expect((await desk.letters()).map(({ letter }) => letter.code)).toEqual(['return_moved']);
    expect(told().map(({ orderId }) => orderId)).toEqual(['100123']);
  });

  it('cannot be made another customer’s in a letter: their partition is what the key says', async () => {
    await paid();
    await pipeAll(inserted({ ...received, OrderNumber: 999 }));
    const id = letterId((await desk.letters())[0]!);
    await expect(desk.edit(id, 'after.CustomerID', '7')).rejects.toThrow(/key/);
    expect((await desk.edit(id, 'after.OrderNumber', '100123')).map(({ kind }) => kind)).toEqual(['done']);
    await desk.redrive(id);
    await desk.driver.run();
    expect(told()).toMatchObject([{ returnId: 5, orderId: '100123' }]);
  });
});
