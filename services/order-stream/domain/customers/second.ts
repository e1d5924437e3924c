/**
 * What Stripe has of a field after all that is known of it. Stripe's time has seconds, and events come in any order: of
 * the changes of one second, what each was before says which one builds upon which.
 */
import type { StripeTelling } from '../../../../schemas/generated/types.ts';

/** A telling, with the changes of its second and the last telling from before that. */
export type Known = StripeTelling & Readonly<{ within: readonly StripeTelling[]; earlier: StripeTelling | null }>;

/** Whether the left was said after the right, as far as the two of them tell. */
export const isAfter = (left: StripeTelling, right: StripeTelling): boolean => {
  if (left.at !== right.at) return left.at > right.at;
  if (left.value === right.value) return left.factId < right.factId;
  const [follows, precedes] = [
    left.changed && left.before === right.value,
    right.changed && right.before === left.value,
  ];
  if (follows !== precedes) return follows;
  // What a fact only mentions was so before it: at the creation, say. Should it have come last, what made it so is told too.
  if (left.changed !== right.changed) return left.changed;
  // To and fro: should it not be ours that Stripe has now, to have the other said again does no harm.
  return left.ours === right.ours ? left.factId > right.factId : left.ours;
};

const compare = (left: StripeTelling, right: StripeTelling): number =>
  left.factId < right.factId ? -1 : Number(left.factId > right.factId);

/** The changes with one more. A twin, which says the same under another id, is no other change: the smaller id stays. */
const withChange = (changes: readonly StripeTelling[], told: StripeTelling): readonly StripeTelling[] => {
  if (!told.changed) return changes;
  const twin = changes.find(({ before, value }) => before === told.before && value === told.value);
  if (twin === undefined) return [...changes, told].toSorted(compare);
  return compare(told, twin) < 0 ? changes.map((each) => (each === twin ? told : each)).toSorted(compare) : changes;
};

/**
 * Where changes lead that each go from one value to another: to the one that is come to once more often than it is left, or
 * back to where they began. Undefined when that is not known, or some of them are not.
 */
export const endOf = (
  changes: readonly Pick<StripeTelling, 'before' | 'value'>[],
  begin: string | null | undefined,
): string | null | undefined => {
  const surplus = new Map<string | null, number>();
  for (const { before, value } of changes) {
    surplus.set(before, (surplus.get(before) ?? 0) - 1);
    surplus.set(value, (surplus.get(value) ?? 0) + 1);
  }
  const ends = [...surplus].filter(([, more]) => more > 0);
  if (ends.length === 0) return begin !== undefined && surplus.has(begin) ? begin : undefined;
  return ends.length === 1 && ends[0]![1] === 1 ? ends[0]![0] : undefined;
};

/** The telling of these changes that stands for what they have come to. */
const lastOf = (changes: readonly StripeTelling[], earlier: StripeTelling | null): StripeTelling => {
  const end = endOf(changes, earlier?.value);
  const [first, ...more] = end === undefined ? changes : changes.filter(({ value }) => value === end);
  return more.reduce((last, each) => (isAfter(each, last) ? each : last), first!);
};

const tellingOf = ({ value, changed, ours, before, at, factId }: StripeTelling): StripeTelling => ({
  value,
  changed,
  ours,
  before,
  at,
  factId,
});

/** What is known after one more telling: the same in whatever order the tellings of a second, and one from before it, come. */
export const toldMore = (known: Known | undefined, told: StripeTelling): Known => {
  if (known === undefined || told.at > known.at)
    return { ...told, within: withChange([], told), earlier: known === undefined ? null : tellingOf(known) };
  const { earlier } = known;
  const within = told.at < known.at ? known.within : withChange(known.within, told);
  const before = told.at < known.at && (earlier === null || isAfter(told, earlier)) ? told : earlier;
  if (within.length > 0) return { ...lastOf(within, before), within, earlier: before };
  // Only mentioned, in all events of that second.
  const last = told.at === known.at && isAfter(told, known) ? told : tellingOf(known);
  return { ...last, within, earlier: before };
};
