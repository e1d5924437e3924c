import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AdnsfCommand } from '../../../schemas/topics.ts';
import { execute } from '../../../services/adnsf-executor/execute.ts';
import type { OrderLookup, Shop } from '../../../services/adnsf-executor/shop.ts';
import { RetriableError } from '../../../services/runtime/errors.ts';
import { type ShopServer, startShopServer, ways } from './shop-server.ts';
import { recordReturnRefunded, restockReturn, reverseReturnRefund, STORES } from './support.ts';

const WRITTEN = 1_780_000_000_000n;
const TAKEN = { InventoryWasReduced: '1' };

let server: ShopServer;
beforeAll(async () => {
  server = await startShopServer();
});
afterAll(async () => {
  await server.close();
});

describe.each(ways)('returns of the shop over $name', (way) => {
  let shop: Shop & OrderLookup;
  let order: number;
  beforeAll(() => {
    shop = way.open(server);
  });
  afterAll(async () => {
    await shop.close();
    expect(server.faults).toEqual([]);
  });
  beforeEach(async () => {
    order = await server.place(TAKEN);
  });
  const run = (command: AdnsfCommand, through: Shop = shop) => execute(through, STORES, command, WRITTEN);
  const insist = async (command: AdnsfCommand) => {
    for (;;) {
      try {
        return await run(command);
      } catch (error) {
        if (!(error instanceof RetriableError)) throw error;
      }
    }
  };
  const look = async (returnId: number) =>
    (
      await server.sql(
        `SELECT ReturnState, RefundReference, Notes, CONVERT(varchar(40), RefundAmount, 2) AS RefundAmount,
           CONVERT(varchar(30), RefundedOn, 126) AS RefundedOn, CONVERT(varchar(30), RestockedOn, 126) AS RestockedOn
         FROM dbo.Custom_OrderReturn WHERE OrderReturnID = ${returnId}`,
      )
    )[0]!;
  const stock = async (variantId = 2): Promise<number> =>
    (await server.sql(`SELECT Inventory FROM dbo.ProductVariant WHERE VariantID = ${variantId}`))[0]![
      'Inventory'
    ] as number;

  it('say that they are paid back, once, and answer repetitions with the very same result', async () => {
    const id = await server.giveBack(order);
    const done = await run(recordReturnRefunded(order, id));
    expect(done).toMatchObject({
      status: 'succeeded',
      objectId: String(order),
      detail: { outcome: 'applied', before: 'RECEIVED', after: 'REFUNDED' },
    });
    const written = await look(id);
    expect(written).toMatchObject({
      ReturnState: 'REFUNDED',
      RefundReference: 'Stripe re_1',
      RefundAmount: '9.8100',
      RefundedOn: '2026-07-01T08:34:56.790',
      Notes: '2026-07-01 08:34:56 Stripe paid 9.81 USD back (re_1)',
    });
    expect(await run(recordReturnRefunded(order, id))).toEqual({ ...done, replayed: true });
    expect(await look(id)).toEqual(written);
  });

  it('take an amount that nobody had said, and refuse another one', async () => {
    const open = await server.giveBack(order, { RefundAmount: 'NULL' });
    await run(recordReturnRefunded(order, open));
    expect(await look(open)).toMatchObject({ RefundAmount: '9.8100', ReturnState: 'REFUNDED' });
    const other = await server.giveBack(order, { RefundAmount: '9.80' });
    expect(await run(recordReturnRefunded(order, other, { refundId: 're_2' }))).toMatchObject({
      status: 'refused',
      errorCode: 'amount_mismatch',
    });
    expect(await look(other)).toMatchObject({ ReturnState: 'RECEIVED', RefundReference: null });
  });

  it('go back to where they were when the money comes back, and only by the refund that they name', async () => {
    const id = await server.giveBack(order);
    await run(recordReturnRefunded(order, id));
    expect(await run(reverseReturnRefund(order, id, { refundId: 're_9' }))).toMatchObject({
      detail: { before: 'REFUNDED', after: 'REFUNDED' },
    });
    expect(await look(id)).toMatchObject({ ReturnState: 'REFUNDED', RefundReference: 'Stripe re_1' });
    expect(await run(reverseReturnRefund(order, id))).toMatchObject({
      detail: { outcome: 'applied', before: 'REFUNDED', after: 'RECEIVED' },
    });
    const written = await look(id);
    expect(written).toMatchObject({ ReturnState: 'RECEIVED', RefundReference: null, RefundedOn: null });
    expect(written['Notes']).toMatch(/could not pay 9\.81 USD back \(re_1\): expired_or_canceled_card$/);
    const unsent = await server.giveBack(order, { ReceivedOn: 'NULL', ReturnState: `N'APPROVED'`, GoodsExpected: '0' });
    await run(recordReturnRefunded(order, unsent, { refundId: 're_3' }));
    expect(await run(reverseReturnRefund(order, unsent, { refundId: 're_3' }))).toMatchObject({
      detail: { after: 'APPROVED' },
    });
  });

  it.each([
    ['REJECTED', 'NULL', { status: 'succeeded', detail: { outcome: 'applied', after: 'REJECTED' } }],
    ['REFUNDED', `N'Stripe re_1'`, { status: 'succeeded', detail: { outcome: 'already' } }],
    ['REFUNDED', `N're_1 by Bob'`, { status: 'succeeded', detail: { outcome: 'already' } }],
    ['REFUNDED', `N'PayPal 8X'`, { status: 'refused', errorCode: 'refunded_by_other' }],
    ['REFUNDED', `N'Stripe re_11'`, { status: 'refused', errorCode: 'refunded_by_other' }],
    ['REFUNDED', 'NULL', { status: 'succeeded', detail: { outcome: 'applied', after: 'REFUNDED' } }],
  ])('that are %s by %s stay what people made of them', async (state, reference, result) => {
    const id = await server.giveBack(order, { ReturnState: `N'${state}'`, RefundReference: reference });
    expect(await run(recordReturnRefunded(order, id))).toMatchObject(result);
    expect(await look(id)).toMatchObject({ ReturnState: state });
  });

  it('of another order, or that are not there, are refused', async () => {
    const id = await server.giveBack(order);
    const other = await server.place(TAKEN);
    expect(await run(recordReturnRefunded(other, id))).toMatchObject({ errorCode: 'return_of_other_order' });
    expect(await run(recordReturnRefunded(order, 999_999, { refundId: 're_4' }))).toMatchObject({
      errorCode: 'return_not_found',
    });
    expect(await look(id)).toMatchObject({ ReturnState: 'RECEIVED' });
  });

  it('go back on the shelf once, whoever tells', async () => {
    const id = await server.giveBack(order, { Quantity: '2', Restock: '1' });
    const before = await stock();
    const command = restockReturn(order, id, { quantity: 2 });
    expect(await run(command)).toMatchObject({ detail: { outcome: 'applied', before: 'RECEIVED', after: 'RECEIVED' } });
    expect(await run(command)).toMatchObject({ replayed: true });
    expect(await stock()).toBe(before + 2);
    expect(await look(id)).toMatchObject({ RestockedOn: '2026-07-01T08:34:56.790' });
    const again = { ...command, commandId: `${command.commandId}x` };
    expect(await run(again)).toMatchObject({ detail: { outcome: 'already' } });
    expect(await stock()).toBe(before + 2);
  });

  it('are not put back when the shop has put all of the order back', async () => {
    const returned = await server.place({ InventoryWasReduced: '0', TransactionState: `N'REFUNDED'` });
    const id = await server.giveBack(returned, { Restock: '1' });
    const before = await stock();
    expect(await run(restockReturn(returned, id))).toMatchObject({ detail: { outcome: 'superseded' } });
    expect(await stock()).toBe(before);
  });

  it('go back to the size and colour that they are counted by', async () => {
    const id = await server.giveBack(order, { ProductID: '2', VariantID: '4', Restock: '1' });
    await server.sql(
      `INSERT INTO dbo.Orders_ShoppingCart (OrderNumber, ShoppingCartRecID, CustomerID, ProductID, VariantID, Quantity, ChosenSize)
       VALUES (${order}, 7, 7, 2, 4, 3, N'Medium')`,
    );
    const counted = async () =>
      (await server.sql(`SELECT Quan FROM dbo.Inventory WHERE VariantID = 4 AND Size = N'Medium'`))[0]![
        'Quan'
      ] as number;
    const [before, variant] = [await counted(), await stock(4)];
    expect(await run(restockReturn(order, id, { productId: 2, variantId: 4 }))).toMatchObject({ status: 'succeeded' });
    expect(await counted()).toBe(before + 1);
    expect(await stock(4)).toBe(variant);
  });

  it('go back to the colour alone where the size is not counted, whatever the option cost', async () => {
    const id = await server.giveBack(order, { ProductID: '2', VariantID: '4', ShoppingCartRecID: '8', Restock: '1' });
    const colour = `Colour of ${way.name}`;
    await server.sql(
      `UPDATE dbo.Product SET TrackInventoryBySize = 0 WHERE ProductID = 2;
       INSERT INTO dbo.Inventory (VariantID, Color, Quan) VALUES (4, N'${colour}', 10);
       INSERT INTO dbo.Orders_ShoppingCart (OrderNumber, ShoppingCartRecID, CustomerID, ProductID, VariantID, Quantity, ChosenColor, ChosenSize)
       VALUES (${order}, 8, 7, 2, 4, 3, N'${colour}[+2.00]', N'Medium')`,
    );
    try {
      const back = restockReturn(order, id, { productId: 2, variantId: 4, cartRecordId: 8 });
      expect(await run(back)).toMatchObject({ status: 'succeeded' });
      const rows = await server.sql(`SELECT Quan FROM dbo.Inventory WHERE VariantID = 4 AND Color = N'${colour}'`);
      expect(rows).toMatchObject([{ Quan: 11 }]);
    } finally {
      await server.sql(`UPDATE dbo.Product SET TrackInventoryBySize = 1 WHERE ProductID = 2`);
    }
  });

  it('take effect once when many tell at the same time', async () => {
    const id = await server.giveBack(order, { Restock: '1' });
    const before = await stock();
    const results = await Promise.all(
      Array.from({ length: 6 }, () => [restockReturn(order, id), recordReturnRefunded(order, id)])
        .flat()
        .map((command) => insist(command)),
    );
    expect(results.every(({ status }) => status === 'succeeded')).toBe(true);
    expect(results.filter(({ replayed }) => !replayed)).toHaveLength(2);
    expect(await stock()).toBe(before + 1);
    expect((await look(id))['Notes']).toMatch(/^[^\n]*$/);
  });
});

describe('over SQL', () => {
  it('goods that the shop counts nowhere are refused, and nothing is written', async () => {
    const order = await server.place(TAKEN);
    const shop = ways[0]!.open(server);
    try {
      const id = await server.giveBack(order, { VariantID: '99999', Restock: '1' });
      const result = await execute(shop, STORES, restockReturn(order, id, { variantId: 99_999 }), WRITTEN);
      expect(result).toMatchObject({ status: 'refused', errorCode: 'no_shelf' });
      const [row] = await server.sql(`SELECT RestockedOn FROM dbo.Custom_OrderReturn WHERE OrderReturnID = ${id}`);
      expect(row).toMatchObject({ RestockedOn: null });
    } finally {
      await shop.close();
    }
  });
});
