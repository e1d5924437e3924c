import { createHmac } from 'node:crypto';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { memoryRegistry } from '../../../schemas/registry.ts';
import { openSchemas } from '../../../schemas/serde.ts';
import { openLogger } from '../../../services/platform/logger.ts';
import { RetriableError } from '../../../services/runtime/errors.ts';
import { observe } from '../../../services/runtime/observe.ts';
import type { IdempotentProducer, ProducedRecord } from '../../../services/runtime/ports.ts';
import { openKeeper } from '../../../services/webhooks/keeper.ts';
import { webhookServer } from '../../../services/webhooks/server.ts';

const SECRET = 'whsec_of_the_test_endpoint';
const NOW = 1_780_000_000_000;
const PATH = '/webhooks/stripe';

const event = (over: Record<string, unknown> = {}) => ({
  id: 'evt_1',
  object: 'event',
  api_version: '2026-08-26.dahlia',
  created: 1_779_999_990,
  type: 'payment_intent.succeeded',
  livemode: false,
  data: { object: { id: 'pi_1', object: 'payment_intent', metadata: { order_id: '100001' } } },
  ...over,
});

const signed = (payload: string, at = NOW / 1000, secret = SECRET) => ({
  'stripe-signature': `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${payload}`).digest('hex')}`,
  'content-type': 'application/json; charset=utf-8',
});

/** A producer whose acknowledgements the test gives, and brokers that can be away. */
const fakeBrokers = () => {
  const sends: { records: readonly ProducedRecord[]; acknowledge: () => void; refuse: (error: Error) => void }[] = [];
  let opened = 0;
  let closed = 0;
  let automatic: 'acknowledge' | 'refuse' | undefined = 'acknowledge';
  const producer: IdempotentProducer = {
    send: (records) =>
      new Promise((resolve, reject) => {
        sends.push({ records, acknowledge: resolve, refuse: reject });
        if (automatic === 'acknowledge') resolve();
        if (automatic === 'refuse') reject(new RetriableError('no broker answers'));
      }),
    close: () => {
      closed++;
      return Promise.resolve();
    },
  };
  return {
    sends,
    counts: () => ({ opened, closed }),
    answer: (how: typeof automatic) => {
      automatic = how;
    },
    cluster: {
      idempotentProducer: () => {
        opened++;
        return Promise.resolve(producer);
      },
    },
  };
};

let server: FastifyInstance | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const start = async (over: { maxInFlight?: number; timeoutMs?: number; livemode?: boolean } = {}) => {
  const topic = openSchemas(memoryRegistry()).topic('stripeEvents');
  await topic.value.open?.();
  const brokers = fakeBrokers();
  const keeper = openKeeper({ cluster: brokers.cluster, topic, timeoutMs: over.timeoutMs ?? 5_000 });
  let taken = 0;
  let reachable = true;
  const app = webhookServer({
    endpoint: { secrets: ['whsec_being_rolled', SECRET], toleranceSeconds: 300, livemode: over.livemode ?? false },
    keep: (kept) => {
      taken++;
      return keeper.keep(kept);
    },
    brokersReachable: () => Promise.resolve(reachable),
    maxBodyBytes: 1_000_000,
    maxInFlight: over.maxInFlight ?? 100,
    now: () => NOW,
    logger: openLogger({ service: 'webhooks', level: 'silent' }),
  });
  server = app;
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const post = async (payload: string, headers: Record<string, string> = signed(payload)) => {
    const answer = await fetch(url + PATH, { method: 'POST', body: payload, headers });
    const body = (await answer.json()) as { id?: string; error?: { code: string; message: string } };
    return { status: answer.status, code: body.error?.code, headers: answer.headers, body };
  };
  return {
    app,
    taken: () => taken,
    brokers,
    keeper,
    post,
    url,
    port,
    reachable: (value: boolean) => (reachable = value),
    topic,
  };
};

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
};

describe('the webhook endpoint', () => {
  it('keeps the very bytes of an event, under its routing key', async () => {
    const { post, brokers, topic } = await start();
    const payload = `${JSON.stringify(event(), null, 2)}\n`;
    expect(await post(payload)).toMatchObject({ status: 200, body: { received: true, id: 'evt_1' } });
    const [record] = brokers.sends[0]!.records;
    expect(record).toMatchObject({ topic: 'stripe.events', key: Buffer.from('100001') });
    await topic.value.prepare?.([record!.value!]);
    expect(topic.value.decode(record!.value!)).toEqual({
      id: 'evt_1',
      type: 'payment_intent.succeeded',
      apiVersion: '2026-08-26.dahlia',
      created: 1_779_999_990_000n,
      account: null,
      livemode: false,
      body: Buffer.from(payload),
    });
  });

  it('answers only after the brokers acknowledged', async () => {
    const { post, brokers } = await start();
    brokers.answer(undefined);
    let answered = false;
    const passed: [string, boolean][] = [];
    const stopListening = observe.passing.subscribe(({ point }) => passed.push([point, answered]));
    const answer = post(JSON.stringify(event())).finally(() => {
      answered = true;
    });
    await until(() => brokers.sends.length === 1);
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(answered).toBe(false);
    expect(passed).toEqual([]);
    brokers.sends[0]!.acknowledge();
    expect((await answer).status).toBe(200);
    stopListening();
    expect(passed).toEqual([['after-keep', false]]);
  });

  it('refuses what is not from Stripe, or not now, and says what is wrong', async () => {
    const { post, brokers } = await start();
    const payload = JSON.stringify(event());
    const at = NOW / 1000;
    const refused: [Record<string, string>, string][] = [
      [{}, 'signature_missing'],
      [{ 'stripe-signature': 'hello' }, 'signature_malformed'],
      [signed(payload, at, 'whsec_of_somebody_else'), 'signature_wrong'],
      [signed(`${payload} `), 'signature_wrong'],
      [signed(payload, at - 301), 'signature_too_old'],
      [signed(payload, at + 301), 'signature_in_future'],
    ];
    for (const [headers, code] of refused) {
      const answer = await post(payload, headers);
      expect([answer.status, answer.code]).toEqual([400, code]);
      expect(JSON.stringify(answer.body)).not.toContain('whsec');
    }
    expect(brokers.sends).toEqual([]);
  });

  it('takes either secret while one is being rolled', async () => {
    const { post } = await start();
    const payload = JSON.stringify(event());
    expect((await post(payload, signed(payload, NOW / 1000, 'whsec_being_rolled'))).status).toBe(200);
  });

  it('refuses what is not an event', async () => {
    const { post, brokers } = await start();
    const wrong: [string, string][] = [
      ['', 'not_json'],
      ['not json', 'not_json'],
      ['null', 'not_an_event'],
      ['[]', 'not_an_event'],
      [JSON.stringify(event({ object: 'v2.core.event' })), 'not_an_event'],
      [JSON.stringify(event({ id: '' })), 'not_an_event'],
      [JSON.stringify(event({ created: 'yesterday' })), 'not_an_event'],
      [JSON.stringify(event({ data: {} })), 'not_an_event'],
      [JSON.stringify(event({ livemode: true })), 'livemode_mismatch'],
      [JSON.stringify(event({ data: { object: { card: { number: '4242424242424242' } } } })), 'card_data'],
    ];
    for (const [payload, code] of wrong) {
      const answer = await post(payload);
      expect([answer.status, answer.code], payload).toEqual([400, code]);
    }
    expect(brokers.sends).toEqual([]);
  });

  it('takes live events where live events belong', async () => {
    const { post } = await start({ livemode: true });
    expect((await post(JSON.stringify(event({ livemode: true })))).status).toBe(200);
    expect((await post(JSON.stringify(event()))).code).toBe('livemode_mismatch');
  });

  it('keeps events of types it has never heard of, and twins and repetitions as they come', async () => {
    const { post, brokers } = await start();
    for (const over of [{ type: 'made.up.yesterday' }, {}, {}, { id: 'evt_twin' }])
      expect((await post(JSON.stringify(event(over)))).status).toBe(200);
    expect(brokers.sends.flatMap(({ records }) => records)).toHaveLength(4);
  });

  it('refuses large bodies without reading them to the end', async () => {
    const { port, brokers } = await start();
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { 'content-length': 2_000_000 };
      const sent = request({ host: '127.0.0.1', port, path: PATH, method: 'POST', headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
        sent.destroy();
      });
      sent.on('error', reject);
      sent.flushHeaders();
    });
    expect([status, brokers.sends.length]).toEqual([413, 0]);
  });

  it('takes bodies of any content type, also of none', async () => {
    const { port, brokers } = await start();
    const payload = JSON.stringify(event());
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const headers = {
        'stripe-signature': signed(payload)['stripe-signature'],
        'content-length': Buffer.byteLength(payload),
      };
      const sent = request({ host: '127.0.0.1', port, path: PATH, method: 'POST', headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      sent.on('error', reject);
      sent.end(payload);
    });
    expect([status, brokers.sends.length]).toEqual([200, 1]);
  });

  it('sends Stripe away while the brokers are, and takes the event when they are back', async () => {
    const { post, brokers } = await start();
    brokers.answer('refuse');
    const away = await post(JSON.stringify(event()));
    expect([away.status, away.code, away.headers.get('retry-after')]).toEqual([503, 'brokers_away', '2']);
    brokers.answer('acknowledge');
    expect((await post(JSON.stringify(event()))).status).toBe(200);
    expect(brokers.counts()).toEqual({ opened: 2, closed: 1 });
  });

  it('does not keep Stripe waiting for brokers that do not answer', async () => {
    const { post, brokers } = await start({ timeoutMs: 30 });
    brokers.answer(undefined);
    expect((await post(JSON.stringify(event()))).code).toBe('brokers_away');
    brokers.sends[0]!.acknowledge();
  });

  it('puts deliveries that arrive together into one produce', async () => {
    const { post, brokers, taken } = await start();
    brokers.answer(undefined);
    const all = Array.from({ length: 20 }, (_, index) => post(JSON.stringify(event({ id: `evt_${index}` }))));
    await until(() => brokers.sends.length === 1);
    brokers.answer('acknowledge');
    await until(() => taken() === 20);
    brokers.sends[0]!.acknowledge();
    expect((await Promise.all(all)).map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(brokers.sends.flatMap(({ records }) => records)).toHaveLength(20);
    expect(brokers.sends).toHaveLength(2);
  });

  it('bounds how many deliveries it holds', async () => {
    const { post, brokers, taken } = await start({ maxInFlight: 2 });
    brokers.answer(undefined);
    const held = [post(JSON.stringify(event({ id: 'evt_a' }))), post(JSON.stringify(event({ id: 'evt_b' })))];
    await until(() => taken() === 2);
    const busy = await post(JSON.stringify(event({ id: 'evt_c' })));
    expect([busy.status, busy.code, busy.headers.get('retry-after')]).toEqual([503, 'busy', '2']);
    brokers.answer('acknowledge');
    brokers.sends[0]!.acknowledge();
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200]);
    expect((await post(JSON.stringify(event({ id: 'evt_d' })))).status).toBe(200);
  });

  it('knows one path and one method', async () => {
    const { url } = await start();
    const get = await fetch(url + PATH);
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST']);
    expect((await fetch(`${url}/elsewhere`, { method: 'POST', body: '{}' })).status).toBe(404);
  });

  it('tells whether it lives and whether it can work', async () => {
    const { url, reachable } = await start();
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    reachable(false);
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
  });

  it('finishes what it has begun before it stops', async () => {
    const { app, post, brokers, keeper } = await start();
    brokers.answer(undefined);
    const answer = post(JSON.stringify(event()));
    await until(() => brokers.sends.length === 1);
    const closing = app.close();
    brokers.sends[0]!.acknowledge();
    expect((await answer).status).toBe(200);
    await closing;
    await keeper.close();
    expect(brokers.counts().closed).toBe(1);
  });
});
