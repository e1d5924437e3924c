/** Money as people read it and as databases write it. */
import { type Decimal, minorUnits, moneyText } from '../order-stream/domain/money.ts';

export { minorUnits };

/** `12.3400` as an exact decimal. @throws when the text is not one */
export const decimalFromText = (text: string): Decimal => {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text.trim());
  if (!match) throw new Error(`'${text}' is not a decimal`);
  const [, sign, whole, fraction = ''] = match;
  const unscaled = BigInt(`${whole ?? ''}${fraction}`);
  return { unscaled: sign === '-' ? -unscaled : unscaled, scale: fraction.length };
};

/** `12.34 USD`. */
export const shownMoney = (units: bigint, currency: string): string =>
  `${moneyText(units, currency)} ${currency.toUpperCase()}`;
