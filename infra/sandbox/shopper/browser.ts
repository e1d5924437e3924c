/** The customer's browser at the payment page, and the little of the shop's page server that it needs. */
import Stripe from 'stripe';
import { type Patience, tryAgain } from './again.ts';
import type { Card } from './plan.ts';

export type StripeAccess = Readonly<{
  /** Undefined is the real Stripe. */
  base: string | undefined;
  secretKey: string;
  publishableKey: string;
}>;

export type CardOutcome =
  | Readonly<{ kind: 'accepted'; status: Stripe.PaymentIntent.Status; authenticated: boolean }>
  | Readonly<{ kind: 'declined'; code: string; declineCode: string | undefined }>;

/** The client secret of an order's PaymentIntent, and the status at that time. Without one nothing is left to pay. */
export type Opened = Readonly<{ clientSecret: string; status: Stripe.PaymentIntent.Status }>;
export type OpenPayment = (patience: Patience, payment: Readonly<{ order: number; id: string }>) => Promise<Opened>;

export interface Browser {
  /** As the payment page does when the customer comes to it. */
  open: OpenPayment;
  /**
   * Confirms with a card, going through 3-D Secure if asked. `key` makes a repetition harmless.
   * @throws StripeError for refusals that are not the card's
   */
  pay(
    patience: Patience,
    payment: Readonly<{ id: string; clientSecret: string; card: Card; key: string }>,
  ): Promise<CardOutcome>;
}

export const stripeClient = (key: string, base: string | undefined): Stripe => {
  const common = { maxNetworkRetries: 2, timeout: 15_000, telemetry: false } as const;
  if (base === undefined) return new Stripe(key, common);
  const url = new URL(base);
  return new Stripe(key, {
    ...common,
    protocol: url.protocol === 'https:' ? 'https' : 'http',
    host: url.hostname,
    port: url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port),
  });
};

const { StripeAPIError, StripeCardError, StripeConnectionError, StripeRateLimitError } = Stripe.errors;

/** Away, overloaded, or busy with the same request. */
export const passes = (error: unknown): boolean =>
  error instanceof StripeConnectionError ||
  error instanceof StripeRateLimitError ||
  error instanceof StripeAPIError ||
  (error instanceof Stripe.errors.StripeError && (error.statusCode === 409 || (error.statusCode ?? 0) >= 500));

/** `paymentPage`: where the payment page gets its secret. Without it the shop's page server asks Stripe itself. */
export const openBrowser = (access: StripeAccess, paymentPage?: OpenPayment): Browser => {
  const server = stripeClient(access.secretKey, access.base);
  const page = stripeClient(access.publishableKey, access.base);

  /** Plays the bank's page, which only the sandbox can. */
  const authenticate = async (id: string, passed: boolean): Promise<void> => {
    if (access.base === undefined) throw new Error('3-D Secure cannot be played at the real Stripe');
    const response = await fetch(new URL(`/_sandbox/payment_intents/${id}/next_action`, access.base), {
      method: 'POST',
      headers: { authorization: `Bearer ${access.secretKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ result: passed ? 'succeed' : 'fail' }),
    });
    const answer = await response.text();
    if (response.status >= 500) throw new StripeConnectionError({ message: answer, type: 'api_error' });
    if (response.ok) return;
    // A repetition after a lost answer finds nothing left to authenticate.
    const { status } = await server.paymentIntents.retrieve(id);
    if (status === 'requires_action') throw new Error(`authentication of ${id}: ${response.status} ${answer}`);
  };

  const declined = (error: { code?: string | undefined; decline_code?: string | undefined }): CardOutcome => ({
    kind: 'declined',
    code: error.code ?? 'unknown',
    declineCode: error.decline_code,
  });

  return {
    open:
      paymentPage ??
      ((patience, { id }) =>
        tryAgain(patience, passes, async () => {
          const paymentIntent = await server.paymentIntents.retrieve(id);
          if (paymentIntent.client_secret === null) throw new Error(`${id} has no client secret`);
          return { clientSecret: paymentIntent.client_secret, status: paymentIntent.status };
        })),
    async pay(patience, { id, clientSecret, card, key }) {
      // The client secret is what a publishable key is let in with; the SDK's types know secret keys only.
      const confirmation: Stripe.PaymentIntentConfirmParams & { client_secret: string } = {
        client_secret: clientSecret,
        payment_method: card.token,
        return_url: 'https://shop.example.com/checkout/done',
      };
      try {
        let paymentIntent = await tryAgain(patience, passes, () =>
          page.paymentIntents.confirm(id, confirmation, { idempotencyKey: key }),
        );
        if (paymentIntent.status !== 'requires_action')
          return { kind: 'accepted', status: paymentIntent.status, authenticated: false };
        await tryAgain(patience, passes, () => authenticate(id, card.outcome === 'authenticates'));
        paymentIntent = await tryAgain(patience, passes, () => server.paymentIntents.retrieve(id));
        return paymentIntent.status === 'requires_payment_method'
          ? declined(paymentIntent.last_payment_error ?? {})
          : { kind: 'accepted', status: paymentIntent.status, authenticated: true };
      } catch (error) {
        if (error instanceof StripeCardError) return declined(error);
        throw error;
      }
    },
  };
};
