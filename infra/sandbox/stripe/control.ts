import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { asItIs, book } from './balance.ts';
import { ApiError } from './errors.ts';
import { changeRates } from './exchange.ts';
import type { Faults } from './faults.ts';
import { faultRequest } from './faults.ts';
import type { Jobs } from './jobs.ts';
import { completeAuthentication } from './payments.ts';
import type { RequestLog } from './request-log.ts';
import { closeDispute, openDispute } from './resources/disputes.ts';
import { failPayout, runPayouts, schedulePayouts } from './resources/payouts.ts';
import { failRefund } from './resources/refunds.ts';
import { renewSubscription } from './resources/subscriptions.ts';
import type { Webhooks } from './webhooks.ts';
import type { World } from './world.ts';

/** What the hooks act on. */
export interface ControlParts {
  world: World;
  faults: Faults;
  webhooks: Webhooks;
  jobs: Jobs;
  log: RequestLog;
  committed: () => void;
}

const probability = z.number().min(0).max(1);
const webhookChange = z
  .strictObject({
    endpoint: z.strictObject({ url: z.url(), secrets: z.array(z.string().min(1)).min(1) }).nullable(),
    duplicates: probability,
    twins: probability,
    reorderMs: z.int().nonnegative(),
    retryMs: z.array(z.int().nonnegative()).min(1),
    paused: z.boolean(),
  })
  .partial();

const authentication = z.strictObject({ result: z.enum(['succeed', 'fail']) });
const refundFailure = z.strictObject({ reason: z.string().default('unknown') });
const disputeOpening = z.strictObject({ charge: z.string(), reason: z.string().default('fraudulent') });
const disputeClosing = z.strictObject({ verdict: z.enum(['won', 'lost']) });
const payoutRun = z.strictObject({ availableOnly: z.boolean().default(false) });
const payoutSchedule = z.strictObject({
  everySeconds: z.number().nonnegative(),
  availableOnly: z.boolean().default(false),
});
const movement = z.strictObject({
  category: z.string().min(1),
  type: z.string().min(1),
  amount: z.int(),
  fee: z.int().default(0),
  currency: z.string().length(3).default('usd'),
  source: z.string().nullable().default(null),
  description: z.string().nullable().default(null),
  /** So many of them. */
  times: z.int().positive().default(1),
});
const rates = z.record(z.string().length(3).toLowerCase(), z.string().regex(/^(?=.*[1-9])\d+(\.\d+)?$/));
const advance = z.strictObject({ seconds: z.number().positive() });

const idIn = (request: FastifyRequest): string => (request.params as { id: string }).id;

/**
 * Serves `/_sandbox`: what the world outside Stripe's API does (banks, customers, time, the network), and what a test
 * wants to know. JSON in and out.
 */
export const serveControl = (app: FastifyInstance, parts: ControlParts): void => {
  const { world, faults, webhooks, jobs, log } = parts;

  /** Reads the body, acts inside one transaction, and answers with what came of it. */
  const hook = <T>(
    method: 'GET' | 'POST' | 'DELETE',
    url: string,
    schema: z.ZodType<T>,
    act: (body: T, id: string) => unknown,
  ): void => {
    app.route({
      method,
      url: `/_sandbox${url}`,
      handler: async (request: FastifyRequest, reply: FastifyReply) => {
        let body: T;
        try {
          const text = typeof request.body === 'string' && request.body !== '' ? request.body : '{}';
          body = schema.parse(JSON.parse(text));
        } catch (error) {
          const detail = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
          return reply.code(400).send({ error: detail });
        }
        try {
          const result = world.journal.transaction(() => act(body, idIn(request)));
          parts.committed();
          return await reply.send(result ?? {});
        } catch (error) {
          if (error instanceof ApiError) return reply.code(error.status).send({ error: error.message });
          throw error;
        }
      },
    });
  };
  const nothing = z.unknown();

  hook('GET', '/state', nothing, () => ({
    now: world.clock.now(),
    objects: world.journal.count(),
    webhooks: webhooks.counts(),
    jobs: jobs.pending(),
    dueSoon: jobs.dueSoon(),
    faults: faults.list().length,
  }));
  hook('GET', '/requests', nothing, () => ({ requests: log.list() }));

  hook('POST', '/faults', faultRequest, (fault) => faults.add(fault));
  hook('GET', '/faults', nothing, () => ({ faults: faults.list() }));
  hook('DELETE', '/faults', nothing, () => {
    faults.clear();
  });

  hook('POST', '/webhooks', webhookChange, (change) => {
    const present = Object.entries(change).filter(([, value]) => value !== undefined);
    webhooks.configure(Object.fromEntries(present));
    return webhooks.configuration();
  });
  hook('GET', '/webhooks', nothing, () => ({ ...webhooks.configuration(), deliveries: webhooks.counts() }));

  hook('POST', '/clock/advance', advance, ({ seconds }) => {
    world.clock.advance(seconds * 1000);
    return { now: world.clock.now() };
  });

  hook('POST', '/payment_intents/:id/next_action', authentication, ({ result }, id) =>
    completeAuthentication(world, id, result === 'succeed'),
  );
  hook('POST', '/refunds/:id/fail', refundFailure, ({ reason }, id) => failRefund(world, id, reason));
  hook('POST', '/disputes', disputeOpening, ({ charge, reason }) => openDispute(world, charge, reason));
  hook('POST', '/disputes/:id/close', disputeClosing, ({ verdict }, id) => closeDispute(world, id, verdict));
  hook('POST', '/subscriptions/:id/renew', nothing, (_body, id) => renewSubscription(world, id));
  hook('POST', '/payouts/run', payoutRun, ({ availableOnly }) => ({ payouts: runPayouts(world, availableOnly) }));
  hook('POST', '/payouts/schedule', payoutSchedule, ({ everySeconds, availableOnly }) => {
    schedulePayouts(world, everySeconds * 1_000, availableOnly);
  });
  hook('POST', '/balance_transactions', movement, ({ category, type, amount, currency, fee, times, ...rest }) => ({
    data: Array.from({ length: times }, () =>
      book(world, {
        ...rest,
        type,
        reportingCategory: category,
        settled: asItIs(BigInt(amount), currency),
        fees: [{ amount: BigInt(fee), description: 'Stripe processing fees' }],
      }),
    ),
  }));
  hook('POST', '/rates', rates, (changed) => changeRates(world, changed));
  hook('POST', '/payouts/:id/fail', nothing, (_body, id) => failPayout(world, id));
};
