/**
 * TxnOffsetCommit version 3 (KIP-447): offsets inside a transaction together with the group member and its generation,
 * so that the coordinator refuses a zombie whatever transactional id it has. The first flexible version: compact strings
 * and arrays, and tag buffers, of which the request header's is written at the head of the body and the response
 * header's is read there.
 */
import type { GroupMetadata } from '../ports.ts';
import type { Decoder, Encoder } from './internals.ts';

type Topics = readonly Readonly<{
  topic: string;
  partitions: readonly Readonly<{ partition: number; offset: string; note: string | null }>[];
}>[];

type Request = Readonly<{
  transactionalId: string;
  groupId: string;
  producerId: string;
  producerEpoch: number;
  topics: Topics;
}>;

/** Which member sends these offsets. kafkajs hands the array of topics through unchanged, and nothing beside it. */
const senders = new WeakMap<Topics, GroupMetadata>();

export const sentBy = (topics: Topics, group: GroupMetadata): Topics => {
  senders.set(topics, group);
  return topics;
};

type Decoded = Readonly<{ throttleTime: number; clientSideThrottleTime: number; errors: readonly number[] }>;

export type OffsetCommitParts = Readonly<{
  newEncoder: () => Encoder;
  newDecoder: (bytes: Buffer) => Decoder;
  errorOf: (code: number) => Error;
}>;

const apiKey = 28;
const noTags = 0;
/** Compact lengths are one more than the length; zero means null. */
const compact = (length: number): number => length + 1;

const skipTags = (decoder: Decoder): void => {
  for (let count = decoder.readUVarInt(); count > 0; count--) {
    decoder.readUVarInt();
    decoder.forward(decoder.readUVarInt());
  }
};

const compactArray = <T>(decoder: Decoder, read: () => T): T[] => {
  const count = decoder.readUVarInt() - 1;
  return Array.from({ length: Math.max(0, count) }, read);
};

export const offsetCommitVersions = ({ newEncoder, newDecoder, errorOf }: OffsetCommitParts) => {
  const encode = ({ transactionalId, groupId, producerId, producerEpoch, topics }: Request): Encoder => {
    const sender = senders.get(topics);
    const encoder = newEncoder()
      .writeUVarInt(noTags)
      .writeUVarIntString(transactionalId)
      .writeUVarIntString(groupId)
      .writeInt64(producerId)
      .writeInt16(producerEpoch)
      .writeInt32(sender?.generation ?? -1)
      .writeUVarIntString(sender?.memberId ?? '')
      .writeUVarIntString(null)
      .writeUVarInt(compact(topics.length));
    for (const { topic, partitions } of topics) {
      encoder.writeUVarIntString(topic).writeUVarInt(compact(partitions.length));
      for (const { partition, offset, note } of partitions)
        encoder.writeInt32(partition).writeInt64(offset).writeInt32(-1).writeUVarIntString(note).writeUVarInt(noTags);
      encoder.writeUVarInt(noTags);
    }
    return encoder.writeUVarInt(noTags);
  };
  const decode = (bytes: Buffer): Promise<Decoded> => {
    const decoder = newDecoder(bytes);
    skipTags(decoder);
    const clientSideThrottleTime = decoder.readInt32();
    const errors = compactArray(decoder, () => {
      decoder.readUVarIntString();
      const codes = compactArray(decoder, () => {
        decoder.readInt32();
        const code = decoder.readInt16();
        skipTags(decoder);
        return code;
      });
      skipTags(decoder);
      return codes;
    }).flat();
    return Promise.resolve({ throttleTime: 0, clientSideThrottleTime, errors });
  };
  const parse = (decoded: Decoded): Promise<Decoded> => {
    const failed = decoded.errors.find((code) => code !== 0);
    return failed === undefined ? Promise.resolve(decoded) : Promise.reject(errorOf(failed));
  };
  return {
    versions: ['3'],
    protocol: () => (request: Request) => ({
      request: {
        apiKey,
        apiVersion: 3,
        apiName: 'TxnOffsetCommit',
        encode: () => Promise.resolve(encode(request)),
      },
      response: { decode, parse },
    }),
  };
};
