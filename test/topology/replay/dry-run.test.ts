import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { topics } from '../../../schemas/topics.ts';
import { redriveHeaders } from '../../../services/runtime/redrive.ts';
import type { CrashPoint } from '../../../services/runtime/task.ts';
import { temporaryBackends } from '../../../services/runtime/replay/temporary.ts';
import { type Day, everything, openDay, orders, withMapping } from './scenario.ts';

let day: Day | undefined;
afterEach(async () => {
  await day?.driver.close();
  day = undefined;
});

const open = async (): Promise<Day> => (day = await openDay());
const ended = async (): Promise<Day> => {
  const opened = await open();
  await opened.run();
  return opened;
};

const points: readonly CrashPoint[] = [
  'after-fence',
  'after-restore',
  'mid-batch',
  'before-transaction',
  'before-commit',
  'after-commit',
  'after-promote',
];

describe('a dry run over what was processed', () => {
  it('finds 0 differences, compares every output, and touches nothing', async () => {
    const { driver, replayed, commands } = await ended();
    const before = everything(driver);
    const report = await replayed();
    expect(report.differences).toEqual([]);
    expect(report.total).toBe(0);
    const { 'dead-letters': letters, ...sent } = report.stages.find(({ stage }) => stage === 'orders')!.compared;
    const told = driver.deadLetters().filter(({ stage }) => stage === 'orders');
    expect(told.length).toBeGreaterThan(0);
    expect(letters).toBe(told.length);
    expect(Object.values(sent).reduce((sum, count) => sum + count, 0)).toBe(commands().length);
    expect(commands().length).toBeGreaterThan(40);
    expect(everything(driver)).toEqual(before);
  });

  it('finds 0 differences with its stores on disk', async () => {
    const { replayed } = await ended();
    const { openBackend, remove } = temporaryBackends();
    try {
      expect((await replayed({}, { openBackend })).total).toBe(0);
    } finally {
      remove();
    }
  });

  it('finds 0 differences wherever the stream has died', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            step: fc.nat({ max: 27 }),
            point: fc.constantFrom(...points),
            nth: fc.integer({ min: 1, max: 4 }),
          }),
          { minLength: 2, maxLength: 8 },
        ),
        async (crashes) => {
          const { driver, run, replayed } = await openDay();
          await run((step) => {
            for (const crash of crashes) if (crash.step === step) driver.crash(crash.point, crash.nth);
            return Promise.resolve();
          });
          expect((await replayed()).differences).toEqual([]);
          await driver.close();
        },
      ),
      { numRuns: 5 },
    );
  });

  it('finds 0 differences in any range', async () => {
    const { replayed } = await ended();
    const whole = await replayed();
    const count = ({ stages }: typeof whole) =>
      stages.flatMap(({ compared }) => Object.values(compared)).reduce((sum, each) => sum + each, 0);
    for (const offset of [1n, 7n, 20n]) {
      const part = await replayed({ from: { offset } });
      expect(part.differences).toEqual([]);
      expect(count(part)).toBeLessThan(count(whole));
    }
    expect((await replayed({ from: { timestamp: 1n } })).total).toBe(0);
    expect(count(await replayed({ from: { timestamp: BigInt(Date.UTC(2100, 0, 1)) } }))).toBe(0);
  });

  it('leaves out what the stream has not processed', async () => {
    const { driver, replayed, payUnseen } = await ended();
    await driver.close();
    payUnseen(100125);
    expect((await replayed()).differences).toEqual([]);
  });

  it('does not mind that the stream works on meanwhile', async () => {
    const { tools, replayed, place, answer, pay } = await ended();
    const { cluster } = tools();
    let more = [100200, 100201, 100202];
    const busy: typeof cluster = {
      ...cluster,
      admin: async () => {
        const admin = await cluster.admin();
        return {
          ...admin,
          // As soon as positions were read, the stream goes beyond them.
          committedOffsets: async (...given) => {
            const committed = await admin.committedOffsets(...given);
            const [order, ...left] = more;
            more = left;
            if (order !== undefined) {
              await place(order, order - 100_200);
              await answer(order);
              await pay(order);
            }
            return committed;
          },
        };
      },
    };
    expect((await replayed({}, { cluster: busy })).differences).toEqual([]);
    expect(more).toEqual([]);
  });
});

describe('a changed mapping', () => {
  it('shows exactly that change', async () => {
    const { topology, replayed } = await ended();
    const changed = withMapping(topology, (_, value) =>
      value['type'] === 'RecordPayment' && value['orderId'] === '100123'
        ? { ...value, payload: { ...(value['payload'] as object), tax: 248n } }
        : value,
    );
    const report = await replayed({}, { topology: changed });
    expect(report.total).toBe(1);
    expect(report.differences).toMatchObject([
      {
        ...{ stage: 'orders', kind: 'change', topic: 'erp.commands', key: '100123' },
        identity: '100123/record-payment/1',
        fields: [{ field: 'payload.tax', found: '247', computed: '248' }],
      },
    ]);
    expect(report.differences[0]?.at).toMatch(/^erp\.commands-\d@\d+$/);
  });

  it('shows at every order it concerns, and only there', async () => {
    const { topology, replayed, commands } = await ended();
    const changed = withMapping(topology, (_, value) =>
      value['type'] === 'NotifyCustomer'
        ? { ...value, payload: { ...(value['payload'] as object), template: 'other' } }
        : value,
    );
    const told = commands().flatMap(({ value }) => (value?.type === 'NotifyCustomer' ? [value.commandId] : []));
    const report = await replayed({}, { topology: changed });
    expect(told.length).toBe(2);
    expect(report.differences.map(({ identity }) => identity).sort()).toEqual(told.sort());
    const one = await replayed({ order: '100124' }, { topology: changed });
    expect(one.differences.map(({ key }) => key)).toEqual(['100124']);
    expect((await replayed({ order: '100123' }, { topology: changed })).total).toBe(0);
  });

  it('shows in the stage that causes it, and not in those after it', async () => {
    const { topology, replayed } = await ended();
    const changed = withMapping(topology, (topic, value) =>
      topic === topics.assembledOrders.name && value['orderId'] === '100126'
        ? { ...value, shippingMethod: 'Air' }
        : value,
    );
    const report = await replayed({}, { topology: changed });
    expect(report.stages.map(({ stage, counts }) => [stage, counts.change])).toEqual([
      ['assembly', 1],
      ['routing', 0],
      ['people', 0],
      ['orders', 0],
    ]);
    expect((await replayed({ stage: 'orders' }, { topology: changed })).total).toBe(0);
  });

  it('shows what it would leave out and what it would add', async () => {
    const { topology, replayed, commands } = await ended();
    const silent = withMapping(topology, (_, value) => (value['type'] === 'RequestShippingLabel' ? undefined : value));
    const omitted = await replayed({}, { topology: silent });
    expect(new Set(omitted.differences.map(({ kind }) => kind))).toEqual(new Set(['omit']));
    expect(omitted.total).toBe(commands().filter(({ value }) => value?.type === 'RequestShippingLabel').length);
    expect(omitted.total).toBeGreaterThan(3);
    const renamed = withMapping(topology, (_, value) =>
      value['commandId'] === '100126/mark-paid/1' ? { ...value, commandId: '100126/mark-paid/2' } : value,
    );
    const moved = await replayed({}, { topology: renamed });
    expect(moved.differences.map(({ kind, identity }) => [kind, identity])).toEqual([
      ['omit', '100126/mark-paid/1'],
      ['add', '100126/mark-paid/2'],
    ]);
  });

  it('of something before the range does not show', async () => {
    const { topology, replayed, driver, schemas } = await ended();
    const changed = withMapping(topology, (_, value) =>
      value['type'] === 'EnsureCustomer' ? { ...value, workflow: 'other' } : value,
    );
    const all = await replayed({ stage: 'orders' }, { topology: changed });
    expect(all.total).toBe(orders.length - 2);
    // By time: topics that have more records than this one would begin the range at their own offsets, earlier.
    const beginnings = driver.readAll(schemas.topic('assembledOrders')).map((record) => Number(record.timestamp));
    const timestamp = BigInt(Math.max(...beginnings)) + 1n;
    const later = await replayed({ stage: 'orders', from: { timestamp } }, { topology: changed });
    expect(Object.keys(later.stages[0]!.compared)).toContain(schemas.topic('erpCommands').name);
    expect(later.differences).toEqual([]);
  });
});

describe('what a topic holds and nobody computes', () => {
  it('a command sent twice is one too many', async () => {
    const { driver, schemas, replayed } = await ended();
    const { key, value, partition } = driver.readAll(schemas.topic('erpCommands'))[0]!;
    driver.feed(schemas.topic('erpCommands'), key, value, { partition });
    const report = await replayed();
    expect(report.differences).toMatchObject([{ kind: 'omit', identity: value!.commandId }]);
  });

  it('a command that a person has redriven is none of the stage', async () => {
    const { driver, schemas, replayed } = await ended();
    const { key, value, partition } = driver.readAll(schemas.topic('adnsfCommands'))[0]!;
    const headers = redriveHeaders({}, 'adnsf-executor/0/7', undefined);
    driver.feed(schemas.topic('adnsfCommands'), key, value, { partition, headers });
    expect((await replayed()).differences).toEqual([]);
  });

  it('a lost command would be added', async () => {
    const { driver, replayed } = await ended();
    const source = { topic: topics.adnsfCommands.name, partition: 0 };
    const lost = driver.broker.log(source).read(0n, 1).records[0]!;
    // As if it had never been written: the topic keeps its first offset.
    const real = driver.broker.log.bind(driver.broker);
    driver.broker.log = (at) => {
      const log = real(at);
      if (at.topic !== source.topic || at.partition !== source.partition) return log;
      return new Proxy(log, {
        get: (target, name) =>
          name === 'read'
            ? (...given: Parameters<typeof log.read>) => {
                const { records, nextOffset } = target.read(...given);
                return { records: records.filter(({ offset }) => offset !== lost.offset), nextOffset };
              }
            : (Reflect.get(target, name, target) as unknown),
      });
    };
    const report = await replayed();
    expect(report.differences.map(({ kind, key }) => [kind, key])).toEqual([['add', lost.key!.toString()]]);
  });

  it('refuses to replay what no longer begins at its beginning', async () => {
    const { driver, replayed } = await ended();
    driver.broker.log({ topic: topics.orders.name, partition: 0 }).deleteBefore(2n);
    await expect(replayed()).rejects.toThrow(/begins at 2: what came before is gone/);
    expect((await replayed({ stage: 'orders' })).total).toBe(0);
  });

  it('does not miss what a topic has forgotten by its retention', async () => {
    const { driver, replayed } = await ended();
    const partition = [0, 1, 2].find(
      (each) => driver.broker.log({ topic: topics.notifications.name, partition: each }).high > 0n,
    )!;
    const log = driver.broker.log({ topic: topics.notifications.name, partition });
    log.deleteBefore(log.high);
    const report = await replayed();
    expect(report.total).toBe(0);
    expect(report.stages.at(-1)!.forgotten).toEqual([`${topics.notifications.name}-${partition}`]);
  });

  it('names the stages there are', async () => {
    const { replayed } = await ended();
    await expect(replayed({ stage: 'assembling' })).rejects.toThrow(/assembly, routing, people, orders/);
  });
});
