/** Payouts carry totals only; their lines are listed when `reconciliationStatus` is `completed`. */
import { payoutRank } from '../../domain/payout.ts';
import { type OtherFact, type Teller, toldBy } from './facts.ts';
import { amountOf, currencyOf, flag, idOf, instant, type Json, kindOf, text } from './fields.ts';

export const payoutFacts = (payout: Json, teller: Teller): readonly OtherFact[] => {
  const payoutId = text(payout['id']);
  if (payoutId === null) return [];
  const status = text(payout['status']) ?? 'unknown';
  const currency = currencyOf(payout);
  return [
    {
      topic: 'payoutFacts',
      key: `payout:${payoutId}`,
      fact: {
        kind: kindOf('payout', status, payoutRank),
        payoutId,
        status,
        statusRank: payoutRank(status),
        reconciliationStatus: text(payout['reconciliation_status']),
        amount: amountOf(payout, 'amount', currency),
        currency,
        automatic: flag(payout['automatic']),
        method: text(payout['method']),
        arrivalDate: instant(payout['arrival_date']),
        balanceTransactionId: idOf(payout['balance_transaction']),
        failureBalanceTransactionId: idOf(payout['failure_balance_transaction']),
        failureCode: text(payout['failure_code']),
        failureMessage: text(payout['failure_message']),
        originalPayoutId: idOf(payout['original_payout']),
        reversedById: idOf(payout['reversed_by']),
        createdAt: instant(payout['created']),
        ...toldBy(teller),
      },
    },
  ];
};
