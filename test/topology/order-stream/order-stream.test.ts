import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { AssembledOrder, CommandResult } from '../../../schemas/generated/types.ts';
import { memoryRegistry } from '../../../schemas/registry.ts';
import { openSchemas } from '../../../schemas/serde.ts';
import { topics } from '../../../schemas/topics.ts';
import { orderTopology } from '../../../services/order-stream/topology.ts';
import { loadWorkflows } from '../../../services/order-stream/workflows/directory.ts';
import { observe } from '../../../services/runtime/observe.ts';
import { openDriver, type TopologyDriver } from '../../../services/runtime/testing/driver.ts';
import { assembledOrder, commandResult, ordersRow, policy, stripeEvent } from '../../unit/order-stream/fixtures.ts';
import { type Change, checkout, pipeChange, shopLog } from './shop-log.ts';

const workflows = { current: loadWorkflows() };

let driver: TopologyDriver | undefined;
afterEach(() => driver?.close());

const open = async (partitions = 1) => {
  const registry = memoryRegistry();
  const schemas = openSchemas(registry);
  driver = await openDriver(orderTopology(schemas, policy, 'test', workflows), { partitions });
  const log = shopLog(registry);
  const opened = driver;
  const commands = () =>
    [
      ...opened.readAll(schemas.topic('stripeCommands')),
      ...opened.readAll(schemas.topic('adnsfCommands')),
      ...opened.readAll(schemas.topic('erpCommands')),
      ...opened.readAll(schemas.topic('notifications')),
    ].map(({ value }) => value!);
  return { driver: opened, schemas, log, commands, registry };
};

type Opened = Awaited<ReturnType<typeof open>>;

const row = (over: Parameters<typeof ordersRow>[0] = {}, total?: bigint) =>
  ordersRow(over, total) as unknown as Record<string, unknown>;

const pipeAll = async ({ driver }: Opened, changes: readonly Change[]) => {
  for (const change of changes) await pipeChange(driver, change);
};

const intent = (status: string, over: Readonly<Record<string, unknown>> = {}) => ({
  id: 'pi_1',
  object: 'payment_intent',
  amount: 3744,
  amount_received: status === 'succeeded' ? 3744 : 0,
  currency: 'usd',
  status,
  latest_charge: 'ch_1',
  last_payment_error: null,
  metadata: { order_id: '100123' },
  ...over,
});

const result = ({ driver, schemas }: Opened, over: Partial<CommandResult>) =>
  driver.pipe(schemas.topic('stripeResults'), '100123', commandResult(over));

const customerMade = (opened: Opened) => result(opened, {});
const intentMade = (opened: Opened) =>
  result(opened, { commandId: '100123/create-payment-intent/1', type: 'CreatePaymentIntent', objectId: 'pi_1' });

const told = (
  { driver, schemas }: Opened,
  key: string,
  type: string,
  object: Readonly<Record<string, unknown>>,
  id?: string,
) => driver.pipe(schemas.topic('stripeEvents'), key, stripeEvent(type, object, id));

const ids = (opened: Opened) => opened.commands().map(({ commandId }) => commandId.replace('100123/', ''));

describe('a checkout, statement by statement', () => {
  it('is acted on once, when it is complete, with the lines as they ended', async () => {
    const opened = await open();
    const changes = checkout(opened.log, row());
    await pipeAll(opened, changes.slice(0, -6));
    expect(opened.commands()).toEqual([]);
    await pipeAll(opened, changes.slice(-6));
    const assembled = opened.driver.readAll(opened.schemas.topic('assembledOrders')).map(({ value }) => value!);
    expect(assembled).toHaveLength(1);
    expect(assembled[0]).toMatchObject({
      orderId: '100123',
      complete: true,
      total: 3744n,
      lines: [
        { cartRecordId: 7000, extendedPrice: '9.9900', addedToCartAt: 1_790_000_000_000n },
        { cartRecordId: 7001, extendedPrice: '19.9800' },
      ],
    });
    expect(ids(opened)).toEqual(['ensure-customer/1']);
  });

  it('tells once of what nobody can read in its addresses, and goes on', async () => {
    const opened = await open();
    const seen: string[] = [];
    const stop = observe.count.subscribe(({ name, label }) => {
      if (name === 'unrecognised_address') seen.push(label);
    });
    try {
      await pipeAll(opened, checkout(opened.log, row({ BillingZip: '627O1', ShippingCountry: 'Atlantis' })));
    } finally {
      stop();
    }
    expect(seen).toEqual(['billTo.zip', 'shipTo.country']);
    expect(ids(opened)).toEqual(['ensure-customer/1']);
  });

  it('is the same whatever the pace at which its topics are read', async () => {
    const outcome = async (
      deliver: (opened: Opened, changes: readonly Change[]) => Promise<void>,
    ): Promise<unknown> => {
      const opened = await open();
      await deliver(opened, checkout(opened.log, row(), { lines: 3 }));
      const found = opened.driver.readAll(opened.schemas.topic('assembledOrders')).map(({ value }) => value);
      await opened.driver.close();
      return found;
    };
    const expected = await outcome(pipeAll);
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(['customers', 'carts', 'orderLines', 'orders'] as const, { minLength: 4 }),
        async (order) => {
          // All of one topic, then all of the next: what a reader that has fallen behind may see.
          const skewed = await outcome(async ({ driver }, changes) => {
            for (const table of order)
              for (const change of changes.filter((each) => each.table === table))
                driver.feedBytes(topics[table].name, Buffer.from(change.key), change.value, {
                  timestamp: change.timestamp,
                });
            await driver.run();
          });
          expect(skewed).toEqual(expected);
        },
      ),
      { numRuns: 24 },
    );
  });

  it('of a snapshot is complete too, and a second snapshot changes nothing', async () => {
    const opened = await open();
    const { log } = opened;
    const snapshot = (lsn: string): Change[] => [
      log.snapshot('customers', '58001', { CustomerID: 58001, Email: 'ana@example.com' }, lsn),
      log.snapshot(
        'orderLines',
        '58001',
        { OrderNumber: 100123, ShoppingCartRecID: 1, CustomerID: 58001, Quantity: 1 },
        lsn,
      ),
      log.snapshot(
        'orderLines',
        '58001',
        { OrderNumber: 100123, ShoppingCartRecID: 2, CustomerID: 58001, Quantity: 1 },
        lsn,
      ),
      log.snapshot('orders', '58001', row(), lsn),
    ];
    await pipeAll(opened, [...snapshot('00000025:00000010:0001'), ...snapshot('00000025:00000090:0001')]);
    const assembled = opened.driver.readAll(opened.schemas.topic('assembledOrders'));
    expect(assembled.map(({ value }) => value?.lines.length)).toEqual([2]);
    expect(ids(opened)).toEqual(['ensure-customer/1']);
  });
});

describe('an order through Stripe to the ERP', () => {
  const placed = async () => {
    const opened = await open(3);
    await pipeAll(opened, checkout(opened.log, row()));
    await customerMade(opened);
    await intentMade(opened);
    return opened;
  };

  it('paid: the shop and the ERP hear of it once, with every twin, echo and late event', async () => {
    const opened = await placed();
    await told(opened, '100123', 'payment_intent.created', intent('requires_payment_method'), 'evt_0');
    await told(opened, '100123', 'payment_intent.succeeded', intent('succeeded'), 'evt_1');
    await told(opened, '100123', 'payment_intent.succeeded', intent('succeeded'), 'evt_1');
    await told(opened, '100123', 'payment_intent.succeeded', intent('succeeded'), 'evt_1_twin');
    await told(opened, '100123', 'payment_intent.processing', intent('processing'), 'evt_late');
    // Our own write comes back through CDC, twice as every write does.
    const ours = row({ TransactionState: 'CAPTURED', AuthorizationPNREF: 'pi_1', PaymentGateway: 'STRIPE' });
    await pipeAll(opened, [
      opened.log.update('orders', '58001', row(), ours),
      opened.log.update('orders', '58001', ours, ours),
    ]);
    const charge = {
      id: 'ch_1',
      object: 'charge',
      status: 'succeeded',
      payment_intent: 'pi_1',
      amount_captured: 3744,
      currency: 'usd',
    };
    await told(opened, 'pi_1', 'charge.updated', { ...charge, metadata: {}, balance_transaction: 'txn_1' }, 'evt_2');
    await result(opened, {
      commandId: '100123/fetch-balance-transaction/txn_1',
      type: 'FetchBalanceTransaction',
      detail: { gross: '3744', fee: '139', net: '3605', currency: 'usd' },
    });
    expect(ids(opened).sort()).toEqual(
      [
        'ensure-customer/1',
        'create-payment-intent/1',
        'link-payment/1',
        'mark-paid/1',
        'upsert-customer/1',
        'create-sales-order/1',
        'decrement-inventory/1',
        'record-payment/1',
        'request-shipping-label/1',
        'fetch-balance-transaction/txn_1',
        'record-fee/txn_1',
      ].sort(),
    );
    expect(opened.driver.deadLetters()).toEqual([]);
  });

  it('declined: noted on the order and told to the customer, and paid with another card', async () => {
    const opened = await placed();
    const failure = { code: 'card_declined', decline_code: 'insufficient_funds', message: 'No funds.', charge: 'ch_0' };
    const failed = intent('requires_payment_method', { last_payment_error: failure, latest_charge: 'ch_0' });
    await told(opened, '100123', 'payment_intent.payment_failed', failed);
    expect(ids(opened)).toContain('record-decline/ch_0');
    expect(ids(opened)).toContain('notify-decline/ch_0');
    await told(opened, '100123', 'payment_intent.succeeded', intent('succeeded'), 'evt_9');
    expect(ids(opened)).toContain('mark-paid/1');
  });

  it('an event that does not name its order waits for one that does', async () => {
    const opened = await placed();
    const charge = {
      id: 'ch_1',
      object: 'charge',
      status: 'succeeded',
      payment_intent: 'pi_1',
      amount_captured: 3744,
      currency: 'usd',
    };
    await told(opened, 'pi_1', 'charge.updated', { ...charge, metadata: {}, balance_transaction: 'txn_1' }, 'evt_2');
    expect(
      opened.driver.store('routing', opened.schemas.store('order-stream', 'unrouted')).get('pi_1')?.facts,
    ).toHaveLength(1);
    await told(opened, '100123', 'payment_intent.succeeded', intent('succeeded'), 'evt_1');
    expect(ids(opened)).toContain('fetch-balance-transaction/txn_1');
    expect(
      opened.driver.store('routing', opened.schemas.store('order-stream', 'unrouted')).get('pi_1'),
    ).toBeUndefined();
  });

  it('dies anywhere and comes out the same, with or without its disk', async () => {
    const points = [
      'after-fence',
      'after-restore',
      'mid-batch',
      'before-transaction',
      'after-produce',
      'after-offsets',
      'before-commit',
      'after-commit',
      'after-promote',
    ] as const;
    const play = async (opened: Opened, before: (step: number) => Promise<void>) => {
      const steps: (() => Promise<void>)[] = [
        ...checkout(opened.log, row()).map((change) => () => pipeChange(opened.driver, change)),
        () => customerMade(opened),
        () => intentMade(opened),
        () => told(opened, '100123', 'payment_intent.succeeded', intent('succeeded')),
      ];
      for (const [index, step] of steps.entries()) {
        await before(index);
        await step();
      }
      const everything = opened.commands();
      await opened.driver.close();
      return everything;
    };
    const expected = await play(await open(2), () => Promise.resolve());
    expect(expected).toHaveLength(9);
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            step: fc.nat({ max: 35 }),
            point: fc.constantFrom(...points),
            nth: fc.integer({ min: 1, max: 3 }),
          }),
          { minLength: 1, maxLength: 6 },
        ),
        fc.array(fc.nat({ max: 35 }), { maxLength: 2 }),
        async (crashes, wipes) => {
          const opened = await open(2);
          const found = await play(opened, async (step) => {
            if (wipes.includes(step)) await opened.driver.restart({ wipe: true });
            for (const crash of crashes) if (crash.step === step) opened.driver.crash(crash.point, crash.nth);
          });
          expect(found).toEqual(expected);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('bad input goes to its place and the stream goes on', () => {
  const refused = async (order: Record<string, unknown>, options: Parameters<typeof checkout>[2] = {}) => {
    const opened = await open();
    await pipeAll(opened, checkout(opened.log, order, options));
    const letters = opened.driver.deadLetters();
    await pipeAll(opened, checkout(opened.log, row({ OrderNumber: 100124, CustomerID: 58002 })));
    expect(opened.commands().map(({ commandId }) => commandId)).toContain('100124/ensure-customer/1');
    return { opened, letters };
  };

  it.each([
    ['missing_email', row({ Email: null }), { customer: { CustomerID: 58001, Email: '' } }],
    ['inexact_amount', row({ OrderTotal: Buffer.from([0x05, 0xb6, 0xa5]) }), {}],
    ['inexact_amount', row({ StoreID: 2 }, 3744n), {}],
    ['unknown_store', row({ StoreID: 77 }), {}],
    ['negative_total', row({}, -100n), {}],
  ] as const)('%s: told once, though the shop writes every row twice', async (code, order, options) => {
    const { opened, letters } = await refused(order, options);
    expect(letters.map((letter) => letter.code)).toEqual([code]);
    expect(letters[0]).toMatchObject({ stage: 'assembly', sourceTopic: topics.orders.name });
    expect(letters[0]?.value?.[0]).toBe(0);
    expect(ids(opened)).not.toContain('ensure-customer/1');
  });

  it('an e-mail that the shop adds later sets the order going', async () => {
    const { opened } = await refused(row({ Email: null }), { customer: { CustomerID: 58001, Email: '' } });
    await pipeAll(opened, [opened.log.update('orders', '58001', row({ Email: null }), row())]);
    expect(ids(opened)).toContain('ensure-customer/1');
  });

  it('an order of 0 needs no payment', async () => {
    const { opened, letters } = await refused(row({}, 0n));
    expect(letters).toEqual([]);
    expect(ids(opened)).toContain('mark-paid/1');
    expect(ids(opened)).not.toContain('create-payment-intent/1');
  });

  it('an unknown state is carried, not acted on', async () => {
    const { opened, letters } = await refused(row({ TransactionState: 'TELEPORTED' }));
    expect(letters).toEqual([]);
    expect(ids(opened).filter((id) => id.startsWith('ensure'))).toEqual([]);
  });

  it('a truncation, bytes that are no Avro, a record without a key, and a tombstone', async () => {
    const opened = await open();
    const { log } = opened;
    await pipeChange(opened.driver, log.operation('orders', '58001', 't', null));
    await opened.driver.pipeBytes(topics.orders.name, Buffer.from('58001'), Buffer.from('{"not":"avro"}'));
    await opened.driver.pipeBytes(topics.orders.name, null, Buffer.from([0, 0, 0, 0, 1, 0]));
    await pipeChange(opened.driver, log.tombstone('orders', '58001'));
    const letters = opened.driver.deadLetters();
    expect(letters.map(({ code }) => code)).toEqual(['unknown_operation', 'not_avro', expect.stringContaining('key')]);
    expect(letters[1]?.value).toEqual(Buffer.from('{"not":"avro"}'));
    await pipeAll(opened, checkout(log, row()));
    expect(ids(opened)).toContain('ensure-customer/1');
  });

  it('live money does not mix with test money, and a malformed event is kept', async () => {
    const opened = await open();
    await opened.driver.pipe(opened.schemas.topic('stripeEvents'), 'pi_1', {
      ...stripeEvent('payment_intent.succeeded', intent('succeeded')),
      livemode: true,
    });
    await opened.driver.pipe(opened.schemas.topic('stripeEvents'), 'x', {
      ...stripeEvent('x', {}),
      body: Buffer.from('{'),
    });
    expect(opened.driver.deadLetters().map(({ code }) => code)).toEqual(['livemode_mismatch', 'malformed_event']);
    expect(opened.commands()).toEqual([]);
  });

  it('a command that Stripe refuses for good is told to a person', async () => {
    const opened = await open();
    await pipeAll(opened, checkout(opened.log, row()));
    await result(opened, {
      status: 'refused',
      objectId: null,
      errorCode: 'email_invalid',
      errorMessage: 'Invalid email',
    });
    expect(opened.driver.deadLetters()).toMatchObject([{ code: 'stripe_refused', stage: 'orders' }]);
  });

  it('a payment that is not what the order costs is held', async () => {
    const opened = await open();
    await pipeAll(opened, checkout(opened.log, row()));
    await customerMade(opened);
    await intentMade(opened);
    await told(opened, '100123', 'payment_intent.succeeded', intent('succeeded', { amount_received: 3743 }));
    expect(opened.driver.deadLetters().map(({ code }) => code)).toEqual(['amount_mismatch']);
    expect(ids(opened)).not.toContain('mark-paid/1');
  });
});

describe('what subscribers see', () => {
  it('an assembled order comes as it was decided', async () => {
    const opened = await open();
    const order: AssembledOrder = assembledOrder();
    await opened.driver.pipe(opened.schemas.topic('assembledOrders'), order.orderId, order);
    const [command] = opened.commands();
    expect(command).toMatchObject({
      commandId: '100123/ensure-customer/1',
      causationId: `adnsf:Orders:100123@${order.place}`,
      occurredAt: order.changedAt,
      workflow: 'order-to-cash@1',
      payload: { customerKey: 'ana@example.com', adnsfCustomerId: 58001 },
    });
  });
});

describe('an order told by the shop’s webhooks', () => {
  const snapshot = assembledOrder({ place: '' });
  const fromLog = assembledOrder({ lines: assembledOrder().lines.map((line) => ({ ...line, addedToCartAt: 5n })) });

  it.each([
    ['before', [snapshot, fromLog]],
    ['after', [fromLog, snapshot]],
    ['twice, and not', [snapshot, snapshot]],
  ])('%s the log tells of it is one order', async (_name, tellings) => {
    const opened = await open();
    for (const order of tellings)
      await opened.driver.pipe(
        opened.schemas.topic(order === snapshot ? 'adnsfSnapshots' : 'assembledOrders'),
        order.orderId,
        order,
      );
    await customerMade(opened);
    const all = ids(opened);
    expect(all).toContain('ensure-customer/1');
    expect(all).toContain('create-payment-intent/1');
    expect(new Set(all).size).toBe(all.length);
    expect(opened.driver.deadLetters()).toEqual([]);
  });
});
