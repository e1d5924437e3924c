/** What moved on the balance at Stripe, of whose money, and what it cost. */
import type Stripe from 'stripe';
import type { FetchBalanceTransaction } from '../../schemas/generated/types.ts';
import { rateText } from '../order-stream/domain/exchange-rate.ts';
import { InexactAmountError } from '../order-stream/domain/money.ts';
import { fromStripeUnits } from '../order-stream/domain/stripe-money.ts';
import { PoisonError } from '../runtime/errors.ts';
import type { Outcome } from './domain/outcome.ts';
import { succeeded } from './found.ts';
import type { StripeApi } from './stripe-api.ts';

/** Stripe has no code for it: the fees of a transaction are told apart by what they are called. */
const CONVERSION = /currency conversion/i;

/** Categories whose sources say without a sign what left. */
const LEAVING = new Set(['refund', 'partial_capture_reversal']);

/** Whole ISO minor units of Stripe's. @throws PoisonError when the currency has no such amount */
const unitsOf = (of: string, amount: number, currency: string): bigint => {
  try {
    return fromStripeUnits(BigInt(amount), currency);
  } catch (error) {
    if (!(error instanceof InexactAmountError)) throw error;
    throw new PoisonError(error.code, `${of}: ${error.message}`, { cause: error });
  }
};

/** The customer's side of it, with the transaction's sign; nothing when its source is neither charge nor refund. */
const presentedIn = ({
  id,
  amount,
  source,
  reporting_category: category,
}: Stripe.BalanceTransaction): Readonly<Record<string, string>> => {
  if (source === null || typeof source === 'string') return {};
  if (source.object !== 'charge' && source.object !== 'refund') return {};
  const presentedCurrency = source.currency.toUpperCase();
  const units = unitsOf(`amount of ${source.id} (${id})`, source.amount, presentedCurrency);
  // What is too little to come to anything has no sign of its own.
  const leaves = amount === 0 ? LEAVING.has(category) : amount < 0;
  return { presented: String(leaves ? -units : units), presentedCurrency };
};

/** All amounts in ISO minor units: as settled on the balance, and as the customer was charged or paid back. */
export const fetchBalanceTransaction = async (api: StripeApi, command: FetchBalanceTransaction): Promise<Outcome> => {
  const object = await api.retrieveBalanceTransaction(command.payload.balanceTransactionId);
  const currency = object.currency.toUpperCase();
  const units = (name: 'amount' | 'fee' | 'net'): string =>
    String(unitsOf(`${name} of ${object.id}`, object[name], currency));
  const conversion = object.fee_details
    .filter(({ type, description }) => type === 'stripe_fee' && CONVERSION.test(description ?? ''))
    .reduce((sum, { amount }) => sum + amount, 0);
  const rate = rateText(object.exchange_rate);
  const detail = {
    gross: units('amount'),
    fee: units('fee'),
    net: units('net'),
    currency,
    category: object.reporting_category,
    conversionFee: String(unitsOf(`conversion fee of ${object.id}`, conversion, currency)),
    ...presentedIn(object),
    ...(rate !== null && { rate }),
  };
  const made = { object, requestId: object.lastResponse.requestId, replayed: false, how: 'found' } as const;
  return succeeded(made, object.status, detail);
};
