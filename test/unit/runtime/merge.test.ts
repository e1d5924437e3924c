/** Inputs that share one order are processed in it, however their records arrive. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Inputs } from '../../../services/runtime/inputs.ts';
import type { ConsumedRecord } from '../../../services/runtime/ports.ts';

type Written = Readonly<{ input: number; place: string | undefined; name: string }>;

const recordOf = (topic: string, offset: bigint, { place, name }: Written): ConsumedRecord => ({
  topic,
  partition: 0,
  offset,
  timestamp: 0n,
  key: Buffer.from(name),
  value: place === undefined ? null : Buffer.from(place),
  headers: {},
});

/** A log of changes in the order of the source; a tombstone follows the change before it on the same input. */
const history = fc
  .array(fc.record({ input: fc.nat(2), step: fc.nat(2), tombstone: fc.boolean() }), { maxLength: 14 })
  .map((changes) => {
    let at = 0;
    return changes.flatMap(({ input, step, tombstone }, index): Written[] => {
      at += step;
      const place = String(at).padStart(4, '0');
      const change = { input, place, name: `c${index}` };
      return tombstone ? [change, { input, place: undefined, name: `t${index}` }] : [change];
    });
  });

/** The one right order: by place, then by input, then as written; tombstones right after what they follow. */
const rightOrder = (written: readonly Written[]): string[] => {
  const last = ['', '', ''];
  return written
    .map((each) => {
      const place = each.place ?? last[each.input]!;
      last[each.input] = place;
      return { ...each, place };
    })
    .sort((a, b) => (a.place < b.place ? -1 : a.place > b.place ? 1 : a.input - b.input))
    .map(({ name }) => name);
};

const sources = ['a', 'b', 'c'].map((topic) => ({ topic, partition: 0 }));
const decode = (_: number, { value }: ConsumedRecord) => ({ place: value?.toString(), outcome: undefined });

describe('merged inputs', () => {
  it('give one sequence for every interleaving of arrival', () => {
    fc.assert(
      fc.property(history, fc.infiniteStream(fc.nat(6)), fc.boolean(), (written, choices, restartOften) => {
        const draw = choices[Symbol.iterator]();
        const next = (below: number): number => (draw.next().value as number) % below;
        const logs: ConsumedRecord[][] = [[], [], []];
        let produced = 0;
        const produce = () => {
          const each = written[produced++]!;
          const log = logs[each.input]!;
          log.push(recordOf(sources[each.input]!.topic, BigInt(log.length), each));
        };
        let inputs = new Inputs(sources, true);
        inputs.reset([0n, 0n, 0n]);
        const names: string[] = [];
        const fetch = (index: number, most: number) => {
          const from = inputs.queues[index]!.position;
          const page = logs[index]!.slice(Number(from), Number(from) + most);
          if (page.length > 0) inputs.offer(index, from, page, from + BigInt(page.length));
        };
        const work = (limit: number) => {
          for (;;) {
            const ready = sources.map((_, index) => inputs.buffered(index));
            const { taken, unsampled } = inputs.take(limit, Infinity, ready, decode);
            names.push(...taken.map(({ record }) => record.key!.toString()));
            if (taken.length === 0 && unsampled.length === 0) return;
            const { arrivals } = inputs;
            for (const index of unsampled) inputs.sampled(index, arrivals, BigInt(logs[index]!.length));
          }
        };
        const restart = () => {
          const positions = sources.map((_, index) => inputs.processed(index));
          inputs = new Inputs(sources, true);
          inputs.reset(positions);
        };
        for (let round = 0; produced < written.length && round < 200; round++) {
          const action = next(4);
          // Equal places are one transaction at the source: they become visible together.
          if (action === 0) {
            const place = written[produced]!.place;
            do produce();
            while (produced < written.length && (written[produced]!.place ?? place) === place);
          } else if (action === 1) fetch(next(3), 1 + next(3));
          else if (action === 2) work(1 + next(4));
          else if (restartOften) restart();
        }
        while (produced < written.length) produce();
        for (let round = 0; round < 60; round++) {
          fetch(round % 3, 2);
          work(3);
        }
        expect(names).toEqual(rightOrder(written));
      }),
      { numRuns: 2000 },
    );
  });

  it('wait for an input that is known to go on, not for one that is read to its end', () => {
    const inputs = new Inputs(sources.slice(0, 2), true);
    inputs.reset([0n, 0n]);
    inputs.offer(0, 0n, [recordOf('a', 0n, { input: 0, place: '5', name: 'x' })], 1n);
    const take = () => inputs.take(10, Infinity, [inputs.buffered(0), inputs.buffered(1)], decode);
    expect(take()).toEqual({ taken: [], unsampled: [1] });
    inputs.sampled(1, inputs.arrivals, 2n);
    expect(take()).toEqual({ taken: [], unsampled: [] });
    // Up to the end over a control record and nothing else.
    inputs.offer(1, 0n, [], 2n);
    expect(take().taken.map(({ record }) => record.offset)).toEqual([0n]);
  });

  it('do not trust an end that was asked for before the record came', () => {
    const inputs = new Inputs(sources.slice(0, 2), true);
    inputs.reset([0n, 0n]);
    inputs.sampled(1, inputs.arrivals, 0n);
    inputs.offer(0, 0n, [recordOf('a', 0n, { input: 0, place: '5', name: 'x' })], 1n);
    expect(inputs.take(10, Infinity, [1, 0], decode).unsampled).toEqual([1]);
  });
});

describe('inputs without a common order', () => {
  it('keep each its own', () => {
    const inputs = new Inputs(sources.slice(0, 2), false);
    inputs.reset([0n, 0n]);
    inputs.offer(1, 0n, [recordOf('b', 0n, { input: 1, place: '1', name: 'x' })], 1n);
    inputs.offer(
      0,
      0n,
      [0n, 1n].map((offset) => recordOf('a', offset, { input: 0, place: '9', name: 'y' })),
      2n,
    );
    // Nothing lay there when the task began.
    for (const index of [0, 1]) inputs.sampled(index, inputs.arrivals, 0n);
    const { taken } = inputs.take(10, Infinity, [2, 1], decode);
    expect(taken.map(({ record: { topic, offset } }) => `${topic}${offset}`)).toEqual(['a0', 'a1', 'b0']);
  });

  it('give what lay there when the task began by its timestamps, however it arrives', () => {
    const log = fc.array(fc.nat(9), { maxLength: 6 });
    fc.assert(
      fc.property(log, log, log, fc.infiniteStream(fc.nat(5)), (a, b, c, choices) => {
        const draw = choices[Symbol.iterator]();
        const next = (below: number): number => (draw.next().value as number) % below;
        const logs = [a, b, c].map((times, input) =>
          times.map((time, offset) => ({
            ...recordOf(sources[input]!.topic, BigInt(offset), { input, place: '', name: '' }),
            timestamp: BigInt(time),
          })),
        );
        // The oldest head first, and of equals that of the first input.
        const heads = logs.map((records) => [...records]);
        const right: ConsumedRecord[] = [];
        while (heads.some((records) => records.length > 0))
          right.push(
            heads
              .filter((records) => records.length > 0)
              .reduce((best, records) => (records[0]!.timestamp < best[0]!.timestamp ? records : best))
              .shift()!,
          );
        const inputs = new Inputs(sources, false);
        inputs.reset([0n, 0n, 0n]);
        const taken: ConsumedRecord[] = [];
        for (let turn = 0; taken.length < right.length; turn++) {
          expect(turn).toBeLessThan(200);
          const index = next(3);
          const at = inputs.queues[index]!.position;
          const records = logs[index]!.slice(Number(at), Number(at) + 1 + next(3));
          if (records.length > 0) inputs.offer(index, at, records, at + BigInt(records.length));
          const choice = inputs.take(
            1 + next(4),
            Infinity,
            [0, 1, 2].map((each) => inputs.buffered(each)),
            decode,
          );
          for (const each of choice.unsampled) inputs.sampled(each, inputs.arrivals, BigInt(logs[each]!.length));
          taken.push(...choice.taken.map(({ record }) => record));
        }
        expect(taken).toEqual(right);
      }),
    );
  });

  it('wait for what was there, and not for what is undecided or came later', () => {
    const inputs = new Inputs(sources.slice(0, 2), false);
    inputs.reset([0n, 0n]);
    const give = (index: number, offset: bigint, timestamp: bigint) => {
      const { topic } = sources[index]!;
      const record = { ...recordOf(topic, offset, { input: index, place: '', name: '' }), timestamp };
      inputs.offer(index, offset, [record], offset + 1n);
    };
    const take = () => {
      const { taken } = inputs.take(10, Infinity, [inputs.buffered(0), inputs.buffered(1)], decode);
      return taken.map(({ record: { topic, offset } }) => `${topic}${offset}`);
    };
    expect(inputs.take(10, Infinity, [0, 0], decode).unsampled).toEqual([0, 1]);
    // One record lies in each; what stands behind it in the second is not decided yet.
    inputs.sampled(0, inputs.arrivals, 1n, 1n);
    inputs.sampled(1, inputs.arrivals, 9n, 1n);
    give(0, 0n, 5n);
    expect(take()).toEqual([]);
    give(1, 0n, 3n);
    expect(take()).toEqual(['b0', 'a0']);
    give(1, 1n, 7n);
    expect(take()).toEqual(['b1']);
  });

  it('refuse what does not follow on what came before', () => {
    const inputs = new Inputs(sources.slice(0, 1), false);
    inputs.reset([5n]);
    const record = recordOf('a', 7n, { input: 0, place: '1', name: 'x' });
    expect(inputs.offer(0, 7n, [record], 8n)).toBe(false);
    expect(inputs.buffered(0)).toBe(0);
    expect(inputs.offer(0, 5n, [record], 8n)).toBe(true);
    expect(inputs.processed(0)).toBe(7n);
  });
});
