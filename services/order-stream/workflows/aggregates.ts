/**
 * What is decided about: each kind has a state, which the facts of some topics are folded into, and keys of its own,
 * which its commands carry.
 */
import type {
  CommandResult,
  CustomerFact,
  CustomerState,
  InvoiceState,
  ItemState,
  OrderState,
  PayoutState,
  ShopCustomerFact,
  SubscriptionState,
} from '../../../schemas/generated/types.ts';
import type { StoreName, TopicKey, TopicValues } from '../../../schemas/topics.ts';
import { initialPerson, withPersonResult, withShopCustomer, withStripeCustomer } from '../domain/customers/person.ts';
import { initialInvoice, withBilling, withInvoiceMoney, withInvoiceResult } from '../domain/invoice.ts';
import {
  initialItem,
  withCatalogFact,
  withErpPrice,
  withErpStock,
  withItemResult,
  withShopItem,
} from '../domain/items/item.ts';
import { type Folded, initialOrder, withAssembled, withPayment, withResult, withReturn } from '../domain/order.ts';
import { withClaim } from '../domain/payout-claims.ts';
import { initialPayout, withPayoutFact, withPayoutResult } from '../domain/payout.ts';
import { withErpShipment } from '../domain/shipments.ts';
import type { Policy } from '../domain/policy.ts';
import { initialSubscription, withSubscription, withSubscriptionResult } from '../domain/subscription.ts';
import { bool, listOf, recordOf, text } from './expression/types.ts';

/** What the state of any aggregate has, for the workflows' own keeping. */
export type Decided = Readonly<{
  issued: readonly string[];
  refusals: readonly string[];
  workflows: readonly string[] | null;
}>;

/** A kind of fact, as examples tell it. */
export type FactKind<S> = Readonly<{
  /** Where they come from. */
  topics: readonly TopicKey[];
  /** File under schemas/, without ending. */
  schema: string;
  /** Where a topic carries several kinds: whether a record of it is of this one. */
  tells?: (fact: unknown) => boolean;
  /** Of what comes of a command: it is heard of after the command was sent, and waits for that when it comes before. */
  isAnswer?: true;
  fold: (state: S, fact: unknown) => Folded<S>;
}>;

export type Aggregate<S extends Decided = Decided> = Readonly<{
  name: string;
  /** File under schemas/ with the record of its state. */
  schema: string;
  /** Where its states are kept. */
  store: StoreName;
  /** How its keys begin. Empty for orders, whose keys are their bare ids. */
  prefix: string;
  /** The field of the state that has its id: commands are keyed by it, and their ids begin with it. */
  idField: string;
  initial: (id: string) => S;
  facts: Readonly<Record<string, FactKind<S>>>;
}>;

/** Lets a typed fold stand among others; the schema, which is the one of the topics, says what it is given. */
const fact = <S, K extends TopicKey>(
  topics: readonly K[],
  schema: string,
  fold: (state: S, fact: TopicValues[K]) => Folded<S>,
): FactKind<S> => ({ topics, schema, fold: fold as (state: S, fact: unknown) => Folded<S> });

/** What came of commands. */
const answer = <S>(
  topics: readonly ('stripeResults' | 'adnsfResults')[],
  fold: (state: S, fact: CommandResult) => Folded<S>,
): FactKind<S> => ({ ...fact(topics, 'CommandResult', fold), isAnswer: true });

/** The same of a topic that carries several kinds. */
const oneOf = <S, K extends TopicKey, F extends TopicValues[K]>(
  topic: K,
  schema: string,
  tells: (fact: TopicValues[K]) => fact is F,
  fold: (state: S, fact: F) => Folded<S>,
): FactKind<S> => ({
  topics: [topic],
  schema,
  tells: tells as (fact: unknown) => boolean,
  fold: fold as (state: S, fact: unknown) => Folded<S>,
});

export const orderAggregate: Aggregate<OrderState> = {
  name: 'order',
  schema: 'state/OrderState',
  store: 'orders',
  prefix: '',
  idField: 'orderId',
  initial: initialOrder,
  facts: {
    // The same orders by two ways, the log and the shop's own webhooks: whichever comes first is the order.
    assembled: fact(['assembledOrders', 'adnsfSnapshots'], 'AssembledOrder', withAssembled),
    payment: fact(['orderPayments'], 'PaymentFact', withPayment),
    shipment: fact(['erpShipments'], 'ErpShipment', withErpShipment),
    result: answer(['stripeResults', 'adnsfResults'], withResult),
    return: fact(['orderReturns', 'adnsfReturns'], 'OrderReturn', withReturn),
  },
};

/** Of its own, and not of its subscription, which may have hundreds of them. */
export const invoiceAggregate: Aggregate<InvoiceState> = {
  name: 'invoice',
  schema: 'state/InvoiceState',
  store: 'invoices',
  prefix: 'invoice:',
  idField: 'key',
  initial: initialInvoice,
  facts: {
    billing: fact(['billingFacts'], 'BillingFact', withBilling),
    payment: fact(['orderPayments'], 'PaymentFact', withInvoiceMoney),
    result: answer(['stripeResults', 'adnsfResults'], withInvoiceResult),
  },
};

export const subscriptionAggregate: Aggregate<SubscriptionState> = {
  name: 'subscription',
  schema: 'state/SubscriptionState',
  store: 'subscriptions',
  prefix: 'subscription:',
  idField: 'key',
  initial: initialSubscription,
  facts: {
    billing: fact(['billingFacts'], 'BillingFact', withSubscription),
    result: fact(['stripeResults', 'adnsfResults'], 'CommandResult', withSubscriptionResult),
  },
};

const isOfShop = (fact: ShopCustomerFact | CustomerFact): fact is ShopCustomerFact => fact.kind.startsWith('row.');
const isOfStripe = (fact: ShopCustomerFact | CustomerFact): fact is CustomerFact => !isOfShop(fact);

/**
 * What both sides say comes in one topic: what is told to either depends on what was heard first, and a replay has to
 * hear it as it was heard. Results come on their own: they are told of, and nothing about a person follows from them.
 */
export const customerAggregate: Aggregate<CustomerState> = {
  name: 'customer',
  schema: 'state/CustomerState',
  store: 'people',
  prefix: 'customer:',
  idField: 'person',
  initial: initialPerson,
  facts: {
    shop: oneOf('peopleFacts', 'ShopCustomerFact', isOfShop, withShopCustomer),
    stripe: oneOf('peopleFacts', 'CustomerFact', isOfStripe, withStripeCustomer),
    result: fact(['stripeResults', 'adnsfResults'], 'CommandResult', withPersonResult),
  },
};

export const payoutAggregate: Aggregate<PayoutState> = {
  name: 'payout',
  schema: 'state/PayoutState',
  store: 'payouts',
  prefix: 'payout:',
  idField: 'subject',
  initial: initialPayout,
  facts: {
    payout: fact(['payoutFacts'], 'PayoutFact', withPayoutFact),
    claim: fact(['payoutClaims'], 'PayoutLine', withClaim),
    result: answer(['stripeResults'], withPayoutResult),
  },
};

/** A variant of a product of the shop: what is sold. */
export const itemAggregate: Aggregate<ItemState> = {
  name: 'item',
  schema: 'state/ItemState',
  store: 'items',
  prefix: 'item:',
  idField: 'key',
  initial: initialItem,
  facts: {
    shop: fact(['shopItems'], 'ShopItemFact', withShopItem),
    stripe: fact(['catalogFacts'], 'CatalogFact', withCatalogFact),
    erp: fact(['erpInventory'], 'ErpStock', withErpStock),
    erpPrice: fact(['erpPrices'], 'ErpPrice', withErpPrice),
    result: fact(['stripeResults', 'adnsfResults'], 'CommandResult', withItemResult),
  },
};

/** Of states that differ, only what all have is known. */
const anyOf = <S extends Decided>(aggregate: Aggregate<S>): Aggregate => aggregate as unknown as Aggregate;

/** By name. */
export const aggregates: ReadonlyMap<string, Aggregate> = new Map(
  [
    anyOf(orderAggregate),
    anyOf(customerAggregate),
    anyOf(invoiceAggregate),
    anyOf(subscriptionAggregate),
    anyOf(payoutAggregate),
    anyOf(itemAggregate),
  ].map((aggregate) => [aggregate.name, aggregate]),
);

const prefixed = [...aggregates.values()].filter(({ prefix }) => prefix !== '');

/** What a record's key is the id of. */
export const aggregateOf = (key: string): Aggregate =>
  prefixed.find(({ prefix }) => key.startsWith(prefix)) ?? anyOf(orderAggregate);

/** Whether a record is about what is nobody's here: products and prices at Stripe that stand for no item of the shop. */
export const isNobodys = (key: string): boolean => key.startsWith('product:') || key.startsWith('price:');

/** What a deployment decides, as far as workflows see it. */
export type Settings = Pick<
  Policy,
  'stripeMethods' | 'captureOnShipment' | 'offSession' | 'shippedWithFirst' | 'livemode'
>;

export const settingsType = recordOf('settings', [
  ['stripeMethods', listOf(text)],
  ['captureOnShipment', listOf(text)],
  ['offSession', listOf(text)],
  ['shippedWithFirst', bool],
  ['livemode', bool],
]);
