import { afterEach, describe, expect, it } from 'vitest';
import { topics } from '../../../schemas/topics.ts';
import { replay } from '../../../services/cli/replay/replay.ts';
import { memoryCluster } from '../../../services/runtime/memory/cluster.ts';
import { systemScheduler } from '../../../services/runtime/scheduler.ts';
import { memoryBackend } from '../../../services/runtime/store.ts';
import { assembledOrder } from '../../unit/order-stream/fixtures.ts';
import { certified, clusterOf, type History, logsOf, openHistory } from './history.ts';

let history: History | undefined;
afterEach(async () => {
  await history?.driver.close();
  history = undefined;
});

const day = async (): Promise<History> => {
  history = await openHistory();
  const row = await history.place('100123', 58001);
  await history.decline('100123', 'ch_0');
  await history.pay('100123', 58001, row);
  await history.place('100124', 58002, { PaymentMethod: 'PayPal', TransactionState: 'CAPTURED' });
  return history;
};

describe('what was sent once more on purpose', () => {
  it('by a replay with an audit record is no second command; without the record it is', async () => {
    const { driver, schemas, topology, world } = await day();
    const before = await certified(world);
    await driver.close();
    await replay(
      {
        cluster: memoryCluster(driver.broker, systemScheduler),
        schemas,
        topology,
        openBackend: () => Promise.resolve(memoryBackend()),
      },
      { from: { offset: 0n }, execute: { who: 'ana@shop', reason: 'a test' } },
    );
    await driver.restart();
    await driver.run();

    const after = await certified(world);
    for (const [orderId, { decisions }] of before) {
      const each = after.get(orderId)!;
      expect(each.violations).toEqual([]);
      expect(each.verdict).toBe('exactly once');
      expect(each.decisions).toEqual(decisions);
      expect((await certified(world, orderId)).get(orderId)).toEqual(each);
    }
    const logs = logsOf(history!);
    const sent = [...logs].flatMap(([source, records]) =>
      source.startsWith(`${topics.erpCommands.name}/`) ? records : [],
    );
    expect(sent).toHaveLength(
      2 *
        before
          .values()
          .reduce((sum, { decisions }) => sum + decisions.filter(({ target }) => target === 'erp').length, 0),
    );

    const unaudited = new Map([...logs].filter(([source]) => !source.startsWith(`${topics.replays.name}/`)));
    const kinds = [...(await certified({ ...world, cluster: clusterOf(unaudited) })).values()].flatMap(
      ({ violations }) => violations.map(({ kind }) => kind),
    );
    expect(kinds).toContain('doubled');
  });
});

describe('an order that the shop told of by its API', () => {
  it('is proved from the snapshots that were read', async () => {
    const { driver, schemas, world } = await day();
    const snapshot = assembledOrder({ orderId: '100200', orderNumber: 100200 });
    await driver.pipe(schemas.topic('adnsfSnapshots'), '100200', snapshot);
    const each = (await certified(world)).get('100200')!;
    expect(each).toMatchObject({ verdict: 'exactly once', violations: [] });
    expect(each.inputs.map(({ at, what }) => `${what} ${at}`).join()).toMatch(
      /^snapshot of the order adnsf\.snapshots-\d@0$/,
    );
    expect(each.decisions.map(({ commandId }) => commandId)).toContain('100200/link-payment/1');

    const lost = new Map(
      [...logsOf(history!)].filter(([source]) => !source.startsWith(`${topics.adnsfSnapshots.name}/`)),
    );
    const without = (await certified({ ...world, cluster: clusterOf(lost) })).get('100200')!;
    expect(without.violations.map(({ kind }) => kind)).toContain('unexplained');
  });
});
