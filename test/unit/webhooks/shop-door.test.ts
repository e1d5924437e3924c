import { createHmac } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { memoryRegistry } from '../../../schemas/registry.ts';
import { openSchemas } from '../../../schemas/serde.ts';
import { openLogger } from '../../../services/platform/logger.ts';
import { RetriableError } from '../../../services/runtime/errors.ts';
import type { ProducedRecord } from '../../../services/runtime/ports.ts';
import { openKeeper } from '../../../services/webhooks/keeper.ts';
import { webhookServer } from '../../../services/webhooks/server.ts';

const NOW = 1_780_000_000;
const SECRET = 'secret-of-the-shop';
const STRIPE_SECRET = 'whsec_of_stripe_alone';
const PATH = '/webhooks/adnsf';

const event = (over: Record<string, unknown> = {}) =>
  JSON.stringify({
    id: 'e1',
    type: 'order.created',
    createdAt: '2026-05-28T20:26:40.123Z',
    data: { orderNumber: 100_007, customerId: 7 },
    ...over,
  });

const sign = (payload: string, { at = NOW, secret = SECRET, header = 'x-adnsf-signature' } = {}) => ({
  [header]: `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${payload}`).digest('hex')}`,
});

let app: FastifyInstance | undefined;
afterEach(async () => {
  await app?.close();
});

const start = async ({ shop = true } = {}) => {
  const topic = openSchemas(memoryRegistry()).topic('adnsfWebhooks');
  await topic.value.open?.();
  const sent: ProducedRecord[] = [];
  let brokers: 'there' | 'away' | 'silent' = 'there';
  const silence = Promise.withResolvers<undefined>();
  const keeper = openKeeper({
    cluster: {
      idempotentProducer: () =>
        Promise.resolve({
          send: async (records: readonly ProducedRecord[]) => {
            if (brokers === 'away') throw new RetriableError('no broker answers');
            if (brokers === 'silent') await silence.promise;
            sent.push(...records);
          },
          close: () => Promise.resolve(),
        }),
    },
    topic,
    timeoutMs: 5_000,
  });
  app = webhookServer({
    endpoint: { secrets: [STRIPE_SECRET], toleranceSeconds: 300, livemode: false },
    keep: () => Promise.reject(new Error('nothing here is from Stripe')),
    ...(shop && {
      shop: { secrets: ['secret-being-rolled', SECRET], toleranceSeconds: 300, keep: (kept) => keeper.keep(kept) },
    }),
    brokersReachable: () => Promise.resolve(true),
    maxBodyBytes: 10_000,
    maxInFlight: 10,
    now: () => NOW * 1_000,
    logger: openLogger({ service: 'webhooks', level: 'silent' }),
  });
  const server = app;
  const post = async (payload: string, headers: Record<string, string> = sign(payload), url = PATH) => {
    const answer = await server.inject({ method: 'POST', url, payload, headers });
    const { error } = answer.json<{ error?: { code: string } }>();
    return { status: answer.statusCode, code: error?.code, headers: answer.headers };
  };
  return {
    post,
    sent,
    topic,
    brokers: (state: typeof brokers) => (brokers = state),
    speak: () => silence.resolve(undefined),
  };
};

describe('the shop’s own door', () => {
  it('keeps what the shop told, with its very bytes, by customer', async () => {
    const { post, sent, topic } = await start();
    const payload = `${event()}\n`;
    expect((await post(payload)).status).toBe(200);
    expect(sent).toMatchObject([{ topic: 'adnsf.webhooks', key: Buffer.from('7') }]);
    await topic.value.prepare?.([sent[0]!.value!]);
    expect(topic.value.decode(sent[0]!.value!)).toEqual({
      id: 'e1',
      type: 'order.created',
      createdAt: BigInt(Date.parse('2026-05-28T20:26:40.123Z')),
      orderNumber: 100_007,
      customerId: 7,
      body: Buffer.from(payload),
    });
  });

  it('goes by the order when no customer is named', async () => {
    const { post, sent } = await start();
    await post(event({ data: { orderNumber: 100_007 } }));
    expect(String(sent[0]!.key)).toBe('100007');
  });

  it('answers only after the brokers acknowledged', async () => {
    const { post, sent, brokers, speak } = await start();
    brokers('silent');
    let answered = false;
    const answer = post(event()).finally(() => (answered = true));
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect([answered, sent.length]).toEqual([false, 0]);
    speak();
    expect((await answer).status).toBe(200);
  });

  it('asks the shop to come again while the brokers are away', async () => {
    const { post, brokers } = await start();
    brokers('away');
    const { status, code, headers } = await post(event());
    expect([status, code, headers['retry-after']]).toEqual([503, 'brokers_away', '2']);
  });

  it('takes either secret while one is being rolled, and never Stripe’s', async () => {
    const { post } = await start();
    const payload = event();
    expect((await post(payload, sign(payload, { secret: 'secret-being-rolled' }))).status).toBe(200);
    expect((await post(payload, sign(payload, { secret: STRIPE_SECRET }))).code).toBe('signature_wrong');
  });

  it.each([
    ['no signature', {}, 'signature_missing'],
    ['Stripe’s header', sign(event(), { header: 'stripe-signature' }), 'signature_missing'],
    ['another body’s signature', sign(`${event()} `), 'signature_wrong'],
    ['an old signature', sign(event(), { at: NOW - 301 }), 'signature_too_old'],
    ['a signature of tomorrow', sign(event(), { at: NOW + 301 }), 'signature_in_future'],
  ])('refuses %s', async (_name, headers, code) => {
    const { post, sent } = await start();
    expect(await post(event(), headers)).toMatchObject({ status: 400, code });
    expect(sent).toEqual([]);
  });

  it.each([
    ['no JSON', 'x', 'not_json'],
    ['an event of nothing', event({ data: {} }), 'not_an_event'],
    ['an order number that is none', event({ data: { orderNumber: '100007' } }), 'not_an_event'],
    ['a time without a zone', event({ createdAt: '2026-05-28T20:26:40' }), 'not_an_event'],
    ['a type that is none', event({ type: 'Order Created' }), 'not_an_event'],
    ['a card', event({ data: { orderNumber: 1, card: { number: '4242424242424242' } } }), 'card_data'],
  ])('refuses %s', async (_name, payload, code) => {
    const { post, sent } = await start();
    const answer = await post(payload);
    expect(answer.status).toBe(400);
    expect(answer.code).toBe(code);
    expect(sent).toEqual([]);
  });

  it('keeps types it has never heard of, and repetitions as they come', async () => {
    const { post, sent } = await start();
    for (const payload of [event({ type: 'order.gift_wrapped' }), event(), event()])
      expect((await post(payload)).status).toBe(200);
    expect(sent).toHaveLength(3);
  });

  it('bounds the body', async () => {
    const { post } = await start();
    expect((await post(event({ note: 'x'.repeat(10_001) }))).status).toBe(413);
  });

  it('is not there unless the shop has a secret', async () => {
    const { post } = await start({ shop: false });
    expect((await post(event())).status).toBe(404);
  });
});
