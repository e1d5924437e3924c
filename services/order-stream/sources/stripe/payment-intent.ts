/**
 * PaymentIntents by their status, whatever the event is called. Before 2022-11-15 their charges are embedded, newest
 * first; from then on `latest_charge` names the last one.
 */
import type { PaymentFact } from '../../../../schemas/generated/types.ts';
import { chargeFacts } from './charge.ts';
import { paymentFact, type Teller } from './facts.ts';
import { amountIn, amountOf, currencyOf, idOf, isObject, type Json, listOf, rankIn, text } from './fields.ts';

/** Until 2019-02-11 payment methods were sources. */
const renamed: Readonly<Record<string, string>> = {
  requires_source: 'requires_payment_method',
  requires_source_action: 'requires_action',
};

const rank = rankIn({
  requires_payment_method: 10,
  requires_confirmation: 20,
  requires_action: 30,
  processing: 40,
  requires_capture: 50,
  canceled: 60,
  succeeded: 60,
});

const statusOf = (intent: Json): string => {
  const status = text(intent['status']) ?? 'unknown';
  return Object.hasOwn(renamed, status) ? renamed[status]! : status;
};

const chargesOf = (intent: Json): readonly Json[] => {
  const latest = intent['latest_charge'];
  return [...(isObject(latest) ? [latest] : []), ...listOf(intent['charges'])];
};

const latestChargeOf = (intent: Json): string | null =>
  idOf(intent['latest_charge']) ?? idOf(listOf(intent['charges'])[0]);

type Stage = Readonly<{ kind: string; counts: string }> & Partial<Omit<PaymentFact, 'kind' | 'amount'>>;

/** What the status means for the order; an unknown one is carried as data. `counts` names the amount. */
const stageOf = (intent: Json, status: string): Stage => {
  switch (status) {
    case 'succeeded':
      return { kind: 'payment.succeeded', counts: 'amount_received' };
    case 'requires_capture':
      return { kind: 'payment.authorized', counts: 'amount_capturable' };
    case 'processing':
      return { kind: 'payment.processing', counts: 'amount' };
    case 'requires_action':
      return { kind: 'payment.action_required', counts: 'amount' };
    case 'canceled':
      return { kind: 'payment.canceled', counts: 'amount', reason: text(intent['cancellation_reason']) };
    case 'requires_payment_method': {
      const failure = intent['last_payment_error'];
      if (!isObject(failure)) return { kind: 'payment.other', counts: 'amount' };
      return {
        kind: 'payment.failed',
        counts: 'amount',
        chargeId: idOf(failure['charge']) ?? latestChargeOf(intent),
        failureCode: text(failure['code']) ?? 'unknown',
        declineCode: text(failure['decline_code']),
        failureMessage: text(failure['message']),
      };
    }
    default:
      return { kind: 'payment.other', counts: 'amount' };
  }
};

/** The PaymentIntent's own fact, then those of the charges that come with it. */
export const paymentIntentFacts = (intent: Json, teller: Teller): readonly PaymentFact[] => {
  const objectId = text(intent['id']);
  if (objectId === null) return [];
  const status = statusOf(intent);
  const { counts, ...stage } = stageOf(intent, status);
  const currency = currencyOf(intent);
  const own = paymentFact(teller, intent, {
    objectId,
    paymentIntentId: objectId,
    chargeId: latestChargeOf(intent),
    status,
    statusRank: rank(status),
    currency,
    amount: amountOf(intent, counts, currency),
    ...(status === 'succeeded' && { intended: amountIn(intent, 'amount', currency) }),
    ...stage,
  });
  return [own, ...chargesOf(intent).flatMap((charge) => chargeFacts({ ...charge, payment_intent: objectId }, teller))];
};

/** Objects that belong to the same order as the PaymentIntent. */
export const linkedCharges = (intent: Json): readonly (string | null)[] => {
  const failure = intent['last_payment_error'];
  return [
    idOf(intent['latest_charge']),
    ...listOf(intent['charges']).map(idOf),
    isObject(failure) ? idOf(failure['charge']) : null,
  ];
};
