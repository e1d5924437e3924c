/** How far Stripe's list was compared, and where stripe.events ended meanwhile. Kept in Kafka. */
import type { ScanMark, ScanPosition } from '../../../schemas/generated/types.ts';
import type { ProducedRecord } from '../../runtime/ports.ts';
import { type Source, wholeTopic } from '../read.ts';
import type { Timing } from './window.ts';

export const STRIPE = 'stripe';

/** Ours and Stripe's clock may differ by so much. */
const CLOCKS_MS = 60_000n;

/** Undefined when Stripe's list was never compared. */
export const readPosition = async (source: Source): Promise<ScanPosition | undefined> => {
  let last: ScanPosition | undefined;
  for await (const position of wholeTopic(source, source.schemas.topic('scanPositions')))
    if (position.source === STRIPE) last = position;
  return last;
};

export const positionRecord = (source: Pick<Source, 'schemas'>, position: ScanPosition): ProducedRecord => {
  const topic = source.schemas.topic('scanPositions');
  return { topic: topic.name, key: Buffer.from(position.source), value: topic.value.encode(position) };
};

/** Where stripe.events ends at present. */
export const markNow = async ({ admin, schemas }: Source, now: number): Promise<ScanMark> => {
  const { name: topic } = schemas.topic('stripeEvents');
  const count = (await admin.partitions([topic])).get(topic) ?? 0;
  const ends = await admin.endOffsets(Array.from({ length: count }, (_, partition) => ({ topic, partition })));
  // What an open transaction holds is not read yet.
  const stable = new Map(ends.map(({ partition, stable: end }) => [partition, end]));
  return { at: BigInt(now), ends: Array.from({ length: count }, (_, partition) => stable.get(partition) ?? 0n) };
};

/** The last mark before which nothing lies that was created since (epoch seconds). */
export const markBefore = (marks: readonly ScanMark[], since: number): ScanMark | undefined =>
  marks.findLast(({ at }) => at <= BigInt(since) * 1_000n - CLOCKS_MS);

/** At most one mark in so long is kept. */
const MARK_EVERY_MS = 60_000n;

/** The marks that scans from `until` (epoch seconds) on may need, oldest first, with a new one. */
export const withMark = (marks: readonly ScanMark[], mark: ScanMark, until: number, timing: Timing): ScanMark[] => {
  const needed = markBefore(marks, until - timing.overlapSeconds);
  const kept = needed === undefined ? marks : marks.slice(marks.indexOf(needed));
  const last = kept.at(-1);
  return last !== undefined && mark.at - last.at < MARK_EVERY_MS ? [...kept] : [...kept, mark];
};
