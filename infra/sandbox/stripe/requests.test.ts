import { connect } from 'node:net';
import Stripe from 'stripe';
import { expect, test } from 'vitest';
import { failure, publishableKey, sandbox, sdk, secretKey } from './testing/sandbox.ts';

test('lists page both ways and say whether there is more', async () => {
  await using box = await sandbox();
  const { stripe } = box;
  const made: string[] = [];
  for (let n = 0; n < 7; n++)
    made.push((await stripe.customers.create({ email: n % 2 === 0 ? 'a@x.io' : 'b@x.io' })).id);
  const newest = made.toReversed();
  const first = await stripe.customers.list({ limit: 3 });
  expect(first).toMatchObject({ has_more: true, url: '/v1/customers' });
  expect(first.data.map(({ id }) => id)).toEqual(newest.slice(0, 3));
  const next = await stripe.customers.list({ limit: 4, starting_after: newest[2] ?? '' });
  expect([next.has_more, next.data.map(({ id }) => id)]).toEqual([false, newest.slice(3)]);
  const back = await stripe.customers.list({ limit: 2, ending_before: newest[3] ?? '' });
  expect([back.has_more, back.data.map(({ id }) => id)]).toEqual([true, newest.slice(1, 3)]);

  const all: string[] = [];
  for await (const { id } of stripe.customers.list({ limit: 2, email: 'a@x.io' })) all.push(id);
  expect(all).toEqual(newest.filter((_, n) => n % 2 === 0));
  const wrong = await failure(stripe.customers.list({ starting_after: 'cus_nobody' }));
  expect(wrong).toMatchObject({ statusCode: 400, param: 'starting_after' });
  expect((await failure(stripe.customers.list({ limit: 101 }))).statusCode).toBe(400);
  const recent = await stripe.customers.list({ created: { gte: Math.floor(Date.now() / 1000) + 100 } });
  expect(recent.data).toEqual([]);
});

test('customers are created, changed and deleted', async () => {
  await using box = await sandbox();
  const { stripe } = box;
  const address = { line1: '1 Main St', city: 'Springfield', state: 'IL', postal_code: '62701', country: 'US' };
  const created = await stripe.customers.create({
    email: 'ada@example.com',
    name: 'Ada Ångström & co. + 100 %',
    phone: '+1 555',
    address,
    shipping: { name: 'Ada', address },
    metadata: { 'customer id': '42' },
  });
  expect(created).toMatchObject({ name: 'Ada Ångström & co. + 100 %', address: { ...address, line2: null } });
  expect(created.metadata).toEqual({ 'customer id': '42' });
  const updated = await stripe.customers.update(created.id, { phone: '', name: 'Ada Byron' });
  expect(updated).toMatchObject({ phone: null, name: 'Ada Byron', email: 'ada@example.com' });
  const [event] = (await stripe.events.list({ type: 'customer.updated' })).data;
  expect(event?.data.previous_attributes).toEqual({ phone: '+1 555', name: 'Ada Ångström & co. + 100 %' });
  expect(await stripe.customers.del(created.id)).toMatchObject({ deleted: true });
  expect(await stripe.customers.retrieve(created.id)).toMatchObject({ deleted: true });
  expect((await stripe.customers.list()).data).toEqual([]);
  expect((await failure(stripe.customers.update(created.id, { name: 'x' }))).statusCode).toBe(404);
  expect((await failure(stripe.customers.retrieve('cus_nobody'))).code).toBe('resource_missing');
});

test('only expandable paths are expanded', async () => {
  await using box = await sandbox();
  const { stripe } = box;
  const customer = await stripe.customers.create({ name: 'Ada' });
  await stripe.paymentIntents.create({
    amount: 500,
    currency: 'usd',
    customer: customer.id,
    capture_method: 'automatic',
    payment_method_types: ['card'],
    payment_method: 'pm_card_visa',
    confirm: true,
  });
  const { data } = await stripe.paymentIntents.list({
    customer: customer.id,
    expand: ['data.customer', 'data.latest_charge.balance_transaction'],
  });
  expect(data[0]).toMatchObject({ customer: { name: 'Ada' }, latest_charge: { balance_transaction: { net: 455 } } });
  const wrong = await failure(stripe.customers.retrieve(customer.id, { expand: ['metadata.x'] }));
  expect(wrong).toMatchObject({ statusCode: 400, param: 'expand' });
  const sources = await stripe.balanceTransactions.list({ expand: ['data.source'] });
  expect(sources.data[0]?.source).toMatchObject({ object: 'charge' });
});

test('keys are checked, and what is answered carries its request', async () => {
  await using box = await sandbox();
  const wrong = new Stripe('sk_test_other', { host: '127.0.0.1', port: box.running.port, protocol: 'http' });
  const error = await failure(wrong.customers.list());
  expect(error).toMatchObject({ type: 'StripeAuthenticationError', statusCode: 401 });
  const publishable = new Stripe(publishableKey, { host: '127.0.0.1', port: box.running.port, protocol: 'http' });
  expect(await failure(publishable.customers.list())).toMatchObject({ statusCode: 401, code: 'secret_key_required' });
  const listed = await box.stripe.customers.list();
  expect(listed.lastResponse).toMatchObject({
    apiVersion: '2026-08-26.dahlia',
    requestId: expect.stringMatching(/^req_/) as string,
  });
  const answer = await fetch(`${box.running.url}/v1/nothing`, { headers: { authorization: `Bearer ${secretKey}` } });
  expect([answer.status, await answer.json()]).toEqual([
    404,
    { error: expect.objectContaining({ type: 'invalid_request_error' }) as object },
  ]);
  const json = await fetch(`${box.running.url}/v1/customers`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secretKey}`, 'content-type': 'application/json' },
    body: '{}',
  });
  expect(json.status).toBe(400);
});

test('a browser pays with the publishable key and the client secret', async () => {
  await using box = await sandbox();
  const created = await box.stripe.paymentIntents.create({
    amount: 1500,
    currency: 'usd',
    payment_method_types: ['card'],
    metadata: { order_id: '1' },
  });
  const call = async (
    path: string,
    params: Record<string, string>,
    method = 'POST',
  ): Promise<{ status: number; body: Record<string, unknown> }> => {
    const form = new URLSearchParams({ key: publishableKey, ...params });
    const url = `${box.running.url}/v1/payment_intents/${created.id}${path}`;
    const response = await (method === 'GET' ? fetch(`${url}?${form.toString()}`) : fetch(url, { method, body: form }));
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const secret = { client_secret: created.client_secret ?? '' };
  const seen = await call('', secret, 'GET');
  expect(seen).toMatchObject({
    status: 200,
    body: { id: created.id, status: 'requires_payment_method', amount: 1500 },
  });
  expect(Object.keys(seen.body)).not.toEqual(expect.arrayContaining(['metadata']));
  expect((await call('', { client_secret: `${created.id}_secret_guessed` }, 'GET')).status).toBe(400);
  expect((await call('', {}, 'GET')).status).toBe(400);
  expect((await call('/capture', secret)).status).toBe(401);

  const card = { 'payment_method_data[type]': 'card', 'payment_method_data[card][token]': 'tok_chargeDeclined' };
  const declined = await call('/confirm', { ...secret, ...card });
  expect(declined).toMatchObject({
    status: 402,
    body: { error: { code: 'card_declined', payment_intent: { id: created.id } } },
  });
  expect(JSON.stringify(declined.body)).not.toContain('order_id');
  const number = { 'payment_method_data[type]': 'card', 'payment_method_data[card][number]': '4242424242424242' };
  expect((await call('/confirm', { ...secret, ...number })).status).toBe(402);
  const paid = await call('/confirm', { ...secret, payment_method: 'pm_card_visa' });
  expect(paid).toMatchObject({ status: 200, body: { status: 'succeeded' } });
  expect(JSON.stringify(await box.requests())).not.toContain(created.client_secret);
});

test('it listens on the loopback interface only', async () => {
  await using box = await sandbox();
  const refused = await new Promise<boolean>((resolve) => {
    const socket = connect({ host: '127.0.0.2', port: box.running.port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', () => {
      resolve(true);
    });
  });
  expect(refused).toBe(true);
  expect(sdk(box.running.port)).toBeInstanceOf(Stripe);
});
