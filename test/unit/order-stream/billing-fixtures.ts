/** Facts about a subscription's invoice, and what comes of them when they are told in some order. */
import type { BillingFact, InvoiceState, ListedCreditNote, PaymentFact } from '../../../schemas/generated/types.ts';
import { invoiceAggregate } from '../../../services/order-stream/workflows/aggregates.ts';
import { decide } from '../../../services/order-stream/workflows/decide.ts';
import { loadWorkflows } from '../../../services/order-stream/workflows/directory.ts';
import type { Command } from '../../../services/order-stream/workflows/plan.ts';
import { billingFact } from '../../../services/order-stream/sources/stripe/billing.ts';
import { commandResult, paymentFact, policy } from './fixtures.ts';

export const INVOICE = 'invoice:in_1';
export const AT = Date.UTC(2026, 8, 15, 11);
export const day = (n: number): bigint => BigInt(AT) + BigInt(n) * 86_400_000n;

const told = (factId: string, at: bigint) => ({
  id: factId,
  type: 'invoice.updated',
  created: at,
  account: null,
  livemode: false,
});

/** 90.00 of three months, 7.43 of tax. */
export const invoice = (status: string, rank: number, n: number, over: Partial<BillingFact> = {}): BillingFact =>
  billingFact(told(`evt_${status}_${n}`, day(n)), INVOICE, {
    kind: `invoice.${status}`,
    objectId: 'in_1',
    status,
    statusRank: rank,
    invoiceId: 'in_1',
    customerId: 'cus_1',
    subscriptionId: 'sub_1',
    number: 'ACME-0001',
    billingReason: 'subscription_cycle',
    currency: 'USD',
    subtotal: 9_000n,
    tax: 743n,
    total: 9_743n,
    amountDue: 9_743n,
    amountPaid: status === 'paid' ? 9_743n : 0n,
    amountRemaining: status === 'paid' ? 0n : 9_743n,
    customerEmail: 'ana@example.com',
    finalizedAt: day(0),
    createdAt: day(0),
    lines: [
      {
        lineId: 'il_1',
        priceId: 'price_1',
        productId: 'prod_1',
        description: 'Coffee',
        quantity: 1n,
        amount: 9_000n,
        tax: 743n,
        periodStart: day(0),
        periodEnd: day(91),
        proration: false,
        discount: 0n,
        taxIncluded: 0n,
        invoiceLineId: null,
      },
    ],
    ...over,
  }).fact as BillingFact;

export const failure = (attempt: number, n: number): BillingFact =>
  invoice('open', 20, n, {
    factId: `evt_failed_${attempt}`,
    failedAttempt: BigInt(attempt),
    nextAttemptAt: day(n + 3),
  });

export const payment = (n: number, amount = 9_743n, pi = 'pi_1'): BillingFact =>
  billingFact(told(`evt_payment_${pi}`, day(n)), INVOICE, {
    kind: 'invoice_payment.paid',
    objectId: pi,
    status: 'paid',
    statusRank: 20,
    invoiceId: 'in_1',
    paymentIntentId: pi,
    currency: 'USD',
    amountPaid: amount,
  }).fact as BillingFact;

export const balanced = (n: number, amount = 9_743n, pi = 'pi_1'): PaymentFact =>
  paymentFact({
    factId: `evt_charge_${pi}`,
    orderId: INVOICE,
    kind: 'charge.balanced',
    objectId: `ch_${pi}`,
    paymentIntentId: pi,
    chargeId: `ch_${pi}`,
    balanceTransactionId: `txn_${pi}`,
    amount,
    occurredAt: day(n),
  });

export const refund = (id: string, amount: bigint, n: number, status = 'succeeded'): PaymentFact =>
  paymentFact({
    factId: `evt_${id}_${status}`,
    orderId: INVOICE,
    kind: `refund.${status}`,
    objectId: id,
    status,
    paymentIntentId: 'pi_1',
    chargeId: 'ch_pi_1',
    balanceTransactionId: `txn_${id}`,
    ...(status === 'failed' && { failureBalanceTransactionId: `txn_back_${id}`, failureCode: 'lost_or_stolen_card' }),
    amount,
    occurredAt: day(n),
    objectCreatedAt: day(n),
  });

/** A credit note over 30.00 with 2.29 of tax, which took all of it off the invoice unless it says otherwise. */
export const creditNote = (
  id: string,
  n: number,
  said: Partial<NonNullable<BillingFact['creditNote']>> = {},
  over: Partial<BillingFact> = {},
): BillingFact => {
  const total = over.total ?? 3_000n;
  const tax = over.tax ?? 229n;
  const status = over.status ?? 'issued';
  return billingFact(told(`evt_${id}_${status}`, day(n)), INVOICE, {
    kind: `credit_note.${status}`,
    objectId: id,
    status,
    statusRank: status === 'void' ? 20 : 10,
    invoiceId: 'in_1',
    customerId: 'cus_1',
    number: `ACME-0001-${id}`,
    currency: 'USD',
    total,
    tax,
    createdAt: day(status === 'void' ? n - 1 : n),
    lines: [
      {
        ...invoice('open', 20, 0).lines[0]!,
        lineId: `cnli_${id}`,
        amount: total - tax,
        tax,
        invoiceLineId: 'il_1',
      },
    ],
    creditNote: {
      reason: 'order_change',
      offInvoice: total,
      outside: 0n,
      refunds: [],
      balanceTransactionId: null,
      ...said,
    },
    ...over,
  }).fact as BillingFact;
};

/** Of a payment of the invoice; what it moved so far. */
export const dispute = (status: string, n: number, moved: readonly bigint[] = []): PaymentFact =>
  paymentFact({
    factId: `evt_dispute_${status}`,
    orderId: INVOICE,
    kind: `dispute.${status}`,
    objectId: 'du_1',
    status,
    paymentIntentId: 'pi_1',
    chargeId: 'ch_pi_1',
    amount: 9_743n,
    reason: 'fraudulent',
    occurredAt: day(n),
    objectCreatedAt: day(10),
    movements: moved.map((amount, index) => ({
      balanceTransactionId: `txn_du_${index}`,
      category: amount < 0n ? 'dispute' : 'dispute_reversal',
      amount,
      fee: amount < 0n ? 1_500n : 0n,
      net: amount < 0n ? amount - 1_500n : amount,
      currency: 'USD',
      rate: null,
      createdAt: day(10 + index),
    })),
  });

/** A payment by other means, as newer versions tell it. */
export const outside = (id: string, amount: bigint, n: number, type: string | null = 'payment_record'): BillingFact =>
  billingFact(told(`evt_${id}`, day(n)), INVOICE, {
    kind: 'invoice_payment.paid',
    objectId: id,
    status: 'paid',
    statusRank: 20,
    invoiceId: 'in_1',
    currency: 'USD',
    amountPaid: amount,
    paymentType: type,
  }).fact as BillingFact;

export type Fact = BillingFact | PaymentFact;

const isBilling = (fact: Fact): fact is BillingFact => 'lines' in fact;

const set = loadWorkflows();
const { initial, facts } = invoiceAggregate;

export type Played = Readonly<{ state: InvoiceState; commands: readonly Command[]; letters: readonly string[] }>;

/** The credit notes among facts, as Stripe lists them. */
const listedIn = (told: readonly Fact[]): readonly ListedCreditNote[] => {
  const notes = told.filter(isBilling).filter(({ kind }) => kind.startsWith('credit_note.'));
  return [...Map.groupBy(notes, ({ objectId }) => objectId)].map(([id, tellings]) => ({
    id,
    void: tellings.some(({ status }) => status === 'void'),
    total: tellings[0]!.total ?? 0n,
    tax: tellings[0]!.tax ?? 0n,
    refundIds: (tellings[0]!.creditNote?.refunds ?? []).flatMap(({ refundId }) => refundId ?? []),
  }));
};

/**
 * Tells facts one after another; Stripe answers what it is asked at once. `moved`: what a balance transaction came to;
 * `listed`: the credit notes that it knows of.
 */
export const play = (
  told: readonly Fact[],
  moved: Readonly<Record<string, Readonly<{ gross: bigint; fee: bigint; currency?: string }>>> = {},
  listed: readonly ListedCreditNote[] = listedIn(told),
): Played => {
  let state = initial(INVOICE);
  const commands: Command[] = [];
  const letters: string[] = [];
  const tell = (kind: 'billing' | 'payment' | 'result', fact: unknown): void => {
    const folded = facts[kind]!.fold(state, fact);
    if (folded.refusal !== undefined && folded.known !== true) letters.push(folded.refusal.code);
    if (folded.state === state) return;
    const decided = decide(set, invoiceAggregate, policy, state, folded);
    ({ state } = decided);
    letters.push(...decided.letters.map(({ code }) => code));
    for (const command of decided.commands) {
      commands.push(command);
      const about = { orderId: INVOICE, commandId: command.commandId, type: command.type };
      if (command.type === 'FetchCreditNotes')
        tell('result', commandResult({ ...about, objectId: command.payload.refundId, creditNotes: listed }));
      if (command.type !== 'FetchBalanceTransaction') continue;
      const id = command.payload.balanceTransactionId;
      const { gross, fee, currency = 'USD' } = moved[id] ?? { gross: 9_743n, fee: 313n };
      tell(
        'result',
        commandResult({
          ...about,
          objectId: id,
          detail: { gross: String(gross), fee: String(fee), net: String(gross - fee), currency },
        }),
      );
    }
  };
  for (const fact of told) tell(isBilling(fact) ? 'billing' : 'payment', fact);
  return { state, commands, letters };
};

export const permutations = <T>(items: readonly T[]): readonly (readonly T[])[] =>
  items.length < 2
    ? [items]
    : items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));

/** What was sent, whatever the order. */
export const sentIn = ({ commands }: Played): readonly string[] =>
  commands
    .map((command) =>
      JSON.stringify({ ...command, causationId: null }, (_name, part: unknown) =>
        typeof part === 'bigint' ? `${part}n` : part,
      ),
    )
    .sort();

/** Ids of what was sent, and the order in which Stripe answered, are arrival's. */
export const stateOf = ({ state }: Played): object => ({ ...state, issued: [...state.issued].sort() });
