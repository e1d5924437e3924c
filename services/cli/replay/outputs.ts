/** What outputs are about, and how they differ, in words. */
import { topics } from '../../../schemas/topics.ts';
import type { OutputDifference } from '../../runtime/replay/comparison.ts';
import type { Identify } from '../../runtime/replay/compare-stage.ts';
import type { Stage, Topology } from '../../runtime/topology.ts';

const field = (value: unknown, name: string): string | undefined => {
  if (typeof value !== 'object' || value === null) return undefined;
  const found = (value as Readonly<Record<string, unknown>>)[name];
  return typeof found === 'string' ? found : undefined;
};

/** The name of what an output is about within its key; undefined for other orders than the one asked for. */
export const identifyOutputs =
  (orderId: string | undefined): Identify =>
  (topic, key, value) => {
    // Links are keyed by object and tell their order; everything else is keyed by it.
    const about = topic === topics.stripeObjects.name ? field(value, 'orderId') : key;
    if (orderId !== undefined && about !== orderId) return undefined;
    const names = ['commandId', 'factId', 'place', 'objectId', 'code'];
    return names.map((name) => field(value, name)).find((found) => found !== undefined) ?? '';
  };

export type Described = Readonly<{
  stage: string;
  kind: OutputDifference['kind'];
  topic: string;
  key: string;
  /** The command's id, the event's, the image's place in the shop's log. */
  identity: string;
  /** Where the topic has it: `topic-partition@offset`. */
  at: string | undefined;
  /** Of a change: each field that differs, as the topic has it and as the present code has it. */
  fields: readonly Readonly<{ field: string; found: string; computed: string }>[];
}>;

const leaves = (value: unknown, path = ''): ReadonlyMap<string, string> => {
  if (typeof value === 'bigint') return new Map([[path, String(value)]]);
  if (Buffer.isBuffer(value)) return new Map([[path, value.toString('hex')]]);
  if (typeof value === 'object' && value !== null)
    return new Map(
      Object.entries(value).flatMap(([name, part]) => [...leaves(part, path === '' ? name : `${path}.${name}`)]),
    );
  return new Map([[path, JSON.stringify(value)]]);
};

const absent = '(absent)';

const fieldsOf = (found: unknown, computed: unknown): Described['fields'] => {
  const [left, right] = [leaves(found), leaves(computed)];
  return [...new Set([...left.keys(), ...right.keys()])]
    .filter((name) => left.get(name) !== right.get(name))
    .map((name) => ({ field: name, found: left.get(name) ?? absent, computed: right.get(name) ?? absent }));
};

export const describeDifference = (topology: Topology, stage: Stage, difference: OutputDifference): Described => {
  const { kind, topic, key, identity, computed, found, at } = difference;
  const serde = stage.outputs.find(({ name }) => name === topic)?.value;
  const valueOf = (bytes: Buffer | null | undefined): unknown => {
    if (bytes === null || bytes === undefined) return bytes;
    return topic === topology.deadLetters.name || serde === undefined ? bytes.toString('utf8') : serde.decode(bytes);
  };
  return {
    ...{ stage: stage.name, kind, topic, key, identity },
    at: at && `${topic}-${at.partition}@${at.offset}`,
    fields: kind === 'change' ? fieldsOf(valueOf(found), valueOf(computed)) : [],
  };
};
