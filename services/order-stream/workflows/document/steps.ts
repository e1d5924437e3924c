/** Steps of a workflow as functions. A list of steps is taken in order, until one of them says that it stops here. */
import { knownWhen } from '../expression/check.ts';
import { hint } from '../expression/hint.ts';
import type { Node } from '../expression/parse.ts';
import { knowing } from '../expression/scope.ts';
import type { Evaluate } from '../expression/typed.ts';
import { time } from '../expression/types.ts';
import { type Around, compiledHold, compiledLet, compiledSend, refuse, type Run, type StepReading } from './acts.ts';
import type { Step } from './shape.ts';
import type { Path } from './source.ts';
import { compiledCondition, compiledEach, compiledExpression, compiledMessage, parsedExpression } from './values.ts';

/** Takes the steps only as long as each says to go on; says so itself. */
const inTurn = (runs: readonly Run[]): Run => {
  const count = runs.length;
  return (frame, plan) => {
    for (let index = 0; index < count; index++) if (!runs[index]!(frame, plan)) return false;
    return true;
  };
};

const compiledChoice = (
  reading: StepReading,
  path: Path,
  branches: NonNullable<Step['choose']>,
  around: Around,
): Run | undefined => {
  let { scope } = around;
  const taken: Set<string>[] = [];
  const compiled = branches.map((branch, index) => {
    const here = [...path, index];
    const isLast = index === branches.length - 1;
    if ((branch.when === undefined) !== (branch.otherwise === true))
      refuse(reading, here, "a branch has either 'when' or 'otherwise: true'");
    if (branch.otherwise === true && !isLast) refuse(reading, [...here, 'otherwise'], 'must be the last branch');
    const node = branch.when === undefined ? undefined : parsedExpression(reading, [...here, 'when'], branch.when);
    const condition = node && compiledCondition(reading, [...here, 'when'], node, scope);
    if (branch.when !== undefined && condition === undefined) return undefined;
    const inside = node === undefined ? scope : knowing(scope, knownWhen(node, true, scope));
    const intents = new Set(around.intents);
    const rest: Step = { let: branch.let, cause: branch.cause, at: branch.at, steps: branch.steps };
    const run = compiledStep(reading, here, rest, { ...around, scope: inside, intents });
    taken.push(intents);
    if (node !== undefined) scope = knowing(scope, knownWhen(node, false, scope));
    return run && ([condition?.run, run] as const);
  });
  // Only one branch is taken, so branches may have the same intents; what follows may not.
  for (const intents of taken) for (const intent of intents) around.intents.add(intent);
  if (!compiled.every((branch) => branch !== undefined)) return undefined;
  return (frame, plan) => {
    for (const [condition, run] of compiled) {
      if (condition !== undefined && !(condition(frame) as boolean)) continue;
      run(frame, plan);
      return true;
    }
    return true;
  };
};

/** What the step does, without its condition and loop. */
const compiledAct = (reading: StepReading, path: Path, step: Step, around: Around): Run | undefined => {
  if (step.send !== undefined) return compiledSend(reading, path, step, around);
  if (step.hold !== undefined) return compiledHold(reading, [...path, 'hold'], step.hold, around);
  if (step.choose !== undefined) return compiledChoice(reading, [...path, 'choose'], step.choose, around);
  if (step.steps !== undefined) {
    const inner = compiledSteps(reading, [...path, 'steps'], step.steps, around);
    return inner && ((frame, plan) => (inner(frame, plan), true));
  }
  const { use } = step as Step & { use: string };
  const block = reading.blocks[use];
  if (block === undefined)
    return refuse(reading, [...path, 'use'], `there is no block '${use}'${hint(use, Object.keys(reading.blocks))}`);
  if (around.using.includes(use)) return refuse(reading, [...path, 'use'], `the block '${use}' would use itself`);
  // As if its steps stood here: what stops one of them stops what comes behind.
  return compiledSteps(reading, ['blocks', use, 'steps'], block.steps, { ...around, using: [...around.using, use] });
};

const each = (list: Evaluate, slot: number, run: Run): Run => {
  return (frame, plan) => {
    for (const item of list(frame) as unknown[]) {
      frame[slot] = item;
      run(frame, plan);
    }
    return true;
  };
};

/** A step that acts: for each, when, with names, cause and time. */
const compiledStep = (reading: StepReading, path: Path, step: Step, outer: Around): Run | undefined => {
  let around = outer;
  const loop =
    step.forEach === undefined ? undefined : compiledEach(reading, [...path, 'forEach'], step.forEach, around.scope);
  if (step.forEach !== undefined && loop === undefined) return undefined;
  if (loop) around = { ...around, scope: loop.scope, each: true };
  let node: Node | undefined;
  let condition: Evaluate | undefined;
  if (step.when !== undefined) {
    node = parsedExpression(reading, [...path, 'when'], step.when);
    condition = node && compiledCondition(reading, [...path, 'when'], node, around.scope)?.run;
    if (node === undefined || condition === undefined) return undefined;
    around = { ...around, scope: knowing(around.scope, knownWhen(node, true, around.scope)) };
  }
  const named = step.let === undefined ? undefined : compiledLet(reading, [...path, 'let'], step.let, around.scope);
  if (step.let !== undefined && named === undefined) return undefined;
  if (named) around = { ...around, scope: named.scope };
  if (step.cause !== undefined) {
    const cause = compiledMessage(reading, [...path, 'cause'], step.cause, around.scope);
    if (cause === undefined) return undefined;
    around = { ...around, cause: cause.run };
  }
  if (step.at !== undefined) {
    const at = compiledExpression(reading, [...path, 'at'], step.at, time, around.scope);
    if (at === undefined) return undefined;
    around = { ...around, at: at.run };
  }
  const act = compiledAct(reading, path, step, around);
  if (act === undefined) return undefined;
  const prepared: Run = named === undefined ? act : (frame, plan) => (named.bind(frame), act(frame, plan));
  const guarded: Run =
    condition === undefined ? prepared : (frame, plan) => !(condition(frame) as boolean) || prepared(frame, plan);
  return loop === undefined ? guarded : each(loop.list, loop.slot, guarded);
};

/** A list of steps. What one makes sure of, and names, is there for those behind it. */
export const compiledSteps = (
  reading: StepReading,
  path: Path,
  steps: readonly Step[],
  outer: Around,
): Run | undefined => {
  const runs: (Run | undefined)[] = [];
  let around = outer;
  for (const [index, step] of steps.entries()) {
    const here = [...path, index];
    if (step.needs !== undefined) {
      const node = parsedExpression(reading, [...here, 'needs'], step.needs);
      const condition = node && compiledCondition(reading, [...here, 'needs'], node, around.scope);
      // What follows leans on it: its problems would only be this one again.
      if (node === undefined || condition === undefined) return undefined;
      const { run } = condition;
      runs.push((frame) => run(frame) as boolean);
      around = { ...around, scope: knowing(around.scope, knownWhen(node, true, around.scope)) };
      continue;
    }
    const acts = step.send ?? step.hold ?? step.choose ?? step.steps ?? step.use;
    if (acts === undefined && step.let !== undefined) {
      const named = compiledLet(reading, [...here, 'let'], step.let, around.scope);
      if (named === undefined) return undefined;
      runs.push((frame) => (named.bind(frame), true));
      around = { ...around, scope: named.scope };
      continue;
    }
    runs.push(compiledStep(reading, here, step, around));
    if (step.hold !== undefined && step.when !== undefined && step.forEach === undefined) {
      const node = parsedExpression(reading, [...here, 'when'], step.when);
      if (node) around = { ...around, scope: knowing(around.scope, knownWhen(node, false, around.scope)) };
    }
  }
  return runs.every((run) => run !== undefined) ? inTurn(runs) : undefined;
};
