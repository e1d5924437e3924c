/**
 * What a command does to the stock of an item, given what the shop says of it at one moment. Pure, as `decide.ts`.
 *
 * The supply is what there would be had no order taken any: what is left and what orders hold. An order moves units from
 * one to the other and leaves it as it is, so a supply that differs was changed by hand, and one that the ERP sets loses
 * no sale.
 */
import type { CountStock, SetInventory } from '../../../schemas/generated/types.ts';
import type { AdnsfStockCommand } from '../../../schemas/topics.ts';
import { markText, type SupplyMark, supplyText } from '../../order-stream/domain/items/supply.ts';

export type StockPlace = Readonly<{ variantId: number; color: string | null; size: string | null }>;

export type StockRow = StockPlace &
  Readonly<{
    /** Units that the shop can still sell; null when it keeps no such stock. */
    level: number | null;
    /** Units that its orders hold. */
    held: number;
    /** Whether its stock is kept by colour and size. */
    optioned: boolean;
    /** What it counted as before; null: never counted. */
    mark: SupplyMark | null;
  }>;

export type StockChange = Readonly<{ level: number; mark: SupplyMark }>;

export type StockDecision =
  | Readonly<{ kind: 'apply'; change: StockChange; before: string; after: string }>
  | Readonly<{ kind: 'nothing'; outcome: 'already' | 'superseded'; standing: string }>
  | Readonly<{ kind: 'refuse'; code: string; message: string }>;

const MAX_INT = 0x7fff_ffff;

const nameOf = ({ variantId, color, size }: StockPlace): string =>
  [`variant ${variantId}`, color, size].filter((part) => part !== null).join(', ');

const next = ({ mark }: StockRow): number => (mark?.sequence ?? 0) + 1;

const apply = (row: StockRow, change: StockChange): StockDecision => ({
  kind: 'apply',
  change,
  before: supplyText(row.mark?.supply ?? 0),
  after: markText(change.mark),
});

const refuse = (code: string, message: string): StockDecision => ({ kind: 'refuse', code, message });

const outOfRange = (row: StockRow, units: number): StockDecision =>
  refuse('stock_out_of_range', `${nameOf(row)} would have ${units} units`);

const count = (_command: CountStock, row: StockRow, level: number): StockDecision => {
  const supply = level + row.held;
  if (Math.abs(supply) > MAX_INT) return outOfRange(row, supply);
  if (row.mark?.supply === supply) return { kind: 'nothing', outcome: 'already', standing: supplyText(supply) };
  const { version, ordersFrom } = row.mark ?? { version: null, ordersFrom: 0 };
  return apply(row, { level, mark: { sequence: next(row), supply, version, ordersFrom } });
};

const set = ({ payload }: SetInventory, row: StockRow): StockDecision => {
  const { supply, version, ordersFrom } = payload;
  const standing = supplyText(row.mark?.supply ?? 0);
  if (row.mark?.version != null && row.mark.version >= version)
    return { kind: 'nothing', outcome: 'superseded', standing };
  const level = supply - row.held;
  if (Math.abs(level) > MAX_INT) return outOfRange(row, level);
  return apply(row, { level, mark: { sequence: next(row), supply, version, ordersFrom } });
};

export const decideStock = (command: AdnsfStockCommand, row: StockRow): StockDecision => {
  const optional = row.color !== null || row.size !== null;
  if (row.optioned !== optional)
    return refuse(
      'stock_kept_otherwise',
      `the shop keeps the stock of variant ${row.variantId} ${row.optioned ? 'by colour and size' : 'as a whole'}`,
    );
  if (row.level === null) return refuse('stock_not_found', `the shop keeps no stock of ${nameOf(row)}`);
  return command.type === 'CountStock' ? count(command, row, row.level) : set(command, row);
};
