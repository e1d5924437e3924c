/**
 * Refunds: on their own (`refund.*`, before that `charge.refund.updated`), or embedded in their charge, which was the
 * only place before 2022-11-15 for most of them.
 */
import type { PaymentFact } from '../../../../schemas/generated/types.ts';
import { refundRank } from '../../domain/refunds.ts';
import { paymentFact, type Teller } from './facts.ts';
import { amountOf, currencyOf, idOf, type Json, kindOf, metadataOf, text } from './fields.ts';

/** Refunds of old had no status: they had happened, or they would not have been there. */
const statusOf = (refund: Json): string =>
  text(refund['status']) ?? (idOf(refund['balance_transaction']) === null ? 'unknown' : 'succeeded');

/** `charge` is the one it is embedded in: old refunds do not name its PaymentIntent. */
export const refundFact = (refund: Json, teller: Teller, charge?: Json): PaymentFact | null => {
  const objectId = text(refund['id']);
  if (objectId === null) return null;
  const status = statusOf(refund);
  const currency = currencyOf(refund);
  return paymentFact(teller, refund, {
    kind: kindOf('refund', status, refundRank),
    objectId,
    status,
    statusRank: refundRank(status),
    amount: amountOf(refund, 'amount', currency),
    currency,
    paymentIntentId: idOf(refund['payment_intent']) ?? idOf(charge?.['payment_intent']),
    chargeId: idOf(refund['charge']) ?? idOf(charge),
    balanceTransactionId: idOf(refund['balance_transaction']),
    failureBalanceTransactionId: idOf(refund['failure_balance_transaction']),
    failureCode: text(refund['failure_reason']),
    reason: text(refund['reason']),
    commandId: metadataOf(refund)['command_id'] ?? null,
    returnId: text(metadataOf(refund)['return_id']),
  });
};
