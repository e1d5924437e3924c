/** A stage's own code over one record, beside the engine: the same decoding, the same refusals, nothing written anywhere. */
import { PoisonError } from '../../runtime/errors.ts';
import type { ConsumedRecord, ProducedRecord } from '../../runtime/ports.ts';
import { asPoison, concernsMoreThanTheRecord, decodeKey, encodeOutput } from '../../runtime/stage-run.ts';
import type { KeyValueStore, Stage, StageContext, StageInput, Store } from '../../runtime/topology.ts';

export type Shadowed = Readonly<{
  outputs: readonly ProducedRecord[];
  refusal: Readonly<{ code: string; message: string }> | null;
  /** It could not be processed, and what it did to tables counts for nothing. */
  failed: boolean;
}>;

export const inputsOf = (stage: Stage): readonly StageInput<unknown>[] =>
  stage.inputs as unknown as readonly StageInput<unknown>[];

/** What the stage does with a record of its input `index`. `store` gives its tables. */
export const shadowed = (
  stage: Stage,
  index: number,
  record: ConsumedRecord,
  store: <V>(store: Store<V>) => KeyValueStore<V>,
): Shadowed => {
  const { topic, process } = inputsOf(stage)[index]!;
  const outputs: ProducedRecord[] = [];
  let refusal: Shadowed['refusal'] = null;
  const context: StageContext = {
    store,
    send: (to, key, value, headers) => {
      const serde = stage.outputs.find(({ name }) => name === to.name)?.value;
      outputs.push(encodeOutput(serde, to.name, key, value, headers, record.timestamp));
    },
    deadLetter: (code, message) => (refusal = { code, message }),
    count: () => undefined,
  };
  try {
    const key = decodeKey(record.key);
    const value = record.value === null ? null : topic.value.decode(record.value);
    process({ ...record, key, value }, context);
    return { outputs, refusal, failed: false };
  } catch (error) {
    if (!(error instanceof PoisonError) && concernsMoreThanTheRecord(error)) throw error;
    const { code, message } = asPoison(error);
    return { outputs: [], refusal: { code, message }, failed: true };
  }
};
