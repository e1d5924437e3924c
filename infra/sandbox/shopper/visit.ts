/** One shopper from the first click to the end, as a story of events. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Patience, waitFor } from './again.ts';
import type { Browser, CardOutcome } from './browser.ts';
import {
  changeMind,
  clearLeftovers,
  fillCart,
  giveAddresses,
  identify,
  openVisit,
  placeOrder,
  reserveNumber,
  skipNumbers,
  writtenLineCount,
} from './checkout.ts';
import { type Habits, tidy } from './habits.ts';
import { type Deed, HELD_METHOD, isHeld, refundAll, refundPart, ship, voidHeld, voidPaid } from './merchant.ts';
import { mistakeAndMend, voidRefused } from './maintenance.ts';
import type { PlannedOrder, Visit } from './plan.ts';
import type { Shop } from './shop.ts';
import { decimalOf, int } from './sql.ts';
import type { Shelf } from './stock.ts';
import type { Till } from './till.ts';

export type ShopperEvent =
  | Readonly<{ event: 'cart'; lines: number }>
  | Readonly<{ event: 'abandoned' }>
  | Readonly<{ event: 'placed'; order: number; total: string }>
  | Readonly<{ event: 'payable'; order: number; paymentIntent: string }>
  | Readonly<{ event: 'confirmed'; order: number; status: string; authenticated: boolean }>
  | Readonly<{ event: 'declined'; order: number; code: string; declineCode: string | undefined; attempt: number }>
  | Readonly<{ event: 'paid'; order: number }>
  | Readonly<{ event: 'refused'; order: number }>
  | Readonly<{ event: 'merchant'; order: number; deed: Deed }>;

export type World = Readonly<{
  shop: Shop;
  browser: Browser;
  shelf: Shelf;
  /** Without it the merchant does nothing at Stripe. */
  till?: Till;
  patience: Patience;
  /** How often the order page looks again, milliseconds. */
  pollMs: number;
  tell: (event: ShopperEvent) => void;
}>;

type OrderView = Readonly<{ reference: string; state: string }>;

const look = (world: World, order: number): Promise<OrderView> =>
  world.shop.do(world.patience, async (sql) => {
    const { rows } = await sql.run(
      'SELECT AuthorizationPNREF, TransactionState FROM dbo.Orders WHERE OrderNumber = @number',
      {
        number: int(order),
      },
    );
    const row = rows[0];
    if (row === undefined) throw new Error(`order ${order} is gone`);
    return {
      reference: (row['AuthorizationPNREF'] as string | null) ?? '',
      state: (row['TransactionState'] as string | null) ?? '',
    };
  });

/** Waits until the order page offers payment, then tries one card after another. */
const pay = async (
  world: World,
  visit: Visit,
  planned: PlannedOrder,
  order: number,
  paidState: string,
): Promise<Readonly<{ end: 'paid' | 'refused'; id: string }>> => {
  const id = await waitFor(`the PaymentIntent of order ${order}`, world.pollMs, world.patience, async () => {
    const { reference } = await look(world, order);
    return reference.startsWith('pi_') ? reference : undefined;
  });
  world.tell({ event: 'payable', order, paymentIntent: id });
  const { clientSecret, status } = await world.browser.open(world.patience, { order, id });
  // A visit that was taken up again may have paid before.
  let outcome: CardOutcome | undefined =
    clientSecret === '' || ['succeeded', 'processing', 'requires_capture'].includes(status)
      ? { kind: 'accepted', status, authenticated: false }
      : undefined;
  for (const [attempt, card] of planned.cards.entries()) {
    if (outcome?.kind === 'accepted') break;
    await sleep(visit.pauses.card, undefined, { signal: world.patience.signal });
    outcome = await world.browser.pay(world.patience, {
      id,
      clientSecret,
      card,
      key: `${planned.numberGuid}/card/${attempt + 1}`,
    });
    if (outcome.kind === 'declined')
      world.tell({
        event: 'declined',
        order,
        code: outcome.code,
        declineCode: outcome.declineCode,
        attempt: attempt + 1,
      });
  }
  if (outcome?.kind === 'accepted')
    world.tell({ event: 'confirmed', order, status: outcome.status, authenticated: outcome.authenticated });
  const expected = outcome?.kind === 'accepted' ? paidState : 'REFUSED';
  await waitFor(`order ${order} to be ${expected} in the shop`, world.pollMs, world.patience, async () => {
    const { state } = await look(world, order);
    // One that was taken up again may have been ended or gone on before.
    return state === expected || ['VOIDED', 'REFUNDED', 'CAPTURED'].includes(state) ? state : undefined;
  });
  const end = outcome?.kind === 'accepted' ? 'paid' : 'refused';
  world.tell({ event: end, order });
  return { end, id };
};

/** What the merchant does about a paid order. Done again, nothing more comes of it. */
const act = async (world: World, planned: PlannedOrder, order: number, id: string, deed: Deed): Promise<void> => {
  const { shop, patience, till } = world;
  const part = planned.total / 3n + 1n;
  const key = (what: string): string => `${planned.numberGuid}/${what}`;
  switch (deed) {
    case 'refunds a part in the shop':
      await shop.do(patience, (sql) => refundPart(sql, order, part, planned.numberGuid));
      break;
    case 'refunds all in the shop':
      await shop.do(patience, (sql) => refundAll(sql, order));
      break;
    case 'refunds a part at Stripe':
      await till?.refund(patience, { id, amount: part, key: key('refund') });
      break;
    case 'refunds all at Stripe':
      await till?.refund(patience, { id, key: key('refund') });
      break;
    case 'wins a dispute':
      await till?.dispute(patience, { id, verdict: 'won' });
      break;
    case 'loses a dispute':
      await till?.dispute(patience, { id, verdict: 'lost' });
      break;
    case 'voids what is paid':
      await shop.do(patience, (sql) => voidPaid(sql, order));
      break;
    case 'ships what is held':
      await shop.do(patience, (sql) => ship(sql, order));
      break;
    case 'ships less than is held':
      await shop.do(patience, (sql) => ship(sql, order, planned.subtotal / 4n));
      break;
    case 'voids what is held':
      await shop.do(patience, (sql) => voidHeld(sql, order));
      break;
    case 'cancels what is held at Stripe':
      await till?.cancel(patience, { id, key: key('cancel') });
      break;
  }
  world.tell({ event: 'merchant', order, deed });
};

/** Plays a visit to its end. Played again, it goes on where it was. @throws ImpatienceError */
export const playVisit = async (world: World, visit: Visit, habits: Habits = tidy, deed?: Deed): Promise<void> => {
  const { shop, patience, shelf } = world;
  const planned = visit.order;
  const begun = planned === undefined ? 0 : await shop.do(patience, (sql) => writtenLineCount(sql, planned));
  const customerId = await shop.do(patience, (sql) => openVisit(sql, visit));
  // Once the lines are the order's, the cart is on its way out.
  if (begun === 0) {
    await shop.do(patience, (sql) => fillCart(sql, visit, shelf, customerId));
    if (habits.changesMind) await shop.do(patience, (sql) => changeMind(sql, visit, shelf, customerId));
    world.tell({ event: 'cart', lines: visit.lines.length });
    await sleep(visit.pauses.cart, undefined, { signal: patience.signal });
  }
  if (planned === undefined) {
    if (visit.signsIn) await shop.do(patience, (sql) => identify(sql, visit, customerId));
    world.tell({ event: 'abandoned' });
    return;
  }
  const order = await shop.do(patience, async (sql) => {
    const buyer = await identify(sql, visit, customerId);
    if (begun === 0) await clearLeftovers(sql, visit, buyer.customerId);
    const addressed = await giveAddresses(sql, visit, buyer);
    await skipNumbers(sql, planned, habits.skippedNumbers);
    const reserved = await reserveNumber(sql, planned);
    await placeOrder(sql, visit, planned, shelf, addressed, reserved, habits, isHeld(deed) ? HELD_METHOD : undefined);
    return reserved;
  });
  world.tell({ event: 'placed', order, total: decimalOf(planned.total) });
  const { end, id } = await pay(world, visit, planned, order, isHeld(deed) ? 'AUTHORIZED' : 'CAPTURED');
  if (end === 'paid' && deed !== undefined) await act(world, planned, order, id, deed);
  else if (end === 'paid' && habits.mistake) await shop.do(patience, (sql) => mistakeAndMend(sql, order));
  if (end === 'refused' && habits.voids) await shop.do(patience, (sql) => voidRefused(sql, order));
};
