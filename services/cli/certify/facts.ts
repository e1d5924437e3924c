/** What the topics hold about one order, as plain data, and what its stages make of what they read. */
import type { TopicPartition } from '../../runtime/ports.ts';

/** Where a record lies. */
export type Place = TopicPartition & Readonly<{ offset: bigint }>;

export const placeText = ({ topic, partition, offset }: Place): string => `${topic}-${partition}@${offset}`;

/**
 * A record of a topic keyed by order. Three moments tell a loss from work under way: positions of the groups were asked
 * first, then the ends of all topics, then the ends again, up to where everything was read.
 */
export type Seen = Place &
  Readonly<{
    timestamp: bigint;
    value: Buffer | null;
    /** Its reader had committed a position behind it when we began: what it calls for must be there. */
    settled: boolean;
    /** It came while we looked: it may explain others, and need not be explained itself. */
    late: boolean;
    /** It was refused and given to its reader again (`millrace dlq`), or sent once more by an audited replay. */
    again: 'redriven' | 'replayed' | null;
  }>;

/** What a stage makes of a record, computed here anew. */
export type Derived = Readonly<{
  from: Place;
  timestamp: bigint;
  value: Buffer;
  /** As for `Seen`, of the record it was made from. */
  settled: boolean;
  /** Those of one sequence keep their order in the topic. */
  sequence: string;
  /** It may have waited to hear which order it is about: of the same told twice meanwhile, one came out. */
  mayWait: boolean;
}>;

/** A record of the shop or of Stripe that is about the order. */
export type Source = Place & Readonly<{ what: string; outcome: string }>;

/** What a stage or an executor could not process. */
export type Letter = Place &
  Readonly<{
    from: Place;
    stage: string;
    code: string;
    message: string;
    /** Nobody has redriven or discarded it. */
    waits: boolean;
  }>;

/** A change of a row that lies where it cannot: again, or behind a later one. */
export type Fault = Readonly<{ kind: 'doubled' | 'reordered'; message: string }>;

/** One topic of ours: what was computed for it, and what it holds. */
export type Compared = Readonly<{
  derived: readonly Derived[];
  seen: readonly Seen[];
  /** False when records that it is made from are no longer kept. */
  complete: boolean;
}>;

export type OrderFacts = Readonly<{
  orderId: string;
  /** Of every topic. */
  partitions: number;
  sources: readonly Source[];
  /** Records of the shop about it that changed nothing of meaning. */
  quiet: number;
  /** Records of the shop about it that the shop's log cannot have given. */
  faults: readonly Fault[];
  images: Compared;
  /** What of the order comes back. */
  returns: Compared;
  /** What else of the shop the decider reads as it is. */
  snapshots: readonly Seen[];
  payments: Compared;
  commands: readonly Seen[];
  results: readonly Seen[];
  letters: readonly Letter[];
}>;
