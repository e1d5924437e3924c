/** PaymentIntents at Stripe, read on demand. Client secrets pass through here and stay nowhere. */
import Stripe from 'stripe';
import { API_VERSION } from '../stripe-executor/stripe-api.ts';
import type { Intent } from './domain/offer.ts';

/** Stripe does not answer, or not well: ask again later. */
export class StripeAwayError extends Error {
  override readonly name = 'StripeAwayError';
}

export interface Intents {
  /** Undefined when Stripe knows none. @throws StripeAwayError */
  retrieve(id: string): Promise<Intent | undefined>;
}

export const openIntents = (options: Readonly<{ secretKey: string; base?: URL; timeoutMs: number }>): Intents => {
  const { base } = options;
  const https = base?.protocol !== 'http:';
  const stripe = new Stripe(options.secretKey, {
    apiVersion: API_VERSION,
    maxNetworkRetries: 1,
    timeout: options.timeoutMs,
    telemetry: false,
    ...(base !== undefined && {
      protocol: https ? 'https' : 'http',
      host: base.hostname,
      port: base.port === '' ? (https ? 443 : 80) : base.port,
    }),
  });
  return {
    retrieve: async (id) => {
      try {
        const intent = await stripe.paymentIntents.retrieve(id);
        return {
          id: intent.id,
          clientSecret: intent.client_secret,
          amount: BigInt(intent.amount),
          currency: intent.currency.toUpperCase(),
          status: intent.status,
          orderId: intent.metadata['order_id'],
        };
      } catch (error) {
        if (!(error instanceof Stripe.errors.StripeError)) throw error;
        if (error.statusCode === 404) return undefined;
        // A refused key too: it heals when the key is put right.
        throw new StripeAwayError(`Stripe: ${error.statusCode ?? 'no answer'} ${error.message}`, { cause: error });
      }
    },
  };
};
