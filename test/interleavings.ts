/**
 * A stage over what one partition of its topics holds, polled in one order or another: each topic in its own order, and
 * nothing is fixed between them. That is what a replay is.
 */
import type { ConsumedRecord } from '../services/runtime/ports.ts';
import { madeOf } from '../services/runtime/stage-run.ts';
import type { KeyValueStore, Stage, Store } from '../services/runtime/topology.ts';
import { canonical } from './faults/canonical.ts';

/** By input of the stage, in offset order. */
export type Polled = readonly (readonly ConsumedRecord[])[];

/** Which of these inputs is polled next, and for how many records at most. */
export type Poll = (inputs: readonly number[]) => Readonly<{ input: number; records: number }>;

/** What an output is, whatever its encoding. */
export const outputText = (stage: Stage, topic: string, value: Buffer): string =>
  `${topic} ${canonical(stage.outputs.find(({ name }) => name === topic)!.value.decode(value))}`;

/** All that the stage sends, sorted. */
export const sentBy = (stage: Stage, polled: Polled, poll: Poll): readonly string[] => {
  const tables = new Map<string, Map<string, unknown>>();
  const store = <V>({ name }: Store<V>): KeyValueStore<V> => {
    const rows = tables.get(name) ?? new Map<string, unknown>();
    tables.set(name, rows);
    return {
      get: (key) => rows.get(key) as V | undefined,
      put: (key, value) => void rows.set(key, value),
      delete: (key) => void rows.delete(key),
    };
  };
  const at = polled.map(() => 0);
  const sent: string[] = [];
  for (;;) {
    const left = [...polled.keys()].filter((input) => at[input]! < polled[input]!.length);
    if (left.length === 0) return sent.sort();
    const { input, records } = poll(left);
    for (const record of polled[input]!.slice(at[input], at[input]! + records)) {
      at[input]!++;
      for (const { topic, value } of madeOf(stage, input, record, store).outputs)
        sent.push(outputText(stage, topic, value!));
    }
  }
};
