import { afterEach, describe, expect, it } from 'vitest';
import { topics } from '../../../schemas/topics.ts';
import { ReplayRefusedError } from '../../../services/cli/replay/replay.ts';
import { StageAtWorkError } from '../../../services/runtime/replay/ranges.ts';
import { TaskMigratedError } from '../../../services/runtime/errors.ts';
import { decodeHistory, encodeHistory, type History } from '../../../services/runtime/history.ts';
import { partitionOf } from '../../../services/runtime/partitioner.ts';
import { nobody } from '../../../services/runtime/ports.ts';
import { memoryCluster } from '../../../services/runtime/memory/cluster.ts';
import { systemScheduler } from '../../../services/runtime/scheduler.ts';
import { transactionalId } from '../../../services/runtime/topics.ts';
import { type Day, everything, openDay, withMapping } from './scenario.ts';

let day: Day | undefined;
afterEach(async () => {
  await day?.driver.close();
  day = undefined;
});

const execute = { who: 'ana@shop', reason: 'the mapping was wrong' };

/** A day that is over, and whose stream was stopped. */
const stopped = async (): Promise<Day> => {
  day = await openDay();
  await day.run();
  await day.driver.close();
  return day;
};

const startAgain = async ({ driver }: Day, options?: { wipe?: boolean }): Promise<void> => {
  await driver.restart(options);
  await driver.run();
};

const bytesById = ({ driver, schemas }: Day): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, string[]>();
  for (const key of ['stripeCommands', 'adnsfCommands', 'erpCommands', 'notifications'] as const)
    for (let partition = 0; partition < 3; partition++)
      for (const { value, key: order } of driver.broker.log({ topic: topics[key].name, partition }).read(0n, Infinity)
        .records) {
        const { commandId } = schemas.topic(key).value.decode(value!);
        const id = `${topics[key].name} ${order!.toString()} ${commandId}`;
        found.set(id, [...(found.get(id) ?? []), value!.toString('hex')]);
      }
  return found;
};

/** What is issued is a set: its order is that of arrivals. */
const asSet = (value: unknown): unknown => {
  const { issued } = value as { issued?: readonly string[] };
  return issued === undefined ? value : { ...(value as object), issued: [...issued].sort() };
};

const stateOf = ({ driver, topology }: Day): unknown =>
  topology.stages.flatMap(({ name, stores }) =>
    stores.map((store) => [
      store.name,
      driver
        .store(name, store)
        .entries()
        .map(([key, value]) => [key, asSet(value)]),
    ]),
  );

const audits = ({ driver, schemas }: Day) => driver.readAll(schemas.topic('replays')).map(({ value }) => value!);

describe('replaying the whole stream', () => {
  it.each([
    ['with its disks', false],
    ['on a new machine', true],
  ])('sends every command again, byte for byte, and ends where it was, %s', async (_, wipe) => {
    const opened = await stopped();
    const before = bytesById(opened);
    const state = stateOf(opened);
    const report = await opened.replayed({ execute });
    // All but tasks of people whose partition nobody is in.
    const replayed = report.replayed.map(({ stage, partition }) => `${stage}-${partition}`);
    expect(replayed.filter((task) => !task.startsWith('people-'))).toHaveLength(9);
    expect(replayed).toContain('people-2');
    await startAgain(opened, { wipe });
    const after = bytesById(opened);
    expect([...after.keys()].sort()).toEqual([...before.keys()].sort());
    for (const [id, copies] of after) {
      expect(copies, id).toHaveLength(2);
      expect(copies[1], id).toBe(before.get(id)![0]);
    }
    expect(stateOf(opened)).toEqual(state);
    // What was sent again is no difference, and nothing else is.
    const dry = await opened.replayed();
    expect(dry.differences).toEqual([]);
    expect(dry.stages.at(-1)!.repeated).toBeGreaterThanOrEqual(before.size);
  });

  it('may be done twice', async () => {
    const opened = await stopped();
    const before = bytesById(opened);
    for (let n = 0; n < 2; n++) {
      await opened.replayed({ execute, stage: 'orders' });
      await startAgain(opened);
      await opened.driver.close();
    }
    for (const [id, copies] of bytesById(opened)) expect(new Set(copies), id).toEqual(new Set(before.get(id)));
    expect((await opened.replayed()).differences).toEqual([]);
  });

  it('may be done again before the first one has run its course', async () => {
    const opened = await stopped();
    await opened.replayed({ execute, stage: 'orders' });
    await opened.driver.restart();
    opened.driver.crash('after-commit', 2);
    await opened.driver.run().catch(() => undefined);
    await opened.driver.close();
    await opened.replayed({ execute, stage: 'orders' });
    await startAgain(opened);
    expect((await opened.replayed()).differences).toEqual([]);
  });

  it('begins in the middle when told to', async () => {
    const opened = await stopped();
    const before = bytesById(opened);
    const state = stateOf(opened);
    const report = await opened.replayed({ execute, stage: 'orders', from: { offset: 6n } });
    const records = report.replayed.flatMap(({ outputs }) => outputs).reduce((sum, each) => sum + each.records, 0n);
    await startAgain(opened);
    const again = [...bytesById(opened)].filter(([, copies]) => copies.length === 2);
    expect(again.length).toBeGreaterThan(0);
    expect(again.length).toBeLessThan(before.size);
    expect(BigInt(again.length)).toBeLessThanOrEqual(records);
    for (const [id, [, copy]] of again) expect(copy).toBe(before.get(id)![0]);
    expect(stateOf(opened)).toEqual(state);
    expect((await opened.replayed()).differences).toEqual([]);
  });

  it('says who, when and why in the transaction that does it', async () => {
    const opened = await stopped();
    await opened.replayed({ execute, stage: 'orders' }, { now: () => 1_800_000_000_000 });
    const told = audits(opened);
    expect(told).toHaveLength(3);
    expect(new Set(told.map(({ replayId }) => replayId)).size).toBe(1);
    for (const [partition, audit] of told.entries()) {
      expect(audit).toMatchObject({ ...execute, application: 'order-stream', stage: 'orders', version: 'test' });
      expect(audit).toMatchObject({ range: 'offset 0', orderId: null, at: 1_800_000_000_000n });
      expect(audit.positions.every(({ from, to }) => to === 0n && from >= to)).toBe(true);
      for (const { topic, end, records, partition: of } of audit.outputs) {
        expect(opened.driver.broker.log({ topic, partition: of }).high).toBe(end);
        expect(of).toBe(audit.partition);
        expect(records).toBeGreaterThan(0n);
      }
      expect(told.map((each) => each.partition)).toContain(partition);
    }
  });

  it('explains only what it has sent: a command doubled otherwise is still one too many', async () => {
    const opened = await stopped();
    const { driver, schemas } = opened;
    await opened.replayed({ execute, stage: 'orders' });
    await startAgain(opened);
    const { key, value, partition } = driver.readAll(schemas.topic('erpCommands'))[0]!;
    driver.feed(schemas.topic('erpCommands'), key, value, { partition });
    expect((await opened.replayed()).differences).toMatchObject([{ kind: 'omit', identity: value!.commandId }]);
  });
});

describe('a replay that may not be', () => {
  it('is refused while the stage is worked on, and names who does', async () => {
    day = await openDay();
    await day.run();
    const before = everything(day.driver);
    const refused = day.replayed({ execute });
    await expect(refused).rejects.toBeInstanceOf(StageAtWorkError);
    await expect(refused).rejects.toThrow(/group order-stream-assembly has 1 members \(memory on here\)/);
    expect(everything(day.driver)).toEqual(before);
  });

  it('is refused when a member comes in the last moment', async () => {
    const opened = await stopped();
    const { driver } = opened;
    const cluster = memoryCluster(driver.broker, systemScheduler);
    const late = {
      ...cluster,
      transactionalProducer: async (...given: Parameters<typeof cluster.transactionalProducer>) => {
        const producer = await cluster.transactionalProducer(...given);
        await cluster.consumer({ groupId: 'order-stream-orders', topics: [topics.orderPayments.name] });
        return producer;
      },
    };
    await expect(opened.replayed({ execute, stage: 'orders' }, { cluster: late })).rejects.toBeInstanceOf(
      StageAtWorkError,
    );
    expect(audits(opened)).toEqual([]);
  });

  it('fences a task that runs on unseen', async () => {
    const opened = await stopped();
    const { driver } = opened;
    const cluster = memoryCluster(driver.broker, systemScheduler);
    const zombie = await cluster.transactionalProducer(transactionalId('order-stream', 'orders', 0));
    const transaction = await zombie.begin();
    await opened.replayed({ execute, stage: 'orders' });
    const record = { topic: topics.erpCommands.name, partition: 0, key: Buffer.from('1'), value: Buffer.from('x') };
    await expect(transaction.send([record])).rejects.toBeInstanceOf(TaskMigratedError);
  });

  it('is refused when a command would be sent with other contents under a known id', async () => {
    const opened = await stopped();
    const before = everything(opened.driver);
    const changed = withMapping(opened.topology, (_, value) =>
      value['commandId'] === '100126/mark-paid/1' ? { ...value, occurredAt: 1n } : value,
    );
    const refused = opened.replayed({ execute }, { topology: changed });
    await expect(refused).rejects.toBeInstanceOf(ReplayRefusedError);
    await expect(refused).rejects.toThrow(/100126\/mark-paid\/1/);
    expect(everything(opened.driver)).toEqual(before);
  });
});

describe('a stage that has made its stores anew', () => {
  const source = { topic: topics.assembledOrders.name, partition: 0 };
  /** The group's note about its changelogs, changed as if the stage had done so. */
  const renoted = async (opened: Day, change: Partial<History>) => {
    const cluster = memoryCluster(opened.driver.broker, systemScheduler);
    const admin = await cluster.admin();
    const noteNow = async () => {
      const [position] = await admin.committedOffsets('order-stream-orders', [source]);
      return { ...position!, history: decodeHistory(position?.note)! };
    };
    const { offset, history } = await noteNow();
    const transaction = await (await cluster.transactionalProducer('test')).begin();
    const note = encodeHistory({ ...history, ...change });
    await transaction.sendOffsets(nobody('order-stream-orders'), [{ ...source, offset, note }]);
    await transaction.commit();
    return { history, noteNow };
  };

  it('goes on with the history it had', async () => {
    const opened = await stopped();
    const { history, noteNow } = await renoted(opened, {});
    await opened.replayed({ execute, stage: 'orders' });
    const after = (await noteNow()).history;
    expect(after.since).toBe(history.since);
    expect(after.reaches.get('orders')?.named).toBe(history.reaches.get('orders')?.named);
    const [before, now] = [history.reaches.get('orders')!, after.reaches.get('orders')!];
    expect(now.from).toBe(before.from);
    // Every key of the task was deleted, at an offset each.
    expect(now.to).toBeGreaterThan(before.to);
    await startAgain(opened);
    expect((await opened.replayed()).differences).toEqual([]);
  });

  it('has to: a changelog that was made anew and reaches as far is not replaced by a replay', async () => {
    const opened = await stopped();
    const { broker } = opened.driver;
    const changelog = { topic: 'order-stream-orders-changelog', partition: 0 };
    const { high } = broker.log(changelog);
    broker.recreateTopic(changelog.topic);
    while (broker.log(changelog).high < high)
      broker.append(broker.log(changelog), { key: null, value: null, headers: {}, timestamp: undefined });
    await expect(opened.replayed({ execute, stage: 'orders' })).rejects.toThrow(
      /orders\/0: changelog order-stream-orders-changelog is not the one that was written: at 0 it has no name/,
    );
    expect(audits(opened)).toEqual([]);
  });

  it('is left alone until it has', async () => {
    const opened = await stopped();
    await renoted(opened, { rebuilt: new Map([[source.topic, 0n]]) });
    await expect(opened.replayed({ execute, stage: 'orders' })).rejects.toThrow(
      /orders\/0: its stores are being made anew/,
    );
    expect(audits(opened)).toEqual([]);
  });
});

describe('a replay that ends in the middle', () => {
  it('has done some tasks whole and others not at all when cancelled', async () => {
    const opened = await stopped();
    const before = bytesById(opened);
    const cancel = new AbortController();
    let done = 0;
    const report = await opened.replayed(
      { execute, stage: 'orders' },
      {
        signal: cancel.signal,
        onReplayed: () => {
          if (++done === 2) cancel.abort();
        },
      },
    );
    expect([report.replayed.length, report.left]).toEqual([2, 1]);
    expect(
      audits(opened)
        .map(({ partition }) => partition)
        .sort(),
    ).toEqual([0, 1]);
    await startAgain(opened);
    for (const [id, copies] of bytesById(opened)) {
      const partition = partitionOf(Buffer.from(id.split(' ')[1]!), 3);
      expect(copies, id).toHaveLength(partition === 2 ? 1 : 2);
      expect(new Set(copies)).toEqual(new Set(before.get(id)));
    }
    expect((await opened.replayed()).differences).toEqual([]);
  });

  it.each(['send', 'sendOffsets', 'commit'] as const)('changes nothing when it dies at %s', async (point) => {
    const opened = await stopped();
    const { broker } = opened.driver;
    const state = stateOf(opened);
    const before = bytesById(opened);
    broker.onRequest = (asked, detail) => {
      if (asked === point && detail.startsWith('order-stream-orders-1')) throw new Error('the line is cut');
    };
    await expect(opened.replayed({ execute, stage: 'orders' })).rejects.toThrow('the line is cut');
    broker.onRequest = undefined;
    // Nobody has to wait for what is not going to be.
    const changelog = broker.log({ topic: 'order-stream-orders-changelog', partition: 1 });
    expect(changelog.stable).toBe(changelog.high);
    expect(audits(opened).map(({ partition }) => partition)).toEqual([0]);
    await startAgain(opened, { wipe: true });
    expect(stateOf(opened)).toEqual(state);
    for (const [id, copies] of bytesById(opened)) expect(new Set(copies), id).toEqual(new Set(before.get(id)));
    expect((await opened.replayed()).differences).toEqual([]);
  });

  it('leaves all as it was when cancelled while it compares', async () => {
    const opened = await stopped();
    const before = everything(opened.driver);
    const cancel = new AbortController();
    const reason = new Error('cancelled');
    const onProgress = () => cancel.abort(reason);
    await expect(opened.replayed({ execute }, { signal: cancel.signal, onProgress })).rejects.toBe(reason);
    expect(everything(opened.driver)).toEqual(before);
  });
});

describe('replaying one order', () => {
  it('sends its commands again and nobody else’s', async () => {
    const opened = await stopped();
    const before = bytesById(opened);
    const state = stateOf(opened);
    const report = await opened.replayed({ execute, order: '100124', from: {} });
    expect(report.replayed).toHaveLength(1);
    const after = bytesById(opened);
    expect([...after.keys()].sort()).toEqual([...before.keys()].sort());
    for (const [id, copies] of after) {
      expect(copies, id).toHaveLength(id.includes(' 100124 ') ? 2 : 1);
      expect(new Set(copies), id).toEqual(new Set(before.get(id)));
    }
    expect(audits(opened)).toMatchObject([{ ...execute, orderId: '100124', stage: 'orders' }]);
    await startAgain(opened);
    expect(stateOf(opened)).toEqual(state);
    expect((await opened.replayed()).differences).toEqual([]);
    await opened.pay(100124);
    expect(bytesById(opened)).toEqual(after);
  });

  it('gives it back the state that it should have', async () => {
    const opened = await stopped();
    const { driver, schemas } = opened;
    const store = schemas.store('order-stream', 'orders');
    const right = driver.store('orders', store).get('100126');
    // As if a bug had written something else.
    const partition = driver.readAll(schemas.topic('assembledOrders')).find(({ key }) => key === '100126')!.partition;
    const wrong = { ...right!, issued: ['100126/ensure-customer/1'], fee: null, paid: null };
    driver.feed({ name: 'order-stream-orders-changelog', value: store.value }, '100126', wrong, { partition });
    await opened.replayed({ execute, order: '100126', from: {} });
    await startAgain(opened);
    expect(driver.store('orders', store).get('100126')).toEqual(right);
  });

  it('is for the stage that keeps orders apart', async () => {
    const opened = await stopped();
    await expect(opened.replayed({ execute, order: '100124', stage: 'routing', from: {} })).rejects.toThrow(
      /stage orders only/,
    );
  });
});
