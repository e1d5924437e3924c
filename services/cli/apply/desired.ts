/** What a cluster must have for the product to run. */
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readConnector } from '../../../connectors/connect-api.ts';
import { readSchema } from '../../../schemas/avro.ts';
import { changelogTopic, subjectsOf } from '../../../schemas/serde.ts';
import { stores, type TopicDefinition, topics } from '../../../schemas/topics.ts';
import { ORDER_STREAM } from '../../order-stream/topology.ts';
import type { Desired } from './plan.ts';

const CONNECTORS = resolve(import.meta.dirname, '../../../connectors');

/** State is rebuilt from these: small segments and an early clean keep a restore short. */
const changelogConfig = { 'cleanup.policy': 'compact', 'segment.bytes': String(64 * 1024 * 1024) };

/** Topics and subjects are functions of the code; connectors are the files in connectors/. */
export const desiredState = async (
  options: Readonly<{ partitions: number; replication: number; connectors?: string }>,
): Promise<Desired> => {
  const { partitions, replication } = options;
  const definitions: readonly TopicDefinition[] = Object.values(topics);
  const changelogs = Object.entries(stores).map(([store, file]) => ({
    topic: changelogTopic(ORDER_STREAM, store),
    file,
  }));
  const directory = options.connectors ?? CONNECTORS;
  const files = (await readdir(directory)).filter((name) => name.endsWith('.json')).sort();
  return {
    topics: [
      ...definitions.map(({ name, config }) => ({ topic: name, partitions, replication, config })),
      ...changelogs.map(({ topic }) => ({ topic, partitions, replication, config: changelogConfig })),
    ],
    subjects: [
      ...definitions
        .filter(({ foreign }) => foreign !== true)
        .flatMap((definition) =>
          subjectsOf(definition).map((subject) => ({ ...subject, compatibility: definition.compatibility })),
        ),
      ...changelogs.map(({ topic, file }) => ({
        subject: `${topic}-value`,
        schema: readSchema(file),
        compatibility: 'BACKWARD' as const,
      })),
    ],
    connectors: await Promise.all(files.map((file) => readConnector(join(directory, file)))),
  };
};
