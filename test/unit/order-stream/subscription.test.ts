import { describe, expect, it } from 'vitest';
import type { BillingFact, SubscriptionState } from '../../../schemas/generated/types.ts';
import {
  initialSubscription,
  KEPT_TELLINGS,
  withSubscription,
} from '../../../services/order-stream/domain/subscription.ts';
import { billingFact } from '../../../services/order-stream/sources/stripe/billing.ts';
import { subscriptionAggregate } from '../../../services/order-stream/workflows/aggregates.ts';
import { decide } from '../../../services/order-stream/workflows/decide.ts';
import { loadWorkflows } from '../../../services/order-stream/workflows/directory.ts';
import { policy } from './fixtures.ts';
import { permutations } from './billing-fixtures.ts';

const KEY = 'subscription:sub_1';
const set = loadWorkflows();

const told = (status: string, rank: number, second: number, over: Partial<BillingFact> = {}): BillingFact =>
  billingFact(
    {
      id: over.factId ?? `evt_${status}_${second}`,
      type: 'customer.subscription.updated',
      created: BigInt(second) * 1000n,
      account: null,
      livemode: false,
    },
    KEY,
    {
      kind: `subscription.${status}`,
      objectId: 'sub_1',
      status,
      statusRank: rank,
      subscriptionId: 'sub_1',
      currency: 'USD',
      shopOrderId: '100123',
      ...over,
    },
  ).fact as BillingFact;

const play = (facts: readonly BillingFact[]): Readonly<{ state: SubscriptionState; sent: readonly string[] }> => {
  let state = initialSubscription(KEY);
  const sent: string[] = [];
  for (const fact of facts) {
    const folded = withSubscription(state, fact);
    if (folded.state === state) continue;
    const decided = decide(set, subscriptionAggregate, policy, state, folded);
    ({ state } = decided);
    sent.push(...decided.commands.map(({ commandId, occurredAt }) => `${commandId} ${occurredAt}`));
  }
  return { state, sent };
};

describe('a subscription', () => {
  it('tells each of its states once, whatever the order in which it is heard, and twins are one', () => {
    const facts = [
      told('incomplete', 10, 1),
      told('active', 20, 1),
      told('past_due', 20, 9),
      told('active', 20, 9),
      told('canceled', 30, 20, { endedAt: 20_000n }),
    ];
    const first = play(facts);
    expect(first.sent).toHaveLength(6);
    expect(first.state.tellings.map(({ status }) => status).at(-1)).toBe('canceled');
    const twins = facts.map((fact) => ({ ...fact, factId: `${fact.factId}_twin` }));
    for (const order of permutations(facts)) {
      const { state, sent } = play([...order, ...twins, ...order]);
      expect([...sent].sort()).toEqual([...first.sent].sort());
      expect({ ...state, issued: [] }).toEqual({ ...first.state, issued: [] });
    }
  });

  it('that is tried, late, unpaid, paused, resumed, and of another quantity, stands as it was told to last', () => {
    const item = (quantity: bigint): BillingFact['lines'] => [
      {
        ...{ lineId: 'si_1', priceId: 'price_1', productId: 'prod_1', description: null, quantity, amount: null },
        ...{ tax: null, periodStart: null, periodEnd: null, proration: false, discount: 0n, taxIncluded: 0n },
        invoiceLineId: null,
      },
    ];
    const stories: readonly (readonly BillingFact[])[] = [
      [
        told('trialing', 20, 1, { trialEndsAt: 30_000n, lines: item(1n) }),
        told('active', 20, 30, { trialEndsAt: 30_000n, lines: item(1n) }),
        told('active', 20, 40, { factId: 'evt_more', lines: item(3n) }),
        told('past_due', 20, 50, { lines: item(3n) }),
        told('unpaid', 20, 60, { lines: item(3n) }),
        told('canceled', 30, 70, { endedAt: 70_000n, lines: item(3n) }),
      ],
      [
        told('trialing', 20, 1, { trialEndsAt: 10_000n }),
        told('paused', 20, 10),
        told('active', 20, 20),
        told('active', 20, 30, { factId: 'evt_paused', collectionPaused: 'void' }),
        told('active', 20, 40, { factId: 'evt_resumed' }),
      ],
    ];
    for (const facts of stories) {
      const first = play(facts);
      expect(first.sent.filter((id) => id.includes('record-subscription'))).toHaveLength(facts.length);
      for (const order of permutations(facts)) {
        const { state, sent } = play([...order, ...order.map((fact) => ({ ...fact, factId: `${fact.factId}_twin` }))]);
        expect([...sent].sort()).toEqual([...first.sent].sort());
        expect(state.tellings.at(-1)!.status).toBe(facts.at(-1)!.status);
        expect(state.tellings.map(({ at }) => at)).toEqual(facts.map(({ occurredAt }) => occurredAt));
      }
    }
  });

  it('of which something is told that was not told before is the same where that is nothing', () => {
    const { sent } = play([told('active', 20, 1)]);
    expect(sent[0]).toBe('subscription:sub_1/record-subscription/1-active-8b38b77f9be23b38 1000');
  });

  it('that has ended stays so, whatever else is told of it', () => {
    const { state } = play([told('canceled', 30, 20), told('active', 20, 30)]);
    expect(state.tellings.at(-1)).toMatchObject({ status: 'canceled' });
  });

  it('lives for years in a state that does not grow, and tells nothing again', () => {
    const facts = Array.from({ length: 2_000 }, (_, n) => told(n % 2 === 0 ? 'active' : 'past_due', 20, n));
    const { state, sent } = play(facts.flatMap((fact) => [fact, fact]));
    expect(new Set(sent).size).toBe(2_000);
    expect(sent).toHaveLength(2_000);
    expect(state.tellings).toHaveLength(KEPT_TELLINGS);
    expect(state.issued.length).toBeLessThanOrEqual(KEPT_TELLINGS);
    // Heard of again after years: long overtaken.
    expect(play([...facts, ...facts.slice(0, 50)]).sent).toHaveLength(2_000);
  });

  it('that ended keeps that through however many late tellings', () => {
    const late = Array.from({ length: 300 }, (_, n) => told('active', 20, n));
    const { sent } = play([told('canceled', 30, 900), ...late, told('canceled', 30, 900)]);
    expect(sent.filter((id) => id.includes('canceled'))).toHaveLength(2);
  });
});
