/** What the merchant's people do at Stripe, and what banks do to them, which only the sandbox can play. */
import Stripe from 'stripe';
import { type Patience, tryAgain } from './again.ts';
import { passes, stripeClient, type StripeAccess } from './browser.ts';

export interface Till {
  /** Pays back, all that is left without an amount (cents). `key` makes a repetition harmless. */
  refund(patience: Patience, payment: Readonly<{ id: string; amount?: bigint; key: string }>): Promise<void>;
  cancel(patience: Patience, payment: Readonly<{ id: string; key: string }>): Promise<void>;
  /** The customer disputes the payment, and the bank decides. */
  dispute(patience: Patience, payment: Readonly<{ id: string; verdict: 'won' | 'lost' }>): Promise<void>;
}

const { StripeConnectionError } = Stripe.errors;

export const openTill = (access: StripeAccess): Till => {
  const stripe = stripeClient(access.secretKey, access.base);

  const hook = async (path: string, body: object): Promise<void> => {
    if (access.base === undefined) throw new Error('banks cannot be played at the real Stripe');
    const response = await fetch(new URL(`/_sandbox${path}`, access.base), {
      method: 'POST',
      headers: { authorization: `Bearer ${access.secretKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const answer = await response.text();
    if (response.status >= 500) throw new StripeConnectionError({ message: answer, type: 'api_error' });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${answer}`);
  };

  return {
    refund: (patience, { id, amount, key }) =>
      tryAgain(patience, passes, async () => {
        await stripe.refunds.create(
          { payment_intent: id, ...(amount !== undefined && { amount: Number(amount) }) },
          { idempotencyKey: key },
        );
      }),
    cancel: (patience, { id, key }) =>
      tryAgain(patience, passes, async () => {
        await stripe.paymentIntents.cancel(id, { cancellation_reason: 'duplicate' }, { idempotencyKey: key });
      }),
    dispute: (patience, { id, verdict }) =>
      tryAgain(patience, passes, async () => {
        // A repetition goes on with the dispute that is there.
        const known = async () => (await stripe.disputes.list({ payment_intent: id })).data[0];
        if ((await known()) === undefined) {
          const { latest_charge: charge } = await stripe.paymentIntents.retrieve(id);
          await hook('/disputes', { charge: typeof charge === 'string' ? charge : charge?.id });
        }
        const dispute = await known();
        if (dispute?.status === 'needs_response') await hook(`/disputes/${dispute.id}/close`, { verdict });
      }),
  };
};
