/**
 * What is remembered of a command in dbo.Millrace_AppliedCommand, in the same transaction as its effect. Its result is
 * a function of this alone, so that a repetition gives the very same result.
 */
export type Outcome = 'applied' | 'already' | 'superseded';

export type Applied = Readonly<{
  outcome: Outcome;
  /** TransactionState before and after. */
  before: string;
  after: string;
}>;

const OUTCOMES: readonly Outcome[] = ['applied', 'already', 'superseded'];

/** As the Outcome column holds it: `applied:PENDING>CAPTURED`. */
export const outcomeText = ({ outcome, before, after }: Applied): string => `${outcome}:${before}>${after}`;

/** Undefined when the text is none of ours. */
export const parseOutcome = (text: string): Applied | undefined => {
  const [, name, before, after] = /^(\w+):([^>]*)>([^>]*)$/.exec(text) ?? [];
  const outcome = OUTCOMES.find((known) => known === name);
  if (outcome === undefined || before === undefined || after === undefined) return undefined;
  return { outcome, before, after };
};
