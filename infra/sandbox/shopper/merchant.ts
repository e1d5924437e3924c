/**
 * What the merchant's people do with an order after its checkout: they ship it, pay it back, end it, or hear of a dispute.
 * A pure function of the seed and the visit's number says what; every statement is safe to repeat.
 */
import { chanceOf, guidOf } from './chance.ts';
import { guid, int, money, type SqlSession, text } from './sql.ts';

export const deeds = [
  'refunds a part in the shop',
  'refunds all in the shop',
  'refunds a part at Stripe',
  'refunds all at Stripe',
  'wins a dispute',
  'loses a dispute',
  'voids what is paid',
  'ships what is held',
  'ships less than is held',
  'voids what is held',
  'cancels what is held at Stripe',
] as const;
export type Deed = (typeof deeds)[number];

/** `share`: of the visits that the merchant does something about, from 0 to 1. */
export const deedOf = (seed: string, index: number, share: number): Deed | undefined => {
  const chance = chanceOf(seed, 'merchant', index);
  return chance.happens(share) ? chance.pick(deeds) : undefined;
};

/** Whether the order's money is only held at checkout. */
export const isHeld = (deed: Deed | undefined): boolean => deed?.includes('held') === true;

/** The payment method of such orders, as the shop spells it. */
export const HELD_METHOD = 'Stripe on shipment';

/** A part is paid back as ADNSF writes it: an order of its own, with one line. */
export const refundPart = async (sql: SqlSession, order: number, cents: bigint, seed: string): Promise<void> => {
  const numberGuid = guid(guidOf(seed, order, 'credit number'));
  const orderGuid = guid(guidOf(seed, order, 'credit'));
  const reserved = 'SELECT OrderNumber AS id FROM dbo.OrderNumbers WHERE OrderNumberGUID = @guid';
  if ((await sql.run(reserved, { guid: numberGuid })).rows.length === 0)
    await sql.run('INSERT INTO dbo.OrderNumbers (OrderNumberGUID) VALUES (@guid)', { guid: numberGuid });
  const number = int((await sql.run(reserved, { guid: numberGuid })).rows[0]!['id'] as number);
  const written = await sql.run('SELECT OrderNumber FROM dbo.Orders WHERE OrderGUID = @guid', { guid: orderGuid });
  if (written.rows.length === 0)
    await sql.run(
      `INSERT INTO dbo.Orders (OrderNumber, OrderGUID, ParentOrderNumber, CustomerID, CustomerGUID, LastName, FirstName,
         Email, OrderSubtotal, OrderTax, OrderShippingCosts, OrderTotal, PaymentMethod, PaymentGateway,
         AuthorizationPNREF, TransactionState, AuthorizedOn, CapturedOn, RefundedOn, RefundReason, CartType,
         TransactionType)
       SELECT @number, @guid, OrderNumber, CustomerID, CustomerGUID, LastName, FirstName,
         Email, CAST(@amount AS money), 0, 0, CAST(@amount AS money), PaymentMethod, PaymentGateway,
         N'', N'REFUNDED', GETDATE(), GETDATE(), GETDATE(), N'damaged', CartType, 2
       FROM dbo.Orders WHERE OrderNumber = @order`,
      { number, guid: orderGuid, order: int(order), amount: money(cents) },
    );
  const lines = await sql.run('SELECT OrderNumber FROM dbo.Orders_ShoppingCart WHERE OrderNumber = @number', {
    number,
  });
  if (lines.rows.length === 0)
    await sql.run(
      `INSERT INTO dbo.Orders_ShoppingCart (OrderNumber, ShoppingCartRecID, CustomerID, ProductID, VariantID, Quantity,
         OrderedProductName, OrderedProductSKU, OrderedProductPrice, IsTaxable, CartType)
       SELECT @number, 0, CustomerID, 0, 0, 1, N'Ad Hoc Refund', N'ADHOCREFUND', CAST(@amount AS money), 0, 0
       FROM dbo.Orders WHERE OrderNumber = @order`,
      { number, order: int(order), amount: money(cents) },
    );
};

/** What the order had taken is for sale again: stock and its guard change together, as when it was taken. */
const returnStock = (sql: SqlSession, order: number): Promise<void> =>
  sql.together(async () => {
    const number = int(order);
    const { rows } = await sql.run(
      `SELECT l.VariantID, l.Quantity, o.InventoryWasReduced FROM dbo.Orders_ShoppingCart l
       JOIN dbo.Orders o ON o.OrderNumber = l.OrderNumber WHERE l.OrderNumber = @number ORDER BY l.VariantID`,
      { number },
    );
    if (rows[0]?.['InventoryWasReduced'] !== 1) return;
    for (const row of rows)
      await sql.run('UPDATE dbo.ProductVariant SET Inventory = Inventory + @quantity WHERE VariantID = @variant', {
        quantity: int(row['Quantity'] as number),
        variant: int(row['VariantID'] as number),
      });
    await sql.run('UPDATE dbo.Orders SET InventoryWasReduced = 0 WHERE OrderNumber = @number', { number });
  });

/** The state first: what is left undone by an end in between, the next attempt does. */
const change =
  (assignments: string, state: string, after: string) =>
  async (sql: SqlSession, order: number): Promise<void> => {
    await sql.run(
      `UPDATE dbo.Orders SET ${assignments} WHERE OrderNumber = @number AND TransactionState = N'${state}'`,
      { number: int(order) },
    );
    const { rows } = await sql.run('SELECT TransactionState FROM dbo.Orders WHERE OrderNumber = @number', {
      number: int(order),
    });
    if (rows[0]?.['TransactionState'] === after) await returnStock(sql, order);
  };

export const refundAll = change(
  `TransactionState = N'REFUNDED', RefundedOn = GETDATE(), RefundReason = N'sent back', IsNew = 0`,
  'CAPTURED',
  'REFUNDED',
);
const voided = `TransactionState = N'VOIDED', VoidedOn = GETDATE(), IsNew = 0`;
export const voidPaid = change(voided, 'CAPTURED', 'VOIDED');
export const voidHeld = change(voided, 'AUTHORIZED', 'VOIDED');

/** Ships the order, for `less` cents less than it cost at checkout. */
export const ship = async (sql: SqlSession, order: number, less = 0n): Promise<void> => {
  await sql.run(
    `UPDATE dbo.Orders SET ShippedOn = GETDATE(), ShippedVIA = N'UPS', ShippingTrackingNumber = @tracking,
       ReadyToShip = 1, IsNew = 0, OrderSubtotal = OrderSubtotal - CAST(@less AS money),
       OrderTotal = OrderTotal - CAST(@less AS money)
     WHERE OrderNumber = @number AND ShippedOn IS NULL`,
    { number: int(order), tracking: text(`1Z${order}`), less: money(less) },
  );
};
