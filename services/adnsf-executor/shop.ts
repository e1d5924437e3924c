/** The shop, as commands use it: its database, or its REST API. */
import type { CustomerChange, CustomerRow } from './domain/customers.ts';
import type { Change } from './domain/decision.ts';
import type { OrderRow } from './domain/order-row.ts';
import type { ReturnChange, ReturnRow } from './domain/returns.ts';

export type AppliedRow = Readonly<{
  outcome: string;
  /** 0 for what is about no order. */
  orderNumber: number;
  /** By the shop's clock, epoch milliseconds. */
  appliedOn: bigint;
}>;

export interface ShopTransaction {
  applied(commandId: string): Promise<AppliedRow | undefined>;
  /** Reads the order and keeps others from changing it until the transaction ends. */
  order(orderNumber: number): Promise<OrderRow | undefined>;
  /**
   * Writes only when the order is still as it was read; at most once. @returns whether it was, as far as that is known
   * before `remember`
   */
  change(row: OrderRow, change: Change): Promise<boolean>;
  /** Reads the customer and keeps others from changing them until the transaction ends. */
  customer(customerId: number): Promise<CustomerRow | undefined>;
  /** The customer whose account has this e-mail address, other than this one. */
  otherAccount(email: string, than: number): Promise<number | undefined>;
  /** As `change`, of the customer that was read. */
  changeCustomer(row: CustomerRow, change: CustomerChange): Promise<boolean>;
  /** Reads the return and keeps others from changing it, and its order, until the transaction ends. */
  orderReturn(returnId: number): Promise<ReturnRow | undefined>;
  /**
   * As `change`, of the return that was read. @returns `no_shelf` when there is no row of stock to put goods back to;
   * nothing was written then
   */
  changeReturn(row: ReturnRow, change: ReturnChange): Promise<boolean | 'no_shelf'>;
  /**
   * UpdatedOn of the order as this transaction leaves it, such as `2026-11-23T18:40:31.003`, by the shop's clock; undefined
   * where that is not known before `remember`.
   */
  rowVersion(orderNumber: number): Promise<string | undefined>;
  /**
   * The last step: the change takes effect with this memory of it. `orderNumber` is 0 for what is about no order.
   * @throws CommandKnownError when another transaction was faster, RetriableError when the order changed since it was read
   */
  remember(commandId: string, orderNumber: number, outcome: string): Promise<AppliedRow>;
}

export interface Shop {
  /** All of it, or nothing. Errors are translated to those of the engine. */
  transaction<T>(work: (transaction: ShopTransaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** For those who only look. */
export interface OrderLookup {
  /** Reads an order without keeping anybody from changing it. Errors are translated to those of the engine. */
  look(orderNumber: number): Promise<OrderRow | undefined>;
}

/** The command was applied by somebody else in the meantime; his outcome counts. */
export class CommandKnownError extends Error {
  override readonly name = 'CommandKnownError';
}
