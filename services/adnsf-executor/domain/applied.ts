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
  /**
   * Which version of the row the command left or found: its UpdatedOn in the command's transaction, local time of the
   * shop's server, such as `2026-11-23T18:40:31.003`. ADNSF has no rowversion column; its trigger sets UpdatedOn on every
   * write. Undefined for what was remembered before versions were.
   */
  rowVersion?: string;
}>;

const OUTCOMES: readonly Outcome[] = ['applied', 'already', 'superseded'];

/**
 * As the Outcome column holds it, in at most 50 characters: `applied:PENDING>CAPTURED@mih2v8mz`. An unchanged state is
 * written once, and the version as milliseconds to the base of 36.
 */
export const outcomeText = ({ outcome, before, after, rowVersion }: Applied): string => {
  if (rowVersion === undefined) return `${outcome}:${before}>${after}`;
  const version = Date.parse(`${rowVersion}Z`).toString(36);
  return `${outcome}:${before}>${after === before ? SAME : after}@${version}`;
};

const SAME = '=';

/** Undefined when the text is none of ours. */
export const parseOutcome = (text: string): Applied | undefined => {
  const [, name, before, after, version] = /^(\w+):([^>]*)>([^>@]*)(?:@([0-9a-z]+))?$/.exec(text) ?? [];
  const outcome = OUTCOMES.find((known) => known === name);
  if (outcome === undefined || before === undefined || after === undefined) return undefined;
  if (version === undefined) return { outcome, before, after };
  const rowVersion = new Date(Number.parseInt(version, 36)).toISOString().slice(0, -1);
  return { outcome, before, after: after === SAME ? before : after, rowVersion };
};
