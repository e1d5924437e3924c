import type { AddressInfo } from 'node:net';
import fastify from 'fastify';
import { openClock } from './clock.ts';
import { serveControl } from './control.ts';
import { missing } from './errors.ts';
import { eventRecorder } from './events.ts';
import { openFaults } from './faults.ts';
import { serveApi } from './http.ts';
import { openIdempotency } from './idempotency.ts';
import { openJobs } from './jobs.ts';
import type { Job } from './jobs.ts';
import { openJournal } from './journal.ts';
import type { StripeOptions } from './options.ts';
import { withDefaults } from './options.ts';
import { completeBankDebit, expireAuthorization, settleCharge } from './payments.ts';
import { openRequestLog } from './request-log.ts';
import { openDispute } from './resources/disputes.ts';
import { completePayout, reconcilePayout, runSchedule } from './resources/payouts.ts';
import { failRefund } from './resources/refunds.ts';
import { webhookSecret } from './resources/webhook-endpoints.ts';
import { serveStripeJs } from './stripe-js.ts';
import { openWebhooks } from './webhooks.ts';
import { fate } from './world.ts';
import type { World } from './world.ts';

/** A running simulator. */
export interface RunningStripe {
  port: number;
  /** `http://127.0.0.1:<port>` */
  url: string;
  close(): Promise<void>;
}

const perform = (world: World, job: Job): void => {
  switch (job.type) {
    case 'settle_charge':
      settleCharge(world, job.charge);
      return;
    case 'complete_bank_debit':
      completeBankDebit(world, job.paymentIntent);
      return;
    case 'expire_authorization':
      expireAuthorization(world, job.paymentIntent);
      return;
    case 'fail_refund':
      failRefund(world, job.refund, 'expired_or_canceled_card');
      return;
    case 'open_dispute':
      openDispute(world, job.charge, 'fraudulent');
      return;
    case 'reconcile_payout':
      reconcilePayout(world, job.payout);
      return;
    case 'complete_payout':
      completePayout(world, job.payout);
      return;
    case 'run_payouts':
      runSchedule(world, job);
      return;
  }
};

/** Starts the simulator on 127.0.0.1, resuming whatever its directory holds. @throws when the port is taken */
export const startStripe = async (options: StripeOptions = {}): Promise<RunningStripe> => {
  const settings = withDefaults(options);
  const journal = openJournal(settings.dataDirectory);
  const clock = openClock(journal);
  const fortune = fate(settings.seed, journal);
  const webhooks = openWebhooks(journal, settings, fortune.chance, (endpoint) => webhookSecret(fortune, endpoint));
  const world: World = {
    journal,
    clock,
    settings,
    ...fortune,
    emit: eventRecorder(journal, clock, fortune, webhooks, () => world.cause),
    schedule: (job, delayMs) => {
      jobs.schedule(job, delayMs);
    },
    cause: { id: null, idempotencyKey: null },
  };
  const jobs = openJobs(
    journal,
    clock,
    (job) => {
      perform(world, job);
    },
    webhooks.wake,
  );
  const committed = (): void => {
    jobs.run();
    webhooks.wake();
  };
  const faults = openFaults(fortune.chance);
  const log = openRequestLog(journal);
  const closing = new AbortController();
  const start = journal.next('starts');
  let requests = 0;
  const newRequestId = (): string => `req_${fortune.letters(14, 'request', start, ++requests)}`;

  const app = fastify({ forceCloseConnections: true, bodyLimit: 1_048_576 });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
    done(null, body);
  });
  serveApi(app, {
    world,
    idempotency: openIdempotency(journal, clock),
    faults,
    log,
    newRequestId,
    committed,
    closing: closing.signal,
  });
  serveStripeJs(app);
  serveControl(app, { world, faults, webhooks, jobs, log, committed });
  app.setNotFoundHandler(async (request, reply) => {
    const url = `${request.method}: ${request.url.split('?')[0] ?? ''}`;
    const { body } = missing('url', url);
    await reply
      .code(404)
      .header('request-id', newRequestId())
      .send({ error: { ...body, message: `Unrecognized request URL (${url}).` } });
  });
  app.setErrorHandler(async (error, _request, reply) => {
    process.stderr.write(
      `stripe simulator: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    await reply.code(500).send({ error: { type: 'api_error', message: 'The simulator has failed; see its log.' } });
  });

  await app.listen({ host: '127.0.0.1', port: settings.port });
  const { port } = app.server.address() as AddressInfo;
  committed();
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      closing.abort();
      jobs.stop();
      await webhooks.stop();
      await app.close();
      journal.close();
    },
  };
};
