/**
 * What the engine asks of a Kafka client, as tests. Every adapter passes all of them: the in-memory brokers always, a
 * real cluster when there is one.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TaskMigratedError } from '../../services/runtime/errors.ts';
import { partitionOf } from '../../services/runtime/partitioner.ts';
import { nobody } from '../../services/runtime/ports.ts';
import type {
  Admin,
  ConsumedRecord,
  ConsumerEvent,
  GroupConsumer,
  GroupMetadata,
  GroupPosition,
  KafkaCluster,
  ProducedRecord,
  TopicPartition,
} from '../../services/runtime/ports.ts';

export type PortUnderTest = Readonly<{ cluster: KafkaCluster; close: () => Promise<void> }>;

const record = (topic: string, value: string, partition = 0): ProducedRecord => ({
  topic,
  partition,
  key: Buffer.from('k'),
  value: Buffer.from(value),
});

const text = ({ value }: ConsumedRecord): string => value?.toString() ?? 'null';

/** Polls until `done` says so; fails after `deadlineMs`. */
const pollUntil = async (
  consumer: GroupConsumer,
  done: (events: readonly ConsumerEvent[]) => boolean,
  deadlineMs = 20_000,
): Promise<readonly ConsumerEvent[]> => {
  const events: ConsumerEvent[] = [];
  for (const deadline = Date.now() + deadlineMs; Date.now() < deadline;) {
    events.push(...(await consumer.poll(100)));
    if (done(events)) return events;
  }
  throw new Error(`gave up with ${JSON.stringify(events.map(({ kind }) => kind))}`);
};

const valuesOf = (events: readonly ConsumerEvent[]): string[] =>
  events.flatMap((event) => (event.kind === 'records' ? event.records.map(text) : []));

const assignmentOf = (events: readonly ConsumerEvent[]): readonly TopicPartition[] | undefined => {
  const last = events.findLast((event) => event.kind === 'assigned');
  return last?.kind === 'assigned' ? last.partitions : undefined;
};

let counter = 0;
const unique = (name: string): string => `port-${name}-${Date.now().toString(36)}-${(counter++).toString(36)}`;

export const kafkaPortSuite = (name: string, open: () => Promise<PortUnderTest>): void => {
  describe(`${name} as a Kafka port`, () => {
    let port: PortUnderTest;
    let admin: Admin;
    beforeAll(async () => {
      port = await open();
      admin = await port.cluster.admin();
    });
    afterAll(async () => {
      await admin.close();
      await port.close();
    });

    const newTopic = async (label: string, partitions = 1): Promise<string> => {
      const topic = unique(label);
      await admin.createTopics([{ topic, partitions, replication: 1, config: {} }]);
      return topic;
    };

    const committed = async (topic: string, partition = 0): Promise<string[]> => {
      const reader = await port.cluster.reader();
      try {
        const values: string[] = [];
        for await (const page of reader.read({ topic, partition }, 0n)) values.push(...page.records.map(text));
        return values;
      } finally {
        await reader.close();
      }
    };

    /** A member that has its assignment; `use` gets it, and it leaves afterwards. */
    const withMember = async <T>(
      groupId: string,
      topics: readonly string[],
      use: (consumer: GroupConsumer, first: readonly ConsumerEvent[]) => Promise<T>,
    ): Promise<T> => {
      const consumer = await port.cluster.consumer({ groupId, topics });
      try {
        return await use(consumer, await pollUntil(consumer, (events) => assignmentOf(events) !== undefined));
      } finally {
        await consumer.close();
      }
    };

    /** Runs one transaction of a producer of its own. */
    const transact = async (
      id: string,
      run: (
        transaction: Awaited<ReturnType<Awaited<ReturnType<KafkaCluster['transactionalProducer']>>['begin']>>,
      ) => Promise<void>,
    ): Promise<void> => {
      const producer = await port.cluster.transactionalProducer(id);
      try {
        await run(await producer.begin());
      } finally {
        await producer.close();
      }
    };

    describe('transactions', () => {
      it('show all of their records or none', async () => {
        const [a, b] = [await newTopic('atomic-a'), await newTopic('atomic-b')];
        await transact(unique('atomic'), async (transaction) => {
          await transaction.send([record(a, 'a1'), record(b, 'b1')]);
          await transaction.abort();
        });
        await transact(unique('atomic'), async (transaction) => {
          await transaction.send([record(a, 'a2'), record(b, 'b2')]);
          await transaction.commit();
        });
        // A commit is decided before its markers are in the partitions.
        await expect.poll(async () => [await committed(a), await committed(b)]).toEqual([['a2'], ['b2']]);
      });

      it('tell where their records ended, partition by partition', async () => {
        const topic = await newTopic('ends', 2);
        await transact(unique('ends'), async (transaction) => {
          const ends = await transaction.send([record(topic, 'x', 0), record(topic, 'y', 1), record(topic, 'z', 1)]);
          expect([...ends].sort((one, two) => one.partition - two.partition)).toEqual([
            { topic, partition: 0, offset: 1n },
            { topic, partition: 1, offset: 2n },
          ]);
          const more = await transaction.send([record(topic, 'w', 1)]);
          expect(more).toEqual([{ topic, partition: 1, offset: 3n }]);
          await transaction.commit();
        });
      });

      it('follow one another on one producer', async () => {
        const topic = await newTopic('sequence');
        const producer = await port.cluster.transactionalProducer(unique('sequence'));
        for (let n = 0; n < 20; n++) {
          const transaction = await producer.begin();
          await transaction.send([record(topic, `v${n}`)]);
          await transaction.commit();
        }
        await producer.close();
        await expect.poll(() => committed(topic)).toEqual(Array.from({ length: 20 }, (_, n) => `v${n}`));
      });

      it('may be empty', async () => {
        await transact(unique('empty'), (transaction) => transaction.commit());
        await transact(unique('empty'), (transaction) => transaction.abort());
      });

      it('keep what is undecided from read_committed readers', async () => {
        const topic = await newTopic('undecided');
        const producer = await port.cluster.transactionalProducer(unique('undecided'));
        const transaction = await producer.begin();
        await transaction.send([record(topic, 'open')]);
        expect(await committed(topic)).toEqual([]);
        const [ends] = await admin.endOffsets([{ topic, partition: 0 }]);
        expect(ends).toEqual({ topic, partition: 0, high: 1n, stable: 0n });
        await transaction.commit();
        await producer.close();
        await expect.poll(() => committed(topic)).toEqual(['open']);
      });

      it('never show aborted records when aborted transactions of several producers interleave', async () => {
        const topic = await newTopic('interleaved');
        const [first, second] = await Promise.all([
          port.cluster.transactionalProducer(unique('interleaved-b')),
          port.cluster.transactionalProducer(unique('interleaved-a')),
        ]);
        const began = await first.begin();
        const beside = await second.begin();
        await began.send([record(topic, 'aborted-b0')]);
        await beside.send([record(topic, 'aborted-a0')]);
        await began.send([record(topic, 'aborted-b1')]);
        await beside.abort();
        await began.send([record(topic, 'aborted-b2')]);
        await began.abort();
        await transact(unique('interleaved-c'), async (transaction) => {
          await transaction.send([record(topic, 'committed')]);
          await transaction.commit();
        });
        await Promise.all([first.close(), second.close()]);
        await expect.poll(() => committed(topic)).toEqual(['committed']);
        await withMember(unique('interleaved'), [topic], async (consumer, before) => {
          const position = () => (events: readonly ConsumerEvent[]) =>
            events.some((event) => event.kind === 'records' && event.nextOffset >= 8n);
          const events = await pollUntil(consumer, (more) => position()([...before, ...more]));
          expect(valuesOf([...before, ...events])).toEqual(['committed']);
        });
      });

      it('carry more than one record batch holds', async () => {
        const topic = await newTopic('large');
        const big = 'x'.repeat(300_000);
        await transact(unique('large'), async (transaction) => {
          await transaction.send(Array.from({ length: 10 }, (_, n) => record(topic, `${n}${big}`)));
          await transaction.commit();
        });
        await expect
          .poll(async () => (await committed(topic)).map((value) => value[0]))
          .toEqual(Array.from({ length: 10 }, (_, n) => String(n)));
      });

      it('carry headers, timestamps, null values and null keys', async () => {
        const topic = await newTopic('shape');
        await transact(unique('shape'), async (transaction) => {
          await transaction.send([
            { topic, key: null, value: null, headers: { h: Buffer.from([1, 2]) }, timestamp: 1_700_000_000_123n },
          ]);
          await transaction.commit();
        });
        const reader = await port.cluster.reader();
        const records: ConsumedRecord[] = [];
        await expect
          .poll(async () => {
            for await (const page of reader.read({ topic, partition: 0 }, 0n)) records.push(...page.records);
            return records.length;
          })
          .toBe(1);
        await reader.close();
        expect(records[0]).toEqual({
          topic,
          partition: 0,
          offset: 0n,
          timestamp: 1_700_000_000_123n,
          key: null,
          value: null,
          headers: { h: Buffer.from([1, 2]) },
        });
      });

      it('go where the key says', async () => {
        const topic = await newTopic('partitioned', 4);
        const keys = ['ann', 'bob', 'cid', 'dora', '100123', 'straße'];
        await transact(unique('partitioned'), async (transaction) => {
          await transaction.send(keys.map((key) => ({ topic, key: Buffer.from(key), value: Buffer.from(key) })));
          await transaction.commit();
        });
        for (let partition = 0; partition < 4; partition++) {
          const expected = keys.filter((key) => partitionOf(Buffer.from(key), 4) === partition);
          await expect.poll(() => committed(topic, partition)).toEqual(expected);
        }
      });
    });

    describe('fencing', () => {
      it('refuses the predecessor of a transactional id and ends its open transaction', async () => {
        const topic = await newTopic('fenced');
        const id = unique('fenced');
        const old = await port.cluster.transactionalProducer(id);
        const zombie = await old.begin();
        await zombie.send([record(topic, 'zombie')]);
        const fresh = await port.cluster.transactionalProducer(id);
        await expect(zombie.send([record(topic, 'zombie too')])).rejects.toBeInstanceOf(TaskMigratedError);
        await expect(zombie.commit()).rejects.toThrow();
        const transaction = await fresh.begin();
        await transaction.send([record(topic, 'fresh')]);
        await transaction.commit();
        await Promise.all([old.close(), fresh.close()]);
        await expect.poll(() => committed(topic)).toEqual(['fresh']);
      });

      it('refuses the commit of a predecessor that was only about to commit', async () => {
        const topic = await newTopic('fenced-commit');
        const id = unique('fenced-commit');
        const old = await port.cluster.transactionalProducer(id);
        const zombie = await old.begin();
        await zombie.send([record(topic, 'zombie')]);
        const fresh = await port.cluster.transactionalProducer(id);
        await expect(zombie.commit()).rejects.toBeInstanceOf(TaskMigratedError);
        await Promise.all([old.close(), fresh.close()]);
        expect(await committed(topic)).toEqual([]);
      });

      it('refuses offsets of an old generation, whatever the transactional id', async () => {
        const topic = await newTopic('generation', 2);
        const groupId = unique('generation');
        await withMember(groupId, [topic], async (zombie) => {
          const old: GroupMetadata = { ...zombie.metadata() };
          await withMember(groupId, [topic], async (owner) => {
            await Promise.all([
              pollUntil(zombie, () => zombie.metadata().generation > old.generation),
              pollUntil(owner, () => owner.metadata().generation > old.generation),
            ]);
            await transact(unique('owner'), async (transaction) => {
              await transaction.sendOffsets(owner.metadata(), [{ topic, partition: 0, offset: 10n }]);
              await transaction.commit();
            });
            const producer = await port.cluster.transactionalProducer(unique('zombie'));
            const transaction = await producer.begin();
            await expect(transaction.sendOffsets(old, [{ topic, partition: 0, offset: 5n }])).rejects.toBeInstanceOf(
              TaskMigratedError,
            );
            await producer.close();
            await expect
              .poll(() => admin.committedOffsets(groupId, [{ topic, partition: 0 }]))
              .toEqual([{ topic, partition: 0, offset: 10n }]);
          });
        });
      });

      it('refuses offsets of a member that has left', async () => {
        const topic = await newTopic('left');
        const groupId = unique('left');
        const gone = await withMember(groupId, [topic], (consumer) => Promise.resolve({ ...consumer.metadata() }));
        const producer = await port.cluster.transactionalProducer(unique('left'));
        const transaction = await producer.begin();
        await expect(transaction.sendOffsets(gone, [{ topic, partition: 0, offset: 5n }])).rejects.toBeInstanceOf(
          TaskMigratedError,
        );
        await producer.close();
      });
    });

    describe('a group of nobody', () => {
      it('has members while they are there', async () => {
        const topic = await newTopic('members');
        const groupId = unique('members');
        expect(await admin.groupMembers(groupId)).toEqual([]);
        await withMember(groupId, [topic], async (consumer) => {
          const members = await admin.groupMembers(groupId);
          expect(members.map(({ memberId }) => memberId)).toEqual([consumer.metadata().memberId]);
        });
        await expect.poll(() => admin.groupMembers(groupId)).toEqual([]);
      });

      it('lets its offsets be set, with the records of the transaction, back too', async () => {
        const topic = await newTopic('nobody');
        const groupId = unique('nobody');
        const source = { topic, partition: 0 };
        await withMember(groupId, [topic], async (consumer) => {
          await transact(unique('member'), async (transaction) => {
            await transaction.sendOffsets(consumer.metadata(), [{ ...source, offset: 7n }]);
            await transaction.commit();
          });
        });
        await expect.poll(() => admin.groupMembers(groupId)).toEqual([]);
        const producer = await port.cluster.transactionalProducer(unique('reset'), { timeoutMs: 60_000 });
        const transaction = await producer.begin();
        await transaction.send([record(topic, 'reset')]);
        await transaction.sendOffsets(nobody(groupId), [{ ...source, offset: 3n }]);
        await transaction.commit();
        await producer.close();
        await expect.poll(() => committed(topic)).toEqual(['reset']);
        await expect.poll(() => admin.committedOffsets(groupId, [source])).toEqual([{ ...source, offset: 3n }]);
      });
    });

    describe('offsets', () => {
      it('commit and abort with the outputs of their transaction', async () => {
        const topic = await newTopic('offsets');
        const groupId = unique('offsets');
        await withMember(groupId, [topic], async (consumer) => {
          await transact(unique('offsets'), async (transaction) => {
            await transaction.send([record(topic, 'one')]);
            await transaction.sendOffsets(consumer.metadata(), [{ topic, partition: 0, offset: 7n }]);
            await transaction.commit();
          });
          const at = () => admin.committedOffsets(groupId, [{ topic, partition: 0 }]);
          await expect.poll(at).toEqual([{ topic, partition: 0, offset: 7n }]);
          await transact(unique('offsets'), async (transaction) => {
            await transaction.send([record(topic, 'two')]);
            await transaction.sendOffsets(consumer.metadata(), [{ topic, partition: 0, offset: 9n }]);
            await transaction.abort();
          });
          expect(await at()).toEqual([{ topic, partition: 0, offset: 7n }]);
        });
      });

      it('keep the note that was committed with a position, until the next one', async () => {
        const topic = await newTopic('notes', 2);
        const groupId = unique('notes');
        const [one, other] = [0, 1].map((partition) => ({ topic, partition }));
        const note = JSON.stringify({ text: 'straße 🚚', long: 'x'.repeat(2000) });
        await withMember(groupId, [topic], async (consumer) => {
          const commit = (offsets: readonly GroupPosition[], decide: 'commit' | 'abort') =>
            transact(unique('notes'), async (transaction) => {
              await transaction.sendOffsets(consumer.metadata(), offsets);
              await transaction[decide]();
            });
          const at = async () => {
            const positions = await admin.committedOffsets(groupId, [one!, other!]);
            return [...positions].sort((a, b) => a.partition - b.partition);
          };
          await commit(
            [
              { ...one!, offset: 1n, note },
              { ...other!, offset: 2n },
            ],
            'commit',
          );
          const first = [
            { ...one!, offset: 1n, note },
            { ...other!, offset: 2n },
          ];
          await expect.poll(at).toEqual(first);
          await commit([{ ...one!, offset: 5n, note: 'never' }], 'abort');
          expect(await at()).toEqual(first);
          // The same position with another note, and a note taken away.
          await commit([{ ...one!, offset: 1n, note: 'another' }], 'commit');
          await expect.poll(at).toEqual([{ ...one!, offset: 1n, note: 'another' }, first[1]]);
          await commit([{ ...one!, offset: 3n }], 'commit');
          await expect.poll(at).toEqual([{ ...one!, offset: 3n }, first[1]]);
        });
      });

      it('are absent where nothing was committed', async () => {
        const topic = await newTopic('no-offsets', 2);
        expect(await admin.committedOffsets(unique('nobody'), [{ topic, partition: 1 }])).toEqual([]);
      });

      it('tell where partitions begin and end', async () => {
        const topic = await newTopic('bounds', 2);
        await transact(unique('bounds'), async (transaction) => {
          await transaction.send([record(topic, 'x', 1)]);
          await transaction.commit();
        });
        const sources = [0, 1].map((partition) => ({ topic, partition }));
        expect(await admin.beginningOffsets(sources)).toEqual(sources.map((source) => ({ ...source, offset: 0n })));
        // One record and its commit marker, once that is written.
        await expect
          .poll(async () => [...(await admin.endOffsets(sources))].sort((a, b) => a.partition - b.partition))
          .toEqual([
            { topic, partition: 0, high: 0n, stable: 0n },
            { topic, partition: 1, high: 2n, stable: 2n },
          ]);
      });
    });

    describe('a consumer', () => {
      it('gets its assignment, then records from the beginning, in order and without gaps between events', async () => {
        const topic = await newTopic('consume');
        const producer = await port.cluster.idempotentProducer();
        for (let n = 0; n < 5; n++) await producer.send([record(topic, `v${n}`)]);
        await withMember(unique('consume'), [topic], async (consumer, first) => {
          expect(first[0]?.kind).toBe('assigned');
          const events = [
            ...first,
            ...(await pollUntil(consumer, (more) => valuesOf([...first, ...more]).length >= 5)),
          ];
          expect(valuesOf(events)).toEqual(['v0', 'v1', 'v2', 'v3', 'v4']);
          let position = 0n;
          for (const event of events) {
            if (event.kind !== 'records') continue;
            expect(event.fetchOffset).toBe(position);
            position = event.nextOffset;
          }
          expect(position).toBe(5n);
        });
        await producer.close();
      });

      it('moves its position over transaction markers and aborted records', async () => {
        const topic = await newTopic('markers');
        await transact(unique('markers'), async (transaction) => {
          await transaction.send([record(topic, 'aborted')]);
          await transaction.abort();
        });
        await withMember(unique('markers'), [topic], async (consumer, first) => {
          const at = (events: readonly ConsumerEvent[]) =>
            events.findLast((event) => event.kind === 'records')?.nextOffset;
          const events = [...first, ...(await pollUntil(consumer, (more) => (at([...first, ...more]) ?? 0n) >= 2n))];
          expect(valuesOf(events)).toEqual([]);
          expect(at(events)).toBe(2n);
        });
      });

      it('continues at a seek, and delivers nothing that was fetched before', async () => {
        const topic = await newTopic('seek');
        const producer = await port.cluster.idempotentProducer();
        await producer.send(Array.from({ length: 10 }, (_, n) => record(topic, `v${n}`)));
        await withMember(unique('seek'), [topic], async (consumer, first) => {
          await pollUntil(consumer, (more) => valuesOf([...first, ...more]).length >= 10);
          for (const target of [3n, 8n, 0n]) {
            await producer.send([record(topic, `before-${target}`)]);
            consumer.seek({ topic, partition: 0 }, target);
            const events = await pollUntil(consumer, (more) => more.some(({ kind }) => kind === 'records'));
            const next = events.find((event) => event.kind === 'records');
            expect(next?.fetchOffset).toBe(target);
            expect(next?.records[0]?.offset).toBe(target);
          }
        });
        await producer.close();
      });

      it('goes on after a seek to where it already was, whatever was on its way', async () => {
        const partitions = [0, 1, 2, 3];
        const topic = await newTopic('same-place', partitions.length);
        const tell = (value: string) =>
          transact(unique('same-place'), async (transaction) => {
            await transaction.send(partitions.map((partition) => record(topic, value, partition)));
            await transaction.commit();
          });
        const told = ['first'];
        await tell('first');
        await withMember(unique('same-place'), [topic], async (consumer, first) => {
          // While the batches of one fetch are handed out one after the other, those still on their way are sought.
          for (let round = 1; round <= 5; round++) {
            if (round > 1 || valuesOf(first).length === 0)
              await pollUntil(consumer, (events) => valuesOf(events).length > 0);
            for (const partition of partitions) consumer.seek({ topic, partition }, 0n);
            told.push(`round ${round}`);
            await tell(`round ${round}`);
            const seen = await pollUntil(
              consumer,
              (events) => valuesOf(events).filter((value) => value === `round ${round}`).length === partitions.length,
            );
            for (const partition of partitions)
              expect(
                valuesOf(seen.filter((event) => event.kind !== 'records' || event.source.partition === partition)),
              ).toEqual(told);
            for (const partition of partitions) consumer.seek({ topic, partition }, 0n);
          }
        });
      });

      it('keeps still while paused and goes on where it was', async () => {
        const topic = await newTopic('pause', 2);
        const producer = await port.cluster.idempotentProducer();
        await withMember(unique('pause'), [topic], async (consumer) => {
          consumer.pause([{ topic, partition: 0 }]);
          await producer.send([record(topic, 'p0', 0), record(topic, 'p1', 1)]);
          const events = await pollUntil(consumer, (more) => valuesOf(more).includes('p1'));
          const later = await consumer.poll(300);
          expect(valuesOf([...events, ...later])).toEqual(['p1']);
          consumer.resume([{ topic, partition: 0 }]);
          expect(valuesOf(await pollUntil(consumer, (more) => valuesOf(more).length > 0))).toEqual(['p0']);
        });
        await producer.close();
      });

      it('starts at the committed position of its group', async () => {
        const topic = await newTopic('resume');
        const groupId = unique('resume');
        const producer = await port.cluster.idempotentProducer();
        await producer.send([record(topic, 'v0'), record(topic, 'v1'), record(topic, 'v2')]);
        await withMember(groupId, [topic], (consumer) =>
          transact(unique('resume'), async (transaction) => {
            await transaction.sendOffsets(consumer.metadata(), [{ topic, partition: 0, offset: 2n }]);
            await transaction.commit();
          }),
        );
        await withMember(groupId, [topic], async (consumer, first) => {
          const events = await pollUntil(consumer, (more) => valuesOf([...first, ...more]).length > 0);
          expect(valuesOf([...first, ...events])).toEqual(['v2']);
        });
        await producer.close();
      });
    });

    describe('a group', () => {
      it('gives partition i of all topics to one member, and shares evenly', async () => {
        const topics = [await newTopic('co-a', 4), await newTopic('co-b', 4)];
        const groupId = unique('co');
        await withMember(groupId, topics, async (one, first) => {
          expect(assignmentOf(first)).toHaveLength(8);
          await withMember(groupId, topics, async (two, second) => {
            let [mine, theirs] = [assignmentOf(first), assignmentOf(second)];
            await expect
              .poll(
                async () => {
                  mine = assignmentOf(await one.poll(50)) ?? mine;
                  theirs = assignmentOf(await two.poll(50)) ?? theirs;
                  return [mine?.length, theirs?.length];
                },
                { timeout: 20_000 },
              )
              .toEqual([4, 4]);
            for (const share of [mine!, theirs!]) {
              const of = (topic: string) =>
                share
                  .filter((source) => source.topic === topic)
                  .map(({ partition }) => partition)
                  .sort();
              expect(of(topics[0]!)).toEqual(of(topics[1]!));
              expect(of(topics[0]!)).toHaveLength(2);
            }
            expect(one.metadata().generation).toBe(two.metadata().generation);
          });
        });
      });

      it('leaves a member what it had when another one comes or goes', async () => {
        const topics = [await newTopic('sticky', 6)];
        const groupId = unique('sticky');
        const partitions = (share: readonly TopicPartition[] | undefined) =>
          (share ?? []).map(({ partition }) => partition).sort();
        const members: { consumer: GroupConsumer; share: readonly TopicPartition[] | undefined }[] = [];
        const settle = (sizes: number[]) =>
          expect
            .poll(
              async () => {
                for (const member of members)
                  member.share = assignmentOf(await member.consumer.poll(30)) ?? member.share;
                const generations = new Set(members.map(({ consumer }) => consumer.metadata().generation));
                return generations.size === 1 ? members.map(({ share }) => share?.length ?? 0).sort() : 'rebalancing';
              },
              { timeout: 25_000 },
            )
            .toEqual(sizes);
        const join = async () => {
          members.push({ consumer: await port.cluster.consumer({ groupId, topics }), share: undefined });
        };
        await join();
        await settle([6]);
        await join();
        await settle([3, 3]);
        const before = members.map(({ share }) => partitions(share));
        await join();
        await settle([2, 2, 2]);
        members.slice(0, 2).forEach(({ share }, index) => {
          for (const partition of partitions(share)) expect(before[index]).toContain(partition);
        });
        const kept = members.slice(0, 2).map(({ share }) => partitions(share));
        await members.pop()!.consumer.close();
        await settle([3, 3]);
        members.forEach(({ share }, index) => expect(partitions(share)).toEqual(expect.arrayContaining(kept[index]!)));
        await Promise.all(members.map(({ consumer }) => consumer.close()));
      });
    });

    describe('the admin', () => {
      it('creates topics once and knows their size and configuration', async () => {
        const topic = unique('admin');
        const spec = { topic, partitions: 3, replication: 1, config: { 'cleanup.policy': 'compact' } };
        await admin.createTopics([spec]);
        await admin.createTopics([spec]);
        expect(await admin.partitions([topic, unique('absent')])).toEqual(new Map([[topic, 3]]));
        await admin.alterTopicConfig(topic, { 'retention.ms': '1000' });
        await expect.poll(async () => (await admin.topicConfig(topic)).get('retention.ms')).toBe('1000');
        expect((await admin.topicConfig(topic)).get('cleanup.policy')).toBe('compact');
      });
    });
  });
};
