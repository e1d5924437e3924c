/** Steps of a workflow as functions. A list of steps is taken in order, until one of them says that it stops here. */
import type { Command, Plan } from '../plan.ts';
import { knowing, knownWhen, type Scope } from '../expression/check.ts';
import { hint } from '../expression/hint.ts';
import type { Node } from '../expression/parse.ts';
import { type Evaluate, type Frame, MappingError } from '../expression/typed.ts';
import { text, time, type Type } from '../expression/types.ts';
import type { HoldShape, Step } from './shape.ts';
import type { Path } from './source.ts';
import {
  compiledCondition,
  compiledEach,
  compiledExpression,
  compiledMessage,
  compiledValue,
  parsedExpression,
  type Reading,
  withVariable,
} from './values.ts';

/** A type of command: whose it is, and what it has to say. */
export type CommandType = Readonly<{ target: string; payload: Type & { kind: 'record' } }>;

export type StepReading = Reading &
  Readonly<{
    commands: ReadonlyMap<string, CommandType>;
    blocks: Readonly<Record<string, Readonly<{ steps: readonly Step[] }>>>;
    /** `order-to-cash@1`, as commands carry it. */
    workflow: string;
    /** The field of the state that has the aggregate's id, which is also where commands are keyed. */
    idField: string;
    /** The slot of `commandId`, which payloads may mention. */
    commandIdSlot: number;
  }>;

/** False: what comes behind it in the list is not taken. */
export type Run = (frame: Frame, plan: Plan) => boolean;

/** What steps have from those around them. */
export type Around = Readonly<{
  scope: Scope;
  cause?: Evaluate;
  at?: Evaluate;
  /** Inside of forEach: ids must tell elements apart. */
  each: boolean;
  /** Blocks that are being used, against circles. */
  using: readonly string[];
  /** Intents of this branch, so that no two commands share an id. */
  intents: Set<string>;
}>;

const refuse = (reading: StepReading, path: Path, message: string): Run | undefined => {
  reading.problems.push(reading.source.problem(path, message));
  return undefined;
};

const compiledSend = (reading: StepReading, path: Path, step: Step, around: Around): Run | undefined => {
  const { send, id } = step as Step & { send: string; id: string };
  const command = reading.commands.get(send);
  if (command === undefined)
    return refuse(reading, [...path, 'send'], `there is no command '${send}'${hint(send, reading.commands.keys())}`);
  const intent = /^([a-z][a-z0-9-]*)\/./s.exec(id)?.[1];
  if (intent === undefined)
    return refuse(
      reading,
      [...path, 'id'],
      'must be <intent>/<which>, such as create-payment-intent/1 or record-decline/{decline.chargeId}',
    );
  if (around.intents.has(intent))
    refuse(
      reading,
      [...path, 'id'],
      `another command of this workflow has the intent '${intent}': its ids would be the same`,
    );
  around.intents.add(intent);
  const which = compiledMessage(reading, [...path, 'id'], id, around.scope);
  if (around.each && which?.constant !== undefined)
    refuse(
      reading,
      [...path, 'id'],
      'is the same for each of the list: put what tells them apart into it, such as {refund.id}',
    );
  if (around.cause === undefined) refuse(reading, [...path, 'send'], "lacks 'cause', here or around it");
  if (around.at === undefined) refuse(reading, [...path, 'send'], "lacks 'at', here or around it");
  const { workflow, idField, commandIdSlot } = reading;
  const names = new Map([...around.scope.names, ['commandId', { type: text, slot: commandIdSlot }]]);
  const payload = compiledValue(
    reading,
    step.payload === undefined ? [...path, 'send'] : [...path, 'payload'],
    step.payload ?? {},
    command.payload,
    { ...around.scope, names },
  );
  if (which === undefined || payload === undefined || around.cause === undefined || around.at === undefined)
    return undefined;

  const { target } = command;
  const { cause, at } = around;
  const suffix = which.run;
  const make = payload.run;
  return (frame, plan) => {
    const orderId = (frame[0] as Record<string, string>)[idField]!;
    const commandId = `${orderId}/${suffix(frame) as string}`;
    if (plan.skip(commandId)) return true;
    frame[commandIdSlot] = commandId;
    try {
      plan.commands.push({
        orderId,
        workflow,
        commandId,
        causationId: cause(frame),
        occurredAt: at(frame),
        type: send,
        target,
        payload: make(frame),
      } as Command);
    } catch (error) {
      if (error instanceof MappingError) throw new MappingError(`${commandId}: ${error.message}`, { cause: error });
      throw error;
    }
    return true;
  };
};

const compiledHold = (reading: StepReading, path: Path, hold: HoldShape, around: Around): Run | undefined => {
  const message = compiledMessage(reading, [...path, 'message'], hold.message, around.scope);
  const id = hold.id === undefined ? undefined : compiledMessage(reading, [...path, 'id'], hold.id, around.scope);
  if (message === undefined || (hold.id !== undefined && id === undefined)) return undefined;
  const { code } = hold;
  return (frame, plan) => {
    const key = id === undefined ? code : `${code}/${id.run(frame) as string}`;
    plan.holds.push({ key, code, message: message.run(frame) as string });
    return false;
  };
};

/** Names with their values, each seeing those before it. Undefined when one of them is wrong. */
const compiledLet = (
  reading: StepReading,
  path: Path,
  bindings: Readonly<Record<string, unknown>>,
  outer: Scope,
): Readonly<{ scope: Scope; bind: (frame: Frame) => void }> | undefined => {
  let scope = outer;
  const values: (readonly [number, Evaluate])[] = [];
  for (const [name, raw] of Object.entries(bindings)) {
    const typed = compiledValue(reading, [...path, name], raw, undefined, scope);
    const bound = typed && withVariable(reading, [...path, name], scope, name, typed.type);
    if (typed === undefined || bound === undefined) return undefined;
    scope = bound.scope;
    values.push([bound.slot, typed.run]);
  }
  return {
    scope,
    bind: (frame) => {
      for (const [slot, run] of values) frame[slot] = run(frame);
    },
  };
};

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
