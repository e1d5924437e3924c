/** Reads one input of a shadow run from here to there, page by page, each record decoded once. */
import type { Decode, Decoded } from '../inputs.ts';
import type { ConsumedRecord, PartitionReader, TopicPartition } from '../ports.ts';
import type { Serde } from '../topology.ts';

export type Head = Readonly<{ record: ConsumedRecord; decoded: Decoded }>;

export type CursorSetup = Readonly<{
  reader: PartitionReader;
  input: number;
  source: TopicPartition;
  serde: Serde<unknown>;
  from: bigint;
  to: bigint;
  decode: Decode;
  /** Records that do not matter are passed over without decoding them. */
  matters: (record: ConsumedRecord) => boolean;
}>;

export class Cursor {
  readonly input: number;
  readonly #setup: CursorSetup;
  readonly #pages: AsyncIterator<Readonly<{ records: readonly ConsumedRecord[]; position: bigint }>>;
  #queue: readonly ConsumedRecord[] = [];
  #at = 0;
  #head: Head | undefined;
  #position: bigint;
  #ended = false;

  constructor(setup: CursorSetup) {
    this.input = setup.input;
    this.#setup = setup;
    this.#position = setup.from;
    this.#pages = setup.reader.read(setup.source, setup.from, setup.to)[Symbol.asyncIterator]();
    if (setup.from >= setup.to) this.#ended = true;
  }

  /** Whether it can tell its next record, or that there is none, without waiting. */
  get ready(): boolean {
    return this.#ended || this.#at < this.#queue.length;
  }

  /** The next record; undefined at the end. Only when `ready`. */
  get head(): Head | undefined {
    const record = this.#queue[this.#at];
    if (record === undefined) return undefined;
    this.#head ??= { record, decoded: this.#setup.decode(this.input, record) };
    return this.#head;
  }

  /** Where reading would go on: at the next record, or at the end. */
  get position(): bigint {
    return this.#queue[this.#at]?.offset ?? this.#position;
  }

  /** Passes the head. */
  next(): void {
    this.#head = undefined;
    this.#at++;
  }

  async fill(): Promise<void> {
    const { serde, matters } = this.#setup;
    while (!this.ready) {
      const page = await this.#pages.next();
      if (page.done === true) {
        this.#ended = true;
        this.#position = this.#setup.to;
        return;
      }
      const records = page.value.records.filter(matters);
      await serde.prepare?.(records.flatMap(({ value }) => (value === null ? [] : [value])));
      this.#queue = records;
      this.#at = 0;
      this.#position = page.value.position;
    }
  }

  async close(): Promise<void> {
    await this.#pages.return?.();
  }
}
