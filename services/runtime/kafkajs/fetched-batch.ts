/**
 * What one fetch brought from one partition. Stands in for kafkajs's own batch: aborted records are told apart
 * correctly, and a batch that only moves the position is handed on like any other.
 */
import type { ConsumedRecord, RecordHeaders } from '../ports.ts';
import type { PartitionData, RawMessage } from './internals.ts';
import { committedMessages } from './read-committed.ts';

/** The offset after the last whole record batch of a fetch, also when compaction left that batch empty. */
const ends = new WeakMap<object, bigint>();

export const rememberEnd = (messages: object, end: bigint): void => {
  ends.set(messages, end);
};

const minimumBatchBytes = 61;
const magicAt = 16;

/** The offset after the last whole record batch in these bytes, undefined when there is none (or an older format). */
export const endOfRecordBatches = (bytes: Buffer): bigint | undefined => {
  let end: bigint | undefined;
  for (let at = 0; at + minimumBatchBytes <= bytes.length;) {
    const whole = 12 + bytes.readInt32BE(at + 8);
    if (at + whole > bytes.length || bytes.readInt8(at + magicAt) !== 2) break;
    end = bytes.readBigInt64BE(at) + BigInt(bytes.readInt32BE(at + 23)) + 1n;
    at += whole;
  }
  return end;
};

export class FetchedBatch {
  readonly topic: string;
  readonly partition: number;
  readonly fetchedOffset: string;
  readonly highWatermark: string;
  readonly messages: readonly RawMessage[];
  /** The position after this batch; equal to `fetchedOffset` when there was nothing. */
  readonly nextOffset: bigint;

  constructor(topic: string, fetchedOffset: string, data: PartitionData) {
    const from = BigInt(fetchedOffset);
    this.topic = topic;
    this.partition = data.partition;
    this.fetchedOffset = fetchedOffset;
    this.highWatermark = data.highWatermark;
    const last = data.messages.at(-1);
    const end = ends.get(data.messages) ?? (last === undefined ? from : BigInt(last.offset) + 1n);
    this.nextOffset = end > from ? end : from;
    // A fetch returns whole record batches: the first may begin before the position.
    this.messages = committedMessages(data.messages, data.abortedTransactions).filter(
      ({ offset }) => BigInt(offset) >= from,
    );
  }

  records(): readonly ConsumedRecord[] {
    const { topic, partition } = this;
    return this.messages.map(({ offset, timestamp, key, value, headers }) => ({
      topic,
      partition,
      offset: BigInt(offset),
      timestamp: BigInt(timestamp),
      key,
      value,
      headers: plainHeaders(headers),
    }));
  }

  // What kafkajs's runner asks of a batch.

  isEmpty(): boolean {
    return this.nextOffset === BigInt(this.fetchedOffset);
  }

  isEmptyDueToFiltering(): boolean {
    return false;
  }

  firstOffset(): string | null {
    return this.messages[0]?.offset ?? null;
  }

  lastOffset(): string {
    return (this.nextOffset - 1n).toString();
  }

  offsetLag(): string {
    return (BigInt(this.highWatermark) - this.nextOffset).toString();
  }

  offsetLagLow(): string {
    return (BigInt(this.highWatermark) - BigInt(this.fetchedOffset)).toString();
  }
}

/** Of headers that come several times the last counts. */
const plainHeaders = (headers: RawMessage['headers']): RecordHeaders => {
  const plain: Record<string, Buffer> = {};
  for (const [name, value] of Object.entries(headers)) {
    const last = Array.isArray(value) ? value.at(-1) : value;
    if (last !== undefined) plain[name] = Buffer.isBuffer(last) ? last : Buffer.from(last);
  }
  return plain;
};
