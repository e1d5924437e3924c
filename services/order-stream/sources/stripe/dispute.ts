/** Disputes, with the money they moved: Stripe embeds the balance transactions in every version. */
import type { Movement, PaymentFact } from '../../../../schemas/generated/types.ts';
import { rateText } from '../../domain/exchange-rate.ts';
import { disputeRank } from '../../domain/disputes.ts';
import { paymentFact, type Teller } from './facts.ts';
import { amountOf, at, currencyOf, idOf, instant, type Json, kindOf, listOf, text } from './fields.ts';

/** Old balance transactions have no reporting category, and are all of type `adjustment` here. */
const categoryOf = (transaction: Json, amount: bigint): string =>
  text(transaction['reporting_category']) ?? (amount < 0n ? 'dispute' : 'dispute_reversal');

const movementOf = (transaction: Json): readonly Movement[] => {
  const balanceTransactionId = text(transaction['id']);
  if (balanceTransactionId === null) return [];
  const currency = currencyOf(transaction);
  const amount = amountOf(transaction, 'amount', currency);
  const fee = amountOf(transaction, 'fee', currency);
  const net = amountOf(transaction, 'net', currency);
  const createdAt = instant(transaction['created']);
  const category = categoryOf(transaction, amount);
  const rate = rateText(transaction['exchange_rate']);
  return [{ balanceTransactionId, category, amount, fee, net, currency, createdAt, rate }];
};

/** `charge` is the one it is embedded in. */
export const disputeFact = (dispute: Json, teller: Teller, charge?: Json): PaymentFact | null => {
  const objectId = text(dispute['id']);
  if (objectId === null) return null;
  const status = text(dispute['status']) ?? 'unknown';
  const currency = currencyOf(dispute);
  return paymentFact(teller, dispute, {
    kind: kindOf('dispute', status, disputeRank),
    objectId,
    status,
    statusRank: disputeRank(status),
    amount: amountOf(dispute, 'amount', currency),
    currency,
    paymentIntentId: idOf(dispute['payment_intent']) ?? idOf(charge?.['payment_intent']),
    chargeId: idOf(dispute['charge']) ?? idOf(charge),
    reason: text(dispute['reason']),
    evidenceDueAt: instant(at(dispute, 'evidence_details', 'due_by')),
    movements: listOf(dispute['balance_transactions']).flatMap(movementOf),
  });
};
