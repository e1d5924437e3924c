/**
 * Whether what an order's topics hold can have come about: some order of arrival of the order's own records, each topic
 * in its own order, makes the decider send exactly these commands, each because of the record whose time it carries.
 */
import type { ConsumedRecord } from '../../runtime/ports.ts';
import type { KeyValueStore, Stage, Store } from '../../runtime/topology.ts';
import { type Made, madeOf } from '../../runtime/stage-run.ts';

/** A record of one of the decider's inputs. `answers` is the command that a result is of. */
export type Arriving = Readonly<{ record: ConsumedRecord; settled: boolean; answers: string | null }>;

/** A command as a topic holds it. */
export type Told = Readonly<{ commandId: string; value: Buffer; timestamp: bigint; late: boolean }>;

type Tables = ReadonlyMap<string, ReadonlyMap<string, unknown>>;

/** The decider over a record, on tables that are never changed: later ones are copies. */
const step = (
  stage: Stage,
  input: number,
  record: ConsumedRecord,
  tables: Tables,
): Readonly<{ tables: Tables; outputs: Made['outputs'] }> => {
  const changed = new Map<string, Map<string, unknown>>();
  const store = <V>({ name }: Store<V>): KeyValueStore<V> => {
    const table = (): Map<string, unknown> => {
      let copy = changed.get(name);
      if (copy === undefined) changed.set(name, (copy = new Map(tables.get(name))));
      return copy;
    };
    return {
      get: (key) => (changed.get(name) ?? tables.get(name))?.get(key) as V | undefined,
      put: (key, value) => void table().set(key, value),
      delete: (key) => void table().delete(key),
    };
  };
  const { outputs, failed } = madeOf(stage, input, record, store);
  return { outputs, tables: failed !== undefined || changed.size === 0 ? tables : new Map([...tables, ...changed]) };
};

export type Explanation = 'explained' | 'contradicted' | 'undecided';

/** How many states are looked at before giving up; an order has some dozens. */
const MOST_STATES = 20_000;

type State = Readonly<{ read: readonly number[]; matched: ReadonlyMap<string, number>; tables: Tables }>;

/** `queues[i]` are the records of input i, `told` the commands by topic, both in offset order. */
export const explain = (
  stage: Stage,
  queues: readonly (readonly Arriving[])[],
  told: ReadonlyMap<string, readonly Told[]>,
): Explanation => {
  const done = ({ read, matched }: State): boolean =>
    queues.every((queue, input) => queue.slice(read[input]).every(({ settled }) => !settled)) &&
    [...told].every(([topic, commands]) => commands.slice(matched.get(topic) ?? 0).every(({ late }) => late));

  const issued = ({ matched }: State, commandId: string): boolean =>
    [...told].some(([topic, commands]) =>
      commands.slice(0, matched.get(topic) ?? 0).some((command) => command.commandId === commandId),
    );

  /** The state after the next record of an input, when what it makes the decider send is what comes next. */
  const after = (state: State, input: number): State | undefined => {
    const next = queues[input]![state.read[input]!];
    if (next === undefined || (next.answers !== null && !issued(state, next.answers))) return undefined;
    const { outputs, tables } = step(stage, input, next.record, state.tables);
    const matched = new Map(state.matched);
    for (const { topic, value } of outputs) {
      const at = matched.get(topic) ?? 0;
      const command = told.get(topic)?.[at];
      if (command?.timestamp !== next.record.timestamp || value === null || !command.value.equals(value))
        return undefined;
      matched.set(topic, at + 1);
    }
    return { read: state.read.map((count, index) => (index === input ? count + 1 : count)), matched, tables };
  };

  const seen = new Set<string>();
  const open: State[] = [{ read: queues.map(() => 0), matched: new Map(), tables: new Map() }];
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    if (done(state)) return 'explained';
    const name = state.read.join();
    if (seen.has(name)) continue;
    if (seen.size >= MOST_STATES) return 'undecided';
    seen.add(name);
    const current = state;
    // The record written first most likely arrived first: it is pushed last and looked at next.
    const timeOf = (input: number): bigint => queues[input]![current.read[input]!]?.record.timestamp ?? -1n;
    const inputs = queues.map((_, input) => input).sort((a, b) => (timeOf(a) > timeOf(b) ? -1 : 1));
    for (const input of inputs) {
      const next = after(current, input);
      if (next !== undefined) open.push(next);
    }
  }
  return 'contradicted';
};

export type CalledFor = Readonly<{ topic: string; value: Buffer; required: boolean }>;

/** All that the records call for, whatever order they come in; `required`: those that were read already call for it. */
export const calledFor = (
  stage: Stage,
  queues: readonly (readonly Arriving[])[],
  idOf: (topic: string, value: Buffer) => string,
): ReadonlyMap<string, CalledFor> => {
  const found = new Map<string, CalledFor>();
  let tables: Tables = new Map();
  for (const settled of [true, false])
    for (const [input, queue] of queues.entries())
      for (const each of queue) {
        if (each.settled !== settled) continue;
        const { outputs, tables: next } = step(stage, input, each.record, tables);
        tables = next;
        for (const { topic, value } of outputs)
          if (value !== null) found.set(idOf(topic, value), { topic, value, required: settled });
      }
  return found;
};
