/** The shop's database, as commands use it. */
import type { Change } from './domain/decide.ts';
import type { OrderRow } from './domain/order-row.ts';

export type AppliedRow = Readonly<{
  outcome: string;
  orderNumber: number;
  /** By the database's clock, epoch milliseconds. */
  appliedOn: bigint;
}>;

export interface ShopTransaction {
  applied(commandId: string): Promise<AppliedRow | undefined>;
  /** Reads the order and keeps others from changing it until the transaction ends. */
  order(orderNumber: number): Promise<OrderRow | undefined>;
  /** Writes only when the order is still as it was read. @returns whether it was */
  change(row: OrderRow, change: Change): Promise<boolean>;
  /** @throws CommandKnownError when another transaction was faster */
  remember(commandId: string, orderNumber: number, outcome: string): Promise<AppliedRow>;
}

export interface Shop {
  /** All of it, or nothing. Errors are translated to those of the engine. */
  transaction<T>(work: (transaction: ShopTransaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** The command was applied by somebody else in the meantime; his outcome counts. */
export class CommandKnownError extends Error {
  override readonly name = 'CommandKnownError';
}
