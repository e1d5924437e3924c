/**
 * Charges: what they brought once that is known (asynchronous capture tells the fee later than the payment), what went
 * back, and the refunds and disputes that old versions embed.
 */
import type { PaymentFact } from '../../../../schemas/generated/types.ts';
import { disputeFact } from './dispute.ts';
import { paymentFact, type Teller } from './facts.ts';
import { amountIn, amountOf, currencyOf, idOf, isObject, type Json, listOf, rankIn, text } from './fields.ts';
import { refundFact } from './refund.ts';

const chargeRank = rankIn({ pending: 10, failed: 20, succeeded: 30 });

/** `amount_captured` came in 2020; before, the whole amount of a captured charge was. */
const capturedOf = (charge: Json, currency: string): bigint =>
  amountIn(charge, 'amount_captured', currency) ??
  (charge['captured'] === false ? 0n : amountOf(charge, 'amount', currency));

export const chargeFacts = (charge: Json, teller: Teller): readonly PaymentFact[] => {
  const chargeId = text(charge['id']);
  if (chargeId === null) return [];
  const status = text(charge['status']) ?? 'unknown';
  const facts: (PaymentFact | null)[] = [];
  const common = { objectId: chargeId, chargeId, status, statusRank: chargeRank(status) };
  const paymentIntentId = idOf(charge['payment_intent']);

  const balanceTransactionId = idOf(charge['balance_transaction']);
  if (balanceTransactionId !== null && status === 'succeeded') {
    const currency = currencyOf(charge);
    const amount = capturedOf(charge, currency);
    facts.push(
      paymentFact(teller, charge, {
        ...common,
        kind: 'charge.balanced',
        paymentIntentId,
        balanceTransactionId,
        amount,
        currency,
      }),
    );
  }
  if (typeof charge['amount_refunded'] === 'number' && charge['amount_refunded'] !== 0) {
    const currency = currencyOf(charge);
    const amount = amountOf(charge, 'amount_refunded', currency);
    facts.push(paymentFact(teller, charge, { ...common, kind: 'charge.refunded', paymentIntentId, amount, currency }));
  }
  facts.push(...listOf(charge['refunds']).map((refund) => refundFact(refund, teller, charge)));
  const { dispute } = charge;
  if (isObject(dispute)) facts.push(disputeFact(dispute, teller, charge));
  return facts.filter((fact) => fact !== null);
};
