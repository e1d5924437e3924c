/**
 * Loads kafkajs with its corrections: modules of our own take the place of internal ones before it is loaded. They fit
 * exactly one version.
 */
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import type { ConfigResourceTypes, Kafka, logLevel } from 'kafkajs';
import { FatalError } from '../errors.ts';
import { endOfRecordBatches, FetchedBatch, rememberEnd } from './fetched-batch.ts';
import type { Cluster, ConsumerGroup, Decoder, Encoder } from './internals.ts';
import { offsetCommitVersions } from './offset-commit.ts';

const supportedVersion = '2.2.4';

/** Told by a consumer's group what kafkajs's events leave out. */
export type GroupObserver = {
  joined(group: ConsumerGroup): void;
  outOfRange(topic: string, partition: number): void;
};

/** Assigners carry their consumer's observer, because they are what a group is made with. */
export type ObservingAssigner = { observer?: GroupObserver };

type AssignerProtocol = {
  MemberMetadata: {
    encode(value: { version: number; topics: readonly string[]; userData: Buffer }): Buffer;
    decode(bytes: Buffer): { topics: readonly string[]; userData: Buffer | null };
  };
  MemberAssignment: {
    encode(value: { version: number; assignment: Readonly<Record<string, readonly number[]>> }): Buffer;
  };
};

type ClusterOptions = Readonly<Record<string, unknown>>;

export type KafkaJs = Readonly<{
  Kafka: typeof Kafka;
  silent: logLevel;
  topicResource: ConfigResourceTypes;
  newCluster: (options: ClusterOptions) => Cluster;
  assignerProtocol: AssignerProtocol;
}>;

type GroupConstructor = new (options: { assigners: readonly ObservingAssigner[] }) => ConsumerGroup;
type DecodeMessages = (decoder: Decoder) => Promise<readonly object[]>;

/** The group tells its observer of every join before it fetches, and does not jump over missing records by itself. */
const observedGroup = (Original: GroupConstructor): GroupConstructor =>
  class extends Original {
    readonly #observer: GroupObserver | undefined;
    constructor(options: { assigners: readonly ObservingAssigner[] }) {
      super(options);
      this.#observer = options.assigners.find(({ observer }) => observer !== undefined)?.observer;
    }
    override async joinAndSync(): Promise<void> {
      await super.joinAndSync();
      this.#observer?.joined(this);
    }
    override async recoverFromOffsetOutOfRange(error: {
      topic: string;
      partition: number;
      message: string;
    }): Promise<void> {
      if (this.#observer === undefined) await super.recoverFromOffsetOutOfRange(error);
      else this.#observer.outOfRange(error.topic, error.partition);
    }
  };

/** Messages decoded as before; where their record batches end is remembered beside. */
const measuredMessages =
  (original: DecodeMessages): DecodeMessages =>
  async (decoder) => {
    const from = decoder.offset;
    const bytes = decoder.buffer.length >= from + 4 ? decoder.buffer.readInt32BE(from) : 0;
    const end = bytes > 0 ? endOfRecordBatches(decoder.buffer.subarray(from + 4, from + 4 + bytes)) : undefined;
    const messages = await original(decoder);
    if (end !== undefined) rememberEnd(messages, end);
    return messages;
  };

type RequestQueue = { readonly pending: readonly unknown[]; scheduleCheckPendingRequests(): void };
type RequestQueueConstructor = new (...options: never[]) => RequestQueue;

/** The original looks every millisecond, for ever and on every connection, whether an empty queue has become sendable. */
const quietQueue = (Original: RequestQueueConstructor): RequestQueueConstructor =>
  class extends Original {
    override scheduleCheckPendingRequests(): void {
      if (this.pending.length > 0) super.scheduleCheckPendingRequests();
    }
  };

const load = (): KafkaJs => {
  const require = createRequire(import.meta.url);
  const root = dirname(require.resolve('kafkajs/package.json'));
  const { version } = require('kafkajs/package.json') as { version: string };
  if (version !== supportedVersion)
    throw new FatalError(
      `kafkajs ${version} is installed; its corrections were written and tested for ${supportedVersion}`,
    );
  // A copy of its own, whoever loaded kafkajs before. It stays in the cache: kafkajs loads parts of itself when first used.
  for (const path of Object.keys(require.cache))
    if (path.startsWith(root + sep)) Reflect.deleteProperty(require.cache, path);

  const part = (name: string): unknown => require(join(root, 'src', name));
  const replace = (name: string, exports: unknown): void => {
    const path = require.resolve(join(root, 'src', name));
    require.cache[path] = {
      id: path,
      filename: path,
      loaded: true,
      exports,
      children: [],
      paths: [],
    } as unknown as NodeJS.Module;
  };
  const NewEncoder = part('protocol/encoder') as new () => Encoder;
  const NewDecoder = part('protocol/decoder') as new (bytes: Buffer) => Decoder;
  const { createErrorFromCode } = part('protocol/error') as { createErrorFromCode: (code: number) => Error };
  const decodeMessages = 'protocol/requests/fetch/v4/decodeMessages';
  replace('network/requestQueue', quietQueue(part('network/requestQueue') as RequestQueueConstructor));
  replace('consumer/batch', FetchedBatch);
  replace(decodeMessages, measuredMessages(part(decodeMessages) as DecodeMessages));
  replace(
    'protocol/requests/txnOffsetCommit',
    offsetCommitVersions({
      newEncoder: () => new NewEncoder(),
      newDecoder: (bytes) => new NewDecoder(bytes),
      errorOf: createErrorFromCode,
    }),
  );
  replace('consumer/consumerGroup', observedGroup(part('consumer/consumerGroup') as GroupConstructor));
  const loaded = require('kafkajs') as Pick<KafkaJs, 'Kafka'> & {
    logLevel: { NOTHING: logLevel };
    ConfigResourceTypes: { TOPIC: ConfigResourceTypes };
  };
  const LoadedCluster = part('cluster') as new (options: ClusterOptions) => Cluster;
  return {
    Kafka: loaded.Kafka,
    silent: loaded.logLevel.NOTHING,
    topicResource: loaded.ConfigResourceTypes.TOPIC,
    newCluster: (options) => new LoadedCluster(options),
    assignerProtocol: part('consumer/assignerProtocol') as AssignerProtocol,
  };
};

export const kafkajs: KafkaJs = load();
