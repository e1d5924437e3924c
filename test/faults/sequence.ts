/**
 * Whether what the order stream sent is what it would have sent had nothing ever failed. Its stages are pure functions
 * of their inputs, and their inputs lie in topics: so each stage is run again over what went in, and what came out must
 * be the same, record for record and in the same order.
 *
 * - assembly: inputs have one order, the database's log; its images must be the same sequence per order.
 * - routing: every event gives its facts, as often as it lies in stripe.events.
 * - orders: the topics of one order were read side by side, in an order nobody noted; there must be one, in which each
 *   topic keeps its own, that gives exactly the commands there are, in every topic in the order in which they lie there.
 *
 * `complete`: everything has come to rest. While things are under way what was sent may end earlier.
 */
import { type TopicKey, topics } from '../../schemas/topics.ts';
import type { Finding, FindingKind } from '../../services/cli/verify/judge.ts';
import { ORDER_STREAM } from '../../services/order-stream/topology.ts';
import type { Policy } from '../../services/order-stream/domain/policy.ts';
import { assemblyStage } from '../../services/order-stream/stages/assembly.ts';
import { decidersStage } from '../../services/order-stream/stages/deciders.ts';
import { itemsStage } from '../../services/order-stream/stages/items.ts';
import type { Workflows } from '../../services/order-stream/workflows/set.ts';
import type { Stage, StageInput } from '../../services/runtime/topology.ts';
import type { Schemas } from '../../schemas/serde.ts';
import { canonical } from './canonical.ts';
import type { Evidence, Seen } from './evidence.ts';
import { checkFacts } from './routed.ts';
import { explains } from './interleaving.ts';
import { runStage, type Sent } from './stage-run.ts';

export type Say = (kind: FindingKind, orderId: string | null, message: string) => void;

const byKey = <V>(records: readonly Seen<V>[]): Map<string, Seen<V>[]> => Map.groupBy(records, ({ key }) => key);

/** What lies in each topic that a stage reads, in the order of its inputs. */
const readBy = (stage: Stage, evidence: Evidence): readonly (readonly Seen<unknown>[])[] =>
  stage.inputs.map(({ topic }) => {
    const key = (Object.keys(topics) as TopicKey[]).find((each) => topics[each].name === topic.name);
    if (key === undefined) throw new Error(`${topic.name} is no topic of the product`);
    return evidence[key];
  });

/** A stage that reads the shop's tables gives the same sequence per key, whatever failed. */
const checkImages = (
  evidence: Evidence,
  stage: Stage,
  output: 'assembledOrders' | 'shopItems',
  complete: boolean,
  say: Say,
): void => {
  const expected = new Map<string, string[]>();
  const inputs = stage.inputs as unknown as readonly StageInput<unknown>[];
  const records = readBy(stage, evidence).flatMap((seen, input) =>
    seen.flatMap((record) => {
      const place = inputs[input]!.place?.(record.value);
      return place === undefined ? [] : [{ input, record, place }];
    }),
  );
  for (const [, own] of Map.groupBy(records, ({ record }) => record.partition)) {
    const run = runStage(stage);
    own.sort((a, b) =>
      a.place !== b.place
        ? a.place < b.place
          ? -1
          : 1
        : a.input - b.input || Number(a.record.offset - b.record.offset),
    );
    for (const { input, record } of own)
      for (const { topic, key, value } of run.give(input, record))
        if (topic === topics[output].name) expected.set(key, [...(expected.get(key) ?? []), canonical(value)]);
  }
  const seen = byKey<unknown>(evidence[output]);
  for (const orderId of new Set([...expected.keys(), ...seen.keys()])) {
    const wanted = expected.get(orderId) ?? [];
    const found = (seen.get(orderId) ?? []).map(({ value }) => canonical(value));
    const differs = found.findIndex((image, index) => image !== wanted[index]);
    if (differs >= 0)
      say(
        wanted.length < found.length ? 'doubled' : 'mismatched',
        orderId,
        `image ${differs} of ${found.length} is not what its rows give (which is ${wanted.length} images)`,
      );
    else if (complete && found.length < wanted.length)
      say('lost', orderId, `its rows give ${wanted.length} images, ${topics[output].name} has ${found.length}`);
  }
};

/** In which way the commands of an order differ from what its inputs call for, read in any order. */
const tellDifference = (
  orderId: string,
  expected: readonly Sent[],
  found: readonly { topic: string; value: unknown }[],
  complete: boolean,
  say: Say,
): void => {
  const idOf = (value: unknown): string => (value as { commandId: string }).commandId;
  // Twins say the same under two event ids: either may be the cause.
  const meaning = (value: unknown): string => canonical({ ...(value as object), causationId: '', occurredAt: '' });
  const wanted = new Map(expected.map(({ value }) => [idOf(value), meaning(value)]));
  const seen = new Map<string, number>();
  const told: Parameters<Say>[] = [];
  const tell: Say = (...said) => void told.push(said);
  for (const { value, topic } of found) {
    const id = idOf(value);
    const times = (seen.get(id) ?? 0) + 1;
    seen.set(id, times);
    const want = wanted.get(id);
    if (times === 2) tell('doubled', orderId, `${id} lies in ${topic} more than once`);
    if (want === undefined) tell('mismatched', orderId, `${id} was sent, and nothing called for it`);
    else if (want !== meaning(value)) tell('mismatched', orderId, `${id} is ${meaning(value)} and should be ${want}`);
  }
  if (complete)
    for (const id of wanted.keys()) if (!seen.has(id)) tell('lost', orderId, `${id} is called for and was never sent`);
  if (told.length === 0)
    tell(
      'reordered',
      orderId,
      `no order of its inputs gives its commands: ${found.map(({ topic, value }) => `${topic} ${idOf(value)}`).join(', ')}`,
    );
  for (const said of told) say(...said);
};

/** Orders whose inputs and commands were found to agree, by how many of each there were. */
export type Agreed = Map<string, string>;

const checkCommands = (
  evidence: Evidence,
  schemas: Schemas,
  policy: Policy,
  complete: boolean,
  workflows: Workflows,
  agreed: Agreed,
  say: Say,
): void => {
  const stage = decidersStage(ORDER_STREAM, schemas, policy, workflows);
  const inputsOf = readBy(stage, evidence).map(byKey);
  const commandTopics = (['stripeCommands', 'adnsfCommands', 'erpCommands', 'notifications'] as const).map((key) => ({
    topic: schemas.topic(key).name,
    records: byKey<unknown>(evidence[key]),
  }));
  const orders = new Set(
    [...inputsOf, ...commandTopics.map(({ records }) => records)].flatMap((map) => [...map.keys()]),
  );
  for (const orderId of orders) {
    const inputs = inputsOf.map((map) => map.get(orderId) ?? []);
    const found = commandTopics.flatMap(({ topic, records }) =>
      (records.get(orderId) ?? []).map(({ value }) => ({ topic, value })),
    );
    const amounts = [...inputs.map(({ length }) => length), found.length, complete].join();
    if (agreed.get(orderId) === amounts) continue;
    const commands = new Map(
      commandTopics.map(({ topic, records }) => [
        topic,
        (records.get(orderId) ?? []).map(({ value }) => canonical(value)),
      ]),
    );
    const give = (stores: Map<string, Map<string, unknown>>, input: number, record: Seen<unknown>): readonly Sent[] =>
      runStage(stage, stores).give(input, record);
    if (explains(give, inputs, commands, complete)) {
      agreed.set(orderId, amounts);
      continue;
    }
    const stores = new Map<string, Map<string, unknown>>();
    const expected = inputs.flatMap((records, input) => records.flatMap((record) => give(stores, input, record)));
    tellDifference(orderId, expected, found, complete, say);
  }
};

/** All that differs from a run without faults over the same inputs. */
export const sequenceFindings = (
  evidence: Evidence,
  context: Readonly<{ schemas: Schemas; policy: Policy; workflows: Workflows; agreed: Agreed }>,
  complete: boolean,
): readonly Finding[] => {
  const found: Finding[] = [];
  const say: Say = (kind, orderId, message) => void found.push({ kind, orderId, message });
  const { schemas, policy, workflows, agreed } = context;
  checkImages(evidence, assemblyStage(ORDER_STREAM, schemas, policy), 'assembledOrders', complete, say);
  checkImages(evidence, itemsStage(ORDER_STREAM, schemas, policy), 'shopItems', complete, say);
  checkFacts(evidence, complete, say);
  checkCommands(evidence, schemas, policy, complete, workflows, agreed, say);
  return found;
};
