/** One partition of the in-memory brokers: an append-only log with transactions in it. */
import type { ConsumedRecord, RecordHeaders } from '../ports.ts';

export type LoggedRecord = Readonly<{
  key: Buffer | null;
  value: Buffer | null;
  headers: RecordHeaders;
  timestamp: bigint;
}>;

type Entry = Readonly<{ offset: bigint; producerId: bigint | undefined; record: LoggedRecord | undefined }>;

export type ReadResult = Readonly<{ records: readonly ConsumedRecord[]; nextOffset: bigint }>;

export class PartitionLog {
  readonly topic: string;
  readonly partition: number;
  #entries: Entry[] = [];
  #high = 0n;
  #start = 0n;
  /** First offset of each open transaction, by producer. */
  readonly #open = new Map<bigint, bigint>();
  readonly #aborted: { producerId: bigint; first: bigint; last: bigint }[] = [];

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  get start(): bigint {
    return this.#start;
  }

  get high(): bigint {
    return this.#high;
  }

  /** The last stable offset: nothing before it is undecided. */
  get stable(): bigint {
    let stable = this.#high;
    for (const first of this.#open.values()) if (first < stable) stable = first;
    return stable;
  }

  /** Appends, inside a transaction when `producerId` is given. Returns the offset of the record. */
  append(record: LoggedRecord, producerId?: bigint): bigint {
    const offset = this.#high++;
    if (producerId !== undefined && !this.#open.has(producerId)) this.#open.set(producerId, offset);
    this.#entries.push({ offset, producerId, record });
    return offset;
  }

  /** Ends a producer's transaction with a control record, as brokers do. Nothing when it has none here. */
  end(producerId: bigint, commit: boolean): void {
    const first = this.#open.get(producerId);
    if (first === undefined) return;
    const offset = this.#high++;
    this.#entries.push({ offset, producerId, record: undefined });
    this.#open.delete(producerId);
    if (!commit) this.#aborted.push({ producerId, first, last: offset });
  }

  /** What a read_committed reader gets from `from`, at most `limit` records, never at or beyond `to`. */
  read(from: bigint, limit: number, to: bigint = this.stable): ReadResult {
    const end = to < this.stable ? to : this.stable;
    const records: ConsumedRecord[] = [];
    let index = this.#indexOf(from);
    for (; index < this.#entries.length; index++) {
      const entry = this.#entries[index]!;
      if (entry.offset >= end) return { records, nextOffset: end > from ? end : from };
      if (records.length === limit) return { records, nextOffset: entry.offset };
      if (entry.record === undefined || this.#isAborted(entry)) continue;
      records.push({ topic: this.topic, partition: this.partition, offset: entry.offset, ...entry.record });
    }
    return { records, nextOffset: end > from ? end : from };
  }

  /** Keeps the last record of each key below the stable offset, as compaction does. Tombstones go too when asked. */
  compact(dropTombstones: boolean): void {
    const stable = this.stable;
    const last = new Map<string, bigint>();
    for (const entry of this.#entries) {
      if (entry.offset >= stable || entry.record?.key == null || this.#isAborted(entry)) continue;
      last.set(entry.record.key.toString('latin1'), entry.offset);
    }
    this.#entries = this.#entries.filter((entry) => {
      if (entry.offset >= stable || entry.record === undefined) return true;
      if (this.#isAborted(entry)) return false;
      if (entry.record.key === null) return true;
      if (dropTombstones && entry.record.value === null) return false;
      return last.get(entry.record.key.toString('latin1')) === entry.offset;
    });
  }

  /** Forgets everything before `offset`, as retention does. */
  deleteBefore(offset: bigint): void {
    this.#start = offset;
    this.#entries = this.#entries.filter((entry) => entry.offset >= offset);
  }

  #isAborted(entry: Entry): boolean {
    return this.#aborted.some(
      ({ producerId, first, last }) => producerId === entry.producerId && first <= entry.offset && entry.offset < last,
    );
  }

  #indexOf(offset: bigint): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#entries[middle]!.offset < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
