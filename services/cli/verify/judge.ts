/** Every order, looked at from all sides. Pure: facts in, findings out. */
import { explainedBy } from '../replay/audit.ts';
import { bookFindings } from './books.ts';
import { type Clearing, clearingOf } from './payouts.ts';
import { creditFindings, refundedOf } from './refunds.ts';
import type { Facts, Payment, SeenCommand, SeenResult, ShopOrder, UnroutedFact } from './facts.ts';
import { itemFindings } from './items.ts';
import { peopleFindings } from './people.ts';
import { returnFindings } from './returns.ts';
import { sequenceFindings } from './sequence.ts';

export type FindingKind = 'lost' | 'doubled' | 'reordered' | 'mismatched' | 'dead-letter' | 'unrouted';

/** Findings that something can be done about by a command that was sent before, and those that stand while amounts move. */
export type FindingCode =
  | 'not_paid_in_shop'
  | 'not_linked_in_shop'
  | 'not_declined_in_shop'
  | 'never_assembled'
  | 'no_result'
  | 'not_in_ledger'
  | 'trial_balance'
  | 'clearing_account';

export type Finding = Readonly<{
  kind: FindingKind;
  orderId: string | null;
  /** A sentence that names what, where and how much. */
  message: string;
  code?: FindingCode;
  /** What it is about, where the order does not say it: a command, a currency. */
  about?: string;
  /** Found in the ledger's books. */
  books?: boolean;
}>;

export type Verdict = Readonly<{
  findings: readonly Finding[];
  counts: Readonly<Record<FindingKind, number>>;
  /** What was looked at. */
  seen: Readonly<{
    orders: number;
    paid: number;
    declined: number;
    open: number;
    paymentIntents: number;
    commands: number;
    results: number;
    changes: number;
    events: number;
    salesOrders: number;
    payouts: number;
  }>;
  clearing: readonly Clearing[];
}>;

const kinds = ['lost', 'doubled', 'reordered', 'mismatched', 'dead-letter', 'unrouted'] as const;

/** States in which the shop has the money, or had it. */
const PAID_STATES = new Set(['CAPTURED', 'REFUNDED']);
/** States in which an order can still be paid. */
const UNPAID_STATES = new Set(['PENDING', 'AUTHORIZED', 'REFUSED']);

/** States of the shop's own in which an order stays when it is paid back. */
const CLOSED_STATES = new Set(['VOIDED', 'FORCE VOIDED', 'FRAUD']);

/** What they say of amounts is about a part of it, and not about the whole order. */
const ABOUT_PARTS = new Set([
  'CreateRefund',
  'RecordRefund',
  'ReverseRefund',
  'RecordRefundRefusal',
  'RecordReturn',
  'RecordReturnRefunded',
  'ReverseReturnRefund',
  'IssueCreditMemo',
  'ReverseCreditMemo',
  'RecordDispute',
  'OpenDispute',
  'BookDisputeMovement',
  // Of what was authorised; the books compare it with Stripe's.
  'RecordProcessingFee',
]);

/** They speak of the balance at Stripe, in the currency that it is kept in. */
const ABOUT_BALANCE = new Set(['RecordProcessingFee', 'BookDisputeMovement']);

/** What they say of the whole order is as it was at checkout: one that is captured later may change until then. */
const BEFORE_SHIPMENT = new Set(['CreatePaymentIntent', 'MarkOrderAuthorized']);

type Side = Readonly<{
  payments: ReadonlyMap<string, readonly Payment[]>;
  commands: ReadonlyMap<string, readonly SeenCommand[]>;
  images: ReadonlySet<string>;
}>;

const payable = (order: ShopOrder): bigint => order.total - order.giftCard;

/**
 * Whether the order was placed, as far as it is ours: one that was paid back before anybody heard of it, as an old shop
 * has many, is history.
 */
const isPlaced = ({ complete, state, orderId }: ShopOrder, side: Side): boolean =>
  complete && (state !== 'REFUNDED' || side.commands.has(orderId) || side.payments.has(orderId));

/** Whether the product has to collect this order's money at Stripe. */
const isCollected = (order: ShopOrder, facts: Facts, side: Side): boolean =>
  isPlaced(order, side) &&
  !order.credit &&
  payable(order) > 0n &&
  order.subscriptionId === null &&
  facts.stripeMethods.includes(order.paymentMethod);

const paymentFindings = (order: ShopOrder, payment: Payment): Finding[] => {
  const { orderId } = order;
  const found: Finding[] = [];
  const say = (kind: FindingKind, message: string, code?: FindingCode): void =>
    void found.push({ kind, orderId, message, ...(code && { code }) });
  const owed = payable(order);
  // Of what is captured later a part may be released: what counts is what was received.
  if (payment.amount !== owed && !(payment.manual && payment.amount > owed))
    say('mismatched', `${payment.id} is over ${payment.amount}, the shop says ${owed} (minor units)`);
  if (payment.currency !== order.currency)
    say('mismatched', `${payment.id} is in ${payment.currency}, the shop sells in ${order.currency}`);
  // A gateway of the shop's own may write down the charge.
  if (order.reference !== payment.id && !payment.succeededCharges.includes(order.reference ?? '')) {
    if (order.reference?.startsWith('pi_') === true)
      say('mismatched', `the shop names ${order.reference}, Stripe has ${payment.id} for the order`);
    else say('lost', `${payment.id} is not written on the order`, 'not_linked_in_shop');
  }
  const state = order.state ?? 'NULL';
  if (payment.status === 'succeeded') {
    if (payment.received !== owed)
      say('mismatched', `Stripe received ${payment.received} for ${payment.id}, the shop says ${owed} (minor units)`);
    const back = refundedOf(payment);
    // What was paid for an order that the shop has ended goes back.
    if (!PAID_STATES.has(state) && !(CLOSED_STATES.has(state) && back === payment.received))
      say('lost', `paid at Stripe (${payment.id}), but ${state} in the shop`, 'not_paid_in_shop');
    if (back > 0n && back === owed && state !== 'REFUNDED' && !CLOSED_STATES.has(state))
      say('lost', `refunded in full at Stripe (${payment.id}), but ${state} in the shop`);
    if (back < owed && state === 'REFUNDED')
      say('mismatched', `REFUNDED in the shop, but Stripe refunded ${back} of ${owed} for ${payment.id} (minor units)`);
  } else {
    if (PAID_STATES.has(state)) say('mismatched', `${state} in the shop, but ${payment.id} is ${payment.status}`);
    if (payment.status === 'canceled' && UNPAID_STATES.has(state))
      say('mismatched', `${payment.id} is canceled at Stripe, but ${state} in the shop`);
    if (payment.status === 'requires_capture' && state !== 'AUTHORIZED' && UNPAID_STATES.has(state))
      say('lost', `authorised at Stripe (${payment.id}), but ${state} in the shop`);
    if (payment.status === 'requires_capture' && CLOSED_STATES.has(state))
      say('mismatched', `${state} in the shop, but ${payment.id} still holds money`);
    if (payment.declined && state === 'PENDING')
      say('lost', `declined at Stripe (${payment.id}), but still PENDING in the shop`, 'not_declined_in_shop');
    if (!payment.declined && state === 'REFUSED')
      say('mismatched', `REFUSED in the shop, but no attempt to pay ${payment.id} failed`);
  }
  if (payment.succeededCharges.length > 1)
    say(
      'doubled',
      `${payment.id} was charged ${payment.succeededCharges.length} times: ${payment.succeededCharges.join(', ')}`,
    );
  return found;
};

const orderFindings = (order: ShopOrder, facts: Facts, side: Side): Finding[] => {
  const { orderId } = order;
  const found: Finding[] = [];
  const say = (kind: FindingKind, message: string, code?: FindingCode): void =>
    void found.push({ kind, orderId, message, ...(code && { code }) });
  if (order.subtotal + order.tax + order.shipping !== order.total)
    say(
      'mismatched',
      `subtotal, tax and shipping are ${order.subtotal + order.tax + order.shipping}, the total is ${order.total} (minor units)`,
    );
  const payments = side.payments.get(orderId) ?? [];
  if (payments.length > 1)
    say('doubled', `${payments.length} PaymentIntents: ${payments.map(({ id }) => id).join(', ')}`);
  if (isPlaced(order, side) && !side.images.has(orderId))
    say('lost', 'complete in the shop, but in neither orders.assembled nor adnsf.snapshots', 'never_assembled');
  if (isCollected(order, facts, side) && payments.length === 0)
    say('lost', `placed and complete in the shop (${order.state ?? 'NULL'}), but Stripe has no PaymentIntent`);
  for (const payment of payments) found.push(...paymentFindings(order, payment));

  for (const command of side.commands.get(orderId) ?? []) {
    const expected: Readonly<Record<string, bigint>> = {
      subtotal: order.subtotal,
      tax: order.tax,
      shipping: order.shipping,
      total: order.total,
      amount: payable(order),
      gross: payable(order),
    };
    const ofCheckout = BEFORE_SHIPMENT.has(command.type) && payments[0]?.manual === true;
    for (const [name, value] of ABOUT_PARTS.has(command.type) || ofCheckout ? [] : Object.entries(command.amounts))
      if (name in expected && expected[name] !== value)
        say(
          'mismatched',
          `${command.commandId} says ${name} ${value}, the shop says ${String(expected[name])} (minor units)`,
        );
    if (command.currency !== null && command.currency !== order.currency && !ABOUT_BALANCE.has(command.type))
      say('mismatched', `${command.commandId} is in ${command.currency}, the shop sells in ${order.currency}`);
    if (command.reference !== null && payments.length === 1 && command.reference !== payments[0]!.id)
      say('mismatched', `${command.commandId} names ${command.reference}, Stripe has ${payments[0]!.id}`);
  }
  return found;
};

const byOffset = (left: SeenCommand, right: SeenCommand): number =>
  left.offset < right.offset ? -1 : left.offset > right.offset ? 1 : 0;

/** Ids of commands that were sent more often than once, and once more by each replay that says so; or in other words. */
const doubledIds = (facts: Facts): ReadonlySet<string> => {
  const doubled = new Set<string>();
  const explain = explainedBy(facts.replays);
  const last = new Map<string, SeenCommand>();
  // In the order of offsets: what a replay explains it explains to the first that come.
  for (const command of facts.commands.toSorted(byOffset)) {
    const { commandId, topic, partition, offset, digest } = command;
    const previous = last.get(commandId);
    last.set(commandId, command);
    if (previous === undefined) continue;
    const again = previous.topic === topic && previous.partition === partition && previous.digest === digest;
    if (!again || !explain(topic, partition, previous.offset, offset)) doubled.add(commandId);
  }
  return doubled;
};

/** Commands told twice, results told twice, commands that nothing came of, and results nobody asked for. */
const commandFindings = (facts: Facts): Finding[] => {
  const found: Finding[] = [];
  const doubled = doubledIds(facts);
  const results = Map.groupBy(facts.results, ({ commandId }) => commandId);
  const applied = Map.groupBy(facts.ledger.applied, (commandId) => commandId);
  const where = (of: readonly (SeenCommand | SeenResult)[]): string =>
    of.map(({ topic, partition, offset }) => `${topic}-${partition}@${offset}`).join(', ');
  for (const [commandId, told] of Map.groupBy(facts.commands, ({ commandId }) => commandId)) {
    const [first] = told;
    const { orderId, target } = first!;
    if (doubled.has(commandId))
      found.push({ kind: 'doubled', orderId, message: `${commandId} was sent ${told.length} times: ${where(told)}` });
    switch (target) {
      case 'stripe':
      case 'adnsf':
      case 'notifications': {
        const answers = results.get(commandId) ?? [];
        if (answers.length === 0)
          found.push({
            kind: 'lost',
            orderId,
            message: `${commandId} (${where(told)}) has no result`,
            code: 'no_result',
            about: commandId,
          });
        // Whoever carries commands out answers each copy, and does it once.
        if (answers.length > told.length)
          found.push({
            kind: 'doubled',
            orderId,
            message: `${commandId} has ${answers.length} results: ${where(answers)}`,
          });
        for (const { status, error } of answers)
          if (status !== 'succeeded')
            found.push({ kind: 'lost', orderId, message: `${commandId} was ${status}: ${error ?? 'no reason given'}` });
        break;
      }
      case 'erp': {
        const times = applied.get(commandId)?.length ?? 0;
        if (times === 0)
          found.push({
            kind: 'lost',
            orderId,
            message: `${commandId} (${where(told)}) is not in the ledger`,
            code: 'not_in_ledger',
            about: commandId,
            books: true,
          });
        if (times > 1)
          found.push({ kind: 'doubled', orderId, message: `${commandId} was booked ${times} times in the ledger` });
        break;
      }
      default:
    }
  }
  const sent = new Set(facts.commands.map(({ commandId }) => commandId));
  for (const [commandId, answers] of results)
    if (!sent.has(commandId))
      found.push({
        kind: 'lost',
        orderId: answers[0]!.orderId,
        message: `${commandId} has a result (${where(answers)}) but is in no topic of commands`,
      });
  for (const commandId of applied.keys())
    if (!sent.has(commandId))
      found.push({
        kind: 'lost',
        orderId: commandId.split('/')[0] ?? null,
        message: `the ledger booked ${commandId}, which is in no topic`,
      });
  return found;
};

/** PaymentIntents that name an order the shop does not have. */
const strayFindings = (facts: Facts): Finding[] => {
  const known = new Set([...facts.shop, ...facts.unreadable].map(({ orderId }) => orderId));
  return facts.payments
    .filter(({ orderId }) => orderId !== null && !orderId.startsWith('invoice:') && !known.has(orderId))
    .map(({ id, orderId }) => ({ kind: 'lost', orderId, message: `${id} is for an order that is not in the shop` }));
};

/**
 * What moved no money for an invoice that it was to pay may wait: since basil (2025-03-31) nothing tells which invoice a
 * PaymentIntent is for until it has paid it.
 */
const isAstray = ({ invoices }: Facts): ((fact: UnroutedFact) => boolean) => {
  const unpaid = new Set(invoices.flatMap(({ unpaidBy }) => unpaidBy));
  return ({ objectId }) => !unpaid.has(objectId);
};

const countsOf = (findings: readonly Finding[]): Readonly<Record<FindingKind, number>> => {
  const count = (kind: FindingKind): number => findings.filter((finding) => finding.kind === kind).length;
  return Object.fromEntries(kinds.map((kind) => [kind, count(kind)])) as Record<FindingKind, number>;
};

/**
 * Those of the later findings that stood earlier as well. Sides are read one after another, so
 * what is under way looks lost for a moment; what is lost stays lost.
 */
export const confirmed = (earlier: readonly Finding[], later: readonly Finding[]): readonly Finding[] => {
  const identity = ({ kind, orderId, message }: Finding): string => `${kind} ${orderId ?? ''} ${message}`;
  const known = new Set(earlier.map(identity));
  return later.filter((finding) => known.has(identity(finding)));
};

/** The same of verdicts. */
export const standingIn = (earlier: Verdict, later: Verdict): Verdict => {
  const findings = confirmed(earlier.findings, later.findings);
  return { ...later, findings, counts: countsOf(findings) };
};

/** Judges the facts. No finding means: nothing lost, doubled, reordered or off by a cent, in either direction. */
export const judge = (facts: Facts): Verdict => {
  const side: Side = {
    payments: Map.groupBy(
      facts.payments.filter(({ orderId }) => orderId !== null),
      ({ orderId }) => orderId!,
    ),
    commands: Map.groupBy(facts.commands, ({ orderId }) => orderId),
    images: new Set(facts.images.map(({ orderId }) => orderId)),
  };
  const findings: Finding[] = [
    ...facts.shop.flatMap((order) => orderFindings(order, facts, side)),
    ...facts.unreadable.map(({ orderId, unreadable }) => ({
      kind: 'mismatched' as const,
      orderId,
      message: `the shop's amounts cannot be read: ${unreadable}`,
    })),
    ...strayFindings(facts),
    ...creditFindings(facts),
    ...returnFindings(facts),
    ...commandFindings(facts),
    ...sequenceFindings(facts),
    ...bookFindings(facts).map((finding) => ({ ...finding, books: true })),
    ...(facts.people === undefined ? [] : peopleFindings(facts.people)),
    ...(facts.items === undefined ? [] : itemFindings(facts.items)),
    ...[...facts.deadLetters, ...facts.ledger.conflicts].map(({ topic, partition, offset, code, message }) => ({
      kind: 'dead-letter' as const,
      orderId: null,
      message: `${topic}-${partition}@${offset} ${code}: ${message}`,
    })),
    ...facts.unrouted.filter(isAstray(facts)).map(({ objectId, kind, amount, currency, at }) => ({
      kind: 'unrouted' as const,
      orderId: null,
      message: `Stripe told of ${objectId} (${kind}, ${amount} ${currency} in minor units, ${new Date(Number(at)).toISOString()}), which belongs to no known order`,
    })),
  ];
  const collected = facts.shop.filter((order) => isPlaced(order, side) && !order.credit);
  const paid = collected.filter(({ state }) => PAID_STATES.has(state ?? '')).length;
  const declined = collected.filter(({ state }) => state === 'REFUSED').length;
  return {
    findings,
    counts: countsOf(findings),
    seen: {
      orders: collected.length,
      paid,
      declined,
      open: collected.length - paid - declined,
      paymentIntents: facts.payments.length,
      commands: facts.commands.length,
      results: facts.results.length,
      changes: facts.changes.length,
      events: facts.events.size,
      salesOrders: facts.ledger.salesOrders.length,
      payouts: facts.ledger.payouts.length,
    },
    clearing: clearingOf(facts),
  };
};
