import type Stripe from 'stripe';
import { describe, expect, it } from 'vitest';
import { storyText } from '../../../services/cli/order/print.ts';
import { standingOf } from '../../../services/cli/order/standing.ts';
import type { Entry, Story } from '../../../services/cli/order/story.ts';
import type { ShopRow } from '../../../services/cli/shop.ts';
import type { Moved, PaymentStory } from '../../../services/cli/stripe-story.ts';

const shop = (state: string | null, reference: string | null = null): ShopRow => ({
  order: {
    orderId: '100001',
    paymentMethod: 'STRIPE',
    state,
    reference,
    complete: state !== null,
    credit: false,
    parent: null,
    subscriptionId: null,
    subtotal: 5_000n,
    tax: 444n,
    shipping: 695n,
    total: 6_139n,
    giftCard: 0n,
    currency: 'USD',
  },
  customerId: 7,
  email: 'ada@example.com',
  gateway: null,
  orderDate: '2026-01-02T03:04:05',
  authorizedOn: null,
  capturedOn: null,
  updatedOn: '2026-01-02T03:04:05',
  serviceNotes: null,
});

const moves = (by: Moved['by'], gross: bigint, fee = 0n, currency = 'USD'): Moved => ({
  by,
  balanceTransactionId: `txn_${by}`,
  gross,
  fee,
  net: gross - fee,
  currency,
});
const charged = moves('charge', 6_139n, 208n);

const payment = (
  status: Stripe.PaymentIntent.Status,
  more: Readonly<{
    error?: string;
    failed?: number;
    refunded?: bigint;
    moved?: readonly Moved[];
    payout?: PaymentStory['payout'];
  }> = {},
): PaymentStory => ({
  paymentIntent: {
    id: 'pi_1',
    status,
    amount: 6_139,
    amount_received: status === 'succeeded' ? 6_139 : 0,
    currency: 'usd',
    last_payment_error: more.error === undefined ? null : { message: more.error },
  } as Stripe.PaymentIntent,
  charges: [
    ...Array.from({ length: more.failed ?? 0 }, (_, index) => ({
      id: `ch_f${index}`,
      status: 'failed',
      amount: 6_139,
      failure_message: more.error ?? null,
    })),
    ...(status === 'succeeded' ? [{ id: 'ch_1', status, amount: 6_139, failure_message: null }] : []),
  ] as Stripe.Charge[],
  refunded: more.refunded ?? 0n,
  moved: more.moved ?? [],
  payout: more.payout ?? null,
  events: [],
});

const story = (change: Partial<Story>): Story => ({
  orderId: '100001',
  shop: shop('PENDING'),
  entries: [],
  quietImages: 0,
  payment: undefined,
  ledger: [],
  ...change,
});

const booked = [{ what: 'sales order', commandId: '100001/create-sales-order/1' }];

const standings: readonly (readonly [name: string, story: Story, says: string])[] = [
  [
    'still in the checkout',
    story({ shop: shop(null) }),
    'Order 100001 is still being written by the checkout (without a state). No money has moved: 61.39 USD is owed and Stripe has not been asked for it.',
  ],
  [
    'placed',
    story({}),
    'Order 100001 is placed and waits for its PaymentIntent. No money has moved: 61.39 USD is owed and Stripe has not been asked for it.',
  ],
  [
    'payable',
    story({ payment: payment('requires_payment_method') }),
    'Order 100001 is placed and waits for the customer to pay. No money has moved: 61.39 USD can be paid (pi_1 is requires_payment_method).',
  ],
  [
    'paid at Stripe only',
    story({ payment: payment('succeeded') }),
    "Order 100001 is paid at Stripe, and the shop has not heard of it yet. The customer paid 61.39 USD; Stripe's fee is not settled yet.",
  ],
  [
    'paid and booked',
    story({ shop: shop('CAPTURED', 'pi_1'), payment: payment('succeeded', { moved: [charged] }), ledger: booked }),
    'Order 100001 is paid in the shop and booked in the ERP. The customer paid 61.39 USD; Stripe kept 2.08 USD, so 59.31 USD of it is ours, in the Stripe balance.',
  ],
  [
    'paid and partly refunded',
    story({
      shop: shop('CAPTURED', 'pi_1'),
      payment: payment('succeeded', { moved: [charged, moves('refund', -1_000n)], refunded: 1_000n }),
    }),
    'Order 100001 is paid in the shop; the ERP has not booked it yet. The customer paid 61.39 USD, of which 10.00 USD went back; Stripe kept 2.08 USD, so 49.31 USD of it is ours, in the Stripe balance.',
  ],
  [
    'paid out by now',
    story({
      shop: shop('CAPTURED', 'pi_1'),
      payment: payment('succeeded', {
        moved: [charged],
        payout: { id: 'po_1', status: 'paid', arrivesAt: 1_767_571_200_000n },
      }),
      ledger: booked,
    }),
    'Order 100001 is paid in the shop and booked in the ERP. The customer paid 61.39 USD; Stripe kept 2.08 USD, so 59.31 USD of it is ours, and the payment went to the bank with po_1 (paid, 2026-01-05).',
  ],
  [
    'refunded whole, by way of another currency',
    story({
      shop: shop('REFUNDED', 'pi_1'),
      payment: payment('succeeded', {
        refunded: 6_139n,
        moved: [moves('charge', 5_500n, 240n, 'EUR'), moves('refund', -5_610n, 0n, 'EUR')],
      }),
    }),
    'Order 100001 was sold, and all of it is refunded in the shop. The customer paid 61.39 USD, of which 61.39 USD went back; Stripe made 55.00 EUR of it, Stripe kept 2.40 EUR, so it has cost 3.50 EUR, in the Stripe balance.',
  ],
  [
    'disputed',
    story({
      shop: shop('CAPTURED', 'pi_1'),
      payment: payment('succeeded', { moved: [charged, moves('dispute', -6_139n, 1_500n)] }),
      ledger: booked,
    }),
    'Order 100001 is paid in the shop and booked in the ERP. The customer paid 61.39 USD; a dispute has taken 61.39 USD, Stripe kept 17.08 USD, so it has cost 17.08 USD, in the Stripe balance.',
  ],
  [
    'declined twice',
    story({
      shop: shop('REFUSED', 'pi_1'),
      payment: payment('requires_payment_method', { error: 'Your card was declined.', failed: 2 }),
    }),
    'Order 100001 was placed, its payment was refused, and nothing ships; the customer was told. No money has moved: 61.39 USD was declined 2 times, last because: Your card was declined.',
  ],
  [
    'gone',
    story({ shop: undefined }),
    "Order 100001 is not in the shop's database any more. Nothing is known of money.",
  ],
];

const entry = (change: Partial<Entry>): Entry => ({
  at: 1_700_000_000_000n,
  system: 'stream',
  place: 'dead-letters-0@4',
  what: 'DEAD LETTER amount_mismatch',
  commandId: null,
  causationId: null,
  rank: 0,
  trouble: false,
  ...change,
});

describe('where an order stands', () => {
  it.each(standings)('%s', (_name, told, says) => {
    expect(standingOf(told)).toBe(says);
  });

  it('is with a person when something went wrong', () => {
    expect(standingOf(story({ entries: [entry({ trouble: true })] }))).toContain(
      'Order 100001 needs a person: DEAD LETTER amount_mismatch.',
    );
  });
});

describe('a printed story', () => {
  it('tells of each thing where it lies, and why, and ends with where the order stands', () => {
    const told = story({
      entries: [
        entry({
          what: '→ CreatePaymentIntent',
          place: 'stripe.commands-1@9',
          commandId: '100001/x/1',
          causationId: 'evt_1',
        }),
      ],
    });
    const text = storyText(told);
    expect(text).toContain('stripe.commands-1@9  100001/x/1 because of evt_1');
    expect(text).toContain('61.39 USD (50.00 USD + tax 4.44 USD + shipping 6.95 USD)');
    expect(text.endsWith(standingOf(told)) || text.includes(standingOf(told))).toBe(true);
  });
});
