/**
 * Orders_ShoppingCart has no key, so the lines of an order are a list in which a change finds its line by what it was
 * before.
 */
import type { LineRow, OrderLines } from '../../../schemas/generated/types.ts';

export const noLines: OrderLines = { lines: [], snapshot: null };

/** Names are left out: SQL Server gives no before-image of a large column that did not change. */
const sameLine = (left: LineRow, right: LineRow): boolean =>
  left.cartRecordId === right.cartRecordId &&
  left.productId === right.productId &&
  left.variantId === right.variantId &&
  left.quantity === right.quantity &&
  left.sku === right.sku &&
  left.extendedPrice === right.extendedPrice;

const indexOfLine = (lines: readonly LineRow[], line: LineRow): number => {
  const exact = lines.findIndex((other) => sameLine(other, line));
  return exact >= 0
    ? exact
    : lines.findIndex((other) => other.cartRecordId === line.cartRecordId && other.variantId === line.variantId);
};

/** A line as a snapshot at log position `snapshot` read it. Lines of an older snapshot are replaced, not added to. */
export const withSnapshotLine = (state: OrderLines, line: LineRow, snapshot: string): OrderLines => ({
  lines: state.snapshot === snapshot ? [...state.lines, line] : [line],
  snapshot,
});

export const withLine = (state: OrderLines, line: LineRow): OrderLines => ({ ...state, lines: [...state.lines, line] });

/** A change keeps when the line was put into the cart, which only its first image could know. */
export const withChangedLine = (state: OrderLines, before: LineRow, after: LineRow): OrderLines => {
  const index = indexOfLine(state.lines, before);
  if (index < 0) return withLine(state, after);
  const addedToCartAt = state.lines[index]!.addedToCartAt;
  return { ...state, lines: state.lines.with(index, { ...after, addedToCartAt }) };
};

export const withoutLine = (state: OrderLines, line: LineRow): OrderLines => {
  const index = indexOfLine(state.lines, line);
  return index < 0 ? state : { ...state, lines: state.lines.toSpliced(index, 1) };
};
