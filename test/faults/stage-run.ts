/** A stage by itself: records in, what it sends out. What it would have sent had nothing ever failed. */
import type { KeyValueStore, Stage, StageContext, StageInput, Store } from '../../services/runtime/topology.ts';
import type { Seen } from './evidence.ts';

export type Sent = Readonly<{ topic: string; key: string; value: unknown }>;

export interface StageRun {
  /** Gives the stage one record of its `input`-th input. Returns what came of it; a refused record sends nothing. */
  give(input: number, record: Seen<unknown>): readonly Sent[];
  stores: Map<string, Map<string, unknown>>;
}

export const runStage = (stage: Stage, stores = new Map<string, Map<string, unknown>>()): StageRun => {
  const storeOf = <V>(store: Store<V>): KeyValueStore<V> => {
    let rows = stores.get(store.name);
    if (rows === undefined) stores.set(store.name, (rows = new Map<string, unknown>()));
    const own = rows;
    return {
      get: (key) => own.get(key) as V | undefined,
      put: (key, value) => void own.set(key, value),
      delete: (key) => void own.delete(key),
    };
  };
  const inputs = stage.inputs as unknown as readonly StageInput<unknown>[];
  return {
    stores,
    give: (input, { key, value, partition, offset }) => {
      const sent: Sent[] = [];
      const context: StageContext = {
        store: storeOf,
        send: (topic, sendKey, what) => void sent.push({ topic: topic.name, key: sendKey, value: what }),
        deadLetter: () => undefined,
        count: () => undefined,
      };
      const { topic, process } = inputs[input]!;
      process({ topic: topic.name, partition, offset, timestamp: 0n, headers: {}, key, value }, context);
      return sent;
    },
  };
};
