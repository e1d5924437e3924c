import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Patience } from '../../../infra/sandbox/shopper/again.ts';
import type { Browser, CardOutcome } from '../../../infra/sandbox/shopper/browser.ts';
import { habitsOf, tidy } from '../../../infra/sandbox/shopper/habits.ts';
import { maintain } from '../../../infra/sandbox/shopper/maintenance.ts';
import { planVisit, type PlannedOrder, type Visit } from '../../../infra/sandbox/shopper/plan.ts';
import { openShop, type Shop } from '../../../infra/sandbox/shopper/shop.ts';
import {
  decimalOf,
  int,
  openSql,
  type Row,
  type ShopLogin,
  SqlAwayError,
  type SqlSession,
} from '../../../infra/sandbox/shopper/sql.ts';
import { fillShelf, type Shelf } from '../../../infra/sandbox/shopper/stock.ts';
import { playVisit, type ShopperEvent } from '../../../infra/sandbox/shopper/visit.ts';
import { type SqlServer, startSqlServer } from '../../../infra/sandbox/sqlserver/server.ts';

const SEED = 'checkout-test';
const password = 'Checkout1!secret';
let server: SqlServer;
let login: ShopLogin;
let sql: SqlSession;
let shelf: Shelf;

const patience = (): Patience => ({ until: Date.now() + 15_000, signal: new AbortController().signal });

beforeAll(async () => {
  server = await startSqlServer({
    saPassword: password,
    variables: { CDC_PASSWORD: password, EXECUTOR_PASSWORD: password, SHOP_PASSWORD: password },
  });
  login = {
    host: '127.0.0.1',
    port: server.port,
    database: 'AspDotNetStorefront',
    user: 'millrace_shop',
    password,
    encrypt: false,
  };
  sql = await openSql(login);
  shelf = await fillShelf(sql);
});

afterAll(async () => {
  sql.close();
  await server.close();
});

const find = (wanted: (visit: Visit) => boolean, from = 0): Visit => {
  for (let index = from; ; index += 1) {
    const visit = planVisit(SEED, index);
    if (wanted(visit)) return visit;
  }
};

const first = async (query: string, order: number): Promise<Row> => {
  const { rows } = await sql.run(query, { number: int(order) });
  return rows[0] ?? {};
};
const count = async (query: string): Promise<number> => (await sql.run(query)).rows[0]!['n'] as number;

/** Plays Stripe and Millrace: links a PaymentIntent to each order, and moves the order on when the shopper has paid. */
const counterpart = (
  outcomes: readonly CardOutcome[],
): { browser: Browser; link: (order: number) => Promise<void> } => {
  let attempt = 0;
  const orders = new Map<string, number>();
  return {
    async link(order) {
      orders.set(`pi_${order}`, order);
      await sql.run(`UPDATE dbo.Orders SET AuthorizationPNREF = N'pi_${order}' WHERE OrderNumber = @number`, {
        number: int(order),
      });
    },
    browser: {
      open: () => Promise.resolve({ clientSecret: 'secret', status: 'requires_payment_method' }),
      async pay(_patience, { id }) {
        const outcome = outcomes[attempt]!;
        attempt += 1;
        const state = outcome.kind === 'accepted' ? 'CAPTURED' : 'REFUSED';
        await sql.run(`UPDATE dbo.Orders SET TransactionState = N'${state}' WHERE OrderNumber = @number`, {
          number: int(orders.get(id)!),
        });
        return outcome;
      },
    },
  };
};

const accepted: CardOutcome = { kind: 'accepted', status: 'succeeded', authenticated: false };
const declined: CardOutcome = { kind: 'declined', code: 'card_declined', declineCode: 'generic_decline' };

const play = async (
  visit: Visit,
  shop: Shop,
  outcomes: readonly CardOutcome[] = [accepted],
  habits = tidy,
): Promise<ShopperEvent[]> => {
  const events: ShopperEvent[] = [];
  const { browser, link } = counterpart(outcomes);
  const linking: Promise<void>[] = [];
  await playVisit(
    {
      shop,
      browser,
      shelf,
      patience: patience(),
      pollMs: 5,
      tell: (event) => {
        events.push(event);
        if (event.event === 'placed') linking.push(link(event.order));
      },
    },
    { ...visit, pauses: { cart: 0, card: 0 } },
    habits,
  );
  await Promise.all(linking);
  return events;
};

const placedIn = (events: readonly ShopperEvent[]): number => {
  const placed = events.find((event) => event.event === 'placed');
  if (placed?.event !== 'placed') throw new Error('nothing was placed');
  return placed.order;
};

const expectPlaced = async (order: number, planned: PlannedOrder): Promise<void> => {
  const row = await first(
    `SELECT CONVERT(varchar(32), OrderSubtotal, 2) AS Subtotal, CONVERT(varchar(32), OrderTax, 2) AS Tax,
       CONVERT(varchar(32), OrderShippingCosts, 2) AS Shipping, CONVERT(varchar(32), OrderTotal, 2) AS Total,
       InventoryWasReduced, PaymentMethod FROM dbo.Orders WHERE OrderNumber = @number`,
    order,
  );
  expect(row).toEqual({
    Subtotal: `${decimalOf(planned.subtotal)}00`,
    Tax: `${decimalOf(planned.tax)}00`,
    Shipping: `${decimalOf(planned.shipping)}00`,
    Total: `${decimalOf(planned.total)}00`,
    InventoryWasReduced: 1,
    PaymentMethod: 'Stripe',
  });
  const { rows } = await sql.run(
    `SELECT OrderedProductSKU AS Sku, Quantity, CONVERT(varchar(32), OrderedProductPrice, 2) AS Price
     FROM dbo.Orders_ShoppingCart WHERE OrderNumber = @number`,
    { number: int(order) },
  );
  const byName = (left: { Sku: string }, right: { Sku: string }): number => (left.Sku < right.Sku ? -1 : 1);
  expect((rows as unknown as { Sku: string }[]).toSorted(byName)).toEqual(
    planned.lines
      .map((line) => ({ Sku: line.article.sku, Quantity: line.quantity, Price: `${decimalOf(line.extended)}00` }))
      .toSorted(byName),
  );
};

describe('a guest who pays', () => {
  it('leaves an order to the cent, no cart, and an unregistered customer with an e-mail', async () => {
    const visit = find(
      ({ order, person }) => order?.cards.length === 1 && !person.registered && order.lines.length > 2,
    );
    const shop = openShop(login);
    const events = await play(visit, shop);
    shop.close();
    const order = placedIn(events);
    expect(events.map(({ event }) => event)).toEqual(['cart', 'placed', 'payable', 'confirmed', 'paid']);
    await expectPlaced(order, visit.order!);
    expect(
      await first(
        `SELECT c.Email, c.IsRegistered, (SELECT COUNT(*) FROM dbo.ShoppingCart s WHERE s.CustomerID = c.CustomerID) AS Cart
         FROM dbo.Orders o JOIN dbo.Customer c ON c.CustomerID = o.CustomerID WHERE o.OrderNumber = @number`,
        order,
      ),
    ).toEqual({ Email: visit.email, IsRegistered: 0, Cart: 0 });
  });
});

describe('somebody with an account who comes back', () => {
  it('moves the cart to the account and buys what is new only', async () => {
    const [one, two] = ((): [Visit, Visit] => {
      for (let index = 0; ; index += 1) {
        const visit = planVisit(SEED, index);
        if (!visit.order || !visit.person.registered || visit.personNumber === index) continue;
        const home = planVisit(SEED, visit.personNumber);
        if (home.order && home.personNumber === visit.personNumber && home.index !== index) return [home, visit];
      }
    })();
    const shop = openShop(login);
    const outcomes = [accepted];
    const before = placedIn(await play(one, shop, outcomes));
    const after = placedIn(await play(two, shop, outcomes));
    shop.close();
    const customer = 'SELECT CustomerID FROM dbo.Orders WHERE OrderNumber = @number';
    expect(await first(customer, after)).toEqual(await first(customer, before));
    await expectPlaced(before, one.order!);
    await expectPlaced(after, two.order!);
  });
});

describe('somebody whose card is declined', () => {
  it('tries the next card', async () => {
    const visit = find(
      ({ order }) => order?.cards[0]?.outcome === 'declines' && order.cards.at(-1)?.outcome === 'pays',
    );
    const shop = openShop(login);
    const events = await play(visit, shop, [declined, accepted]);
    shop.close();
    expect(events.map(({ event }) => event)).toEqual(['cart', 'placed', 'payable', 'declined', 'confirmed', 'paid']);
  });

  it('goes home when there is none', async () => {
    const visit = find(({ order }) => order?.cards.length === 1 && order.cards[0]!.outcome === 'declines');
    const shop = openShop(login);
    const events = await play(visit, shop, [declined]);
    shop.close();
    expect(events.map(({ event }) => event)).toEqual(['cart', 'placed', 'payable', 'declined', 'refused']);
  });
});

describe('an abandoned cart', () => {
  it('stays, without an order', async () => {
    const visit = find(({ order }) => order === undefined);
    const before = await count('SELECT COUNT(*) AS n FROM dbo.OrderNumbers');
    const shop = openShop(login);
    const events = await play(visit, shop);
    shop.close();
    expect(events.map(({ event }) => event)).toEqual(['cart', 'abandoned']);
    expect(await count('SELECT COUNT(*) AS n FROM dbo.OrderNumbers')).toBe(before);
  });
});

describe('an untidy visit', () => {
  const untidy = {
    skippedNumbers: 2,
    firstState: 'AUTH',
    takenBack: true,
    lateLinesMs: 1,
    changesMind: true,
    mistake: true,
    voids: true,
  } as const;
  const states = `SELECT __$operation AS op, TransactionState AS state FROM cdc.dbo_Orders_CT
    WHERE OrderNumber = @number AND __$operation IN (2, 4)`;
  const numbers = 'SELECT COUNT(*) AS n FROM dbo.OrderNumbers';

  it('leaves the same order as a tidy one, and gaps, and states that went backwards', async () => {
    const visit = find(({ order, person }) => order?.cards.length === 1 && !person.registered, 30_000);
    const before = await count(numbers);
    const shop = openShop(login);
    const order = placedIn(await play(visit, shop, [accepted], untidy));
    await shop.do(patience(), maintain);
    shop.close();
    await expectPlaced(order, visit.order!);
    expect(await count(numbers)).toBe(before + 3);
    const seen = (await sql.run(states, { number: int(order) })).rows.map(({ state }) => state);
    const steps = seen.filter((state, index) => state !== seen[index - 1]);
    expect(steps).toEqual(['AUTH', 'AUTHORIZED', 'PENDING', 'CAPTURED', 'PENDING', 'CAPTURED']);
    expect(seen.length).toBeGreaterThan(2 * steps.length - 1);
  });

  it('is drawn apart from the plan, and only from the share that is asked for', () => {
    const all = Array.from({ length: 50 }, (_, index) => habitsOf(SEED, index, 1));
    expect(all).toEqual(Array.from({ length: 50 }, (_, index) => habitsOf(SEED, index, 1)));
    for (const habit of ['takenBack', 'changesMind', 'mistake', 'voids'] as const)
      expect(new Set(all.map((each) => each[habit]))).toEqual(new Set([true, false]));
    expect(habitsOf(SEED, 7, 0)).toEqual(tidy);
  });
});

/** Loses the connection at the n-th statement: before it takes effect, or after, with the answer lost. */
const unreliable = (failAt: number, when: 'before' | 'after'): { shop: Shop; statements: () => number } => {
  let statements = 0;
  const inner = openShop(login);
  return {
    statements: () => statements,
    shop: {
      close: () => inner.close(),
      do: (waiting, work) =>
        inner.do(waiting, (session) =>
          work({
            ...session,
            async run(statement, params) {
              statements += 1;
              const fails = statements === failAt;
              if (fails && when === 'before') throw new SqlAwayError('lost before');
              const answer = await session.run(statement, params);
              if (fails) throw new SqlAwayError('lost after');
              return answer;
            },
          }),
        ),
    },
  };
};

describe('a connection that is lost at any statement', () => {
  it.each(['before', 'after'] as const)('%s it takes effect, doubles nothing and loses nothing', async (when) => {
    // Visits of their own for each place to fail; one that did not come to fail ends the row.
    const orders = 'SELECT COUNT(*) AS n FROM dbo.Orders';
    let from = when === 'before' ? 10_000 : 20_000;
    for (let failAt = 1; ; failAt += 3) {
      const visit = find(
        ({ order, person }) => order?.cards.length === 1 && order.lines.length === 2 && !person.registered,
        from,
      );
      from = visit.index + 1;
      const before = await count(orders);
      const stock = await count('SELECT SUM(Inventory) AS n FROM dbo.ProductVariant');
      const { shop, statements } = unreliable(failAt, when);
      const order = placedIn(await play(visit, shop));
      shop.close();
      await expectPlaced(order, visit.order!);
      expect(await count(orders)).toBe(before + 1);
      const bought = visit.lines.reduce((sum, line) => sum + line.quantity, 0);
      expect(await count('SELECT SUM(Inventory) AS n FROM dbo.ProductVariant')).toBe(stock - bought);
      if (statements() < failAt) break;
    }
  });
});
