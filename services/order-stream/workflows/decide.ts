/**
 * What follows from a fact: which workflows a state has begun with, what they call for, and what of it is new. A state
 * keeps the version it began with, so that history gives the same commands whatever was deployed since.
 */
import { FatalError } from '../../runtime/errors.ts';
import type { Folded } from '../domain/order.ts';
import type { Aggregate, Decided, Settings } from './aggregates.ts';
import type { Workflow } from './compile.ts';
import type { Command, Hold } from './plan.ts';
import type { Lineage, WorkflowSet } from './set.ts';

export type Decision<S> = Readonly<{
  state: S;
  /** Not sent before, in the order in which they go. */
  commands: readonly Command[];
  /** Holds that were not told before; none when the fact itself is refused. */
  letters: readonly Readonly<{ code: string; message: string }>[];
}>;

/** The version that something begins with at a time: the latest active one that has begun by its own account. */
const chosen = ({ active }: Lineage, state: unknown, settings: Settings): Workflow | undefined => {
  for (const { from, workflow } of active) {
    const at = workflow.starts(state, settings);
    if (at !== null && at >= from) return workflow;
  }
  return undefined;
};

/** A state that has begun with what is no longer there cannot go on. */
const checkKept = <S extends Decided>(set: WorkflowSet, { name, idField }: Aggregate<S>, state: S): void => {
  for (const id of state.workflows ?? [])
    if (set.get(id) === undefined) {
      const of = `${name} ${String((state as Record<string, unknown>)[idField])}`;
      throw new FatalError(`${of} began with ${id}, which is no longer there: put its document back`);
    }
};

/** The version of a workflow that a state has, or takes now. */
const versionOf = (set: WorkflowSet, lineage: Lineage, settings: Settings, before: Decided, state: Decided) => {
  const pin = state.workflows?.find((each) => each.startsWith(lineage.prefix));
  if (pin !== undefined) return set.get(pin);
  const first = lineage.versions[0];
  if (before.workflows === null && first !== undefined && first.starts(before, settings) !== null) return first;
  return chosen(lineage, state, settings);
};

const begunBy = <S extends Decided>(
  set: WorkflowSet,
  aggregate: Aggregate<S>,
  settings: Settings,
  before: S,
  state: S,
) => {
  checkKept(set, aggregate, state);
  return set.of(aggregate.name).flatMap((lineage) => versionOf(set, lineage, settings, before, state) ?? []);
};

/** Why a state goes no further, told before or not. */
export const holdsOf = <S extends Decided>(
  set: WorkflowSet,
  aggregate: Aggregate<S>,
  settings: Settings,
  state: S,
): readonly Hold[] => {
  const holds: Hold[] = [];
  for (const workflow of begunBy(set, aggregate, settings, state, state))
    workflow.plan(state, settings, { commands: [], holds, skip: () => true });
  return holds;
};

/** @param before the state that the fact was folded into, which differs from what came of it */
export const decide = <S extends Decided>(
  set: WorkflowSet,
  aggregate: Aggregate<S>,
  settings: Settings,
  before: S,
  { state, refusal }: Folded<S>,
): Decision<S> => {
  const begun = begunBy(set, aggregate, settings, before, state);
  const { issued, refusals, workflows } = state;
  const commands: Command[] = [];
  const holds: Hold[] = [];
  const sent = new Set(issued);
  // Elements of one identity are one: the first is sent.
  const skip = (commandId: string): boolean =>
    sent.has(commandId) || commands.some((command) => command.commandId === commandId);
  for (const workflow of begun) workflow.plan(state, settings, { commands, holds, skip });
  const untold = holds.filter(
    ({ key }, index) => !refusals.includes(key) && holds.findIndex((other) => other.key === key) === index,
  );
  const same = workflows?.length === begun.length;
  return {
    state: {
      ...state,
      issued: commands.length === 0 ? issued : [...issued, ...commands.map(({ commandId }) => commandId)],
      refusals: untold.length === 0 ? refusals : [...refusals, ...untold.map(({ key }) => key)],
      // They only ever become more.
      workflows: same ? workflows : begun.map((workflow) => workflow.id),
    },
    commands,
    // A fact that is refused is told of by that already.
    letters: refusal === undefined ? untold : [],
  };
};
