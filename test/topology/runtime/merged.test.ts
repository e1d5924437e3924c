/** Inputs that share one order, through the whole engine. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { json, jsonDeadLetters, utf8 } from '../../../services/runtime/serde.ts';
import { openDriver } from '../../../services/runtime/testing/driver.ts';
import type { CrashPoint } from '../../../services/runtime/task.ts';
import { input, type Store, type StageContext, type Topic, type Topology } from '../../../services/runtime/topology.ts';

type Change = Readonly<{ at: number; name: string }>;
const left: Topic<Change> = { name: 'left', value: json<Change>() };
const right: Topic<Change> = { name: 'right', value: json<Change>() };
const story: Topic<string> = { name: 'story', value: utf8 };
const counter: Store<number> = { name: 'told', value: json<number>() };

const place = (change: Change | null) => (change === null ? undefined : String(change.at).padStart(6, '0'));

const tell = (name: string, context: StageContext): void => {
  const store = context.store(counter);
  const count = (store.get('story') ?? 0) + 1;
  store.put('story', count);
  context.send(story, 'story', `${count} ${name}`);
};

const merged: Topology = {
  application: 'teller',
  version: '1',
  deadLetters: { name: 'dead-letters', value: jsonDeadLetters },
  stages: [
    {
      name: 'merge',
      stores: [counter],
      outputs: [story],
      inputs: [
        input<Change>({ topic: left, place, process: ({ value }, context) => tell(value?.name ?? 'gone', context) }),
        input<Change>({ topic: right, place, process: ({ value }, context) => tell(value?.name ?? 'gone', context) }),
      ],
    },
  ],
};

describe('a stage whose inputs share one order', () => {
  it('tells the same story however its records come, and however often it dies', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ side: fc.boolean(), run: fc.boolean() }), { maxLength: 12 }),
        fc.option(fc.constantFrom<CrashPoint>('mid-batch', 'before-commit', 'after-commit', 'after-restore')),
        async (changes, crash) => {
          const driver = await openDriver(merged, { limits: { batchRecords: 3, bufferRecords: 2 } });
          if (crash !== null) driver.crash(crash, 2);
          for (const [at, { side, run }] of changes.entries()) {
            driver.feed(side ? left : right, 'k', { at, name: `c${at}` });
            if (run) await driver.run();
          }
          await driver.run();
          expect(driver.readAll(story).map(({ value }) => value)).toEqual(changes.map((_, at) => `${at + 1} c${at}`));
          await driver.close();
        },
      ),
      { numRuns: 200 },
    );
  });

  it('is remembered in that order when its state is made anew, whatever its records are dated', async () => {
    const memory: Store<string> = { name: 'remembered', value: utf8 };
    const remember = ({ value }: { value: Change | null }, context: StageContext): void => {
      const store = context.store(memory);
      store.put('story', `${store.get('story') ?? ''} ${value?.name ?? 'gone'}`);
    };
    const inputs = [left, right].map((topic) => input<Change>({ topic, place, process: remember }));
    const driver = await openDriver({ ...merged, stages: [{ ...merged.stages[0]!, stores: [memory], inputs }] });
    for (const [at, topic] of [left, right, left, right].entries())
      await driver.pipe(topic, 'k', { at, name: `c${at}` }, { timestamp: BigInt(1_000 - at) });
    driver.broker.recreateTopic('teller-remembered-changelog');
    await driver.restart({ wipe: true });
    await driver.run();
    expect(driver.store('merge', memory).get('story')).toBe(' c0 c1 c2 c3');
    await driver.close();
  });

  it('waits for an open transaction on the other input, and goes on when it is decided', async () => {
    const driver = await openDriver(merged);
    const { producerId } = driver.broker.initProducerId('source');
    expect(producerId).toBeGreaterThan(0n);
    const log = driver.broker.log({ topic: 'left', partition: 0 });
    driver.broker.appendInTransaction('source', 0, log, {
      key: Buffer.from('k'),
      value: left.value.encode({ at: 1, name: 'early' }),
      headers: {},
      timestamp: 0n,
    });
    await driver.pipe(right, 'k', { at: 2, name: 'late' });
    expect(driver.readAll(story)).toEqual([]);
    driver.broker.endTransaction('source', 0, true);
    await driver.run();
    expect(driver.readAll(story).map(({ value }) => value)).toEqual(['1 early', '2 late']);
    await driver.close();
  });

  it('is not held up by an aborted one, nor by its own small buffers', async () => {
    const driver = await openDriver(merged, { limits: { bufferRecords: 1, batchRecords: 2 } });
    driver.broker.initProducerId('source');
    driver.broker.appendInTransaction('source', 0, driver.broker.log({ topic: 'left', partition: 0 }), {
      key: Buffer.from('k'),
      value: left.value.encode({ at: 0, name: 'aborted' }),
      headers: {},
      timestamp: 0n,
    });
    for (let at = 1; at <= 40; at++) driver.feed(right, 'k', { at, name: `c${at}` });
    await driver.run();
    expect(driver.readAll(story)).toEqual([]);
    driver.broker.endTransaction('source', 0, false);
    await driver.run();
    expect(driver.readAll(story)).toHaveLength(40);
    await driver.close();
  });
});
