/** What is decided of an order's row, in a word; and the same commands carried out over every way to a shop. */
import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { AdnsfOrderCommand } from '../../../schemas/topics.ts';
import { decide } from '../../../services/adnsf-executor/domain/decide.ts';
import type { OrderRow } from '../../../services/adnsf-executor/domain/order-row.ts';
import { execute } from '../../../services/adnsf-executor/execute.ts';
import type { OrderLookup, Shop } from '../../../services/adnsf-executor/shop.ts';
import { type ShopServer, startShopServer, ways } from './shop-server.ts';
import { PAID_AT, STORES } from './support.ts';

/** An order of 123.45 that is linked to pi_1. */
export const orderRow = (over: Partial<OrderRow> = {}): OrderRow => ({
  orderNumber: 1,
  storeId: 1,
  state: 'PENDING',
  paymentReference: 'pi_1',
  total: '123.4500',
  couponType: 0,
  couponAmount: null,
  shipped: false,
  ...over,
});

export const decisionOn = (command: AdnsfOrderCommand, over: Partial<OrderRow> = {}) =>
  decide(command, orderRow(over), STORES[1]);

/** What changes and the state after it, why nothing does, or the code of the refusal. */
export const saidOf = (command: AdnsfOrderCommand, over: Partial<OrderRow> = {}): string => {
  const decision = decisionOn(command, over);
  if (decision.kind === 'apply') return `${decision.change.kind} ${decision.after}`;
  return decision.kind === 'nothing' ? decision.outcome : decision.code;
};

type InShop = Readonly<{
  server: () => ShopServer;
  run: (command: AdnsfOrderCommand) => ReturnType<typeof execute>;
}>;

/** Declares tests for each way to one shop, in which nothing may go wrong. */
export const inEveryShop = (declare: (shop: InShop) => void): void => {
  let server: ShopServer;
  beforeAll(async () => {
    server = await startShopServer();
  });
  afterAll(async () => {
    await server.close();
  });
  describe.each(ways)('the shop over $name', (way) => {
    let shop: Shop & OrderLookup;
    beforeAll(() => {
      shop = way.open(server);
    });
    afterAll(async () => {
      await shop.close();
      expect(server.faults).toEqual([]);
    });
    declare({ server: () => server, run: (command) => execute(shop, STORES, command, PAID_AT) });
  });
};
