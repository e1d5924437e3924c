/** What a command looks at before it changes an order: some columns of dbo.Orders. */
export type OrderRow = Readonly<{
  orderNumber: number;
  storeId: number;
  /** TransactionState as it is written there. */
  state: string | null;
  /** AuthorizationPNREF: a PaymentIntent, an id of another gateway, a placeholder, or nothing. */
  paymentReference: string | null;
  /** OrderTotal, an exact decimal such as `123.4500`. */
  total: string;
  couponType: number;
  /** Whether it has a time at which it was shipped, and no placeholder for what to track it by. */
  shipped: boolean;
  /** CouponDiscountAmount, an exact decimal. */
  couponAmount: string | null;
}>;

/** ADNSF's own comparison of states ignores case, and so do databases of its default collation. */
export const stateOf = (row: OrderRow): string => (row.state ?? '').trim().toUpperCase();
