import { decimalFromText, minorUnits } from '../../order-stream/domain/money.ts';
import { GIFT_CARD } from '../../order-stream/domain/shop.ts';
import type { OrderRow } from './order-row.ts';

/**
 * What is to be paid by other means than a gift card, in minor units. ADNSF does not take a gift card off OrderTotal.
 * @throws InexactAmountError when the columns hold no exact amount of the currency
 */
export const amountDue = (row: OrderRow, currency: string): bigint => {
  const total = minorUnits(decimalFromText(row.total), currency);
  if (row.couponType !== GIFT_CARD || row.couponAmount === null) return total;
  return total - minorUnits(decimalFromText(row.couponAmount), currency);
};
