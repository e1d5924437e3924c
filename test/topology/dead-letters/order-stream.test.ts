import { afterEach, describe, expect, it } from 'vitest';
import { topics } from '../../../schemas/topics.ts';
import { letterId } from '../../../services/dead-letters/letter.ts';
import { REDRIVE_HEADER } from '../../../services/runtime/redrive.ts';
import { commandResult, ordersRow, stripeEvent } from '../../unit/order-stream/fixtures.ts';
import { type Change, checkout, pipeChange } from '../order-stream/shop-log.ts';
import { type Desk, openDesk } from './support.ts';

let desk: Desk;
afterEach(() => desk.driver.close());

const row = (over: Parameters<typeof ordersRow>[0] = {}, total?: bigint) =>
  ordersRow(over, total) as unknown as Record<string, unknown>;
const noEmail = { Email: null };
const nobody = { customer: { CustomerID: 58001, Email: '', IsRegistered: 1 } };

const pipeAll = async (changes: readonly Change[]) => {
  for (const change of changes) await pipeChange(desk.driver, change);
};
const assembled = () => desk.driver.readAll(desk.schemas.topic('assembledOrders')).map(({ value }) => value!);
const ids = () => desk.commands().map(({ commandId }) => commandId.replace('100123/', ''));
const ordersLog = () =>
  desk.driver.broker.log({ topic: topics.orders.name, partition: 0 }).read(0n, Number.MAX_SAFE_INTEGER).records;
const onlyLetter = async (): Promise<string> => {
  const letters = await desk.letters();
  expect(letters).toHaveLength(1);
  return letterId(letters[0]!);
};

describe('an order without an e-mail address', () => {
  const refused = async (order = row(noEmail)) => {
    desk = await openDesk();
    await pipeAll(checkout(desk.log, order, nobody));
    return onlyLetter();
  };

  it('gets one at the desk, is redriven, assembled, paid, and no letter comes of its later images', async () => {
    const id = await refused();
    expect((await desk.edit(id, 'after.Email', 'ana@example.com')).map(({ kind }) => kind)).toEqual(['done']);
    const [redriven] = await desk.redrive(id);
    const last = ordersLog().at(-1)!;
    expect(redriven).toMatchObject({
      kind: 'done',
      action: { kind: 'redrive', by: 'ada', topic: last.topic, partition: 0, offset: last.offset },
    });
    expect(last.key?.toString()).toBe('58001');
    expect(last.headers[REDRIVE_HEADER]?.toString()).toBe(id);
    await desk.driver.run();
    expect(assembled()).toMatchObject([{ orderId: '100123', email: 'ana@example.com', total: 3744n }]);

    const results = desk.schemas.topic('stripeResults');
    await desk.driver.pipe(results, '100123', commandResult({}));
    const made = { commandId: '100123/create-payment-intent/1', type: 'CreatePaymentIntent', objectId: 'pi_1' };
    await desk.driver.pipe(results, '100123', commandResult(made));
    // What we write on the order comes back from the shop, whose row still has no address.
    const linked = row({ ...noEmail, AuthorizationPNREF: 'pi_1' });
    await pipeAll([desk.log.update('orders', '58001', row(noEmail), linked)]);
    const intent = { id: 'pi_1', object: 'payment_intent', amount: 3744, amount_received: 3744, currency: 'usd' };
    const paid = { ...intent, status: 'succeeded', latest_charge: 'ch_1', metadata: { order_id: '100123' } };
    await desk.driver.pipe(desk.schemas.topic('stripeEvents'), '100123', stripeEvent('x', paid));
    await pipeAll([desk.log.update('orders', '58001', linked, { ...linked, TransactionState: 'CAPTURED' })]);
    expect(ids()).toEqual(expect.arrayContaining(['mark-paid/1', 'create-sales-order/1', 'record-payment/1']));
    expect(new Set(ids()).size).toBe(ids().length);
    expect(assembled().at(-1)).toMatchObject({ state: 'CAPTURED', email: 'ana@example.com' });
    expect(await desk.states()).toEqual([[id, 'missing_email', 'redriven']]);
  });

  it('redriven as it was is a new letter that names the first one', async () => {
    const id = await refused();
    await desk.redrive(id);
    await desk.driver.run();
    const letters = await desk.letters();
    expect(letters.map(({ standing }) => standing.state)).toEqual(['redriven', 'open']);
    expect(letters[1]?.letter.headers[REDRIVE_HEADER]?.toString()).toBe(id);
    // And that one can be put right.
    const second = letterId(letters[1]!);
    await desk.edit(second, 'after.Email', 'ana@example.com');
    await desk.redrive(second);
    await desk.driver.run();
    expect(assembled()).toHaveLength(1);
    expect(ordersLog().at(-1)!.headers[REDRIVE_HEADER]?.toString()).toBe(second);
  });

  it('is not brought back once the shop has told of it again', async () => {
    const id = await refused();
    await desk.edit(id, 'after.Email', 'ana@example.com');
    const cheaper = row({ Email: 'new@example.com' }, 3000n);
    await pipeAll([desk.log.update('orders', '58001', row(noEmail), cheaper)]);
    await desk.redrive(id);
    await desk.driver.run();
    expect(assembled().map(({ total, email }) => [total, email])).toEqual([[3000n, 'new@example.com']]);
  });

  it.each([
    ['voided', { ...noEmail, TransactionState: 'VOIDED' }],
    ['changed, and is still refused', { ...noEmail, OrderTotal: ordersRow({}, 9999n).OrderTotal }],
  ] as const)('is not brought back when it was %s since', async (_what, change) => {
    const id = await refused();
    await pipeAll([desk.log.update('orders', '58001', row(noEmail), row(change))]);
    await desk.edit(id, 'after.Email', 'ana@example.com');
    await desk.redrive(id);
    await desk.driver.run();
    expect(assembled()).toEqual([]);
  });

  it('is not brought back when it was deleted since', async () => {
    const id = await refused();
    await pipeAll([desk.log.remove('orders', '58001', row(noEmail))]);
    await desk.edit(id, 'after.Email', 'ana@example.com');
    await desk.redrive(id);
    await desk.driver.run();
    expect(assembled()).toEqual([]);
  });

  it('that changes while it waits has a letter for what it is now', async () => {
    const id = await refused();
    const dearer = row(noEmail, 9999n);
    await pipeAll([
      desk.log.update('orders', '58001', row(noEmail), dearer),
      desk.log.update('orders', '58001', dearer, dearer),
    ]);
    const letters = await desk.letters();
    expect(letters.map(letterId)).toEqual([id, expect.any(String)]);
    const second = letterId(letters[1]!);
    await desk.edit(second, 'after.Email', 'ana@example.com');
    await desk.redrive(second);
    await desk.driver.run();
    expect(assembled().map(({ total }) => total)).toEqual([9999n]);
  });

  it('that is voided and comes back has a letter again', async () => {
    await refused();
    const voided = row({ ...noEmail, TransactionState: 'VOIDED' });
    await pipeAll([
      desk.log.update('orders', '58001', row(noEmail), voided),
      desk.log.update('orders', '58001', voided, row(noEmail)),
    ]);
    const letters = await desk.letters();
    expect(letters).toHaveLength(2);
    const second = letterId(letters[1]!);
    await desk.edit(second, 'after.Email', 'ana@example.com');
    await desk.redrive(second);
    await desk.driver.run();
    expect(assembled()).toHaveLength(1);
  });
});

describe('an order whose total does not fit its currency', () => {
  it('is put right in a letter, and not told again though the shop still has it wrong', async () => {
    desk = await openDesk();
    const wrong = row({ OrderTotal: Buffer.from([0x05, 0xb6, 0xa5]) });
    await pipeAll(checkout(desk.log, wrong));
    const id = await onlyLetter();
    await desk.edit(id, 'after.OrderTotal', '37.4400');
    await desk.redrive(id);
    await desk.driver.run();
    await pipeAll([desk.log.update('orders', '58001', wrong, { ...wrong, AuthorizationPNREF: 'pi_1' })]);
    expect(assembled().map(({ total }) => total)).toEqual([3744n]);
    expect(await desk.states()).toEqual([[id, 'inexact_amount', 'redriven']]);
  });
});

describe('among merged inputs', () => {
  it('a redriven image stands after all that it came after, in the first run and in a replay', async () => {
    desk = await openDesk();
    await pipeAll(checkout(desk.log, row(noEmail), nobody));
    const id = await onlyLetter();
    // The address comes with the customer's row; the redriven image is as it was.
    await pipeAll([
      desk.log.update('customers', '58001', nobody.customer, { ...nobody.customer, Email: 'late@example.com' }),
    ]);
    await desk.redrive(id);
    await desk.driver.run();
    const first = assembled();
    expect(first).toMatchObject([{ customer: { email: 'late@example.com' } }]);

    const replay = await openDesk();
    try {
      for (const table of ['orders', 'orderLines', 'carts', 'customers'] as const) {
        const { name } = topics[table];
        const { records } = desk.driver.broker.log({ topic: name, partition: 0 }).read(0n, Number.MAX_SAFE_INTEGER);
        // Schema ids are given in the order of registration: the replay must know the same ones.
        for (const { schema } of await desk.registry.versionsOf('')) replay.registry.register(schema);
        for (const { key, value, timestamp, headers } of records)
          replay.driver.feedBytes(name, key, value, { timestamp, headers });
      }
      await replay.driver.run();
      const again = replay.driver.readAll(replay.schemas.topic('assembledOrders')).map(({ value }) => value);
      expect(again).toEqual(first);
    } finally {
      await replay.driver.close();
    }
  });

  it('nothing stalls behind it, and bytes that are no Avro take their turn as well', async () => {
    desk = await openDesk();
    await desk.driver.pipeBytes(topics.orders.name, Buffer.from('58001'), Buffer.from('not avro'));
    await pipeAll(checkout(desk.log, row()));
    const id = await onlyLetter();
    await desk.redrive(id);
    await pipeAll(checkout(desk.log, row({ OrderNumber: 100124, CustomerID: 58002 })));
    expect(assembled().map(({ orderId }) => orderId)).toEqual(['100123', '100124']);
    expect((await desk.letters()).map(({ letter }) => letter.code)).toEqual(['not_avro', 'not_avro']);
  });

  it('a change of the shop that comes in between makes the desk look again', async () => {
    desk = await openDesk();
    await pipeAll(checkout(desk.log, row(noEmail), nobody));
    const id = await onlyLetter();
    const change = desk.log.update('customers', '58001', nobody.customer, {
      ...nobody.customer,
      Email: 'late@example.com',
    });
    let between = true;
    desk.driver.broker.onRequest = (point, detail) => {
      if (point !== 'send' || !detail.startsWith('dead-letters-desk') || !between) return;
      between = false;
      desk.driver.feedBytes(topics.customers.name, Buffer.from('58001'), change.value);
    };
    await desk.redrive(id);
    desk.driver.broker.onRequest = undefined;
    expect(between).toBe(false);
    const place = ordersLog().at(-1)!.headers['millrace-redrive-place']!.toString();
    expect(place > desk.log.last()).toBe(true);
    await desk.driver.run();
    expect(assembled()).toMatchObject([{ customer: { email: 'late@example.com' } }]);
  });
});

describe('rows that a newer image has told of since', () => {
  it('a customer and a line stay as they are now', async () => {
    desk = await openDesk();
    const [old, young] = [
      { CustomerID: 58001, Email: 'old@example.com', IsRegistered: 1 },
      { CustomerID: 58001, Email: 'young@example.com', IsRegistered: 1 },
    ];
    const bad = (change: Change): Change => ({ ...change, value: Buffer.concat([Buffer.from([9]), change.value!]) });
    const customer = desk.log.update('customers', '58001', old, old);
    const lineRow = {
      OrderNumber: 100123,
      ShoppingCartRecID: 7000,
      CustomerID: 58001,
      ProductID: 1,
      VariantID: 1,
      Quantity: 1,
    };
    const line = desk.log.insert('orderLines', '58001', lineRow);
    await pipeAll([bad(customer), bad(line)]);
    await pipeAll([
      desk.log.update('customers', '58001', old, young),
      desk.log.update('orderLines', '58001', lineRow, { ...lineRow, Quantity: 2 }),
    ]);
    const letters = await desk.letters();
    // The bytes are what they should have been.
    for (const [index, change] of [customer, line].entries())
      await desk.perform([letterId(letters[index]!)], { kind: 'edit', edited: () => Promise.resolve(change.value!) });
    await desk.redrive(...letters.map(letterId));
    await desk.driver.run();
    await pipeAll([desk.log.update('orders', '58001', row(), row())]);
    expect(assembled()).toMatchObject([{ customer: { email: 'young@example.com' }, lines: [{ quantity: 2 }] }]);
  });
});

describe('the decider', () => {
  it('says again what a redriven refusal still means', async () => {
    desk = await openDesk();
    await pipeAll(checkout(desk.log, row()));
    const refused = { status: 'refused', objectId: null, errorCode: 'email_invalid', errorMessage: 'Invalid email' };
    await desk.driver.pipe(desk.schemas.topic('stripeResults'), '100123', commandResult(refused));
    await desk.driver.pipe(desk.schemas.topic('stripeResults'), '100123', commandResult(refused));
    const id = await onlyLetter();
    await desk.redrive(id);
    await desk.driver.run();
    expect(await desk.states()).toMatchObject([
      [id, 'stripe_refused', 'redriven'],
      [expect.any(String), 'stripe_refused', 'open'],
    ]);
  });

  it('says again that a payment does not fit the order', async () => {
    desk = await openDesk();
    await pipeAll(checkout(desk.log, row()));
    await desk.driver.pipe(desk.schemas.topic('stripeResults'), '100123', commandResult({}));
    const made = { commandId: '100123/create-payment-intent/1', type: 'CreatePaymentIntent', objectId: 'pi_1' };
    await desk.driver.pipe(desk.schemas.topic('stripeResults'), '100123', commandResult(made));
    const intent = { id: 'pi_1', object: 'payment_intent', amount: 3744, amount_received: 3743, currency: 'usd' };
    const paid = { ...intent, status: 'succeeded', latest_charge: 'ch_1', metadata: { order_id: '100123' } };
    await desk.driver.pipe(desk.schemas.topic('stripeEvents'), '100123', stripeEvent('x', paid));
    const id = await onlyLetter();
    await desk.redrive(id);
    await desk.driver.run();
    expect((await desk.states()).map(([, code, state]) => [code, state])).toEqual([
      ['amount_mismatch', 'redriven'],
      ['amount_mismatch', 'open'],
    ]);
    expect(ids()).not.toContain('mark-paid/1');
  });

  it('takes a result only once, however often it is redriven', async () => {
    desk = await openDesk();
    await pipeAll(checkout(desk.log, row()));
    const { value } = desk.schemas.topic('stripeResults');
    await value.open?.();
    const bad = Buffer.concat([Buffer.from([9]), value.encode(commandResult({}))]);
    await desk.driver.pipeBytes(topics.stripeResults.name, Buffer.from('100123'), bad);
    await desk.driver.pipeBytes(topics.stripeResults.name, Buffer.from('100123'), bad);
    const letters = (await desk.letters()).map(letterId);
    for (const id of letters)
      await desk.perform([id], { kind: 'edit', edited: () => Promise.resolve(value.encode(commandResult({}))) });
    await desk.redrive(...letters);
    await desk.driver.run();
    expect(ids().filter((id) => id.startsWith('create-payment-intent'))).toHaveLength(1);
  });
});
