/** Money as people read it and as databases write it. */
import { decimalFromText, InexactAmountError, minorUnits, moneyText } from '../order-stream/domain/money.ts';
import { fromStripeUnits } from '../order-stream/domain/stripe-money.ts';

export { decimalFromText, InexactAmountError, minorUnits };

/** `12.34 USD`. */
export const shownMoney = (units: bigint, currency: string): string =>
  `${moneyText(units, currency)} ${currency.toUpperCase()}`;

/** The same for an amount as Stripe's objects have it. */
export const shownStripeMoney = (units: number, currency: string): string =>
  shownMoney(fromStripeUnits(BigInt(units), currency), currency);
