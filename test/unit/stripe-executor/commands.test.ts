import { describe, expect, it } from 'vitest';
import { sandbox, secretKey } from '../../../infra/sandbox/stripe/testing/sandbox.ts';
import { PoisonError, RetriableError } from '../../../services/runtime/errors.ts';
import { API_VERSION } from '../../../services/stripe-executor/stripe-api.ts';
import {
  createPaymentIntent,
  deleteCustomer,
  ensureCustomer,
  executor,
  fetchBalanceTransaction,
  HOUR,
  moveCustomer,
  retireCustomer,
  updateCustomer,
} from './support.ts';

const open = async (timeoutMs = 10_000) => {
  const box = await sandbox();
  const execute = executor(box.running.url, { secretKey, timeoutMs });
  const fault = (kind: string, over: object = {}) => box.hook('/faults', { kind, method: 'POST', ...over });
  const intents = async () => (await box.stripe.paymentIntents.list({ limit: 100 })).data;
  const customers = async () => (await box.stripe.customers.list({ limit: 100 })).data;
  return {
    box,
    execute,
    fault,
    intents,
    customers,
    customer: async () => (await box.stripe.customers.create({})).id,
    [Symbol.asyncDispose]: () => box[Symbol.asyncDispose](),
  };
};

describe('EnsureCustomer', () => {
  it('makes the customer of a person once, whoever asks and how often', async () => {
    await using stripe = await open();
    const first = await stripe.execute(ensureCustomer('ada@example.com', '100001'));
    const again = await stripe.execute(ensureCustomer('ada@example.com', '100001'));
    const other = await stripe.execute(ensureCustomer('ada@example.com', '100002'));
    const [customer, ...more] = await stripe.customers();
    expect(more).toEqual([]);
    expect(customer).toMatchObject({ email: 'ada@example.com', metadata: { customer_key: 'ada@example.com' } });
    expect(first.result).toEqual({
      commandId: '100001/ensure-customer/1',
      orderId: '100001',
      type: 'EnsureCustomer',
      target: 'stripe',
      status: 'succeeded',
      objectId: customer!.id,
      objectStatus: null,
      errorCode: null,
      errorMessage: null,
      requestId: expect.stringMatching(/^req_/) as string,
      replayed: false,
      detail: { how: 'created', apiVersion: API_VERSION },
      balanceTransactions: [],
      invoiceLines: [],
      creditNotes: [],
      completedAt: BigInt(customer!.created) * 1000n,
    });
    for (const { result } of [again, other])
      expect(result).toMatchObject({
        objectId: customer!.id,
        detail: { how: 'found', apiVersion: API_VERSION },
        completedAt: first.result.completedAt,
      });
  });

  it('makes one customer for orders of one person that run side by side', async () => {
    await using stripe = await open();
    const orders = ['100001', '100002', '100003', '100004', '100005'];
    const results = await Promise.all(
      orders.map((order) => stripe.execute(ensureCustomer('ada@example.com', order), { attempts: 50 })),
    );
    expect(new Set(results.map(({ result }) => result.objectId)).size).toBe(1);
    expect(await stripe.customers()).toHaveLength(1);
  });

  it('does not take over customers that are not its own', async () => {
    await using stripe = await open();
    const stranger = await stripe.box.stripe.customers.create({ email: 'ada@example.com' });
    const { result } = await stripe.execute(ensureCustomer('ada@example.com'));
    expect(result.objectId).not.toBe(stranger.id);
    expect(await stripe.customers()).toHaveLength(2);
  });

  it('finds its customer on any page', async () => {
    await using stripe = await open();
    const { result } = await stripe.execute(ensureCustomer('ada@example.com'));
    for (let n = 0; n < 101; n++) await stripe.box.stripe.customers.create({ email: 'ada@example.com' });
    expect((await stripe.execute(ensureCustomer('ada@example.com'))).result.objectId).toBe(result.objectId);
  });
});

describe('a customer who is kept in step', () => {
  const made = async (stripe: Awaited<ReturnType<typeof open>>, key = 'ada@example.com') =>
    (await stripe.execute(ensureCustomer(key))).result.objectId!;

  it('is changed in what was changed, and in nothing else', async () => {
    await using stripe = await open();
    const id = await made(stripe);
    await stripe.box.stripe.customers.update(id, { name: 'Somebody' });
    const { result } = await stripe.execute(updateCustomer(id, '1', { fields: ['phone', 'address'] }));
    expect(result).toMatchObject({ status: 'succeeded', objectId: id, objectStatus: 'present' });
    expect((await stripe.customers())[0]).toMatchObject({
      name: 'Somebody',
      phone: '+1 555 0100',
      address: { line1: '1 Main St', postal_code: '62701' },
    });
    await stripe.execute(updateCustomer(id, '2', { version: '1790000000001-b', phone: null, address: null }));
    expect((await stripe.customers())[0]).toMatchObject({ name: 'Ana Test', phone: null, address: null });
  });

  it('does not take back what was said since, however old the command is that comes again', async () => {
    await using stripe = await open();
    const id = await made(stripe);
    const first = updateCustomer(id, '1');
    await stripe.execute(first);
    await stripe.execute(updateCustomer(id, '2', { version: '1790000000500-b', name: 'Ana Lovelace' }));
    await stripe.box.hook('/clock/advance', { seconds: 30 * 3_600 });
    expect((await stripe.execute(first)).result).toMatchObject({ detail: { how: 'superseded' } });
    expect((await stripe.customers())[0]).toMatchObject({ name: 'Ana Lovelace' });
  });

  it('is one whose request failed for good at first', async () => {
    await using stripe = await open();
    const id = await made(stripe);
    await stripe.fault('error_saved', { path: '/v1/customers/*' });
    const { result } = await stripe.execute(updateCustomer(id, '1'), { attempts: 5 });
    expect(result).toMatchObject({ status: 'succeeded' });
    expect((await stripe.customers())[0]).toMatchObject({ name: 'Ana Test' });
  });

  it('who moves is found under the new address, and a new person under the old one', async () => {
    await using stripe = await open();
    const id = await made(stripe);
    await stripe.execute(moveCustomer(id, 'bea@example.com'));
    expect(await made(stripe, 'bea@example.com')).toBe(id);
    // Stripe still plays the creation of that key back, for a day.
    const other = await made(stripe);
    expect(other).not.toBe(id);
    expect(await made(stripe)).toBe(other);
  });

  it('who is deleted is gone, and comes back as somebody new', async () => {
    await using stripe = await open();
    const id = await made(stripe);
    const gone = { status: 'succeeded', objectId: id, objectStatus: 'deleted' };
    expect((await stripe.execute(deleteCustomer(id))).result).toMatchObject(gone);
    expect((await stripe.execute(deleteCustomer(id))).result).toMatchObject(gone);
    expect((await stripe.execute(updateCustomer(id, '1'))).result).toMatchObject(gone);
    expect(await made(stripe)).not.toBe(id);
  });

  it('of several the oldest stands for the person, and the others say so', async () => {
    await using stripe = await open();
    const oldest = await made(stripe);
    await stripe.box.hook('/clock/advance', { seconds: 10 });
    const { id } = await stripe.box.stripe.customers.create({
      email: 'ada@example.com',
      metadata: { customer_key: 'ada@example.com' },
    });
    expect(await made(stripe)).toBe(oldest);
    await stripe.execute(retireCustomer(id, oldest));
    const retired = await stripe.box.stripe.customers.retrieve(id);
    expect(retired).toMatchObject({ metadata: { merged_into: oldest } });
    expect((retired as { metadata: object }).metadata).not.toHaveProperty('customer_key');
  });
});

describe('CreatePaymentIntent', () => {
  it('makes the PaymentIntent with its metadata, once, and tells of it without the client secret', async () => {
    await using stripe = await open();
    const command = createPaymentIntent(await stripe.customer());
    const first = await stripe.execute(command);
    const again = await stripe.execute(command);
    const [intent, ...more] = await stripe.intents();
    expect(more).toEqual([]);
    expect(intent).toMatchObject({
      amount: 12_345,
      currency: 'usd',
      customer: command.payload.customer,
      capture_method: 'automatic_async',
      receipt_email: 'ada@example.com',
      description: 'Order 100001',
      metadata: { order_id: '100001', order_number: '100001', command_id: command.commandId },
    });
    expect(first.result).toMatchObject({
      status: 'succeeded',
      objectId: intent!.id,
      objectStatus: 'requires_payment_method',
      replayed: false,
      completedAt: BigInt(intent!.created) * 1000n,
    });
    expect(first.output).toMatchObject({ topic: { name: 'stripe.results' }, key: '100001' });
    expect(Object.values(first.result).map(String).join()).not.toContain(intent!.client_secret!);
    expect(again.result).toEqual({ ...first.result, replayed: true, requestId: again.result.requestId });
  });

  it('looks before it acts when the key may be forgotten', async () => {
    await using stripe = await open();
    const command = createPaymentIntent(await stripe.customer());
    const { result } = await stripe.execute(command);
    await stripe.box.hook('/clock/advance', { seconds: 30 * 3_600 });
    const late = { writtenAt: Date.now(), now: Date.now() + 30 * HOUR };
    const again = await stripe.execute(command, late);
    expect(again.result).toMatchObject({ objectId: result.objectId, detail: { how: 'found' } });
    expect(again.result.completedAt).toBe(result.completedAt);
    expect(await stripe.intents()).toHaveLength(1);

    const never = await stripe.execute(createPaymentIntent(command.payload.customer, '100002'), late);
    expect(never.result).toMatchObject({ status: 'succeeded', detail: { how: 'created' } });
  });

  it('knows the age of a command by the event behind it, also in a copied topic', async () => {
    await using stripe = await open();
    const command = createPaymentIntent(await stripe.customer());
    await stripe.execute(command);
    await stripe.box.hook('/clock/advance', { seconds: 30 * 3_600 });
    const later = Date.now() + 30 * HOUR;
    await stripe.execute(command, { writtenAt: later, now: later });
    expect(await stripe.intents()).toHaveLength(1);
  });

  it('finds its PaymentIntent among more than a page of others', async () => {
    await using stripe = await open();
    const customer = await stripe.customer();
    const command = createPaymentIntent(customer);
    const { result } = await stripe.execute(command);
    for (let n = 0; n < 101; n++)
      await stripe.box.stripe.paymentIntents.create({ customer, amount: 100, currency: 'usd' });
    const again = await stripe.execute(command, { now: Date.now() + 30 * HOUR });
    expect(again.result.objectId).toBe(result.objectId);
  });

  it('never makes something else out of the same command', async () => {
    await using stripe = await open();
    const customer = await stripe.customer();
    await stripe.execute(createPaymentIntent(customer));
    const changed = createPaymentIntent(customer, '100001', { amount: 1n });
    const mismatch = { name: 'PoisonError', code: 'idempotency_mismatch' };
    await expect(stripe.execute(changed)).rejects.toMatchObject(mismatch);
    await expect(stripe.execute(changed, { now: Date.now() + 30 * HOUR })).rejects.toMatchObject(mismatch);
    expect(await stripe.intents()).toHaveLength(1);
  });

  it('refuses amounts Stripe cannot take, without asking', async () => {
    await using stripe = await open();
    for (const [amount, currency, errorCode] of [
      [0n, 'USD', 'amount_not_positive'],
      [-1n, 'USD', 'amount_not_positive'],
      [100_000_000n, 'USD', 'amount_too_large'],
      [2n ** 60n, 'USD', 'amount_too_large'],
      [1_231n, 'KWD', 'inexact_amount'],
      [150n, 'MGA', 'inexact_amount'],
      [1_000n, 'LYD', 'currency_not_at_stripe'],
      [1_000n, 'QQQ', 'unknown_currency'],
    ] as const) {
      const command = createPaymentIntent('cus_1', '100001', { amount, currency });
      const { result } = await stripe.execute(command, { writtenAt: 5_000 });
      expect(result).toMatchObject({ status: 'refused', errorCode, completedAt: 5_000n });
    }
    expect(await stripe.box.requests()).toEqual([]);
    const { result } = await stripe.execute(
      createPaymentIntent(await stripe.customer(), '100001', { amount: 99_999_999n }),
    );
    expect(result.status).toBe('succeeded');
  });

  it("turns ISO minor units into Stripe's, and back", async () => {
    await using stripe = await open();
    const customer = await stripe.customer();
    const asked = [
      ['ISK', 700n, 70_000],
      ['UGX', 9_000n, 900_000],
      ['MGA', 500_000n, 5_000],
      ['JPY', 1_050n, 1_050],
      ['KWD', 12_340n, 12_340],
    ] as const;
    for (const [currency, amount] of asked)
      await stripe.execute(createPaymentIntent(customer, `order-${currency}`, { amount, currency }));
    expect((await stripe.intents()).map((intent) => [intent.currency.toUpperCase(), intent.amount]).sort()).toEqual(
      asked.map(([currency, , stripes]) => [currency, stripes]).sort(),
    );
  });

  it('tells what Stripe refuses', async () => {
    await using stripe = await open();
    const { result } = await stripe.execute(createPaymentIntent('cus_nobody'), { writtenAt: 7_000 });
    expect(result).toMatchObject({
      status: 'refused',
      objectId: null,
      errorCode: 'resource_missing',
      errorMessage: expect.stringContaining('cus_nobody') as string,
      completedAt: 7_000n,
    });
    const small = createPaymentIntent(await stripe.customer(), '100002', { amount: 1n });
    expect((await stripe.execute(small)).result).toMatchObject({ status: 'refused', errorCode: 'amount_too_small' });
  });

  it('does not guess what it does not know', async () => {
    await using stripe = await open();
    const command = createPaymentIntent('cus_1', '100001', { captureMethod: 'someday' });
    await expect(stripe.execute(command)).rejects.toMatchObject({ code: 'capture_method_unknown' });
    await expect(stripe.execute(null)).rejects.toBeInstanceOf(PoisonError);
  });
});

describe('FetchBalanceTransaction', () => {
  it('tells gross, fee and net', async () => {
    await using stripe = await open();
    const { result: made } = await stripe.execute(createPaymentIntent(await stripe.customer()));
    await stripe.box.stripe.paymentIntents.confirm(made.objectId!, {
      payment_method: 'pm_card_visa',
      return_url: 'https://shop.example/done',
    });
    await stripe.box.settled();
    const [transaction] = (await stripe.box.stripe.balanceTransactions.list()).data;
    const { result } = await stripe.execute(fetchBalanceTransaction(transaction!.id));
    expect(result).toMatchObject({ status: 'succeeded', objectId: transaction!.id, objectStatus: transaction!.status });
    const { gross, fee, net, currency } = result.detail;
    expect([gross, currency]).toEqual(['12345', 'USD']);
    expect(BigInt(gross!) - BigInt(fee!)).toBe(BigInt(net!));
    expect(BigInt(fee!)).toBeGreaterThan(0n);
  });

  it("says that nothing was converted where nothing was, and what is nobody's", async () => {
    await using stripe = await open();
    const stripesOwn = { category: 'fee', type: 'stripe_fee', amount: -250 };
    const { data } = await stripe.box.hook<{ data: { id: string }[] }>('/balance_transactions', stripesOwn);
    const { result } = await stripe.execute(fetchBalanceTransaction(data[0]!.id));
    expect(result.detail).toMatchObject({ gross: '-250', currency: 'USD', conversionFee: '0' });
    for (const name of ['rate', 'presented', 'presentedCurrency']) expect(result.detail).not.toHaveProperty(name);
  });

  it('tells that there is none', async () => {
    await using stripe = await open();
    const { result } = await stripe.execute(fetchBalanceTransaction('txn_nobody'));
    expect(result).toMatchObject({ status: 'refused', errorCode: 'resource_missing' });
  });
});

describe('trouble at Stripe', () => {
  const transient = [
    'rate_limit',
    'error_before_commit',
    'error_saved',
    'error_after_commit',
    'timeout_before_commit',
    'timeout_after_commit',
    'reset_before_commit',
    'reset_after_commit',
  ];

  it.each(transient)('leaves one PaymentIntent after %s', async (kind) => {
    await using stripe = await open(kind.startsWith('timeout') ? 500 : undefined);
    const command = createPaymentIntent(await stripe.customer());
    await stripe.fault(kind, { path: '/v1/payment_intents', count: 1, holdMs: 1_000 });
    const { result } = await stripe.execute(command, { attempts: 1_000 });
    const [intent, ...more] = await stripe.intents();
    expect(more).toEqual([]);
    expect(result).toMatchObject({ status: 'succeeded', objectId: intent!.id });
    expect((await stripe.execute(command)).result.objectId).toBe(intent!.id);
  });

  it.each(transient)('leaves one customer after %s', async (kind) => {
    await using stripe = await open(kind.startsWith('timeout') ? 500 : undefined);
    await stripe.fault(kind, { path: '/v1/customers', count: 1, holdMs: 1_000 });
    const { result } = await stripe.execute(ensureCustomer('ada@example.com'), { attempts: 1_000 });
    const [customer, ...more] = await stripe.customers();
    expect(more).toEqual([]);
    expect(result).toMatchObject({ status: 'succeeded', objectId: customer!.id });
  });

  it('waits while another request holds the key', async () => {
    await using stripe = await open();
    const command = createPaymentIntent(await stripe.customer());
    await stripe.fault('slow', { path: '/v1/payment_intents', count: 1, holdMs: 150 });
    const twins = await Promise.all([
      stripe.execute(command, { attempts: 1_000 }),
      stripe.execute(command, { attempts: 1_000 }),
    ]);
    expect(twins[0].result.objectId).toBe(twins[1].result.objectId);
    expect(twins.flatMap(({ retried }) => retried).some(({ message }) => message.includes('409'))).toBe(true);
    expect(await stripe.intents()).toHaveLength(1);
  });

  it('takes Stripe at its word on when to come again', async () => {
    await using stripe = await open();
    const command = createPaymentIntent(await stripe.customer());
    await stripe.fault('rate_limit', { path: '/v1/payment_intents', count: 1, retryAfterSeconds: 7 });
    await expect(stripe.execute(command)).rejects.toMatchObject({ name: 'RetriableError', retryAfterMs: 7_000 });
  });

  it('goes on to the next key only when the failure under the present one is final and made nothing', async () => {
    await using stripe = await open();
    const command = createPaymentIntent(await stripe.customer());
    await stripe.fault('error_saved', { path: '/v1/payment_intents', count: 2 });
    const { result } = await stripe.execute(command, { attempts: 20 });
    const keys = (await stripe.box.requests())
      .filter(({ method, path }) => method === 'POST' && path === '/v1/payment_intents')
      .map(({ idempotencyKey }) => idempotencyKey);
    expect(new Set(keys)).toEqual(new Set([1, 2, 3].map((n) => `${command.commandId}${n === 1 ? '' : `#${n}`}`)));
    expect(result).toMatchObject({ status: 'succeeded', objectId: (await stripe.intents())[0]!.id });
  });

  it('keeps the command when the key is wrong, and does not hurry', async () => {
    await using stripe = await open();
    const execute = executor(stripe.box.running.url, { secretKey: 'sk_test_wrong' });
    const refusal = execute(createPaymentIntent('cus_1'));
    await expect(refusal).rejects.toMatchObject({ name: 'RetriableError', retryAfterMs: 30_000 });
  });

  it('keeps the command when nobody answers', async () => {
    const closed = await open();
    const url = closed.box.running.url;
    await closed.box[Symbol.asyncDispose]();
    const execute = executor(url, { secretKey });
    await expect(execute(ensureCustomer('ada@example.com'))).rejects.toBeInstanceOf(RetriableError);
  });
});
