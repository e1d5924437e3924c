/** Topics and stores of the product as the engine's typed topics and stores, in Confluent wire format. */
import type avro from 'avsc';
import { FatalError, PoisonError, RetriableError } from '../services/runtime/errors.ts';
import type { Serde, Store, Topic } from '../services/runtime/topology.ts';
import { parseAvro, readSchema, recordName, resolverOf } from './avro.ts';
import { missingFields } from './missing.ts';
import { type Registry, UnknownSchemaError } from './registry.ts';
import {
  type StoreName,
  type StoreValues,
  stores,
  type TopicDefinition,
  type TopicKey,
  topics,
  type TopicValues,
} from './topics.ts';

const MAGIC = 0;
const HEADER_BYTES = 5;

type Decode = (bytes: Buffer) => unknown;
type Writer = { readonly subject: string; readonly schema: string; readonly type: avro.Type };

/**
 * The subjects of a topic with their schemas: what has to be registered before anything is written. Where a topic
 * carries several types of record, each is under its own name.
 */
export const subjectsOf = (definition: TopicDefinition): readonly { subject: string; schema: string }[] =>
  definition.records.map((file) => {
    const schema = readSchema(file);
    return {
      subject: `${definition.name}-${definition.records.length > 1 ? recordName(schema) : 'value'}`,
      schema,
    };
  });

const schemaId = (bytes: Buffer): number => {
  if (bytes.length <= HEADER_BYTES || bytes[0] !== MAGIC)
    throw new PoisonError(
      'not_avro',
      `not a schema registry record: ${bytes.length} bytes, first ${bytes[0] ?? 'none'}`,
    );
  return bytes.readInt32BE(1);
};

/**
 * Reads with our schema what was written with any schema of the same record name. Writer schemas are fetched once, in
 * `prepare`, so that decoding never waits; one that cannot be resolved makes its records poison, not the stream. `lazy`
 * stops after the last field we use and so cannot tell whether bytes follow the record.
 */
const avroSerde = <T>(
  registry: Registry,
  files: readonly { subject: string; schema: string }[],
  lazy = false,
): Serde<T> => {
  const writers: Writer[] = files.map((file) => ({ ...file, type: parseAvro(file.schema) }));
  const byRecord = new Map(writers.map((writer) => [recordName(writer.schema), writer]));
  const byType = new Map(writers.map((writer) => [recordName(writer.schema).split('.').at(-1)!, writer]));
  const decoders = new Map<number, Decode>();
  const writeIds = new Map<Writer, number>();

  /** Commands say their type; of other records the schema tells which one a value is. */
  const writerOf = (value: T): Writer | undefined => {
    if (writers.length === 1) return writers[0];
    const { type } = value as { type?: unknown };
    return typeof type === 'string' ? byType.get(type) : writers.find((each) => each.type.isValid(value));
  };

  /** How records of a writer's schema are read, or why they cannot be. */
  const decoderOf = (id: number, schema: string): Decode => {
    try {
      const name = recordName(schema);
      const reader = byRecord.get(name);
      if (!reader) throw new PoisonError('unknown_record', `a ${name} does not belong here`);
      const missing = missingFields(reader.schema, schema);
      if (missing.length > 0)
        throw new PoisonError('missing_column', `schema id ${id}: ${name} is written without ${missing.join(', ')}`);
      const resolver = resolverOf(reader.schema, schema);
      return (bytes) => reader.type.fromBuffer(bytes.subarray(HEADER_BYTES), resolver, lazy) as unknown;
    } catch (error) {
      const poison =
        error instanceof PoisonError
          ? error
          : new PoisonError('incompatible_schema', `schema id ${id}: ${(error as Error).message}`, { cause: error });
      return () => {
        throw poison;
      };
    }
  };

  const fetchDecoder = async (id: number): Promise<Decode> => {
    try {
      return decoderOf(id, await registry.schemaOf(id));
    } catch (error) {
      if (error instanceof UnknownSchemaError)
        return () => {
          throw new PoisonError('unknown_schema', `schema id ${id} is not in the registry`);
        };
      throw new RetriableError(`schema registry: cannot fetch schema id ${id}`, { cause: error });
    }
  };

  return {
    async open() {
      for (const writer of writers) {
        try {
          writeIds.set(writer, await registry.idOf(writer.subject, writer.schema));
          // Local stores hold what older versions of this program wrote, and are read without a chance to wait.
          for (const { id, schema } of await registry.versionsOf(writer.subject))
            decoders.set(id, decoderOf(id, schema));
        } catch (error) {
          throw new FatalError(`schema of ${writer.subject} is not in the registry: run \`millrace apply\``, {
            cause: error,
          });
        }
      }
    },
    async prepare(records) {
      const unknown = new Set<number>();
      for (const bytes of records) {
        if (bytes.length > HEADER_BYTES && bytes[0] === MAGIC) {
          const id = bytes.readInt32BE(1);
          if (!decoders.has(id)) unknown.add(id);
        }
      }
      for (const id of unknown) decoders.set(id, await fetchDecoder(id));
    },
    decode(bytes) {
      const id = schemaId(bytes);
      const decode = decoders.get(id);
      if (!decode) throw new FatalError(`schema id ${id} was not prepared`);
      try {
        return decode(bytes) as T;
      } catch (error) {
        if (error instanceof PoisonError) throw error;
        throw new PoisonError('undecodable', `schema id ${id}: ${(error as Error).message}`, { cause: error });
      }
    },
    encode(value) {
      const writer = writerOf(value);
      if (!writer) throw new FatalError(`no schema for a record of type ${String((value as { type: unknown }).type)}`);
      const id = writeIds.get(writer);
      if (id === undefined) throw new FatalError(`serde of ${writer.subject} was not opened`);
      const body = writer.type.toBuffer(value);
      const bytes = Buffer.allocUnsafe(HEADER_BYTES + body.length);
      bytes[0] = MAGIC;
      bytes.writeInt32BE(id, 1);
      body.copy(bytes, HEADER_BYTES);
      return bytes;
    },
  };
};

/** Of a topic that somebody else writes: there is no schema of ours to look up. */
const readOnly = <T>(serde: Serde<T>): Serde<T> => ({
  prepare: (bytes) => serde.prepare?.(bytes) ?? Promise.resolve(),
  decode: (bytes) => serde.decode(bytes),
  encode: (value) => serde.encode(value),
});

export interface Schemas {
  topic<K extends TopicKey>(key: K): Topic<TopicValues[K]>;
  store<S extends StoreName>(application: string, name: S): Store<StoreValues[S]>;
}

/** The changelog topic of a store. */
export const changelogTopic = (application: string, store: string): string => `${application}-${store}-changelog`;

/** Typed topics and stores over a registry. Serdes that write are opened by the engine at start. */
export const openSchemas = (registry: Registry): Schemas => {
  const made = new Map<string, unknown>();
  const once = <T>(name: string, make: () => T): T => {
    const known = made.get(name) as T | undefined;
    if (known !== undefined) return known;
    const value = make();
    made.set(name, value);
    return value;
  };
  return {
    topic<K extends TopicKey>(key: K): Topic<TopicValues[K]> {
      const definition: TopicDefinition = topics[key];
      return once(definition.name, () => {
        const serde = avroSerde<TopicValues[K]>(registry, subjectsOf(definition), definition.foreign);
        if (!definition.foreign) return { name: definition.name, value: serde };
        return { name: definition.name, value: readOnly(serde) };
      });
    },
    store<S extends StoreName>(application: string, name: S): Store<StoreValues[S]> {
      const topic = changelogTopic(application, name);
      return once(topic, () => ({
        name,
        value: avroSerde<StoreValues[S]>(registry, [{ subject: `${topic}-value`, schema: readSchema(stores[name]) }]),
      }));
    },
  };
};
