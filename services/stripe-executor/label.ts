/**
 * Writes on a payment that the shop's own gateway has made which order it is of, so that its payout, its refunds and its
 * disputes find the order as those of our own payments do. What names another order is left as it is.
 */
import type Stripe from 'stripe';
import type { LabelPayment } from '../../schemas/generated/types.ts';
import { updateUnder } from './create-once.ts';
import type { Outcome } from './domain/outcome.ts';
import { refused, succeeded } from './found.ts';
import type { StripeApi } from './stripe-api.ts';

type Labelled = Stripe.PaymentIntent | Stripe.Charge;

const idOf = (reference: string | Readonly<{ id: string }> | null): string | null =>
  typeof reference === 'string' ? reference : (reference?.id ?? null);

const namesOther = ({ metadata }: Labelled, orderId: string): boolean => {
  const named = metadata['order_id'] ?? '';
  return named !== '' && named !== orderId;
};

/** The charge and its PaymentIntent, whichever of them the shop knows; either may be all there is. */
const objectsOf = async (api: StripeApi, reference: string): Promise<readonly Stripe.Response<Labelled>[]> => {
  if (reference.startsWith('pi_')) {
    const intent = await api.retrievePaymentIntent(reference);
    const charge = idOf(intent.latest_charge);
    return charge === null ? [intent] : [intent, await api.retrieveCharge(charge)];
  }
  const charge = await api.retrieveCharge(reference);
  const intent = idOf(charge.payment_intent);
  return intent === null ? [charge] : [await api.retrievePaymentIntent(intent), charge];
};

/** Stripe keeps what else is in the metadata. */
const write = (
  api: StripeApi,
  { id, object }: Labelled,
  metadata: Stripe.MetadataParam,
  key: string,
): Promise<unknown> =>
  object === 'charge' ? api.updateCharge(id, { metadata }, key) : api.updatePaymentIntent(id, { metadata }, key);

export const labelPayment = async (api: StripeApi, command: LabelPayment): Promise<Outcome> => {
  const { commandId, orderId, payload } = command;
  const objects = await objectsOf(api, payload.reference);
  const other = objects.find((object) => namesOther(object, orderId));
  if (other !== undefined)
    return refused(
      'payment_of_another_order',
      `${other.id} says that it is of order ${other.metadata['order_id']!}, and order ${orderId} says that it was paid with ${payload.reference}`,
    );
  const metadata = { ...payload.metadata, command_id: commandId };
  let how: 'created' | 'found' = 'found';
  // All of it is looked at first: what is refused is left untouched. The PaymentIntent goes first: all else asks it.
  for (const object of objects) {
    if (object.metadata['order_id'] === orderId) continue;
    await updateUnder<unknown>(`${commandId}/${object.id}`, (key) => write(api, object, metadata, key));
    how = 'created';
  }
  const [first] = objects as readonly [Stripe.Response<Labelled>];
  const { requestId } = first.lastResponse;
  const links = objects.map(({ id }) => id);
  return { ...succeeded({ object: first, requestId, replayed: false, how }, first.status), links } as Outcome;
};
