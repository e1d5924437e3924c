import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { httpProbe } from './health.ts';
import type { Part, StackContext } from './part.ts';
import { REPOSITORY } from './state.ts';

/** The Stripe sandbox. It sends signed webhooks to where the webhooks service will listen. */
export function stripePart(context: StackContext): Part {
  const { layout, ports, secrets, tuning } = context;
  const home = layout.data('stripe');
  // Set by a test run that wants to ask Stripe's schema about them.
  const requestsDir = process.env['STRIPE_REQUESTS_DIR'];
  return {
    name: 'stripe',
    needs: [],
    prepare: async () => {
      await mkdir(home, { recursive: true });
    },
    launch: {
      command: process.execPath,
      args: [join(REPOSITORY, 'infra/sandbox/stripe/main.ts')],
      env: {
        STRIPE_PORT: String(ports.stripe),
        STRIPE_SECRET_KEY: secrets.stripeSecretKey,
        STRIPE_PUBLISHABLE_KEY: secrets.stripePublishableKey,
        // As an account does that has one bank account: what the second store sells in euros is converted.
        STRIPE_SETTLEMENT: 'usd',
        // So that what is paid back in the same minutes has another rate.
        STRIPE_RATE_PERIOD_S: '5',
        STRIPE_DATA_DIR: home,
        STRIPE_WEBHOOK_URL: `http://127.0.0.1:${ports.webhooks}/webhooks/stripe`,
        STRIPE_WEBHOOK_SECRET: secrets.stripeWebhookSecret,
        ...(requestsDir === undefined ? {} : { STRIPE_REQUESTS_DIR: requestsDir }),
        ...(tuning.stripeSeed === undefined ? {} : { STRIPE_SEED: tuning.stripeSeed }),
      },
      cwd: REPOSITORY,
    },
    // Any answer will do: without a key it refuses, and that it does.
    probe: httpProbe(`http://127.0.0.1:${ports.stripe}/v1/balance`, (status) => status < 500),
    startMs: 30_000,
    graceMs: 5_000,
  };
}
