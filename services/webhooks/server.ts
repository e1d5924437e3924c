/**
 * The HTTP side. A delivery is answered 200 only when the brokers have it; until then it is Stripe's to deliver again.
 */
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type { StripeEvent } from '../../schemas/generated/types.ts';
import { countService } from '../platform/counts.ts';
import type { Logger } from '../platform/logger.ts';
import { accept, type Endpoint } from './accept.ts';

export type KeptEvent = Readonly<{ key: string; event: StripeEvent }>;

export type WebhookServerOptions = Readonly<{
  endpoint: Endpoint;
  /** Resolves when the brokers have acknowledged the event. */
  keep: (event: KeptEvent) => Promise<void>;
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
const PATH = '/webhooks/stripe';
const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'PUT'];

const fail = (reply: FastifyReply, status: number, code: string, message: string): FastifyReply => {
  countService(SERVICE, 'answer', code);
  if (status === 503) void reply.header('retry-after', RETRY_AFTER_SECONDS);
  return reply.code(status).send({ error: { code, message } });
};

const header = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value.join(',') : value;

export const webhookServer = (options: WebhookServerOptions): FastifyInstance => {
  const { logger } = options;
  const app = Fastify({
    bodyLimit: options.maxBodyBytes,
    requestTimeout: 15_000,
    connectionTimeout: 30_000,
    forceCloseConnections: 'idle',
  });
  let inFlight = 0;

  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body);
  });

  app.addHook('onRequest', async (request, reply) => {
    if (request.method !== 'POST' || request.url !== PATH) return;
    if (inFlight >= options.maxInFlight) {
      await fail(reply, 503, 'busy', 'too many deliveries at one time');
      return;
    }
    inFlight++;
    reply.raw.once('close', () => {
      inFlight--;
    });
  });

  app.post(PATH, async (request, reply) => {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const signature = header(request.headers['stripe-signature']);
    const outcome = accept(options.endpoint, { signature, body, now: Math.floor(options.now() / 1000) });
    if (!outcome.accepted) {
      logger.warn({ code: outcome.code, bytes: body.length }, 'delivery refused');
      return fail(reply, 400, outcome.code, outcome.message);
    }
    try {
      await options.keep({ key: outcome.key, event: outcome.event });
    } catch (error) {
      logger.error({ err: error, eventId: outcome.event.id }, 'event not kept; Stripe will deliver it again');
      return fail(reply, 503, 'brokers_away', 'the event could not be stored at present');
    }
    countService(SERVICE, 'answer', 'kept');
    countService(SERVICE, 'event', outcome.event.type);
    return reply.code(200).send({ received: true, id: outcome.event.id });
  });

  app.get('/healthz', () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) =>
    (await options.brokersReachable())
      ? { status: 'ready' }
      : fail(reply, 503, 'brokers_away', 'the brokers cannot be reached'),
  );

  app.route({
    method: METHODS,
    url: PATH,
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
