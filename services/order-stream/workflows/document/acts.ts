/** Single steps as functions: a command, a hold, names for values. */
import { hint } from '../expression/hint.ts';
import type { Scope } from '../expression/scope.ts';
import { type Evaluate, type Frame, MappingError } from '../expression/typed.ts';
import { text, type Type } from '../expression/types.ts';
import type { Command, Plan } from '../plan.ts';
import type { HoldShape, Step } from './shape.ts';
import type { Path } from './source.ts';
import { compiledMessage, compiledValue, type Reading, withVariable } from './values.ts';

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

export const refuse = (reading: StepReading, path: Path, message: string): Run | undefined => {
  reading.problems.push(reading.source.problem(path, message));
  return undefined;
};

export const compiledSend = (reading: StepReading, path: Path, step: Step, around: Around): Run | undefined => {
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

export const compiledHold = (reading: StepReading, path: Path, hold: HoldShape, around: Around): Run | undefined => {
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
export const compiledLet = (
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
