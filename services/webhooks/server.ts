/**
 * The HTTP side. A delivery is answered 200 only when the brokers have it; until then it is the sender's to deliver
 * again. One door for Stripe, and one for the shop when it sends webhooks of its own.
 */
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type { AdnsfWebhook, StripeEvent } from '../../schemas/generated/types.ts';
import { countService } from '../platform/counts.ts';
import type { Logger } from '../platform/logger.ts';
import { observe } from '../runtime/observe.ts';
import { accept, type Delivery, type Endpoint } from './accept.ts';
import { acceptFromShop, type ShopEndpoint } from './accept-from-shop.ts';
import type { KeptEvent } from './keeper.ts';

export type WebhookServerOptions = Readonly<{
  endpoint: Endpoint;
  /** Resolves when the brokers have acknowledged the event. */
  keep: (event: KeptEvent<StripeEvent>) => Promise<void>;
  /** The shop's own webhooks; without it there is no door for them. */
  shop?: ShopEndpoint & Readonly<{ keep: (event: KeptEvent<AdnsfWebhook>) => Promise<void> }>;
  /** Whether the brokers can be reached at present. */
  brokersReachable: () => Promise<boolean>;
  maxBodyBytes: number;
  /** Deliveries at one time; more are sent away to come again. */
  maxInFlight: number;
  /** Epoch milliseconds. */
  now: () => number;
  logger: Logger;
}>;

const SERVICE = 'webhooks';
const RETRY_AFTER_SECONDS = '2';
const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'PUT'];

const fail = (reply: FastifyReply, status: number, code: string, message: string): FastifyReply => {
  countService(SERVICE, 'answer', code);
  if (status === 503) void reply.header('retry-after', RETRY_AFTER_SECONDS);
  return reply.code(status).send({ error: { code, message } });
};

const header = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value.join(',') : value;

type Came =
  | Readonly<{ accepted: true; id: string; type: string; keep: () => Promise<void> }>
  | Readonly<{ accepted: false; code: string; message: string }>;

type Door = Readonly<{ path: string; signatureHeader: string; take: (delivery: Delivery) => Came }>;

const doorsOf = (options: WebhookServerOptions): readonly Door[] => {
  const stripe: Door = {
    path: '/webhooks/stripe',
    signatureHeader: 'stripe-signature',
    take: (delivery) => {
      const outcome = accept(options.endpoint, delivery);
      if (!outcome.accepted) return outcome;
      const { key, event } = outcome;
      return { accepted: true, id: event.id, type: event.type, keep: () => options.keep({ key, event }) };
    },
  };
  const { shop } = options;
  if (shop === undefined) return [stripe];
  const adnsf: Door = {
    path: '/webhooks/adnsf',
    signatureHeader: 'x-adnsf-signature',
    take: (delivery) => {
      const outcome = acceptFromShop(shop, delivery);
      if (!outcome.accepted) return outcome;
      const { key, event } = outcome;
      return { accepted: true, id: event.id, type: event.type, keep: () => shop.keep({ key, event }) };
    },
  };
  return [stripe, adnsf];
};

export const webhookServer = (options: WebhookServerOptions): FastifyInstance => {
  const { logger } = options;
  const app = Fastify({
    bodyLimit: options.maxBodyBytes,
    requestTimeout: 15_000,
    connectionTimeout: 30_000,
    forceCloseConnections: 'idle',
  });
  let inFlight = 0;
  const doors = doorsOf(options);
  const paths = new Set(doors.map(({ path }) => path));

  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body);
  });

  app.addHook('onRequest', async (request, reply) => {
    if (request.method !== 'POST' || !paths.has(request.url)) return;
    if (inFlight >= options.maxInFlight) {
      await fail(reply, 503, 'busy', 'too many deliveries at one time');
      return;
    }
    inFlight++;
    reply.raw.once('close', () => {
      inFlight--;
    });
  });

  for (const door of doors)
    app.post(door.path, async (request, reply) => {
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const signature = header(request.headers[door.signatureHeader]);
      const outcome = door.take({ signature, body, now: Math.floor(options.now() / 1000) });
      if (!outcome.accepted) {
        logger.warn({ path: door.path, code: outcome.code, bytes: body.length }, 'delivery refused');
        return fail(reply, 400, outcome.code, outcome.message);
      }
      try {
        await outcome.keep();
        observe.passing.publish({ application: SERVICE, stage: SERVICE, partition: undefined, point: 'after-keep' });
      } catch (error) {
        logger.error({ err: error, eventId: outcome.id }, 'event not kept; it will be delivered again');
        return fail(reply, 503, 'brokers_away', 'the event could not be stored at present');
      }
      countService(SERVICE, 'answer', 'kept');
      countService(SERVICE, 'event', outcome.type);
      return reply.code(200).send({ received: true, id: outcome.id });
    });

  app.get('/healthz', () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) =>
    (await options.brokersReachable())
      ? { status: 'ready' }
      : fail(reply, 503, 'brokers_away', 'the brokers cannot be reached'),
  );

  for (const url of paths)
    app.route({
      method: METHODS,
      url,
      handler: (_request, reply) => fail(reply.header('allow', 'POST'), 405, 'method_not_allowed', 'only POST'),
    });
  app.setNotFoundHandler((_request, reply) => fail(reply, 404, 'not_found', 'nothing here'));
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    if (error.statusCode === 413) return fail(reply, 413, 'too_large', `at most ${options.maxBodyBytes} bytes`);
    if (error.statusCode !== undefined && error.statusCode < 500)
      return fail(reply, error.statusCode, 'bad_request', error.message);
    logger.error({ err: error }, 'unexpected');
    return fail(reply, 500, 'internal', 'unexpected; the event was not stored');
  });
  return app;
};
