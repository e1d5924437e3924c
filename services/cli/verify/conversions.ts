/** What Stripe converted of payments against the ledger. */
import type { Conversion, Facts, LedgerConversion, Payment } from './facts.ts';
import type { Finding } from './judge.ts';

const shown = ({ fromAmount, fromCurrency, toAmount, toCurrency, rate }: Conversion): string =>
  `${fromAmount} ${fromCurrency} into ${toAmount} ${toCurrency} at ${rate ?? 'no rate'}`;

const ofPayment = (orderId: string, payment: Payment, booked: readonly LedgerConversion[]): Finding[] => {
  const found: Finding[] = [];
  const say = (kind: Finding['kind'], message: string): void => void found.push({ kind, orderId, message });
  for (const made of payment.conversions) {
    const { balanceTransactionId: id } = made;
    const own = booked.filter(({ balanceTransactionId }) => balanceTransactionId === id);
    if (own.length === 0) say('lost', `${id} converted ${shown(made)}, which is not in the ledger (minor units)`);
    if (own.length > 1) say('doubled', `the ledger has ${own.length} conversions by ${id}`);
    for (const row of own)
      if (shown(row) !== shown(made))
        say(
          'mismatched',
          `the ledger says that ${id} converted ${shown(row)}, Stripe says ${shown(made)} (minor units)`,
        );
  }
  for (const row of booked)
    if (!payment.conversions.some(({ balanceTransactionId }) => balanceTransactionId === row.balanceTransactionId))
      say(
        'mismatched',
        `the ledger has a conversion of ${shown(row)} by ${row.balanceTransactionId}, which Stripe has not`,
      );
  return found;
};

/** By order and by invoice: a payment that nobody booked has none to be booked either, and is found as such. */
export const conversionFindings = ({ payments, ledger }: Facts): Finding[] => {
  const booked = Map.groupBy(ledger.conversions, ({ orderId }) => orderId);
  const received = new Set(ledger.payments.map(({ orderId }) => orderId));
  const byOrder = Map.groupBy(
    payments.filter(({ orderId, status }) => orderId !== null && status === 'succeeded'),
    ({ orderId }) => orderId!,
  );
  return [...byOrder].flatMap(([orderId, of]) =>
    received.has(orderId)
      ? ofPayment(
          orderId,
          { ...of[0]!, conversions: of.flatMap(({ conversions }) => conversions) },
          booked.get(orderId) ?? [],
        )
      : [],
  );
};
