/**
 * What is to be done about each thing that verify finds: the command that was sent and whose effect does not hold is
 * sent again, or a person is told. Pure: facts in, remedies out.
 */
import { createHash } from 'node:crypto';
import type { RaisedException, Repair } from '../../../schemas/generated/types.ts';
import type { Facts, Place, SeenCommand, ShopOrder } from '../verify/facts.ts';
import type { Finding } from '../verify/judge.ts';

export type Who = 'support' | 'finance' | 'operations';

export type Drift = Readonly<{
  /** The same for the same drift, whenever it is seen. */
  id: string;
  orderId: string | null;
  code: string;
  message: string;
  evidence: readonly string[];
}>;

export type Remedy =
  /** Send this command again. */
  | Readonly<{ kind: 'repair'; drift: Drift; command: SeenCommand }>
  /** Something is on its way that may end it. */
  | Readonly<{ kind: 'wait'; drift: Drift; why: string }>
  | Readonly<{ kind: 'person'; drift: Drift; who: Who; advice: string }>;

/** What was done about drifts before. */
export type History = Readonly<{
  /** By command, oldest first. */
  repairs: ReadonlyMap<string, readonly Repair[]>;
  /** Exceptions that stand, by id. */
  open: ReadonlyMap<string, RaisedException>;
}>;

export type Looked = Readonly<{
  findings: readonly Finding[];
  facts: Facts;
  /** The position up to which whoever carries out commands has read; undefined when nobody reads there. */
  readUpTo: (topic: string, partition: number) => bigint | undefined;
}>;

export const placeText = ({ topic, partition, offset }: Place): string => `${topic}-${partition}@${offset}`;

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);

export const driftId = ({ orderId, code, kind, about, message }: Finding): string =>
  `drift/${orderId ?? '-'}/${code ?? kind}/${about ?? (code === undefined ? digest(message) : '-')}`;

const MOST_EVIDENCE = 20;

const evidenceOf = ({ orderId, about }: Finding, facts: Facts): readonly string[] => {
  if (orderId === null) return [];
  const isIt = (record: { orderId: string; commandId?: string }): boolean =>
    record.orderId === orderId && (about === undefined || record.commandId === about);
  const records: readonly Place[] = [
    ...facts.images.filter(isIt),
    ...facts.facts.filter(isIt),
    ...facts.commands.filter(isIt),
    ...facts.results.filter(isIt),
  ];
  return records.slice(0, MOST_EVIDENCE).map(placeText);
};

const driftOf = (finding: Finding, facts: Facts): Drift => ({
  id: driftId(finding),
  orderId: finding.orderId,
  code: finding.code ?? finding.kind,
  message: finding.message,
  evidence: evidenceOf(finding, facts),
});

type Judgement =
  | Readonly<{ kind: 'repair'; command: SeenCommand }>
  | Readonly<{ kind: 'wait'; why: string }>
  | Readonly<{ kind: 'person'; who: Who; advice: string }>;

const person = (who: Who, advice: string): Judgement => ({ kind: 'person', who, advice });

const same = (left: Place, right: Place): boolean => placeText(left) === placeText(right);

/** Whether a command may be sent once more, as far as its own story goes. */
const again = (command: SeenCommand, { facts, readUpTo }: Looked, { repairs }: History): Judgement => {
  const { commandId, target, topic, partition } = command;
  const reached = readUpTo(topic, partition);
  const at = command.latest ?? command;
  const letter = facts.deadLetters.find(({ source }) => source !== undefined && same(source, at));
  if (letter !== undefined) return person('operations', `it waits in ${placeText(letter)}: see \`millrace dlq\``);
  if (facts.ledger.conflicts.some((conflict) => same(conflict, command) || same(conflict, at)))
    return person('finance', 'the ledger put it aside as a conflict: see its /conflicts');
  const last = repairs.get(commandId)?.at(-1);
  if (last === undefined) {
    if (reached !== undefined && reached <= at.offset)
      return { kind: 'wait', why: `${commandId} is not carried out yet` };
    return { kind: 'repair', command };
  }
  const answered = facts.results.some((result) => result.commandId === commandId && result.repair === last.repairId);
  if (answered) return { kind: 'repair', command };
  const offset = BigInt(last.repeated.slice(last.repeated.lastIndexOf('@') + 1));
  if (reached === undefined || reached <= offset)
    return { kind: 'wait', why: `${last.repairId} (${last.repeated}) is not carried out yet` };
  return target === 'erp'
    ? person('finance', `${last.repairId} did not help: ask the ERP why it does not book ${commandId}`)
    : person('operations', `${last.repairId} has no answer: look at the logs of the ${target} executor`);
};

/** States from which the shop's guard lets a payment be written. Any other was chosen by somebody. */
const UNPAID = new Set(['PENDING', 'AUTHORIZED', 'REFUSED']);

/** A command that took effect in the shop, and whose effect is not there. */
const undone = (type: string, order: ShopOrder, looked: Looked, history: History): Judgement => {
  const { facts } = looked;
  const command = facts.commands.findLast((sent) => sent.orderId === order.orderId && sent.type === type);
  if (command === undefined) {
    const told = facts.facts.some(({ orderId, kind }) => orderId === order.orderId && kind.startsWith('payment.'));
    return person(
      'operations',
      told
        ? `${type} was never sent: look for the reason with \`millrace order ${order.orderId}\``
        : "Stripe's event has not come: the scanner feeds it in; is it running?",
    );
  }
  const result = facts.results.find(({ commandId }) => commandId === command.commandId);
  if (result === undefined) return { kind: 'wait', why: `${command.commandId} has no result` };
  if (result.status !== 'succeeded')
    return person('support', `${command.commandId} was ${result.status}: put it right`);
  if (facts.facts.some(({ orderId, kind }) => orderId === order.orderId && /^(refund|dispute)\./.test(kind)))
    return person('finance', 'money went back or is disputed: the state of the order is for a person to choose');
  return again(command, looked, history);
};

const inShop = (finding: Finding, looked: Looked, history: History): Judgement => {
  const order = looked.facts.shop.find(({ orderId }) => orderId === finding.orderId)!;
  const state = order.state ?? 'NULL';
  if (looked.facts.payments.filter(({ orderId }) => orderId === order.orderId).length > 1)
    return person('finance', 'there is more than one PaymentIntent');
  switch (finding.code) {
    case 'not_paid_in_shop':
      return UNPAID.has(state)
        ? undone('MarkOrderPaid', order, looked, history)
        : person('support', `somebody made the order ${state} although it is paid: refund it, or put it right`);
    case 'not_declined_in_shop':
      return undone('RecordPaymentDecline', order, looked, history);
    default:
      return state === 'PENDING'
        ? undone('LinkPayment', order, looked, history)
        : person('support', `the order is ${state}: write the PaymentIntent into AuthorizationPNREF`);
  }
};

const judgementOn = (finding: Finding, looked: Looked, history: History): Judgement => {
  switch (finding.code) {
    case 'not_paid_in_shop':
    case 'not_linked_in_shop':
    case 'not_declined_in_shop':
      return inShop(finding, looked, history);
    case 'no_result':
    case 'not_in_ledger': {
      const command = looked.facts.commands.find(({ commandId }) => commandId === finding.about);
      return command === undefined ? person('operations', 'look for the command') : again(command, looked, history);
    }
    case 'never_assembled':
      return person(
        'operations',
        'neither capture nor the scanner told of it: is the scanner running, and its MILLRACE_SCANNER_FROM_ORDER not above it?',
      );
    case 'trial_balance':
    case 'clearing_account':
      return person(
        'finance',
        'look at the orders of which something is not in the ledger, and at what was booked by hand',
      );
    default:
      return person(finding.books === true ? 'finance' : 'support', 'see `millrace order`: no command puts this right');
  }
};

/** What has a place of its own where people look. */
const toldElsewhere = ({ kind }: Finding): boolean => kind === 'dead-letter';

/** Paid at Stripe, and the order stream has not asked for anything because of it: all that is missing has one cause. */
const unheardOrders = ({ findings, facts }: Looked): ReadonlySet<string | null> => {
  const heard = new Set(facts.commands.filter(({ type }) => type === 'MarkOrderPaid').map(({ orderId }) => orderId));
  return new Set(
    findings.flatMap(({ code, orderId }) =>
      code === 'not_paid_in_shop' && orderId !== null && !heard.has(orderId) ? [orderId] : [],
    ),
  );
};

/**
 * One remedy for each finding. Where something of an order is sent again or on its way, its other findings may be
 * consequences: they wait for the next audit, and so do the books' sums while the ledger is to hear something. What the
 * books lack of an order whose payment nobody heard of is told by that.
 */
export const remediesFor = (looked: Looked, history: History): readonly Remedy[] => {
  const remedies = looked.findings
    .filter((finding) => !toldElsewhere(finding))
    .map((finding) => ({
      books: finding.books === true,
      remedy: { drift: driftOf(finding, looked.facts), ...judgementOn(finding, looked, history) } satisfies Remedy,
    }));
  const moving = remedies.filter(({ remedy }) => remedy.kind !== 'person').map(({ remedy }) => remedy.drift);
  const unsettled = new Set(moving.map(({ orderId }) => orderId));
  const unheard = unheardOrders(looked);
  const isSum = ({ code }: Drift): boolean => code === 'trial_balance' || code === 'clearing_account';
  const ledgerHears = unheard.size > 0 || moving.some(({ code }) => code === 'not_in_ledger');
  return remedies.map(({ remedy, books }): Remedy => {
    if (remedy.kind !== 'person') return remedy;
    const { drift } = remedy;
    const { orderId } = drift;
    if (isSum(drift) ? ledgerHears : orderId !== null && unsettled.has(orderId))
      return { kind: 'wait', drift, why: 'it may be a consequence of what is being repaired' };
    if (books && unheard.has(orderId)) return { kind: 'wait', drift, why: 'nobody has heard of the payment yet' };
    return remedy;
  });
};
