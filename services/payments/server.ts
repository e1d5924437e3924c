/**
 * The HTTP side. A signed link says which order may be paid; the order says which PaymentIntent; Stripe says its client
 * secret, which is answered and forgotten.
 */
import cors from '@fastify/cors';
import rateLimit from '@fastify/rate-limit';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { OrderLookup } from '../adnsf-executor/shop.ts';
import { countService } from '../platform/counts.ts';
import type { Logger } from '../platform/logger.ts';
import type { Stores } from '../platform/variables.ts';
import { RetriableError } from '../runtime/errors.ts';
import { intentOf, offerOf, shownAmount } from './domain/offer.ts';
import { type Intents, StripeAwayError } from './intents.ts';
import { refuseLink } from './link.ts';
import { contentSecurityPolicy, page, SCRIPT, STYLE } from './page.ts';

export type PaymentServerOptions = Readonly<{
  orders: OrderLookup;
  intents: Intents;
  stores: Stores;
  publishableKey: string;
  /** All that are valid at present, the one that signs first. */
  linkSecrets: readonly string[];
  stripeJs: URL;
  /** Whose pages may ask; our own may without being named. */
  origins: readonly string[];
  /** Addresses of proxies whose word about the client's address counts. */
  trustedProxies: readonly string[];
  /** Requests a minute, of one client and for one order. */
  perClient: number;
  perOrder: number;
  /** Epoch milliseconds. */
  now: () => number;
  logger: Logger;
}>;

const SERVICE = 'payments';
const NOT_READY_SECONDS = '1';
const AWAY_SECONDS = '5';

const explanations = {
  link_malformed: 'this is no payment link',
  link_wrong: 'this payment link is not genuine',
  link_expired: 'this payment link has expired; ask the shop for a new one',
} as const;

type Query = Readonly<{ expires?: string | string[]; signature?: string | string[] }>;
type Request = FastifyRequest<{ Params: { orderId: string }; Querystring: Query }>;

const one = (value: string | string[] | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined;

const fail = (
  reply: FastifyReply,
  status: number,
  code: string,
  message: string,
  retryAfter?: string,
): FastifyReply => {
  countService(SERVICE, 'answer', code);
  if (retryAfter !== undefined) void reply.header('retry-after', retryAfter);
  return reply.code(status).send({ error: { code, message } });
};

const wantsPage = (request: FastifyRequest): boolean => /\btext\/html\b/.test(request.headers.accept ?? '');

export const paymentServer = async (options: PaymentServerOptions): Promise<FastifyInstance> => {
  const { logger } = options;
  const app = Fastify({
    bodyLimit: 1_024,
    requestTimeout: 15_000,
    forceCloseConnections: 'idle',
    trustProxy: options.trustedProxies.length > 0 ? [...options.trustedProxies] : false,
  });
  const policy = contentSecurityPolicy(options.stripeJs);
  const document = page(options.stripeJs);

  app.addHook('onRequest', (_request, reply, done) => {
    // Addresses of this service are secrets, and so are its answers: nobody keeps them, nobody passes them on.
    void reply.headers({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'content-security-policy': policy,
    });
    done();
  });
  await app.register(cors, { origin: [...options.origins], methods: ['GET'], exposedHeaders: ['retry-after'] });
  await app.register(rateLimit, { global: false, timeWindow: '1 minute' });
  const clientLimit = app.createRateLimit({ max: options.perClient, timeWindow: '1 minute' });
  // Counted after the signature: a stranger cannot use up an order's share.
  const orderLimit = app.createRateLimit({
    max: options.perOrder,
    timeWindow: '1 minute',
    keyGenerator: (request) => `order ${(request as Request).params.orderId}`,
  });
  const exceeded = async (limit: typeof clientLimit, request: FastifyRequest): Promise<string | undefined> => {
    const verdict = await limit(request);
    return !verdict.isAllowed && verdict.isExceeded ? String(verdict.ttlInSeconds) : undefined;
  };

  const answer = async (orderId: string, reply: FastifyReply): Promise<FastifyReply> => {
    const refuse = (code: string, message: string, soon: boolean): FastifyReply => {
      if (!soon) logger.warn({ orderId, code }, 'an order that cannot be paid was asked for');
      return fail(reply, 409, code, message, soon ? NOT_READY_SECONDS : undefined);
    };
    const order = await options.orders.look(Number(orderId));
    if (order === undefined) return fail(reply, 404, 'order_not_found', 'there is no such order');
    const currency = options.stores[String(order.storeId)]?.currency;
    if (currency === undefined) return refuse('store_unknown', 'this order is of a store that is not set up', false);
    const id = intentOf(order);
    if (typeof id !== 'string') return refuse(id.code, id.message, id.soon);
    const intent = await options.intents.retrieve(id);
    if (intent === undefined) return refuse('payment_unknown', 'Stripe does not know the payment of this order', false);
    const offer = offerOf(orderId, order, intent, currency);
    if (offer.kind === 'refuse') return refuse(offer.code, offer.message, offer.soon);
    countService(SERVICE, 'answer', offer.kind);
    const { amount, status } = offer;
    return reply.send({
      clientSecret: offer.kind === 'pay' ? offer.clientSecret : null,
      publishableKey: options.publishableKey,
      amount: Number(amount),
      // What people read: how many of Stripe's units make one is not the browser's to guess.
      amountText: shownAmount(amount, offer.currency),
      currency: offer.currency,
      status,
    });
  };

  app.get('/pay/:orderId', async (request: Request, reply) => {
    const tooMany = await exceeded(clientLimit, request);
    if (tooMany !== undefined) return fail(reply, 429, 'too_many', 'too many requests; wait a moment', tooMany);
    const { orderId } = request.params;
    const refusal = refuseLink(
      { orderId, expires: one(request.query.expires), signature: one(request.query.signature) },
      { secrets: options.linkSecrets, now: Math.floor(options.now() / 1000) },
    );
    if (refusal !== undefined) {
      logger.warn({ code: refusal }, 'link refused');
      return fail(reply, refusal === 'link_expired' ? 410 : 403, refusal, explanations[refusal]);
    }
    if (wantsPage(request)) return reply.type('text/html; charset=utf-8').send(document);
    const wornOut = await exceeded(orderLimit, request);
    if (wornOut !== undefined) return fail(reply, 429, 'too_many', 'too many requests; wait a moment', wornOut);
    try {
      return await answer(orderId, reply);
    } catch (error) {
      if (!(error instanceof StripeAwayError) && !(error instanceof RetriableError)) throw error;
      logger.error({ err: error, orderId }, 'the payment of an order cannot be looked up at present');
      return fail(reply, 503, 'away', 'payments are not possible at present; try again', AWAY_SECONDS);
    }
  });

  app.get('/assets/pay.js', (_request, reply) => reply.type('text/javascript; charset=utf-8').send(SCRIPT));
  app.get('/assets/pay.css', (_request, reply) => reply.type('text/css; charset=utf-8').send(STYLE));
  app.get('/healthz', () => ({ status: 'ok' }));
  app.setNotFoundHandler((_request, reply) => fail(reply, 404, 'not_found', 'nothing here'));
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    if (error.statusCode !== undefined && error.statusCode < 500)
      return fail(reply, error.statusCode, 'bad_request', 'this request is not understood');
    logger.error({ err: error }, 'unexpected');
    return fail(reply, 500, 'internal', 'unexpected');
  });
  return app;
};
