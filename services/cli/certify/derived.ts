/** Whether what the first stages wrote is what they make of their inputs; and what the decider has read of it. */
import { PoisonError } from '../../runtime/errors.ts';
import type { ConsumedRecord } from '../../runtime/ports.ts';
import { REDRIVE_HEADER } from '../../runtime/redrive.ts';
import type { Arriving } from './arrival.ts';
import type { Notes } from './certificate.ts';
import { type Compared, type Derived, type OrderFacts, placeText, type Seen } from './facts.ts';
import { canonical, type ReadOrder, refusedOf } from './read.ts';
import { inputsOf } from '../../runtime/stage-run.ts';
import type { Ways } from './topics.ts';

const asRecord = (orderId: string, { topic, partition, offset, timestamp, value, again }: Seen): ConsumedRecord => ({
  topic,
  partition,
  offset,
  timestamp,
  value,
  key: Buffer.from(orderId),
  headers: again === 'redriven' ? { [REDRIVE_HEADER]: Buffer.from('') } : {},
});

type Matched = Readonly<{ seen: Seen; derived: number | undefined }>;

/** Each record with the first derived one of the same bytes that no record before it was matched with. */
const match = (compared: Compared): readonly Matched[] => {
  const free = compared.derived.map(({ value }) => value as Buffer | undefined);
  return compared.seen.map((seen) => {
    const { value } = seen;
    const derived = value === null ? -1 : free.findIndex((candidate) => candidate?.equals(value) === true);
    if (derived >= 0) free[derived] = undefined;
    return { seen, derived: derived < 0 ? undefined : derived };
  });
};

const judgeSeen = (what: string, compared: Compared, matched: readonly Matched[], notes: Notes): void => {
  for (const { seen, derived } of matched) {
    if (derived !== undefined || seen.late) continue;
    const { value } = seen;
    const twin = matched.find(
      (other) => other.derived !== undefined && value !== null && compared.derived[other.derived]!.value.equals(value),
    );
    if (twin) notes.violation('doubled', `${what} ${placeText(seen)} repeats ${placeText(twin.seen)}`);
    else
      notes.violation('unexplained', `${what} ${placeText(seen)} is not what its stage makes of the records it read`);
  }
};

const judgeOrder = (what: string, compared: Compared, matched: readonly Matched[], notes: Notes): void => {
  const last = new Map<string, Readonly<{ derived: number; seen: Seen }>>();
  for (const { seen, derived } of matched) {
    if (derived === undefined) continue;
    const { sequence } = compared.derived[derived]!;
    const before = last.get(sequence);
    if (before !== undefined && before.derived > derived)
      notes.violation(
        'reordered',
        `${what} ${placeText(seen)} comes after ${placeText(before.seen)}, which was made later`,
      );
    else last.set(sequence, { derived, seen });
  }
};

const missing = (compared: Compared, matched: readonly Matched[]): readonly Derived[] => {
  const found = new Set(matched.map(({ derived }) => derived));
  return compared.derived.flatMap((derived, index) => (found.has(index) ? [] : [derived]));
};

/** The records that the decider reads, by input, in order. */
export const comparedViolations = (
  facts: OrderFacts,
  order: ReadOrder,
  ways: Ways,
  notes: Notes,
): readonly (readonly Arriving[])[] => {
  const { orderId, images, returns, payments } = facts;
  const refused = refusedOf(facts);
  /** Without what is put aside. Bytes that cannot be read are nothing that a stage makes. */
  const sound = (compared: Compared, topic: string): Compared => {
    const serde = ways.serdeOf(topic);
    const seen = compared.seen
      .filter((each) => each.again === null && !refused.has(placeText(each)))
      .map((each) => {
        try {
          return { ...each, value: each.value && canonical(serde, each.value) };
        } catch (error) {
          if (!(error instanceof PoisonError)) throw error;
          return { ...each, value: null };
        }
      });
    return { ...compared, seen };
  };
  const arriving = (seen: Seen, answers: string | null = null): Arriving => ({
    record: asRecord(orderId, seen),
    settled: seen.settled,
    answers,
  });

  /** What the assembly makes of rows of the shop. */
  const rowArrivals = (what: string, compared: Compared, topic: string): readonly Arriving[] => {
    const any = compared.seen.length > 0 || compared.derived.length > 0;
    if (!compared.complete && any) notes.limit(`rows of the shop that its ${what}s were made from are no longer kept`);
    if (compared.complete) {
      const checked = sound(compared, topic);
      const matched = match(checked);
      judgeSeen(what, checked, matched, notes);
      judgeOrder(what, checked, matched, notes);
      for (const { settled, from } of missing(compared, matched))
        if (settled) notes.violation('lost', `the ${what} that ${placeText(from)} makes is not in ${topic}`);
        else notes.open(`the ${what} that ${placeText(from)} makes`);
    }
    return compared.seen.map((each) => arriving(each));
  };

  const paymentArrivals = (): readonly Arriving[] => {
    const topic = ways.payments.name;
    if (!payments.complete) notes.limit('events of Stripe that its facts were made from are no longer kept');
    else {
      const checked = sound(payments, topic);
      const matched = match(checked);
      judgeSeen('fact', checked, matched, notes);
      judgeOrder('fact', checked, matched, notes);
      const told = matched.flatMap(({ derived }) => (derived === undefined ? [] : [payments.derived[derived]!.value]));
      for (const { settled, from, mayWait, value } of missing(payments, matched))
        if (mayWait && told.some((twin) => twin.equals(value))) continue;
        else if (settled) notes.violation('lost', `the fact that ${placeText(from)} tells is not in ${topic}`);
        else notes.open(`the fact that ${placeText(from)} tells`);
    }
    return payments.seen.map((each) => arriving(each));
  };

  const bySource = new Map<string, readonly Arriving[]>([
    [ways.images.name, rowArrivals('image', images, ways.images.name)],
    [ways.returns.name, rowArrivals('return', returns, ways.returns.name)],
    [ways.payments.name, paymentArrivals()],
    ...ways.snapshots.map(({ name }): [string, readonly Arriving[]] => [
      name,
      facts.snapshots.filter((each) => each.topic === name).map((each) => arriving(each)),
    ]),
  ]);
  return inputsOf(ways.orders).map(
    ({ topic }) =>
      bySource.get(topic.name) ??
      order.results
        .filter((each) => each.topic === topic.name)
        .map((each) => arriving(each, each.again === null ? each.result.commandId : null)),
  );
};
