/** The inputs of a stage in their common order, as the engine gives them to it when all of history is there. */
import { PoisonError } from '../../runtime/errors.ts';
import type { ConsumedRecord } from '../../runtime/ports.ts';
import { redrivenFrom, redrivePlace } from '../../runtime/redrive.ts';
import type { Stage } from '../../runtime/topology.ts';
import { inputsOf } from '../../runtime/stage-run.ts';

/** A record on its way into a stage. */
export type Fed = Readonly<{ input: number; record: ConsumedRecord }>;

const BATCH = 1_000;

type Head = {
  readonly pages: AsyncIterator<readonly ConsumedRecord[]>;
  page: readonly ConsumedRecord[];
  at: number;
  /** Place of the record at the head; one without its own takes that of the record before it. */
  place: string;
  over: boolean;
};

/** Smallest place first; equal places in the order of the inputs. */
export async function* mergedByPlace(
  stage: Stage,
  streams: readonly AsyncIterable<readonly ConsumedRecord[]>[],
): AsyncGenerator<readonly Fed[]> {
  const inputs = inputsOf(stage);
  const heads: Head[] = streams.map((stream) => ({
    pages: stream[Symbol.asyncIterator](),
    page: [],
    at: 0,
    place: '',
    over: false,
  }));

  const place = (input: number, { value, headers }: ConsumedRecord): string | undefined => {
    const { topic, place: of } = inputs[input]!;
    // It tells of long ago and was processed when a person gave it back.
    if (redrivenFrom(headers) !== undefined) return redrivePlace(headers);
    try {
      return of?.(value === null ? null : topic.value.decode(value));
    } catch (error) {
      if (error instanceof PoisonError) return undefined;
      throw error;
    }
  };
  const show = async (input: number): Promise<void> => {
    const head = heads[input]!;
    while (!head.over && head.at >= head.page.length) {
      const next = await head.pages.next();
      head.over = next.done === true;
      head.page = next.done === true ? [] : next.value;
      head.at = 0;
    }
    if (!head.over) head.place = place(input, head.page[head.at]!) ?? head.place;
  };

  for (const input of heads.keys()) await show(input);
  let batch: Fed[] = [];
  for (;;) {
    let best: number | undefined;
    for (const [input, { over, place: at }] of heads.entries())
      if (!over && (best === undefined || at < heads[best]!.place)) best = input;
    if (best === undefined) break;
    const head = heads[best]!;
    batch.push({ input: best, record: head.page[head.at]! });
    head.at += 1;
    await show(best);
    if (batch.length >= BATCH) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}
