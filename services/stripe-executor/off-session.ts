/**
 * Charging a customer who is not there, with what they have saved: their default method, else the card that was saved last.
 * That the bank says no, or wants to hear the customer, is an answer: the PaymentIntent is there, and waits for them.
 */
import Stripe from 'stripe';
import { PAGE } from './found.ts';
import type { StripeApi } from './stripe-api.ts';

/** A saved method, as a PaymentIntent is confirmed with it. */
export type Means = Readonly<{ id: string; type: string }>;

const COLLECTION = 'collection';
const OFF_SESSION = 'off_session';

const isYounger = (left: Stripe.PaymentMethod, right: Stripe.PaymentMethod): boolean =>
  left.created > right.created || (left.created === right.created && left.id > right.id);

const latestCard = async (api: StripeApi, customer: string): Promise<Means | null> => {
  let latest: Stripe.PaymentMethod | null = null;
  for (let after: string | undefined; ;) {
    const page = await api.listPaymentMethods(customer, {
      type: 'card',
      limit: PAGE,
      ...(after !== undefined && { starting_after: after }),
    });
    for (const card of page.data) if (latest === null || isYounger(card, latest)) latest = card;
    after = page.data.at(-1)?.id;
    if (!page.has_more || after === undefined) return latest;
  }
};

/** What the customer can be charged with; null when nothing is saved. */
export const meansOf = async (api: StripeApi, customer: string): Promise<Means | null> => {
  const present = await api.retrieveCustomer(customer);
  if (present.deleted === true) return null;
  const preferred = present.invoice_settings.default_payment_method;
  if (preferred === null) return latestCard(api, customer);
  return typeof preferred === 'string' ? api.retrievePaymentMethod(preferred) : preferred;
};

/** Named types, so that no method is among them that sends the customer to a page of its own. */
export const offSession = ({ id, type }: Means) =>
  ({
    payment_method: id,
    payment_method_types: [...new Set(['card', type])],
    off_session: true,
    confirm: true,
  }) satisfies Partial<Stripe.PaymentIntentCreateParams>;

/** In the metadata: whoever finds the PaymentIntent later knows how it was collected. */
export const collected = (means: Means | null): Readonly<Record<string, string>> =>
  means === null ? {} : { [COLLECTION]: OFF_SESSION };

/** How it was collected, and with what. */
export const collectionOf = ({ metadata }: Stripe.PaymentIntent): Readonly<Record<string, string>> => ({
  collection: metadata[COLLECTION] === OFF_SESSION ? OFF_SESSION : 'on_session',
});

/** The PaymentIntent that was made, though the bank refused to pay it. */
export const paidOrDeclined = async (
  create: () => Promise<Stripe.Response<Stripe.PaymentIntent>>,
): Promise<Stripe.Response<Stripe.PaymentIntent>> => {
  try {
    return await create();
  } catch (error) {
    if (error instanceof Stripe.errors.StripeCardError && error.payment_intent !== undefined) {
      const { payment_intent: made, requestId, headers, statusCode } = error;
      const lastResponse = { headers: headers ?? {}, requestId: requestId ?? '', statusCode: statusCode ?? 402 };
      return { ...made, lastResponse };
    }
    throw error;
  }
};
