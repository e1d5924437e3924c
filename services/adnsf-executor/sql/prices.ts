/** What a variant costs, in the shop's tables. */
import { z } from 'zod';
import type { PriceChange, PriceRow } from '../domain/prices.ts';
import type { SqlConnection } from './connection.ts';
import { integer, text } from './parameters.ts';

/** Money as text: the driver would make a float of it. */
const SELECT_PRICE = `
SELECT CONVERT(varchar(40), Price, 2) AS Price, CONVERT(varchar(40), SalePrice, 2) AS SalePrice
FROM dbo.ProductVariant WITH (UPDLOCK, ROWLOCK) WHERE VariantID = @variant`;
const SET_PRICE = `
UPDATE dbo.ProductVariant SET Price = CAST(@price AS money), SalePrice = CAST(@sale AS money)
WHERE VariantID = @variant AND Price = CAST(@before AS money);
SELECT @@ROWCOUNT AS Changed`;

const priceRow = z.object({ Price: z.string(), SalePrice: z.string().nullable() });
const changedRow = z.object({ Changed: z.number().int() });

export const readPrice = async (connection: SqlConnection, variantId: number): Promise<PriceRow | undefined> => {
  const [found] = await connection.query(SELECT_PRICE, { variant: integer(variantId) });
  if (found === undefined) return undefined;
  const { Price: price, SalePrice: salePrice } = priceRow.parse(found);
  return { variantId, price, salePrice };
};

/** @returns whether it was still as it was read */
export const writePrice = async (connection: SqlConnection, row: PriceRow, change: PriceChange): Promise<boolean> => {
  const [answer] = await connection.query(SET_PRICE, {
    variant: integer(row.variantId),
    price: text(change.price),
    sale: text(change.salePrice),
    before: text(row.price),
  });
  return changedRow.parse(answer).Changed === 1;
};
