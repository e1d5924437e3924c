/**
 * Outputs as computed beside outputs as found, on disk: memory stays bounded whatever the length of history. Outputs
 * are compared by topic, key and identity (for a command its id), and equal when their bytes are.
 */
import { createHash } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import { maxKeyBytes, type StoreBackend, type StoreWrite } from '../store.ts';
import type { Phase } from './shadow.ts';

export type Output = Readonly<{
  topic: string;
  key: string;
  /** What the output is about. Outputs that differ under one identity are one change. */
  identity: string;
  /** In one canonical encoding; null is a tombstone. */
  bytes: Buffer | null;
}>;

export type FoundAt = Readonly<{ partition: number; offset: bigint }>;

/**
 * - `add`: the present code sends it, and the topic does not hold it;
 * - `omit`: the topic holds it, and the present code does not send it;
 * - `change`: both, with other bytes.
 */
export type OutputDifference = Readonly<{
  kind: 'add' | 'omit' | 'change';
  topic: string;
  key: string;
  identity: string;
  computed: Buffer | null | undefined;
  found: Buffer | null | undefined;
  at: FoundAt | undefined;
}>;

/** Whether a copy was sent again on purpose: the copy before it and this one lie at these offsets. */
export type Explain = (topic: string, partition: number, previous: bigint, offset: bigint) => boolean;

type Variant = {
  bytes: Uint8Array | null;
  before: number;
  within: number;
  beyond: number;
  found: number;
  at: FoundAt[];
};
type Entry = { topic: string; key: string; identity: string; variants: Variant[] };

/** Name of the store the backend is opened with. */
export const outputStore = 'outputs';

const pendingEntries = 5000;

const sameBytes = (left: Uint8Array | null, right: Uint8Array | null): boolean =>
  left === null || right === null ? left === right : Buffer.compare(left, right) === 0;

const buffer = (bytes: Uint8Array | null): Buffer | null =>
  bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const times = <T>(count: number, value: T): T[] => Array.from({ length: Math.max(0, count) }, () => value);

export class OutputComparison {
  readonly #backend: StoreBackend;
  readonly #compacted: ReadonlySet<string>;
  readonly #explain: Explain;
  readonly #pending = new Map<string, Entry>();
  readonly #compared = new Map<string, number>();
  #repeated = 0;

  /** `compacted`: topics that keep only the last record of a key. */
  constructor(backend: StoreBackend, compacted: ReadonlySet<string>, explain: Explain) {
    this.#backend = backend;
    this.#compacted = compacted;
    this.#explain = explain;
  }

  /** How many outputs of the range were computed, by topic. */
  get compared(): ReadonlyMap<string, number> {
    return this.#compared;
  }

  /** How many copies were found that a replay has sent again. */
  get repeated(): number {
    return this.#repeated;
  }

  computed(output: Output, phase: Phase): void {
    this.#variant(output)[phase]++;
    if (phase === 'within') this.#compared.set(output.topic, (this.#compared.get(output.topic) ?? 0) + 1);
  }

  found(output: Output, at: FoundAt): void {
    const variant = this.#variant(output);
    const copies = Math.max(1, variant.before + variant.within + variant.beyond);
    const previous = variant.at.at(-copies);
    variant.at.push(at);
    const again = variant.at.length > copies && previous !== undefined && previous.partition === at.partition;
    if (again && this.#explain(output.topic, at.partition, previous.offset, at.offset)) this.#repeated++;
    else variant.found++;
  }

  /** Writes to disk what has gathered, when it is much. */
  async relieve(): Promise<void> {
    if (this.#pending.size >= pendingEntries) await this.#flush();
  }

  /**
   * All differences, in the order of topic, key and identity. `forgotten` says of a topic and key that the topic no
   * longer holds its beginning: what is not there may have been.
   */
  async *differences(
    forgotten: (topic: string, key: string) => boolean = () => false,
  ): AsyncGenerator<OutputDifference> {
    await this.#flush();
    for (const [, bytes] of this.#backend.entries(outputStore))
      for (const difference of this.#judge(deserialize(bytes) as Entry))
        if (difference.kind !== 'add' || !forgotten(difference.topic, difference.key)) yield difference;
  }

  #variant({ topic, key, identity, bytes }: Output): Variant {
    const name = keyOf(topic, key, identity);
    let entry = this.#pending.get(name);
    if (entry === undefined) {
      const kept = this.#backend.get(outputStore, name);
      entry = kept === undefined ? { topic, key, identity, variants: [] } : (deserialize(kept) as Entry);
      this.#pending.set(name, entry);
    }
    let variant = entry.variants.find((each) => sameBytes(each.bytes, bytes));
    if (variant === undefined)
      entry.variants.push((variant = { bytes, before: 0, within: 0, beyond: 0, found: 0, at: [] }));
    return variant;
  }

  async #flush(): Promise<void> {
    const writes: StoreWrite[] = [...this.#pending].map(([key, entry]) => ({
      store: outputStore,
      key,
      value: serialize(entry),
    }));
    if (writes.length > 0) await this.#backend.write(writes, new Map());
    this.#pending.clear();
  }

  *#judge({ topic, key, identity, variants }: Entry): Generator<OutputDifference> {
    const compacted = this.#compacted.has(topic);
    const missing: Record<Phase, Variant[]> = { before: [], within: [], beyond: [] };
    const surplus: Variant[] = [];
    for (const variant of variants) {
      let left = variant.found;
      // A compacted topic holds one record where several were sent.
      if (compacted && left > 0 && variant.before + variant.within + variant.beyond > 0) continue;
      for (const phase of ['before', 'within', 'beyond'] as const) {
        missing[phase].push(...times(variant[phase] - left, variant));
        left = Math.max(0, left - variant[phase]);
      }
      surplus.push(...times(left, variant));
    }
    const kept = compacted && variants.some((each) => each.found > 0 && each.before + each.within + each.beyond > 0);
    const difference = (
      kind: OutputDifference['kind'],
      computed: Variant | undefined,
      found: Variant | undefined,
    ): OutputDifference => ({
      kind,
      topic,
      key,
      identity,
      computed: computed && buffer(computed.bytes),
      found: found && buffer(found.bytes),
      at: found?.at.at(0),
    });
    for (const found of surplus) {
      const computed = missing.within.shift() ?? missing.beyond.shift();
      if (computed !== undefined) yield difference('change', computed, found);
      // What was sent otherwise before the range is not of the range.
      else if (missing.before.shift() === undefined) yield difference('omit', undefined, found);
    }
    // What lies beyond was only computed to know what the live stage may have sent meanwhile.
    if (!kept) for (const computed of missing.within) yield difference('add', computed, undefined);
  }
}

const keyOf = (topic: string, key: string, identity: string): string => {
  const name = `${topic}\0${key}\0${identity}`;
  if (Buffer.byteLength(name) <= maxKeyBytes) return name;
  return `${topic}\0${createHash('sha256').update(name).digest('hex')}`;
};
