/**
 * What the topics prove about one order: each thing that it called for was decided once, sent once and answered once, in
 * an order that its own records explain. Pure: facts in, certificate out.
 */
import { commandViolations } from './decisions.ts';
import { comparedViolations } from './derived.ts';
import { type OrderFacts, placeText, type Seen } from './facts.ts';
import { readOrder, type ReadOrder } from './read.ts';
import { answerViolations } from './answers.ts';
import type { Ways } from './topics.ts';

/**
 * - `lost`: called for, and not there. `doubled`: there more than once. `unexplained`: there, and nothing calls for it.
 * - `changed`: says something else than was decided. `cause`: names another cause, and nothing else differs.
 * - `reordered`: no order of arrival of the order's records explains the sequence.
 * - `unanswered`: carried out as far as the reader's position says, and no result tells what came of it.
 */
export type ViolationKind = 'lost' | 'doubled' | 'changed' | 'cause' | 'reordered' | 'unexplained' | 'unanswered';

export type Violation = Readonly<{ kind: ViolationKind; message: string }>;

export type Decision = Readonly<{ commandId: string; type: string; target: string; cause: string; at: string }>;

export type Effect = Readonly<{
  commandId: string;
  target: string;
  status: string;
  /** What was made or found: an object at Stripe, an order in the shop, a document in the ERP. */
  objectId: string | null;
  /** Stripe's id of the request. */
  requestId: string | null;
  /** Of Stripe's API. */
  apiVersion: string | null;
  /** Stripe answered from its idempotency record; the shop from its memory of the command. */
  replayed: boolean;
  /** How Stripe's object came about: created or found. */
  how: string | null;
  /** UpdatedOn of the shop's row as the command left it or found it. */
  rowVersion: string | null;
  error: string | null;
  at: string;
}>;

/**
 * - `exactly once`: all that was called for is there once, and nothing else.
 * - `under way`: the same, and not all of it has happened yet.
 * - `put aside`: the same, and something of it waits for a person.
 * - `unproven`: nothing speaks against it, but records that would prove it are no longer kept.
 * - `violated`.
 */
export type Verdict = 'exactly once' | 'under way' | 'put aside' | 'unproven' | 'violated';

export type Certificate = Readonly<{
  orderId: string;
  verdict: Verdict;
  statement: string;
  inputs: readonly Readonly<{ at: string; what: string; outcome: string }>[];
  decisions: readonly Decision[];
  effects: readonly Effect[];
  /** What has not happened yet. */
  open: readonly string[];
  /** What cannot be proved, and why. */
  limits: readonly string[];
  putAside: readonly string[];
  violations: readonly Violation[];
}>;

/** Where the parts of a certificate are gathered. */
export type Notes = Readonly<{
  violation: (kind: ViolationKind, message: string) => void;
  open: (what: string) => void;
  limit: (what: string) => void;
}>;

const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

/** As they came about, as far as their times tell. */
const byTime = (left: Seen, right: Seen): number =>
  left.timestamp < right.timestamp ? -1 : left.timestamp > right.timestamp ? 1 : 0;

const decisionsOf = ({ commands }: ReadOrder): Decision[] =>
  commands
    .filter(({ again }) => again === null)
    .toSorted(byTime)
    .map(({ command: { commandId, type, target, causationId }, ...place }) => ({
      commandId,
      type,
      target,
      cause: causationId,
      at: placeText(place),
    }));

const effectsOf = ({ results }: ReadOrder): Effect[] =>
  results.toSorted(byTime).map(({ result, ...place }) => ({
    commandId: result.commandId,
    target: result.target,
    status: result.status,
    objectId: result.objectId,
    requestId: result.requestId,
    apiVersion: result.detail['apiVersion'] ?? null,
    replayed: result.replayed,
    how: result.detail['how'] ?? null,
    rowVersion: result.detail['rowVersion'] ?? null,
    error: result.errorCode === null ? null : `${result.errorCode}: ${result.errorMessage ?? ''}`,
    at: placeText(place),
  }));

const stripeText = (effects: readonly Effect[]): string => {
  const asked = effects.filter(({ target, requestId }) => target === 'stripe' && requestId !== null);
  if (asked.length === 0) return '';
  const replayed = asked.filter((effect) => effect.replayed).length;
  return `; ${asked.length - replayed} of ${plural(asked.length, 'Stripe request')} first attempts, ${replayed} replayed`;
};

const erpText = (decisions: readonly Decision[], effects: readonly Effect[]): string => {
  const sent = decisions.filter(({ target }) => target === 'erp').length;
  const told = new Set(effects.filter(({ target }) => target === 'erp').map(({ commandId }) => commandId)).size;
  if (sent === 0) return '';
  if (told === 0) return '; not acknowledged by the ERP';
  return told === sent ? `; ${plural(told, 'ERP command')} booked` : `; ${told} of ${sent} ERP commands acknowledged`;
};

const statementOf = (
  verdict: Verdict,
  decisions: readonly Decision[],
  effects: readonly Effect[],
  counts: {
    violations: number;
    open: number;
    putAside: number;
  },
): string => {
  const commands = plural(decisions.length, 'command');
  const details = `${stripeText(effects)}${erpText(decisions, effects)}`;
  switch (verdict) {
    case 'exactly once':
      return `exactly once: ${commands}, each decided once, sent once, answered once${details}`;
    case 'under way':
      return `exactly once so far: ${commands}, each decided once and sent once; ${plural(counts.open, 'step')} under way${details}`;
    case 'put aside':
      return `exactly once as far as it went: ${commands}; ${plural(counts.putAside, 'dead letter')} for a person${details}`;
    case 'unproven':
      return `nothing contradicts exactly once in ${commands}, but it cannot all be proved${details}`;
    case 'violated':
      return `VIOLATED: ${plural(counts.violations, 'violation')} in ${commands}`;
  }
};

export const certificate = (facts: OrderFacts, ways: Ways): Certificate => {
  const violations: Violation[] = [];
  const open: string[] = [];
  const limits: string[] = [];
  const notes: Notes = {
    violation: (kind, message) => void violations.push({ kind, message }),
    open: (what) => void open.push(what),
    limit: (what) => void limits.push(what),
  };
  violations.push(...facts.faults);
  const order = readOrder(facts, ways, notes);
  const arriving = comparedViolations(facts, order, ways, notes);
  commandViolations(facts, order, arriving, ways, notes);
  answerViolations(order, ways, notes);

  const decisions = decisionsOf(order);
  const effects = effectsOf(order);
  const putAside = facts.letters
    .filter(({ waits }) => waits)
    .map((letter) => `${letter.code}: ${letter.message} (${placeText(letter.from)}, refused by ${letter.stage})`);
  const verdict: Verdict =
    violations.length > 0
      ? 'violated'
      : limits.length > 0
        ? 'unproven'
        : putAside.length > 0
          ? 'put aside'
          : open.length > 0
            ? 'under way'
            : 'exactly once';
  const counts = { violations: violations.length, open: open.length, putAside: putAside.length };
  return {
    orderId: facts.orderId,
    verdict,
    statement: statementOf(verdict, decisions, effects, counts),
    inputs: [
      ...facts.sources.map((source) => ({ at: placeText(source), what: source.what, outcome: source.outcome })),
      ...facts.snapshots.map((seen) => ({ at: placeText(seen), what: 'snapshot of the order', outcome: 'read' })),
    ],
    decisions,
    effects,
    open,
    limits,
    putAside,
    violations,
  };
};
