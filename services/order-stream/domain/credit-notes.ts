/**
 * Credit notes of an invoice. A note says what it takes back, with its tax, and where that goes: off what the invoice asks
 * for, back to the customer by refunds or by other means, or to the customer's balance. A refund does not say that it
 * belongs to one: the notes are asked about each refund before it is booked, and what they say then counts for ever. So
 * a note and its refunds are booked as one thing, in whatever order they are heard of.
 */
import type {
  BillingFact,
  BillingLine,
  CreditNoteLine,
  CreditNoteTold,
  CreditSplit,
  ListedCreditNote,
  RefundClaim,
  RefundState,
} from '../../../schemas/generated/types.ts';
import { before } from './object-state.ts';

export const creditLine = (line: BillingLine): CreditNoteLine => {
  const { lineId, invoiceLineId, description, quantity, tax, amount, discount, taxIncluded } = line;
  return { lineId, invoiceLineId, description, quantity, net: (amount ?? 0n) - discount - taxIncluded, tax };
};

const noteOf = (fact: BillingFact): CreditNoteTold => {
  const { factId, occurredAt: at, creditNote: said } = fact;
  return {
    id: fact.objectId,
    amount: fact.total ?? 0n,
    currency: fact.currency,
    factId,
    at,
    number: fact.number,
    reason: said?.reason ?? null,
    tax: fact.tax ?? 0n,
    offInvoice: said?.offInvoice ?? null,
    outside: said?.outside ?? 0n,
    refunds: (said?.refunds ?? []).map(({ refundId, amount }) => ({ refundId, amount })),
    balanceTransactionId: said?.balanceTransactionId ?? null,
    lines: fact.lines.map(creditLine),
    linesComplete: fact.linesComplete,
    voided: fact.status === 'void' ? { factId, at } : null,
    issuedAt: fact.createdAt ?? at,
    split: null,
    problem: null,
  };
};

/** Of tellings the earliest counts; lines that were fetched stay, and of the end of a note its own earliest. */
const joined = (known: CreditNoteTold, told: CreditNoteTold): CreditNoteTold => {
  const ends = [known.voided, told.voided].filter((end) => end !== null);
  const voided = ends.reduce<CreditNoteTold['voided']>(
    (first, end) => (first && before(first, end) ? first : end),
    null,
  );
  const first = before(told, known) ? told : known;
  const { lines, linesComplete } = known.linesComplete ? known : first;
  return { ...first, lines, linesComplete, voided, split: known.split, problem: known.problem };
};

const isSame = (left: CreditNoteTold, right: CreditNoteTold): boolean =>
  left.factId === right.factId && left.at === right.at && left.voided?.factId === right.voided?.factId;

/** The notes after a fact of kind `credit_note.*`, by id; the same array when it tells nothing new. */
export const withCreditNote = (notes: readonly CreditNoteTold[], fact: BillingFact): readonly CreditNoteTold[] => {
  const told = noteOf(fact);
  const index = notes.findIndex(({ id }) => id === told.id);
  if (index < 0) return [...notes, told].sort((left, right) => (left.id < right.id ? -1 : 1));
  const next = joined(notes[index]!, told);
  return isSame(next, notes[index]!) ? notes : notes.with(index, next);
};

/** The notes with all lines of one, of which its events had the first ones only. */
export const withNoteLines = (
  notes: readonly CreditNoteTold[],
  noteId: string,
  lines: readonly BillingLine[],
): readonly CreditNoteTold[] => {
  const index = notes.findIndex(({ id }) => id === noteId);
  const note = notes[index];
  if (note === undefined || note.linesComplete) return notes;
  return notes.with(index, { ...note, lines: lines.map(creditLine), linesComplete: true });
};

/** The claims with what the notes say of a refund that they were asked about; the first answer counts. */
export const withClaim = (
  claims: readonly RefundClaim[],
  refundId: string,
  notes: readonly ListedCreditNote[],
): readonly RefundClaim[] => {
  if (claims.some((claim) => claim.refundId === refundId)) return claims;
  const standing = notes.filter((note) => !note.void);
  const sum = (part: 'total' | 'tax'): bigint => standing.reduce((all, note) => all + note[part], 0n);
  const creditNoteId = standing.find(({ refundIds }) => refundIds.includes(refundId))?.id ?? null;
  return [...claims, { refundId, creditNoteId, credited: sum('total'), creditedTax: sum('tax') }];
};

type Known = Readonly<{ refunds: readonly RefundState[]; refundClaims: readonly RefundClaim[] }>;

/** What a refund of a note comes to: null while that is not known, text when the note cannot be booked because of it. */
const refundedBy = (
  note: CreditNoteTold,
  { refundId, amount }: CreditNoteTold['refunds'][number],
  { refunds, refundClaims }: Known,
): bigint | string | null => {
  if (refundId === null) return 'it pays back by what is no refund at Stripe';
  const claim = refundClaims.find((each) => each.refundId === refundId);
  const refund = refunds.find(({ id }) => id === refundId);
  if (claim === undefined || refund === undefined) return null;
  if (claim.creditNoteId !== note.id) return `${refundId}, which it names, was booked as one of its own before`;
  if (refund.currency !== note.currency) return `${refundId} is in ${refund.currency}`;
  if (amount !== null && amount !== refund.amount)
    return `it names ${amount} of ${refundId}, which is over ${refund.amount}`;
  return refund.amount;
};

const splitOf = (note: CreditNoteTold, known: Known): CreditSplit | string | null => {
  const { amount, tax, lines, offInvoice, outside } = note;
  if (amount <= 0n || tax < 0n || tax > amount) return `it is over ${amount} with ${tax} of tax`;
  const unexplained = amount - tax - lines.reduce((sum, { net }) => sum + net, 0n);
  if (note.linesComplete && unexplained !== 0n)
    return `its lines come to ${unexplained} less than its total without tax`;
  if (offInvoice === null) return 'it does not say what it takes off the invoice';
  let refunded = 0n;
  let waits = false;
  for (const refund of note.refunds) {
    const by = refundedBy(note, refund, known);
    if (typeof by === 'string') return by;
    if (by === null) waits = true;
    else refunded += by;
  }
  if (waits) return null;
  const toBalance = amount - offInvoice - outside - refunded;
  if (toBalance < 0n || outside < 0n || offInvoice < 0n) return `its parts come to ${-toBalance} more than it`;
  if (toBalance > 0n && note.balanceTransactionId === null) return `it does not say where ${toBalance} of it went`;
  return { refunded, toBalance };
};

const isSplit = (left: CreditSplit | null, right: CreditSplit | null): boolean =>
  left?.refunded === right?.refunded && left?.toBalance === right?.toBalance;

/** The notes with where their amounts went, as far as it is known; the same array when that is as before. */
export const splitNotes = (notes: readonly CreditNoteTold[], known: Known): readonly CreditNoteTold[] =>
  notes.reduce((all, note, index) => {
    const by = splitOf(note, known);
    const split = typeof by === 'string' ? null : by;
    const problem = typeof by === 'string' ? by : null;
    return isSplit(split, note.split) && problem === note.problem ? all : all.with(index, { ...note, split, problem });
  }, notes);

/** What notes that stand, and are booked, took off what the invoice asks for. */
export const creditedOffBy = (notes: readonly CreditNoteTold[]): bigint =>
  notes.reduce(
    (sum, { split, voided, offInvoice }) => (split === null || voided !== null ? sum : sum + (offInvoice ?? 0n)),
    0n,
  );
