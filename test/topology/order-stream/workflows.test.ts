import { afterEach, describe, expect, it } from 'vitest';
import { memoryRegistry } from '../../../schemas/registry.ts';
import { openSchemas } from '../../../schemas/serde.ts';
import { orderTopology } from '../../../services/order-stream/topology.ts';
import { openWorkflows } from '../../../services/order-stream/workflows/reload.ts';
import { openDriver, type TopologyDriver } from '../../../services/runtime/testing/driver.ts';
import { assembledOrder, paymentFact, policy } from '../../unit/order-stream/fixtures.ts';
import { documentOf } from '../../unit/workflows/support.ts';

let driver: TopologyDriver | undefined;
afterEach(() => driver?.close());

const version = (of: number, activeFrom: string): string =>
  documentOf(
    `
  - needs: placed != null
  - cause: c
    at: placed.changedAt
    steps:
      - { send: NotifyCustomer, id: placed/1, payload: { template: version_${of}, email: e } }
      - needs: paid != null
      - { send: NotifyCustomer, id: paid/1, payload: { template: version_${of}, email: e } }`,
    { version: of, activeFrom },
  );

const open = async (first: Readonly<Record<string, string>>) => {
  let files = first;
  const workflows = openWorkflows({
    directory: '/workflows',
    environment: 'production',
    now: () => 0,
    read: () => new Map(Object.entries(files)),
  });
  const schemas = openSchemas(memoryRegistry());
  const opened = await openDriver(orderTopology(schemas, policy, 'test', workflows));
  driver = opened;
  const place = (orderId: string, iso: string) =>
    opened.pipe(
      schemas.topic('assembledOrders'),
      orderId,
      assembledOrder({ orderId, orderNumber: Number(orderId), changedAt: BigInt(Date.parse(iso)) }),
    );
  return {
    place,
    pay: (orderId: string) => opened.pipe(schemas.topic('orderPayments'), orderId, paymentFact({ orderId })),
    sent: () =>
      opened
        .read(schemas.topic('notifications'))
        .map(({ value }) => [value!.commandId, value!.workflow, value!.payload.template]),
    state: (orderId: string) => opened.store('orders', schemas.store('order-stream', 'orders')).get(orderId),
    change: (to: Readonly<Record<string, string>>) => {
      files = to;
      workflows.look();
      return workflows.look();
    },
    restart: () => opened.restart({ wipe: true }),
  };
};

const one = version(1, '1970-01-01T00:00:00Z');
const two = version(2, '2026-06-01T00:00:00Z');

describe('a new version of a workflow', () => {
  it('is taken in while the stream runs; orders keep what they began with, through a restart too', async () => {
    const stream = await open({ 'greeting@1.yaml': one });
    await stream.place('100', '2026-05-01T00:00:00Z');
    expect(stream.change({ 'greeting@1.yaml': one, 'greeting@2.yaml': two })).toMatchObject({ kind: 'loaded' });
    await stream.place('101', '2026-05-31T00:00:00Z');
    await stream.place('102', '2026-06-02T00:00:00Z');
    await stream.restart();
    for (const orderId of ['100', '101', '102']) await stream.pay(orderId);
    expect(stream.sent()).toEqual([
      ['100/placed/1', 'greeting@1', 'version_1'],
      ['101/placed/1', 'greeting@1', 'version_1'],
      ['102/placed/1', 'greeting@2', 'version_2'],
      ['100/paid/1', 'greeting@1', 'version_1'],
      ['101/paid/1', 'greeting@1', 'version_1'],
      ['102/paid/1', 'greeting@2', 'version_2'],
    ]);
    expect(stream.state('102')?.workflows).toEqual(['greeting@2']);
  });

  it('that is not valid changes nothing', async () => {
    const stream = await open({ 'greeting@1.yaml': one });
    const broken = two.replaceAll('template: version_2', 'template: =nobody');
    expect(stream.change({ 'greeting@1.yaml': one, 'greeting@2.yaml': broken })).toMatchObject({ kind: 'refused' });
    await stream.place('100', '2026-07-01T00:00:00Z');
    expect(stream.sent()).toEqual([['100/placed/1', 'greeting@1', 'version_1']]);
  });
});

describe('history', () => {
  it('gives the same commands, whatever versions came since', async () => {
    const play = async (files: Readonly<Record<string, string>>) => {
      const stream = await open(files);
      await stream.place('100', '2026-05-01T00:00:00Z');
      await stream.pay('100');
      const sent = stream.sent();
      await driver?.close();
      return sent;
    };
    const then = await play({ 'greeting@1.yaml': one });
    expect(await play({ 'greeting@1.yaml': one, 'greeting@2.yaml': two })).toEqual(then);
    driver = undefined;
  });
});
