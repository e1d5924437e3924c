/**
 * What a task has been given and not yet processed: a queue per input with its position, and the choice of what comes
 * next. Nothing here waits; the choice says what it is waiting for.
 */
import type { ConsumedRecord, TopicPartition } from './ports.ts';

/** What became of a record's bytes, done once. */
export type Decoded = Readonly<{ place: string | undefined; outcome: unknown }>;

type Queued = {
  readonly record: ConsumedRecord;
  readonly arrival: number;
  prepared: boolean;
  decoded: Decoded | undefined;
};

export type InputQueue = {
  readonly source: TopicPartition;
  /** Where the next fetched record must begin. */
  position: bigint;
  queue: Queued[];
  /** Records before this one in `queue` are taken; cut off now and then. */
  head: number;
  bytes: number;
  /** The place of the last record taken or passed, for records that have none of their own. */
  lastPlace: string;
  /** The high watermark, and how much had arrived at the task when it was asked for. */
  sample: { arrival: number; high: bigint } | undefined;
  paused: boolean;
};

export type Taken = Readonly<{ input: number; record: ConsumedRecord; decoded: Decoded }>;

export type Choice = Readonly<{
  taken: readonly Taken[];
  /** Inputs whose end must be known before more can be taken. */
  unsampled: readonly number[];
}>;

export type Decode = (input: number, record: ConsumedRecord) => Decoded;

const sizeOf = ({ key, value }: ConsumedRecord): number => (key?.length ?? 0) + (value?.length ?? 0) + 64;

export class Inputs {
  readonly queues: readonly InputQueue[];
  readonly #merged: boolean;
  /**
   * Where inputs without a common order ended when their task began, as far as that is known; undefined once all that
   * lay there is taken.
   */
  #backlog: (bigint | undefined)[] | undefined;
  /** Counts arrivals at the task; the order in which records and samples came. */
  #arrivals = 0;

  constructor(sources: readonly TopicPartition[], merged: boolean) {
    this.#merged = merged;
    this.queues = sources.map((source) => ({
      source,
      position: -1n,
      queue: [],
      head: 0,
      bytes: 0,
      lastPlace: '',
      sample: undefined,
      paused: false,
    }));
  }

  /** Empties everything and starts anew at these positions. */
  reset(positions: readonly bigint[]): void {
    this.#backlog = this.#merged || positions.length < 2 ? undefined : positions.map(() => undefined);
    this.queues.forEach((input, index) => {
      input.position = positions[index]!;
      input.queue = [];
      input.head = 0;
      input.bytes = 0;
      input.lastPlace = '';
      input.sample = undefined;
      input.paused = false;
    });
  }

  /** Takes in what was fetched. False when it is not what comes next on this input, and nothing was taken in. */
  offer(index: number, fetchOffset: bigint, records: readonly ConsumedRecord[], nextOffset: bigint): boolean {
    const input = this.queues[index]!;
    if (fetchOffset !== input.position) return false;
    const arrival = ++this.#arrivals;
    for (const record of records) {
      input.queue.push({ record, arrival, prepared: false, decoded: undefined });
      input.bytes += sizeOf(record);
    }
    input.position = nextOffset;
    return true;
  }

  /** How many arrivals there were: a sample asked for now covers all of them. */
  get arrivals(): number {
    return this.#arrivals;
  }

  /** `stable`: up to where everything is decided, and can be had. */
  sampled(index: number, arrival: number, high: bigint, stable = high): void {
    this.queues[index]!.sample = { arrival, high };
    if (this.#backlog !== undefined) this.#backlog[index] ??= stable;
  }

  buffered(index: number): number {
    const input = this.queues[index]!;
    return input.queue.length - input.head;
  }

  /** The values among the first `limit` records of an input whose decoding nobody has prepared yet; now somebody will. */
  unprepared(index: number, limit: number): readonly Buffer[] {
    const { queue, head } = this.queues[index]!;
    const values: Buffer[] = [];
    for (let at = head; at < queue.length && at < head + limit; at++) {
      const queued = queue[at]!;
      if (queued.prepared) continue;
      queued.prepared = true;
      if (queued.record.value !== null) values.push(queued.record.value);
    }
    return values;
  }

  /** The position to commit when everything taken so far is done. */
  processed(index: number): bigint {
    const { queue, head, position } = this.queues[index]!;
    return queue[head]?.record.offset ?? position;
  }

  /**
   * Takes what may be processed now, at most `limit` records and about `byteLimit` bytes. `ready[i]` is how many of the
   * first records of input i may be decoded.
   */
  take(limit: number, byteLimit: number, ready: readonly number[], decode: Decode): Choice {
    const taken: Taken[] = [];
    const left = [...ready];
    let bytes = 0;
    while (taken.length < limit && bytes < byteLimit) {
      const choice = this.#merged ? this.#nextMerged(left, decode) : this.#nextAny(left, decode);
      if (typeof choice !== 'number') return { taken, unsampled: choice };
      const input = this.queues[choice]!;
      const { record, decoded } = input.queue[input.head]!;
      input.head++;
      left[choice]!--;
      const size = sizeOf(record);
      input.bytes -= size;
      bytes += size;
      input.lastPlace = decoded!.place ?? input.lastPlace;
      taken.push({ input: choice, record, decoded: decoded! });
      if (input.head > 1024 || input.head === input.queue.length) {
        input.queue = input.queue.slice(input.head);
        input.head = 0;
      }
    }
    return { taken, unsampled: [] };
  }

  /**
   * Without a common order: inputs one after the other, each in its own order. But what lay there when the task began
   * goes by the timestamps of records: that comes nearest to how it came about, and is how replays look at history.
   */
  #nextAny(left: readonly number[], decode: Decode): number | readonly number[] {
    const backlog = this.#nextOfBacklog(left, decode);
    if (backlog !== undefined) return backlog;
    const choice = left.findIndex((count) => count > 0);
    if (choice < 0) return [];
    this.#head(choice, decode);
    return choice;
  }

  /** The oldest head of what lay there; undefined when all of it is taken. Waits for inputs that were not read so far yet. */
  #nextOfBacklog(left: readonly number[], decode: Decode): number | readonly number[] | undefined {
    const ends = this.#backlog;
    if (ends === undefined) return undefined;
    const unsampled = [...ends.keys()].filter((index) => ends[index] === undefined);
    if (unsampled.length > 0) return unsampled;
    let best: { index: number; timestamp: bigint } | undefined;
    for (const [index, { queue, head, position }] of this.queues.entries()) {
      const record = queue[head]?.record;
      const end = ends[index]!;
      if (record === undefined && position < end) return [];
      if (record === undefined || record.offset >= end) continue;
      if (best === undefined || record.timestamp < best.timestamp) best = { index, timestamp: record.timestamp };
    }
    if (best === undefined) {
      this.#backlog = undefined;
      return undefined;
    }
    if (left[best.index]! <= 0) return [];
    this.#head(best.index, decode);
    return best.index;
  }

  /**
   * In the order of places: the smallest head, once every other input has shown its next record or was read up to where
   * it ended after that head had come. An input whose head is not decodable yet holds the choice up.
   */
  #nextMerged(left: readonly number[], decode: Decode): number | readonly number[] {
    let best: { index: number; place: string; arrival: number } | undefined;
    for (let index = 0; index < this.queues.length; index++) {
      if (this.buffered(index) === 0) continue;
      if (left[index]! <= 0) return [];
      const { place, arrival } = this.#head(index, decode);
      if (best === undefined || place < best.place) best = { index, place, arrival };
    }
    if (best === undefined) return [];
    const { arrival } = best;
    const empty = this.queues.flatMap((_, index) => (this.buffered(index) === 0 ? [index] : []));
    const unsampled = empty.filter((index) => {
      const { sample } = this.queues[index]!;
      return sample === undefined || sample.arrival < arrival;
    });
    if (unsampled.length > 0) return unsampled;
    const behind = empty.some((index) => this.queues[index]!.position < this.queues[index]!.sample!.high);
    return behind ? [] : best.index;
  }

  #head(index: number, decode: Decode): { place: string; arrival: number } {
    const input = this.queues[index]!;
    const queued = input.queue[input.head]!;
    queued.decoded ??= decode(index, queued.record);
    return { place: queued.decoded.place ?? input.lastPlace, arrival: queued.arrival };
  }
}
