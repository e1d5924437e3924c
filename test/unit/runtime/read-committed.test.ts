/** The read_committed filter against every way in which transactions of several producers lie across one partition. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AbortedTransaction, RawMessage } from '../../../services/runtime/kafkajs/internals.ts';
import { committedMessages } from '../../../services/runtime/kafkajs/read-committed.ts';

/** One append to the partition; `alone` is a record outside of any transaction. */
type Append = Readonly<{ producer: number; what: 'record' | 'alone' | 'commit' | 'abort' }>;

const marker = (type: 0 | 1): Buffer => Buffer.from([0, 0, 0, type]);

const messageOf = ({ producer, what }: Append, offset: number): RawMessage => {
  const isControlRecord = what === 'commit' || what === 'abort';
  return {
    offset: String(offset),
    timestamp: '0',
    key: isControlRecord ? marker(what === 'commit' ? 1 : 0) : null,
    value: null,
    headers: {},
    isControlRecord,
    batchContext: { producerId: String(producer), inTransaction: what !== 'alone' },
  };
};

/** What a broker keeps of these appends, and what of them was committed. Whatever is open in the end aborts. */
const broker = (appends: readonly Append[]) => {
  const messages: RawMessage[] = [];
  const committed = new Set<string>();
  const aborted: { transaction: AbortedTransaction; marker: number }[] = [];
  const open = new Map<number, string[]>();
  const append = (each: Append): void => {
    const offset = messages.length;
    // Who has no transaction has nothing to end.
    if ((each.what === 'commit' || each.what === 'abort') && !open.has(each.producer)) return;
    messages.push(messageOf(each, offset));
    const records = open.get(each.producer) ?? [];
    switch (each.what) {
      case 'alone':
        committed.add(String(offset));
        break;
      case 'record':
        open.set(each.producer, [...records, String(offset)]);
        break;
      case 'commit':
        for (const record of records) committed.add(record);
        open.delete(each.producer);
        break;
      case 'abort':
        aborted.push({
          transaction: { producerId: String(each.producer), firstOffset: records[0]! },
          marker: offset,
        });
        open.delete(each.producer);
    }
  };
  appends.forEach(append);
  for (const producer of [...open.keys()]) append({ producer, what: 'abort' });
  /** A fetch from an offset on: aborted transactions that reach into it, in the order of their markers. */
  const fetch = (from: number) => ({
    messages: messages.slice(from),
    aborted: aborted.filter((each) => each.marker >= from).map(({ transaction }) => transaction),
    visible: messages.slice(from).flatMap(({ offset }) => (committed.has(offset) ? [offset] : [])),
  });
  return { length: messages.length, fetch };
};

const seen = ({ messages, aborted }: ReturnType<ReturnType<typeof broker>['fetch']>): readonly string[] =>
  committedMessages(messages, aborted).map(({ offset }) => offset);

const say = (text: string): readonly Append[] =>
  text.split(' ').map((word) => ({
    producer: Number(word[1]),
    what: ({ r: 'record', n: 'alone', c: 'commit', a: 'abort' } as const)[word[0] as 'r' | 'n' | 'c' | 'a'],
  }));

describe('a read_committed reader', () => {
  it('does not see the transaction that began first and was aborted last', () => {
    expect(seen(broker(say('r1 r2 r1 a2 r1 a1 r3 c3')).fetch(0))).toEqual(['6']);
  });

  it('sees nothing of several transactions that began before the fetch and were aborted after it', () => {
    expect(seen(broker(say('r1 r2 r2 r1 a1 a2 r3 c3')).fetch(2))).toEqual(['6']);
  });

  it('sees what a producer commits after it aborted', () => {
    expect(seen(broker(say('r1 a1 r1 c1 r1 a1 n1')).fetch(0))).toEqual(['2', '6']);
  });

  it('sees exactly what was committed, wherever it begins', () => {
    const append = fc.record({
      producer: fc.nat(3),
      what: fc.constantFrom(
        'record' as const,
        'record' as const,
        'alone' as const,
        'commit' as const,
        'abort' as const,
      ),
    });
    fc.assert(
      fc.property(fc.array(append, { maxLength: 30 }), (appends) => {
        const log = broker(appends);
        for (let from = 0; from <= log.length; from++) {
          const fetched = log.fetch(from);
          expect(seen(fetched)).toEqual(fetched.visible);
        }
      }),
    );
  });
});
