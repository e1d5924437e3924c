import { type Decimal, minorUnits } from '../../order-stream/domain/money.ts';
import { GIFT_CARD } from '../../order-stream/domain/shop.ts';
import type { OrderRow } from './order-row.ts';

const asDecimal = (text: string): Decimal => {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text.trim());
  if (!match) throw new RangeError(`'${text}' is not a decimal`);
  const [, sign = '', whole = '', fraction = ''] = match;
  return { unscaled: BigInt(`${sign}${whole}${fraction}`), scale: fraction.length };
};

/**
 * What is to be paid by other means than a gift card, in minor units. ADNSF does not take a gift card off OrderTotal.
 * @throws RangeError or InexactAmountError when the columns hold no exact amount of the currency
 */
export const amountDue = (row: OrderRow, currency: string): bigint => {
  const total = minorUnits(asDecimal(row.total), currency);
  if (row.couponType !== GIFT_CARD || row.couponAmount === null) return total;
  return total - minorUnits(asDecimal(row.couponAmount), currency);
};
