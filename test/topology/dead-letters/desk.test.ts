import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { topics } from '../../../schemas/topics.ts';
import { act, type Outcome } from '../../../services/dead-letters/desk.ts';
import { letterId, parseLetterId } from '../../../services/dead-letters/letter.ts';
import { oneLetter } from '../../../services/dead-letters/read.ts';
import { TaskMigratedError } from '../../../services/runtime/errors.ts';
import type { BrokerPoint } from '../../../services/runtime/memory/broker.ts';
import { REDRIVE_HEADER } from '../../../services/runtime/redrive.ts';
import { collected, type Desk, openDesk, person } from './support.ts';

let desk: Desk;
afterEach(() => desk.driver.close());

const source = { topic: topics.stripeEvents.name, partition: 0 };

/** Letters about records that nobody can read, and their ids. */
const refused = async (count: number): Promise<readonly string[]> => {
  desk = await openDesk();
  for (let n = 0; n < count; n++)
    desk.driver.feedBytes(source.topic, Buffer.from(`k${n % 2}`), Buffer.from(`bad ${n}`), {
      headers: { trace: Buffer.from(String(n)) },
      timestamp: 1_700_000_000_000n + BigInt(n),
    });
  await desk.driver.run();
  const ids = (await desk.letters()).map(letterId);
  expect(ids).toHaveLength(count);
  return ids;
};

const redrivenRecords = () =>
  desk.driver.broker
    .log(source)
    .read(0n, Number.MAX_SAFE_INTEGER)
    .records.filter(({ headers }) => REDRIVE_HEADER in headers);
const redrivenIds = () => redrivenRecords().map(({ headers }) => headers[REDRIVE_HEADER]!.toString());

describe('the desk', () => {
  it('brings a record back as it was: bytes, key, headers, partition, time; and says where it lies', async () => {
    const [id] = await refused(1);
    const [outcome] = await desk.redrive(id!);
    const [record] = redrivenRecords();
    expect(record).toMatchObject({ partition: 0, timestamp: 1_700_000_000_000n });
    expect([record!.key, record!.value, record!.headers['trace']].map(String)).toEqual(['k0', 'bad 0', '0']);
    expect(outcome).toMatchObject({
      kind: 'done',
      action: { topic: source.topic, partition: 0, offset: record!.offset },
    });
  });

  it('brings many back in their order, and each once', async () => {
    const ids = await refused(120);
    const outcomes = await desk.redrive(...ids.toReversed(), ...ids.slice(0, 5));
    expect(outcomes.map(({ kind }) => kind)).toEqual(ids.map(() => 'done'));
    expect(redrivenIds()).toEqual(ids);
    expect((await desk.redrive(...ids)).map(({ kind }) => kind)).toEqual(ids.map(() => 'skipped'));
    expect(redrivenIds()).toEqual(ids);
  });

  it('takes no letter that is not there or is done with', async () => {
    const [id, other] = await refused(2);
    await desk.discard(id!);
    expect(await desk.redrive(id!, 'dead-letters-0@9999', other!)).toMatchObject([
      { kind: 'skipped', id, why: 'it was discarded by ada: asked the customer' },
      { kind: 'skipped', id: 'dead-letters-0@9999' },
      { kind: 'done' },
    ]);
    expect(redrivenIds()).toEqual([other]);
    expect(await desk.discard(other!)).toMatchObject([{ kind: 'skipped' }]);
  });

  it('redrives the last edit, and keeps the original bytes', async () => {
    const [id] = await refused(1);
    for (const text of ['first', 'second'])
      await desk.perform([id!], { kind: 'edit', edited: () => Promise.resolve(Buffer.from(text)) });
    await desk.redrive(id!);
    expect(redrivenRecords()[0]?.value?.toString()).toBe('second');
    const lettered = await oneLetter(desk.setup, parseLetterId(id!));
    expect(lettered?.letter.value?.toString()).toBe('bad 0');
    expect(lettered?.standing.actions.map(({ kind, by, reason }) => [kind, by, reason])).toEqual([
      ['edit', 'ada', 'asked the customer'],
      ['edit', 'ada', 'asked the customer'],
      ['redrive', 'ada', 'asked the customer'],
    ]);
  });

  it('has one person at a time: who came first is fenced, and nothing of his is half done', async () => {
    const ids = await refused(3);
    const places = ids.map(parseLetterId);
    let second: Outcome[] = [];
    let come = true;
    desk.driver.broker.onRequest = (point) => {
      if (point !== 'commit' || !come) return;
      come = false;
      // The second person opens the desk while the first is about to commit.
      desk.driver.broker.initProducerId('dead-letters-desk-0');
    };
    const first = collected(act(desk.setup, 0, places, { kind: 'redrive' }, person));
    await expect(first).rejects.toBeInstanceOf(TaskMigratedError);
    desk.driver.broker.onRequest = undefined;
    expect(redrivenIds()).toEqual([]);
    second = await desk.redrive(...ids);
    expect(second.map(({ kind }) => kind)).toEqual(['done', 'done', 'done']);
    expect(redrivenIds()).toEqual(ids);
  });

  it('reads what was done only after it has fenced who was there', async () => {
    const ids = await refused(3);
    const { cluster } = desk.setup;
    // Somebody else does it all while the desk is being opened.
    const slow = async (id: string) => {
      await desk.redrive(...ids);
      return cluster.transactionalProducer(id);
    };
    const setup = { ...desk.setup, cluster: { transactionalProducer: slow } };
    const outcomes = await collected(act(setup, 0, ids.map(parseLetterId), { kind: 'redrive' }, person));
    expect(outcomes.map(({ kind }) => kind)).toEqual(['skipped', 'skipped', 'skipped']);
    expect(redrivenIds()).toEqual(ids);
  });

  it('two persons at once redrive each letter once between them', async () => {
    const ids = await refused(60);
    const places = ids.map(parseLetterId);
    const both = await Promise.allSettled(
      ['ada', 'bob'].map((by) => collected(act(desk.setup, 0, places, { kind: 'redrive' }, { ...person, by }))),
    );
    expect(both.some(({ status }) => status === 'fulfilled')).toBe(true);
    await desk.redrive(...ids);
    expect(redrivenIds().toSorted()).toEqual(ids.toSorted());
  });

  it('killed anywhere, and called again, redrives each letter once', async () => {
    const points: readonly BrokerPoint[] = ['initProducerId', 'fetch', 'send', 'commit', 'committed', 'endOffsets'];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ point: fc.constantFrom(...points), nth: fc.integer({ min: 1, max: 60 }) }), {
          minLength: 1,
          maxLength: 4,
        }),
        async (kills) => {
          const ids = await refused(55);
          for (const { point, nth } of kills) {
            let left = nth;
            let dead = false;
            desk.driver.broker.onRequest = (at) => {
              // A process that is dead aborts nothing either.
              if (dead || (at === point && --left === 0)) {
                dead = true;
                throw new Error('killed');
              }
            };
            await desk.redrive(...ids).catch(() => undefined);
            desk.driver.broker.onRequest = undefined;
          }
          await desk.redrive(...ids);
          expect(redrivenIds()).toEqual(ids);
          expect((await desk.states()).map(([, , state]) => state)).toEqual(ids.map(() => 'redriven'));
          await desk.driver.close();
        },
      ),
      { numRuns: 15 },
    );
    await refused(1);
  });
});
