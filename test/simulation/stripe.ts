/**
 * Stripe as far as commands and payments meet it: objects, idempotency keys with their records of 24 hours, errors that
 * come before or after the effect, and events.
 */
import Stripe from 'stripe';
import type { StripeApi } from '../../services/stripe-executor/stripe-api.ts';
import type { Attempt, OrderPlan } from './scenario.ts';
import { never, type Process, type World } from './world.ts';

const {
  StripeAPIError,
  StripeConnectionError,
  StripeIdempotencyError,
  StripeInvalidRequestError,
  StripeRateLimitError,
} = Stripe.errors;

const keyLifeMs = 24 * 3_600_000;
const requestLifeMs = 60_000;
const feeOf = (amount: number): number => Math.round(amount * 0.029) + 30;

type Headers = Readonly<Record<string, string>>;
type Answer = Readonly<{ object: object }> | Readonly<{ status: number }>;
type Saved = { readonly fingerprint: string; readonly at: number; answer: Answer | undefined };

type Customer = Readonly<{
  id: string;
  object: 'customer';
  email: string;
  name: string | null;
  phone: string | null;
  created: number;
  metadata: Headers;
}>;
export type Intent = {
  readonly id: string;
  readonly object: 'payment_intent';
  readonly amount: number;
  amount_received: number;
  readonly currency: string;
  readonly customer: string;
  readonly created: number;
  status: string;
  latest_charge: string | null;
  last_payment_error: object | null;
  readonly metadata: Headers;
};
export type Balance = Readonly<{
  id: string;
  object: 'balance_transaction';
  amount: number;
  fee: number;
  net: number;
  currency: string;
  reporting_category: string;
  status: string;
  created: number;
  exchange_rate: number | null;
  fee_details: readonly Readonly<{ type: string; description: string; amount: number }>[];
  source: Readonly<{ id: string; object: string; amount: number; currency: string }>;
}>;

/** In which currency Stripe has the money, and what a cent comes to there; null: as it was paid. */
export type Settlement = Readonly<{ currency: string; rate: number; price: number }> | null;

/** A payout, for the oracle. */
export type SimulatedPayout = Readonly<{
  id: string;
  /** Minor units. */
  amount: number;
  currency: string;
  created: number;
  /** What is in it, as Stripe lists it: the latest first, its own transaction among it. */
  lines: readonly Readonly<Record<string, unknown> & { id: string }>[];
  /** Events that say that the list is complete, all at one time. */
  eventIds: readonly string[];
}>;

/** Lines that Stripe gives at a time, whatever it is asked for. */
export const LINES_A_PAGE = 2;
/** What Stripe takes before it pays out. */
export const STRIPE_TAKES = 7;

/** What an event says, apart from its id: twins share it. */
export type StripeNews = Readonly<{
  type: string;
  created: number;
  object: object;
  /** What was changed, as it was. */
  previous?: object;
  /** Of the request behind it. */
  idempotencyKey?: string;
}>;
export type Delivery = { readonly id: string; readonly body: Buffer; readonly news: StripeNews; attempts: number };

/** What happened in the life of a payment, for the oracle. */
export type Payment =
  | Readonly<{ kind: 'declined'; charge: string; eventIds: readonly string[]; created: number }>
  | Readonly<{ kind: 'succeeded'; charge: string; eventIds: readonly string[]; created: number; balance: Balance }>;

export const declineReason = {
  code: 'card_declined',
  decline_code: 'insufficient_funds',
  message: 'Insufficient funds.',
};

export class SimulatedStripe {
  readonly #world: World;
  readonly customers: Customer[] = [];
  readonly deleted = new Set<string>();
  /** The second of each customer's last change: events do not tell the order of several in one. */
  readonly changedAt = new Map<string, number>();
  readonly intents: Intent[] = [];
  readonly balances = new Map<string, Balance>();
  /** By order number, as told by the metadata. */
  readonly payments = new Map<number, Payment[]>();
  readonly payouts: SimulatedPayout[] = [];
  /** Every event id that says the same as another, with the one that was first. */
  readonly twins = new Map<string, string>();
  readonly #keys = new Map<string, Saved>();
  readonly #emit: (delivery: Delivery) => void;
  #requests = 0;
  #events = 0;

  constructor(world: World, emit: (delivery: Delivery) => void) {
    this.#world = world;
    this.#emit = emit;
  }

  /** Whether nobody has changed the customer in this second. */
  isCalm(id: string): boolean {
    return (this.changedAt.get(id) ?? 0) < this.#seconds();
  }

  #seconds(): number {
    return Math.floor(this.#world.now / 1000);
  }

  // Requests

  api(process: Process): StripeApi {
    const read = <T>(endpoint: string, execute: () => object): Promise<Stripe.Response<T>> =>
      this.#request<T>(process, endpoint, undefined, '', execute);
    return {
      listCustomers: ({ email }) =>
        read('GET customers', () => list(this.customers.filter((customer) => customer.email === email))),
      createCustomer: (params, key) =>
        this.#request(process, 'POST customers', key, JSON.stringify(params), () => this.#newCustomer(params, key)),
      retrieveCustomer: (id) => read('GET customers/:id', () => this.#customer(id)),
      updateCustomer: (id, params, key) =>
        this.#request(process, 'POST customers/:id', key, JSON.stringify([id, params]), () =>
          this.changeCustomer(id, params, key),
        ),
      deleteCustomer: (id) => read('DELETE customers/:id', () => this.deleteCustomer(id)),
      listPaymentIntents: ({ customer }) =>
        read('GET payment_intents', () => list(this.intents.filter((intent) => intent.customer === customer))),
      createPaymentIntent: (params, key) =>
        this.#request(process, 'POST payment_intents', key, JSON.stringify(params), () => this.#newIntent(params)),
      listPaymentMethods: () => Promise.reject(new Error('everybody is there to pay here')),
      retrievePaymentMethod: () => Promise.reject(new Error('everybody is there to pay here')),
      listRefunds: () => Promise.reject(new Error('nobody refunds anything in this shop')),
      createRefund: () => Promise.reject(new Error('nobody refunds anything in this shop')),
      capturePaymentIntent: () => Promise.reject(new Error('nothing is authorised here')),
      cancelPaymentIntent: () => Promise.reject(new Error('nobody voids orders here')),
      retrieveBalanceTransaction: (id) =>
        read('GET balance_transactions', () => {
          const found = this.balances.get(id);
          return found ?? missing(id);
        }),
      listBalanceTransactions: ({ payout, starting_after: after }) =>
        read('GET balance_transactions', () => {
          const { lines } = this.payouts.find(({ id }) => id === payout) ?? missing(String(payout));
          const from = after === undefined ? 0 : lines.findIndex(({ id }) => id === after) + 1;
          const more = from + LINES_A_PAGE < lines.length;
          return { ...list(lines.slice(from, from + LINES_A_PAGE)), has_more: more };
        }),
      retrievePaymentIntent: (id) =>
        read('GET payment_intents', () =>
          structuredCopy(this.intents.find((intent) => intent.id === id) ?? missing(id)),
        ),
      updatePaymentIntent: () => Promise.reject(new Error('no other gateway charges at Stripe here')),
      updateCharge: () => Promise.reject(new Error('no other gateway charges at Stripe here')),
      retrieveCharge: (id) => read('GET charges', () => missing(id)),
      listInvoiceLines: () => read('GET invoice_lines', () => list([])),
      listCreditNotes: () => read('GET credit_notes', () => list([])),
      listCreditNoteLines: () => read('GET credit_note_lines', () => list([])),
      listInvoicePayments: () => read('GET invoice_payments', () => list([])),
      // The simulated shop sells nothing that it tells of: no product is ever asked for.
      retrieveProduct: (id) => read('GET products', () => missing(id)),
      createProduct: () => read('POST products', () => missing('a product')),
      updateProduct: (id) => read('POST products', () => missing(id)),
      listPrices: () => read('GET prices', () => list([])),
      createPrice: () => read('POST prices', () => missing('a price')),
      updatePrice: (id) => read('POST prices', () => missing(id)),
    };
  }

  #request<T>(
    process: Process,
    endpoint: string,
    key: string | undefined,
    fingerprint: string,
    execute: () => object,
  ): Promise<Stripe.Response<T>> {
    const world = this.#world;
    const { faults } = world;
    if (process.state === 'dead') return never();
    const label = `${process.name}: Stripe ${endpoint}${key === undefined ? '' : ` (${key})`}`;
    const sent = world.now;
    return new Promise((resolve, reject) => {
      const refuse = (error: Error) => {
        world.say(() => `  ✗ ${endpoint}: ${error.message}`);
        world.answer(process, `${label} is answered`, () => reject(error));
      };
      const succeed = (object: object, headers: Headers) => {
        if (faults.strikes('stripe-answer-lost')) refuse(noAnswer());
        else
          world.answer(process, `${label} is answered`, () => {
            // The client has long given it up.
            if (world.now - sent > requestLifeMs) reject(noAnswer());
            else
              resolve({
                ...object,
                lastResponse: { headers, requestId: `req_${++this.#requests}`, statusCode: 200 },
              } as Stripe.Response<T>);
          });
      };
      /** The second half: the effect, and the record of it. */
      const carryOut = (saved: Saved | undefined) => {
        const remember = (answer: Answer) => {
          if (saved !== undefined) saved.answer = answer;
        };
        if (saved !== undefined && faults.strikes('stripe-500-saved')) {
          remember({ status: 500 });
          refuse(failure(500, { 'stripe-should-retry': 'false' }));
          return;
        }
        let object: object;
        try {
          object = execute();
        } catch (error) {
          if (key !== undefined) this.#keys.delete(key);
          refuse(error as Error);
          return;
        }
        if (saved !== undefined && faults.strikes('stripe-500-after-commit')) {
          remember({ status: 500 });
          refuse(failure(500, {}));
          return;
        }
        remember({ object });
        succeed(object, {});
      };
      const arrive = () => {
        // Hours have gone by meanwhile: no request is on its way for so long.
        if (world.now - sent > requestLifeMs) {
          refuse(noAnswer());
          return;
        }
        if (faults.strikes('stripe-429')) {
          refuse(
            new StripeRateLimitError({
              message: 'simulated: too many requests',
              type: 'rate_limit_error',
              statusCode: 429,
              headers: { 'retry-after': '2' },
            } as never),
          );
          return;
        }
        if (faults.strikes('stripe-500')) {
          refuse(failure(503, {}));
          return;
        }
        if (key === undefined || world.without === 'idempotency-keys') {
          carryOut(undefined);
          return;
        }
        const known = this.#known(key);
        if (known === undefined) {
          const saved: Saved = { fingerprint, at: world.now, answer: undefined };
          this.#keys.set(key, saved);
          // While it is being executed, others with this key are sent away.
          if (world.chance.flip(0.3)) world.later(undefined, true, `${label} is carried out`, () => carryOut(saved));
          else carryOut(saved);
        } else if (known.fingerprint !== fingerprint)
          refuse(
            new StripeIdempotencyError({
              message: `key ${key} was used with other parameters`,
              type: 'idempotency_error',
              statusCode: 400,
            } as never),
          );
        else if (known.answer === undefined)
          refuse(
            new StripeIdempotencyError({
              message: `key ${key} is in use`,
              type: 'idempotency_error',
              code: 'idempotency_key_in_use',
              statusCode: 409,
            } as never),
          );
        else if ('status' in known.answer) refuse(failure(known.answer.status, { 'idempotent-replayed': 'true' }));
        else succeed(known.answer.object, { 'idempotent-replayed': 'true' });
      };
      world.later(process, true, label, () => {
        if (faults.strikes('stripe-away')) refuse(noAnswer());
        else if (faults.strikes('stripe-late')) {
          world.later(undefined, true, `${label} (late)`, arrive);
          refuse(noAnswer());
        } else arrive();
      });
    });
  }

  #known(key: string): Saved | undefined {
    const saved = this.#keys.get(key);
    if (saved === undefined || this.#world.now - saved.at < keyLifeMs || saved.answer === undefined) return saved;
    this.#keys.delete(key);
    return undefined;
  }

  #customer(id: string): object {
    if (this.deleted.has(id)) return { id, object: 'customer', deleted: true };
    const found = this.customers.find((customer) => customer.id === id);
    if (found === undefined)
      throw new StripeInvalidRequestError({
        message: `No such customer: ${id}`,
        type: 'invalid_request_error',
        code: 'resource_missing',
        statusCode: 404,
      } as never);
    return { ...found };
  }

  /** As a command does it, or somebody at Stripe. */
  changeCustomer(id: string, params: Stripe.CustomerUpdateParams, key?: string): object {
    const before = this.#customer(id) as Customer;
    const index = this.customers.findIndex((customer) => customer.id === id);
    if (index < 0) return before;
    const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
    const merged: Record<string, unknown> = { ...before.metadata, ...(params.metadata || {}) };
    const kept = Object.entries(merged).filter(([, value]) => value !== '' && value !== null);
    const metadata = Object.fromEntries(kept.map(([name, value]) => [name, String(value)]));
    const after: Customer = {
      ...before,
      ...(params.name !== undefined && { name: text(params.name) }),
      ...(params.phone !== undefined && { phone: text(params.phone) }),
      ...(params.email !== undefined && { email: params.email }),
      metadata,
    };
    const previous = Object.fromEntries(
      (['name', 'phone', 'email'] as const).flatMap((name) =>
        before[name] === after[name] ? [] : [[name, before[name]] as const],
      ),
    );
    const former = Object.entries(before.metadata).filter(([name, value]) => metadata[name] !== value);
    const changed = { ...previous, ...(former.length > 0 && { metadata: Object.fromEntries(former) }) };
    this.customers[index] = after;
    this.changedAt.set(id, this.#seconds());
    if (JSON.stringify(before) !== JSON.stringify(after)) this.#tell('customer.updated', after, changed, key);
    return { ...after };
  }

  deleteCustomer(id: string): object {
    const index = this.customers.findIndex((customer) => customer.id === id);
    const [before] = index < 0 ? [] : this.customers.splice(index, 1);
    this.deleted.add(id);
    if (before !== undefined) this.#tell('customer.deleted', before);
    return { id, object: 'customer', deleted: true };
  }

  #newCustomer({ email, metadata }: Stripe.CustomerCreateParams, key: string): Customer {
    const customer: Customer = {
      id: `cus_${this.customers.length + this.deleted.size + 1}`,
      object: 'customer',
      email: email ?? '',
      name: null,
      phone: null,
      created: this.#seconds(),
      metadata: (metadata ?? {}) as Headers,
    };
    this.customers.push(customer);
    this.#tell('customer.created', customer, undefined, key);
    this.#world.say(() => `  Stripe: ${customer.id} for ${customer.email}`);
    return customer;
  }

  #newIntent({ amount, currency, customer, metadata }: Stripe.PaymentIntentCreateParams): Intent {
    const intent: Intent = {
      id: `pi_${this.intents.length + 1}`,
      object: 'payment_intent',
      amount,
      amount_received: 0,
      currency,
      customer: customer ?? '',
      created: this.#seconds(),
      status: 'requires_payment_method',
      latest_charge: null,
      last_payment_error: null,
      metadata: (metadata ?? {}) as Headers,
    };
    this.intents.push(intent);
    this.#world.say(() => `  Stripe: ${intent.id} of ${amount} for order ${intent.metadata['order_id'] ?? '?'}`);
    this.#tell('payment_intent.created', intent);
    return { ...intent };
  }

  // Payments

  /** The shopper confirms with a card. */
  confirm(intentId: string, attempt: Attempt, order: OrderPlan): void {
    const intent = this.intents.find(({ id }) => id === intentId);
    if (intent === undefined) throw new Error(`no ${intentId} at Stripe`);
    const payments = this.payments.get(order.orderNumber) ?? [];
    this.payments.set(order.orderNumber, payments);
    const charge = `ch_${order.orderNumber}_${payments.length + 1}`;
    intent.latest_charge = charge;
    const created = this.#seconds();
    if (attempt === 'declined') {
      intent.last_payment_error = { ...declineReason, charge };
      this.#tell('charge.failed', {
        id: charge,
        object: 'charge',
        status: 'failed',
        payment_intent: intentId,
        metadata: {},
      });
      const eventIds = this.#tell('payment_intent.payment_failed', intent);
      payments.push({ kind: 'declined', charge, eventIds, created });
      return;
    }
    intent.last_payment_error = null;
    intent.status = 'succeeded';
    intent.amount_received = intent.amount;
    const eventIds = this.#tell('payment_intent.succeeded', intent);
    const { settlement } = this.#world.scenario;
    const amount = settlement === null ? intent.amount : Math.round(intent.amount * settlement.rate);
    const details = [
      { type: 'stripe_fee', description: 'Stripe processing fees', amount: feeOf(amount) },
      ...(settlement === null
        ? []
        : [{ type: 'stripe_fee', description: 'Stripe currency conversion fee', amount: settlement.price }]),
    ];
    const fee = details.reduce((sum, detail) => sum + detail.amount, 0);
    const balance: Balance = {
      id: `txn_${order.orderNumber}`,
      object: 'balance_transaction',
      amount,
      fee,
      net: amount - fee,
      currency: settlement?.currency ?? intent.currency,
      reporting_category: 'charge',
      status: 'pending',
      created,
      exchange_rate: settlement?.rate ?? null,
      fee_details: details,
      source: { id: charge, object: 'charge', amount: intent.amount, currency: intent.currency },
    };
    payments.push({ kind: 'succeeded', charge, eventIds, created, balance });
    // Asynchronous capture: what it cost is known later, and the charge need not say which order it is of.
    const { now, chance } = this.#world;
    this.#world.timer(undefined, now % 400, () => {
      this.balances.set(balance.id, balance);
      this.#tell('charge.updated', {
        id: charge,
        object: 'charge',
        status: 'succeeded',
        payment_intent: intentId,
        amount_captured: intent.amount,
        currency: intent.currency,
        balance_transaction: balance.id,
        metadata: chance.flip(0.5) ? {} : { order_id: String(order.orderNumber) },
      });
    });
  }

  /** What is known of the money of charges and was not paid out, with the charge and its payment. */
  #unpaid(): readonly Readonly<{ balance: Balance; charge: string; intent: Intent }>[] {
    const paidOut = new Set(this.payouts.flatMap(({ lines }) => lines.map(({ id }) => id)));
    return [...this.payments].flatMap(([orderNumber, payments]) =>
      payments.flatMap((payment) => {
        const intent = this.intents.find(({ metadata }) => metadata['order_id'] === String(orderNumber));
        if (payment.kind === 'declined' || intent === undefined) return [];
        const { balance, charge } = payment;
        return this.balances.has(balance.id) && !paidOut.has(balance.id) ? [{ balance, charge, intent }] : [];
      }),
    );
  }

  get hasEarned(): boolean {
    return this.#unpaid().length > 0;
  }

  /** Pays out what there is, less what Stripe takes by itself. Every other charge does not say of which order it is. */
  payOut(): void {
    const id = `po_${this.payouts.length + 1}`;
    const created = this.#seconds();
    const currency = this.#world.scenario.settlement?.currency ?? 'usd';
    const about = { object: 'balance_transaction', currency, status: 'available', created };
    const charges = this.#unpaid().map(({ balance, charge, intent }, index) => {
      const { metadata, id: intentId } = intent;
      const source = { id: charge, object: 'charge', metadata: index % 2 ? {} : metadata, payment_intent: intentId };
      return { ...balance, type: 'charge', reporting_category: 'charge', source };
    });
    const amount = charges.reduce((sum, { net }) => sum + net, -STRIPE_TAKES);
    const line = (category: string, type: string, net: number, source: object | null) => ({
      ...about,
      ...{ id: `txn_${category}_${id}`, amount: net, fee: 0, net, reporting_category: category, type, source },
    });
    const own = line('payout', 'payout', -amount, { id, object: 'payout' });
    const lines = [own, line('fee', 'stripe_fee', -STRIPE_TAKES, null), ...charges.toReversed()];
    const payout = {
      ...{ id, object: 'payout', amount, currency, status: 'paid', automatic: true, created },
      ...{ arrival_date: created, balance_transaction: own.id, failure_balance_transaction: null },
    };
    const eventIds: string[] = [];
    this.payouts.push({ id, amount, currency, created, lines, eventIds });
    this.#tell('payout.paid', { ...payout, reconciliation_status: 'in_progress' });
    const reconciled = { ...payout, reconciliation_status: 'completed' };
    this.#tell('payout.reconciliation_completed', reconciled, undefined, undefined, eventIds);
  }

  /** Sends an event on its way. Returns its ids: a list that grows when twins of it come. */
  #tell(
    type: string,
    object: object,
    previous?: object,
    idempotencyKey?: string,
    ids: string[] = [],
  ): readonly string[] {
    const news: StripeNews = {
      type,
      created: this.#seconds(),
      object: structuredCopy(object),
      ...(previous && { previous }),
      ...(idempotencyKey !== undefined && { idempotencyKey }),
    };
    this.#send(news, ids);
    if (this.#world.faults.strikes('webhook-twin')) this.#send(news, ids);
    return ids;
  }

  #send(news: StripeNews, ids: string[]): void {
    const id = `evt_${++this.#events}`;
    ids.push(id);
    this.#world.say(() => `  Stripe: ${id} ${news.type}`);
    this.#emit({ id, body: bodyOf(id, news), news, attempts: 0 });
  }
}

const structuredCopy = (object: object): object => ({ ...object });

const bodyOf = (id: string, { type, created, object, previous, idempotencyKey }: StripeNews): Buffer =>
  Buffer.from(
    JSON.stringify({
      id,
      object: 'event',
      type,
      created,
      livemode: false,
      api_version: '2026-08-26.dahlia',
      data: { object, ...(previous && { previous_attributes: previous }) },
      request: { id: null, idempotency_key: idempotencyKey ?? null },
    }),
  );

const list = (data: readonly object[]): object => ({ object: 'list', data: data.map(structuredCopy), has_more: false });

const missing = (id: string): never => {
  throw new StripeInvalidRequestError({
    message: `No such object: ${id}`,
    type: 'invalid_request_error',
    code: 'resource_missing',
    statusCode: 404,
  } as never);
};

const noAnswer = (): Error => new StripeConnectionError({ message: 'simulated: no answer' });

const failure = (statusCode: number, headers: Headers): Error =>
  new StripeAPIError({ message: 'simulated: an error inside Stripe', type: 'api_error', statusCode, headers } as never);
