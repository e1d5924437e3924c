/** The stock of a variant, with what orders hold of it: read and written at one moment. */
import type { SqlConnection } from '../../../services/adnsf-executor/sql/connection.ts';
import type { StockChange, StockPlace } from '../../../services/adnsf-executor/domain/stock.ts';
import { readStock, writeStock } from '../../../services/adnsf-executor/sql/stock.ts';
import { appliedOf, type Changed, etagOf, inTransaction, remember } from './changes.ts';
import { Problem } from './problem.ts';
import type { Json } from './tables.ts';

const placeOf = (path: Json, query: Json): Readonly<{ place: StockPlace; ordersFrom: number | null }> => ({
  place: {
    variantId: path['variantId'] as number,
    color: (query['color'] as string | undefined) ?? null,
    size: (query['size'] as string | undefined) ?? null,
  },
  ordersFrom: (query['ordersFrom'] as number | undefined) ?? null,
});

const readLocked = async (connection: SqlConnection, path: Json, query: Json) => {
  const { place, ordersFrom } = placeOf(path, query);
  const row = await readStock(connection, place, ordersFrom);
  if (row === undefined) throw new Problem(404, 'product_not_found', `there is no product ${place.variantId}`);
  const { mark } = row;
  const json = { ...row, mark: mark && { ...mark, version: mark.version === null ? null : String(mark.version) } };
  return { row, json };
};

/** @throws Problem */
export const stockOf = (connection: SqlConnection, path: Json, query: Json): Promise<Json> =>
  inTransaction(connection, async () => (await readLocked(connection, path, query)).json);

/** @throws Problem */
export const changeStock = (
  connection: SqlConnection,
  request: Readonly<{ path: Json; query: Json; key: string; ifMatch: string; body: Json }>,
): Promise<Changed> =>
  inTransaction(connection, async () => {
    const { path, query, key, body } = request;
    const { row, json } = await readLocked(connection, path, query);
    const known = await appliedOf(connection, key);
    if (known !== undefined) return { resource: json, applied: known, replayed: true };
    if (request.ifMatch !== etagOf(json))
      throw new Problem(412, 'changed_meanwhile', `the stock of product ${row.variantId} is not as it was read`);
    const mark = body['mark'] as (Omit<StockChange['mark'], 'version'> & { version: string | null }) | undefined;
    if (mark !== undefined) {
      const version = mark.version === null ? null : BigInt(mark.version);
      await writeStock(connection, row, { level: body['level'] as number, mark: { ...mark, version } });
    }
    const applied = await remember(connection, key, 0, body['outcome'] as string);
    return { resource: (await readLocked(connection, path, query)).json, applied, replayed: false };
  });
