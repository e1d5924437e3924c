/** Guards of disputes, of refunds that were begun in the shop, and of money that is held until an order is shipped. */
import type { Mutant } from './mutant.ts';

const requests = 'services/order-stream/domain/shop-refunds.ts';
const shop = 'services/order-stream/domain/shop.ts';
const steps = 'services/order-stream/domain/refund-steps.ts';
const shipping = 'services/order-stream/domain/shipping.ts';
const fold = 'services/order-stream/domain/order.ts';
const orderToCash = 'workflows/order-to-cash@1.yaml';
const disputes = 'workflows/disputes@1.yaml';
const shopRefunds = 'workflows/shop-refunds@1.yaml';

const asked = ['test/unit/order-stream/shop-refunds.test.ts'];
const held = ['test/unit/order-stream/shipping.test.ts'];
const examples = ['test/unit/workflows/default-set.test.ts'];

const away = ['test/unit/order-stream/off-session.test.ts'];
const charged = ['test/unit/stripe-executor/off-session.test.ts'];
const gone = ['test/unit/order-stream/erp-shipments.test.ts'];
const left = ['test/unit/adnsf-executor/shipped.test.ts'];

export const heldMutants: readonly Mutant[] = [
  {
    guard: 'stock-returned-once',
    why: 'stock that was never taken, or is back already, would be put back',
    file: 'services/adnsf-executor/sql/returned-stock.ts',
    edits: [
      { find: `guard.parse(found).InventoryWasReduced !== 1`, replace: `guard.parse(found).InventoryWasReduced > 1` },
    ],
    tests: ['test/unit/adnsf-executor/returned-stock.test.ts'],
  },
  {
    guard: 'stock-by-colour-and-size',
    why: 'stock of a colour would be put back on all of them',
    file: 'services/adnsf-executor/sql/shelf.ts',
    edits: [{ find: `COALESCE(Color, N'') = @color AND`, replace: `@color = @color AND` }],
    tests: ['test/unit/adnsf-executor/returned-stock.test.ts'],
  },
  {
    guard: 'stock-as-the-product-is-counted',
    why: 'units of a size would be looked for where only colours are counted: the ERP’s count would sell them again',
    file: 'services/order-stream/domain/items/names.ts',
    edits: [
      {
        find: `size: counting.TrackInventoryBySize === 1 ? optionOf(chosen.ChosenSize) : null`,
        replace: `size: optionOf(chosen.ChosenSize)`,
      },
    ],
    tests: ['test/unit/adnsf-executor/stock.test.ts', 'test/unit/adnsf-executor/returns.test.ts'],
  },
  {
    guard: 'shipment-all-of-it',
    why: 'what was authorised would be captured with the first parcel',
    file: 'services/order-stream/domain/shipments.ts',
    edits: [{ find: `problem === null && isAll(placed, shipments) ?`, replace: `problem === null ?` }],
    tests: gone,
  },
  {
    guard: 'shipment-no-more-than-sold',
    why: 'what was sent by mistake would be captured as if it were the order',
    file: 'services/order-stream/domain/shipments.ts',
    edits: [{ find: `quantity > (sold.get(variantId) ?? 0));`, replace: `quantity > 1_000 && !sold.has(variantId));` }],
    tests: gone,
  },
  {
    guard: 'shipment-of-its-order',
    why: "a parcel that was written under another order's key would ship that order",
    file: 'services/order-stream/domain/shipments.ts',
    edits: [{ find: `if (orderId !== state.orderId)`, replace: `if (orderId === '')` }],
    tests: gone,
  },
  {
    guard: 'shipment-counts-once',
    why: 'a parcel that is told twice would stand for one that has not left',
    file: 'services/order-stream/domain/shipments.ts',
    edits: [
      {
        find: `state.shipments.find((other) => other.shipmentId === shipmentId)`,
        replace: `state.shipments.find((other) => other === shipment)`,
      },
    ],
    tests: gone,
  },
  {
    guard: 'shipped-by-the-shop-stays',
    why: 'what somebody in the shop wrote of a shipment would be written over',
    file: 'services/adnsf-executor/domain/shipped.ts',
    edits: [{ find: `if (row.shipped)`, replace: `if (row.shipped && state === '')` }],
    tests: left,
  },
  {
    guard: 'off-session-signed-in',
    why: "whoever types somebody's e-mail address would be served on that person's card",
    file: orderToCash,
    edits: [{ find: `offSession: =unattended and signedIn`, replace: `offSession: =unattended or signedIn` }],
    tests: away,
  },
  {
    guard: 'off-session-own-address',
    why: 'somebody with an account would be served on the card of another',
    file: orderToCash,
    edits: [{ find: ` and dedupeKey(order.customer.email) == dedupeKey(email)`, replace: `` }],
    tests: away,
  },
  {
    guard: 'off-session-no-is-an-answer',
    why: 'the PaymentIntent that the bank refused would be lost, and nobody asked to pay it',
    file: 'services/stripe-executor/off-session.ts',
    edits: [{ find: `error.payment_intent !== undefined`, replace: `error.payment_intent === null` }],
    tests: charged,
  },
  {
    guard: 'off-session-one-payment',
    why: 'an attempt with another saved method would be refused for ever under the key of the first',
    file: 'services/stripe-executor/commands.ts',
    edits: [{ find: `varies: payload.offSession,`, replace: `varies: false,` }],
    tests: charged,
  },
  {
    guard: 'shop-refund-not-our-own',
    why: 'what our own command wrote would be paid back once more',
    file: requests,
    edits: [
      { find: `order.state !== REFUNDED || isOwnRefund(order.refundReason)`, replace: `order.state !== REFUNDED` },
    ],
    tests: asked,
  },
  {
    guard: 'shop-refund-once-for-both',
    why: 'a credit over the total and the state of its order would be two refunds',
    file: requests,
    edits: [{ find: `Math.max(whole.length, closings.length)`, replace: `whole.length + closings.length` }],
    tests: asked,
  },
  {
    guard: 'shop-refund-when-paid-back',
    why: 'a credit that is still being written would be paid back',
    file: requests,
    edits: [{ find: `credit.state !== REFUNDED || credit.total <= 0n`, replace: `credit.total <= 0n` }],
    tests: asked,
  },
  {
    guard: 'shop-refund-forced-waits',
    why: 'money that went back by other means would go back again',
    file: shopRefunds,
    edits: [{ find: `- when: request.forced`, replace: `- when: request.forced and request.amount != null` }],
    tests: examples,
  },
  {
    guard: 'shop-refund-of-stripe-only',
    why: "what another gateway has paid back would be paid back from Stripe's balance",
    file: shopRefunds,
    edits: [
      {
        find: `- needs: order.paymentMethod in settings.stripeMethods and order.state == "PENDING"`,
        replace: `- needs: order.transactionType != 2`,
      },
      {
        find: `- needs: stripeCustomer != null and paymentIntent != null and paid != null`,
        replace: `- needs: paid != null`,
      },
    ],
    tests: [...held, ...examples],
  },
  {
    guard: 'shop-refund-refusal-told',
    why: 'a refund that Stripe refuses would be silent in the shop',
    file: fold,
    edits: [{ find: `result.type === 'CreateRefund' ? withRefundRefusal(state, result) : state`, replace: `state` }],
    tests: asked,
  },
  {
    guard: 'refund-executor-looks-first',
    why: 'a refund whose key Stripe has forgotten would be made again',
    file: 'services/stripe-executor/refunds.ts',
    edits: [
      { find: `lookFirst: keyMayBeForgotten(command, timing.writtenAt, timing.now)`, replace: `lookFirst: false` },
    ],
    tests: ['test/unit/stripe-executor/refunds.test.ts'],
  },
  {
    guard: 'refund-executor-nothing-left',
    why: 'a part of what is paid back already would pass for refunded',
    file: 'services/stripe-executor/refunds.ts',
    edits: [{ find: `if (amount !== undefined || !isCode(`, replace: `if (!isCode(` }],
    tests: ['test/unit/stripe-executor/refunds.test.ts'],
  },
  {
    guard: 'dispute-of-this-payment',
    why: 'a dispute about a second payment would be booked against the first',
    file: disputes,
    edits: [{ find: `and dispute.paymentIntentId != payment\n`, replace: `and dispute.paymentIntentId == "pi"\n` }],
    tests: examples,
  },
  {
    guard: 'dispute-in-our-currency',
    why: 'what moved in another currency would be booked as if it were in this one',
    file: disputes,
    edits: [
      {
        find: `dispute.currency != order.currency or (movement.currency != dispute.currency and movement.rate == null)`,
        replace: `dispute.currency != order.currency`,
      },
    ],
    tests: examples,
  },
  {
    guard: 'ledger-dispute-decided',
    why: 'what comes back after a loss would be owed to us the wrong way round',
    file: 'services/erp-ledger/domain/postings.ts',
    edits: [
      {
        find: `if (!decided) return accounts.disputesReceivable;`,
        replace: `if (outcome !== '') return accounts.disputesReceivable;`,
      },
    ],
    tests: ['test/unit/erp-ledger/disputes.test.ts'],
  },
  {
    guard: 'release-is-no-refund',
    why: 'what was authorised and not captured would be a credit memo and a refund in the shop',
    file: steps,
    edits: [{ find: `(sorted.get(id) ?? RELEASE) !== RELEASE`, replace: `(sorted.get(id) ?? RELEASE) !== ''` }],
    tests: held,
  },
  {
    guard: 'sold-as-shipped',
    why: 'an order that costs less by then would be captured for what it cost at checkout',
    file: shipping,
    edits: [
      {
        find: `shipped === null || paid !== null) return state;`,
        replace: `shipped === null || paid === null) return state;`,
      },
    ],
    tests: held,
  },
  {
    guard: 'shipped-not-exported',
    why: "money would be taken for what FedEx's export has only announced",
    file: shop,
    edits: [{ find: `order.trackingNumber?.toUpperCase() !== PLACEHOLDER`, replace: `order.trackingNumber !== ''` }],
    tests: ['test/topology/order-stream/capture-story.test.ts'],
  },
  {
    guard: 'capture-within-authorization',
    why: 'more would be asked for than is held, and nothing captured',
    file: orderToCash,
    edits: [{ find: `- when: payable > hold.amount or order.currency`, replace: `- when: order.currency` }],
    tests: held,
  },
  {
    guard: 'void-of-this-payment-intent',
    why: 'the end of a PaymentIntent that nobody paid would void an order that another one pays',
    file: orderToCash,
    edits: [
      {
        find: `when: cancellation.paymentIntentId == paymentIntent.paymentIntentId and paid == null and voided == null`,
        replace: `when: paid == null and voided == null`,
      },
    ],
    tests: held,
  },
  {
    guard: 'void-not-shipped',
    why: 'goods would leave for an order that was ended before it was paid',
    file: orderToCash,
    edits: [
      {
        find: `- when: voided == null\n        send: RequestShippingLabel`,
        replace: `- when: order.orderId != ""\n        send: RequestShippingLabel`,
      },
    ],
    tests: held,
  },
  {
    guard: 'captured-by-somebody-else',
    why: 'a capture for another amount would pass for the one that was asked for',
    file: 'services/stripe-executor/held.ts',
    edits: [
      { find: `status === 'succeeded' && received === amount`, replace: `status === 'succeeded' && received > 0` },
    ],
    tests: ['test/unit/stripe-executor/held.test.ts'],
  },
  {
    guard: 'authorised-stays-behind-captured',
    why: 'a late authorisation would make a paid order unpaid in the shop',
    file: 'services/adnsf-executor/domain/decide.ts',
    edits: [{ find: `if (BEYOND_AUTHORIZATION.has(state)) return`, replace: `if (state === VOIDED) return` }],
    tests: ['test/unit/adnsf-executor/held.test.ts'],
  },
  {
    guard: 'verify-credit-made',
    why: 'a credit of the shop that nobody was paid for would go unseen',
    file: 'services/cli/verify/refunds.ts',
    edits: [{ find: `if (made.length === 0)`, replace: `if (made.length < 0)` }],
    tests: ['test/unit/cli/disputes.test.ts'],
  },
  {
    guard: 'verify-dispute-booked',
    why: 'money that a dispute took and nobody booked would go unseen',
    file: 'services/cli/verify/disputes.ts',
    edits: [{ find: `if (row === undefined) say(`, replace: `if (row === undefined && net > 0n) say(` }],
    tests: ['test/unit/cli/disputes.test.ts'],
  },
];
