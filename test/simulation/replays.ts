/**
 * A replay of what a schedule has left decides what was decided: the deciders are given their topics again, polled in
 * other orders, and must send the very commands that lie there.
 */
import { topics } from '../../schemas/topics.ts';
import { ORDER_STREAM } from '../../services/order-stream/topology.ts';
import { decidersStage } from '../../services/order-stream/stages/deciders.ts';
import type { ConsumedRecord } from '../../services/runtime/ports.ts';
import { outputText, sentBy } from '../interleavings.ts';
import { type Chance, chanceOf } from './chance.ts';
import { policy, workflows } from './machines.ts';
import type { Evidence } from './oracle.ts';

const commandTopics = [topics.stripeCommands, topics.adnsfCommands, topics.erpCommands, topics.notifications];

/** Fetches bring some records of one topic after another. */
export const polls =
  ({ pick, below }: Chance) =>
  (inputs: readonly number[]) => ({ input: pick(inputs), records: 1 + below(5) });

/** Says every command that another order of polls adds, leaves out or changes. */
export const checkReplays = (
  { broker, schemas, poison }: Evidence,
  seed: number,
  times: number,
  say: (what: string) => void,
): void => {
  const stage = decidersStage(ORDER_STREAM, schemas, policy, workflows);
  const recordsOf = (topic: string, partition: number): readonly ConsumedRecord[] =>
    broker
      .log({ topic, partition })
      .read(0n, Infinity)
      .records.map((record) => ({ ...record, topic, partition }));
  const chance = chanceOf(seed);
  for (let partition = 0; partition < broker.partitionCount(topics.erpCommands.name)!; partition++) {
    const polled = stage.inputs.map(({ topic }) => recordsOf(topic.name, partition));
    const told = commandTopics
      .flatMap(({ name }) => recordsOf(name, partition))
      .filter(
        (record) =>
          !poison.some(
            ({ topic, offset, partition: of }) =>
              topic === record.topic && offset === record.offset && of === partition,
          ),
      )
      .map(({ topic, value }) => outputText(stage, topic, value!))
      .sort();
    for (let time = 0; time < times; time++) {
      const sent = sentBy(stage, polled, polls(chance));
      const [added] = sent.filter((each) => !told.includes(each));
      const [omitted] = told.filter((each) => !sent.includes(each));
      if (added !== undefined) say(`a replay sends ${added}`);
      if (omitted !== undefined) say(`a replay does not send ${omitted}`);
      if (added === undefined && omitted === undefined && sent.length !== told.length)
        say(`a replay sends ${sent.length} commands of ${told.length}`);
    }
  }
};
