/**
 * One look through Stripe's list of events. What stripe.events does not hold is written there as if it had been
 * delivered. Events and position commit together; whoever scans fences who did, and only then reads the position, so
 * that two scanners do no harm and a killed one is taken up where it was.
 */
import type Stripe from 'stripe';
import type { ScanMark, ScanPosition } from '../../../schemas/generated/types.ts';
import { countService } from '../../platform/counts.ts';
import { FatalError } from '../../runtime/errors.ts';
import type { KafkaCluster, ProducedRecord } from '../../runtime/ports.ts';
import { acceptEvent } from '../../webhooks/accept.ts';
import { type Problem, SOURCE_HEADER, writeAtOnce } from '../feed.ts';
import { openRaised } from '../raised.ts';
import type { Source } from '../read.ts';
import type { EventPages } from './events-api.ts';
import { type Known, openKnown } from './known.ts';
import { markBefore, markNow, positionRecord, readPosition, STRIPE, withMark } from './position.ts';
import { isWanted, planScan, type Stretch, type Timing } from './window.ts';

export type ScanSetup = Source &
  Readonly<{
    cluster: Pick<KafkaCluster, 'transactionalProducer'>;
    pages: EventPages;
    timing: Timing;
    /** Which events belong here: live ones or test ones. */
    livemode: boolean;
    /** Types that are delivered here, `charge.*` for all of a kind: the same as the webhook endpoint's. */
    types: readonly string[];
    /** Epoch milliseconds. */
    now: () => number;
  }>;

export type ScanReport = Readonly<{ listed: number; found: readonly string[]; refused: number; until: number }>;

export const SCANNER_ID = 'scanner-stripe';
const SERVICE = 'scanner';
/** What the webhooks' door takes. */
const MAX_BODY_BYTES = 1_000_000;

const isoTime = (seconds: number): string => new Date(seconds * 1_000).toISOString();

const unreachable = ({ from, to }: Stretch): Problem => ({
  orderId: null,
  exceptionId: `stripe/unreachable/${from}-${to}`,
  code: 'unreachable_events',
  message: `Stripe's events from ${isoTime(from)} to ${isoTime(to)} were not compared, and Stripe lists them no more`,
  advice: 'run `millrace audit`: what these events told is still to be seen in the objects at Stripe',
});

const refusedEvent = (event: Stripe.Event, code: string, message: string): Problem => ({
  orderId: null,
  exceptionId: `stripe/event/${event.id}`,
  code,
  message: `${event.id} (${event.type}) was not delivered and cannot be taken: ${message}`,
  advice: 'look at the event in the dashboard of Stripe',
});

/** What one page comes to: records to be written, and what cannot be. */
const sort = (
  setup: ScanSetup,
  known: Known,
  events: readonly Stripe.Event[],
): Readonly<{ records: ProducedRecord[]; found: string[]; problems: Problem[] }> => {
  const topic = setup.schemas.topic('stripeEvents');
  const records: ProducedRecord[] = [];
  const found: string[] = [];
  const problems: Problem[] = [];
  // Oldest first, as they would have come.
  for (const event of events.toReversed()) {
    if (!isWanted(event.type, setup.types) || known.has(event.id)) continue;
    // Not the bytes that a webhook would have had: those are not to be had any more.
    const body = Buffer.from(JSON.stringify(event));
    const outcome = acceptEvent(event, body, setup.livemode);
    if (!outcome.accepted) {
      // Every one of them would be.
      if (outcome.code === 'livemode_mismatch')
        throw new FatalError(
          `the secret key is of another mode than MILLRACE_STRIPE_LIVEMODE says: ${outcome.message}`,
        );
      problems.push(refusedEvent(event, outcome.code, outcome.message));
    } else if (body.length > MAX_BODY_BYTES)
      problems.push(refusedEvent(event, 'event_too_large', `it has ${body.length} bytes`));
    else {
      found.push(event.id);
      records.push({
        topic: topic.name,
        key: Buffer.from(outcome.key),
        value: topic.value.encode(outcome.event),
        headers: { [SOURCE_HEADER]: Buffer.from('scan') },
      });
    }
  }
  return { records, found, problems };
};

/** Scans, with what one has read of stripe.events at hand for the next. */
export interface StripeScanner {
  /**
   * Compares what was created since the last scan. Stops between pages when `signal` aborts.
   * @throws TaskMigratedError when another scanner came: what was committed is done
   * @throws RetriableError when Stripe or the brokers did not answer
   */
  scan(signal?: AbortSignal): Promise<ScanReport>;
}

export const stripeScanner = (setup: ScanSetup): StripeScanner => {
  let known: Known | undefined;
  const knownSince = async (since: number, marks: readonly ScanMark[]): Promise<Known> => {
    if (known?.covers(since) !== true) known = await openKnown(setup, markBefore(marks, since)?.ends ?? [], since);
    return known;
  };
  return { scan: (signal) => scanStripe(setup, knownSince, signal) };
};

const scanStripe = async (
  setup: ScanSetup,
  knownSince: (since: number, marks: readonly ScanMark[]) => Promise<Known>,
  signal: AbortSignal | undefined,
): Promise<ScanReport> => {
  const { timing, schemas } = setup;
  for (const key of ['stripeEvents', 'scanPositions', 'exceptions'] as const) await schemas.topic(key).value.open?.();
  const producer = await setup.cluster.transactionalProducer(SCANNER_ID);
  try {
    const raise = openRaised(setup, setup.now);
    const position = await readPosition(setup);
    const mark = await markNow(setup, setup.now());
    let until = position === undefined ? undefined : Number(position.until / 1_000n);
    let marks: readonly ScanMark[] = position?.marks ?? [];
    const plan = planScan(until, Math.floor(setup.now() / 1_000), timing);
    const report = { listed: 0, found: [] as string[], refused: 0 };
    const standing = (to: number): ScanPosition => {
      until = until === undefined ? to : Math.max(until, to);
      marks = withMark(marks, mark, until, timing);
      return { source: STRIPE, until: BigInt(until) * 1_000n, marks };
    };

    if (plan.unreachable !== undefined) {
      countService(SERVICE, 'stripe', 'unreachable');
      const told = await raise([unreachable(plan.unreachable)]);
      await writeAtOnce(producer, [...told, positionRecord(setup, standing(plan.unreachable.to))]);
    }
    const [first] = plan.stretches;
    if (first === undefined) return { ...report, until: until ?? 0 };
    const known = await knownSince(first.from, position?.marks ?? []);

    for (const stretch of plan.stretches) {
      let after: string | undefined;
      do {
        if (signal?.aborted === true) return { ...report, until: until ?? first.from };
        const { events, next } = await setup.pages(stretch, after);
        // Last: what was delivered while Stripe answered is known.
        await known.refresh();
        const { records, found, problems } = sort(setup, known, events);
        const told = await raise(problems);
        after = next;
        await writeAtOnce(producer, [
          ...records,
          ...told,
          ...(next === undefined ? [positionRecord(setup, standing(stretch.to))] : []),
        ]);
        report.listed += events.length;
        report.found.push(...found);
        report.refused += told.length;
        countService(SERVICE, 'stripe', 'listed', events.length);
        countService(SERVICE, 'stripe', 'found', found.length);
        countService(SERVICE, 'stripe', 'refused', told.length);
      } while (after !== undefined);
    }
    return { ...report, until: until ?? first.from };
  } finally {
    await producer.close();
  }
};
