/** Every command that there is, by its type, from the topics that carry commands. */
import { readSchema } from '../../../schemas/avro.ts';
import { type TopicDefinition, topics } from '../../../schemas/topics.ts';
import type { CommandType } from './document/acts.ts';
import { typeOfAvro } from './expression/avro-types.ts';

const commandOf = (file: string): readonly [string, CommandType] => {
  const [target, type] = file.slice('commands/'.length).split('.') as [string, string];
  const record = typeOfAvro(readSchema(file));
  const payload = record.kind === 'record' ? record.fields.get('payload')?.type : undefined;
  if (payload?.kind !== 'record') throw new TypeError(`${file} has no payload`);
  return [type, { target, payload }];
};

export const commandCatalog = (): ReadonlyMap<string, CommandType> =>
  new Map(
    Object.values<TopicDefinition>(topics)
      .flatMap(({ records }) => records)
      .filter((file) => file.startsWith('commands/'))
      .map(commandOf),
  );
