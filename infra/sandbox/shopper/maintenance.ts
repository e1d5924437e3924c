/**
 * The shop's jobs: every round rewrites all rows without changing them, as aspdnsf_DatabaseMaintenance does, whose
 * updates have no filter. Each rewrite is doubled by the UpdatedOn triggers. And the shop's people, who correct states by
 * hand. Every statement is safe to repeat.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Patience } from './again.ts';
import { openShop } from './shop.ts';
import { int, type ShopLogin, type SqlSession } from './sql.ts';

const rewrites = [
  'UPDATE dbo.Orders SET Notes = Notes, ShippingTrackingNumber = ShippingTrackingNumber',
  'UPDATE dbo.Orders_ShoppingCart SET Notes = Notes',
  'UPDATE dbo.Customer SET Phone = Phone',
  'UPDATE dbo.ShoppingCart SET Notes = Notes',
] as const;

export const maintain = async (sql: SqlSession): Promise<void> => {
  for (const statement of rewrites) await sql.run(statement);
};

/** Maintenance with a pause between rounds, until `signal`. @returns how many rounds came to their end */
export const keepHouse = async (
  login: ShopLogin,
  everyMs: number,
  patience: () => Patience,
  signal: AbortSignal,
): Promise<number> => {
  const shop = openShop(login);
  try {
    for (let rounds = 0; ; rounds += 1) {
      await sleep(everyMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return rounds;
      await shop.do(patience(), maintain);
    }
  } finally {
    shop.close();
  }
};

/** A paid order goes back to PENDING by mistake, and forward again: in one batch, so that nobody is left in between. */
export const mistakeAndMend = async (sql: SqlSession, order: number): Promise<void> => {
  await sql.run(
    `UPDATE dbo.Orders SET TransactionState = N'PENDING' WHERE OrderNumber = @number AND TransactionState = N'CAPTURED';
     UPDATE dbo.Orders SET TransactionState = N'CAPTURED' WHERE OrderNumber = @number AND TransactionState = N'PENDING'`,
    { number: int(order) },
  );
};

export const voidRefused = async (sql: SqlSession, order: number): Promise<void> => {
  await sql.run(
    `UPDATE dbo.Orders SET TransactionState = N'VOIDED', VoidedOn = GETDATE(), IsNew = 0
     WHERE OrderNumber = @number AND TransactionState = N'REFUSED'`,
    { number: int(order) },
  );
};
