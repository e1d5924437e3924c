/** What a command does to the price of a variant, given its row as it is. Pure, as `decide.ts`. */
import type { SetItemPrice } from '../../../schemas/generated/types.ts';
import { decimalFromText, InexactAmountError, minorUnits, moneyText } from '../../order-stream/domain/money.ts';

/** Exact decimals. */
export type PriceRow = Readonly<{ variantId: number; price: string; salePrice: string | null }>;
export type PriceChange = Readonly<{ price: string; salePrice: string | null }>;

export type PriceDecision =
  | Readonly<{ kind: 'apply'; change: PriceChange; after: string }>
  | Readonly<{ kind: 'nothing'; outcome: 'already' | 'superseded'; after: string }>
  | Readonly<{ kind: 'refuse'; code: string; message: string }>;

/** As outcomes hold it, in 36 digits. */
const standing = (price: bigint, salePrice: bigint | null): string =>
  `${price.toString(36)}/${salePrice?.toString(36) ?? ''}`;

export const decidePrice = ({ payload }: SetItemPrice, row: PriceRow): PriceDecision => {
  const { currency, price, salePrice, expectedPrice, expectedSalePrice } = payload;
  let present: readonly [bigint, bigint | null];
  try {
    const units = (text: string): bigint => minorUnits(decimalFromText(text), currency);
    const sale = units(row.salePrice ?? '0');
    // The shop means none by nothing, too.
    present = [units(row.price), sale === 0n ? null : sale];
  } catch (error) {
    if (!(error instanceof InexactAmountError)) throw error;
    // Somebody typed it meanwhile, and is heard of soon.
    return { kind: 'nothing', outcome: 'superseded', after: '' };
  }
  if (present[0] === price && present[1] === salePrice)
    return { kind: 'nothing', outcome: 'already', after: standing(...present) };
  if (present[0] !== expectedPrice || present[1] !== expectedSalePrice)
    return { kind: 'nothing', outcome: 'superseded', after: standing(...present) };
  const change = {
    price: moneyText(price, currency),
    salePrice: salePrice === null ? null : moneyText(salePrice, currency),
  };
  // The shop's column has four decimals and fifteen digits before them.
  const tooLong = [change.price, change.salePrice ?? '0'].some((text) => (text.split('.')[0] ?? '').length > 14);
  if (tooLong)
    return {
      kind: 'refuse',
      code: 'price_out_of_range',
      message: `variant ${row.variantId}: ${change.price} is too much`,
    };
  return { kind: 'apply', change, after: standing(price, salePrice) };
};
