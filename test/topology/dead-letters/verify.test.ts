import { afterEach, describe, expect, it } from 'vitest';
import { topics } from '../../../schemas/topics.ts';
import { topicsOf } from '../../../services/cli/kafka.ts';
import type { LedgerReader } from '../../../services/cli/ledger.ts';
import { collectStory } from '../../../services/cli/order/collect.ts';
import type { ShopReader } from '../../../services/cli/shop.ts';
import type { StripeReader } from '../../../services/cli/stripe.ts';
import { collectFacts, type Sides } from '../../../services/cli/verify/collect.ts';
import { judge } from '../../../services/cli/verify/judge.ts';
import { letterId } from '../../../services/dead-letters/letter.ts';
import { commandResult, ordersRow } from '../../unit/order-stream/fixtures.ts';
import { checkout, pipeChange } from '../order-stream/shop-log.ts';
import { type Desk, openDesk } from './support.ts';

let desk: Desk;
afterEach(() => desk.driver.close());

const ledger: LedgerReader = {
  people: () => ({ profiles: [], merged: new Map(), erased: new Set() }),
  items: () => [],
  everything: () => ({
    salesOrders: [],
    invoices: [],
    subscriptions: [],
    payments: [],
    fees: [],
    creditMemos: [],
    disputes: [],
    conversions: [],
    disputeMovements: [],
    payouts: [],
    applied: [],
    conflicts: [],
    trialBalance: new Map(),
    clearing: new Map(),
  }),
  order: () => [],
  orderCount: () => 0,
  positions: () => [],
  close: () => undefined,
};

/** Kafka as it is; a shop, a Stripe and a ledger that say nothing. */
const sides = async (): Promise<Sides> => ({
  topics: await topicsOf(desk.setup.cluster, desk.schemas),
  shop: {
    orders: () => Promise.resolve([]),
    returns: () => Promise.resolve([]),
    people: () => Promise.resolve({ accounts: [], rows: new Set() }),
    items: () => Promise.resolve([]),
    order: () => Promise.resolve(undefined),
  } as unknown as ShopReader,
  stripe: {
    people: () => Promise.resolve([]),
    items: () => Promise.resolve([]),
    everything: () =>
      Promise.resolve({
        payments: [],
        invoices: [],
        subscriptions: [],
        net: new Map(),
        open: new Map(),
        balance: new Map(),
        payouts: [],
      }),
  } as unknown as StripeReader,
  ledger,
});
const facts = async () => collectFacts(await sides(), ['STRIPE']);

/** A letter about an order without an e-mail address. */
const refused = async () => {
  desk = await openDesk();
  const order = ordersRow({ Email: null }) as unknown as Record<string, unknown>;
  const customer = { CustomerID: 58001, Email: '' };
  for (const change of checkout(desk.log, order, { customer })) await pipeChange(desk.driver, change);
  return letterId((await desk.letters())[0]!);
};

describe('verify', () => {
  it('counts letters that wait, and no redriven change as a second one of the shop', async () => {
    const id = await refused();
    const before = await facts();
    expect(before.deadLetters.map(({ code }) => code)).toEqual(['missing_email']);
    await desk.edit(id, 'after.Email', 'ana@example.com');
    expect((await facts()).deadLetters).toHaveLength(1);
    await desk.redrive(id);
    await desk.driver.run();
    const after = await facts();
    expect(after.deadLetters).toEqual([]);
    expect(after.changes).toHaveLength(before.changes.length);
    const kinds = judge(after).findings.map(({ kind }) => kind);
    expect(kinds).not.toContain('doubled');
    expect(kinds).not.toContain('reordered');
  });

  it('counts a discarded letter no more', async () => {
    const id = await refused();
    await desk.discard(id);
    expect((await facts()).deadLetters).toEqual([]);
  });

  it('counts what cannot be read once: by its letter, while that waits', async () => {
    desk = await openDesk();
    const { name } = desk.schemas.topic('stripeResults');
    await desk.driver.pipeBytes(name, Buffer.from('100123'), Buffer.from('no record'));
    const waiting = await facts();
    expect(waiting.deadLetters.map(({ topic }) => topic)).toEqual(['dead-letters']);
    await desk.discard(letterId((await desk.letters())[0]!));
    expect((await facts()).deadLetters).toEqual([]);
  });

  it('takes a redriven result for what the first one says by now', async () => {
    desk = await openDesk();
    const order = ordersRow() as unknown as Record<string, unknown>;
    for (const change of checkout(desk.log, order)) await pipeChange(desk.driver, change);
    const refusal = { status: 'refused', objectId: null, errorCode: 'x', errorMessage: 'y' };
    await desk.driver.pipe(desk.schemas.topic('stripeResults'), '100123', commandResult(refusal));
    const id = letterId((await desk.letters())[0]!);
    const { value } = desk.schemas.topic('stripeResults');
    await value.open?.();
    await desk.perform([id], { kind: 'edit', edited: () => Promise.resolve(value.encode(commandResult({}))) });
    await desk.redrive(id);
    await desk.driver.run();
    const { results } = await facts();
    expect(results.map(({ status, offset }) => [status, offset])).toEqual([['succeeded', 0n]]);
  });
});

describe("an order's story", () => {
  it('tells what was done about its letter, which is trouble no more', async () => {
    const id = await refused();
    const letterEntry = async () => {
      const story = await collectStory(await sides(), '58001');
      return story?.entries.find(({ place }) => place === id);
    };
    expect(await letterEntry()).toMatchObject({ trouble: true });
    await desk.discard(id);
    const entry = await letterEntry();
    expect(entry).toMatchObject({ trouble: false });
    expect(entry?.what).toContain('discarded by ada: asked the customer');
    expect(topics.deadLetters.name).toBe('dead-letters');
  });
});
