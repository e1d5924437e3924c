/**
 * What the database's errors mean here: the one place that knows. Numbers are SQL Server's.
 * - the database is away, busy or full, or chose this transaction as a victim: again later;
 * - it does not let us, or lacks what we need: nothing will work until a person acts, so the process stops and says so;
 * - anything else is about this command: to the dead letters with it.
 */
import {
  FatalError,
  PoisonError,
  RetriableError,
  TaskCorruptedError,
  TaskMigratedError,
} from '../../runtime/errors.ts';
import { CommandKnownError } from '../shop.ts';

const AGAIN_LATER: ReadonlySet<number> = new Set([
  1205, // deadlock victim
  1222, // lock request timed out
  3960, // snapshot isolation: changed by another transaction
  233,
  10053,
  10054,
  10060, // connection broken on the server's side
  4060,
  18456,
  18401,
  18451,
  18461, // database or logins not available (recovery, upgrade, single user, failover)
  17142,
  17187,
  6005,
  596, // server paused, starting, shutting down, session killed
  701,
  802,
  8645,
  8651, // memory
  1105,
  9002,
  9001,
  3980, // disk or log full or away
  3906,
  976,
  978,
  983, // read-only or secondary replica for now
  40197,
  40501,
  40540,
  40613,
  49918,
  49919,
  49920, // busy or moving, in Azure
]);

const NOT_WITHOUT_HELP: ReadonlyMap<number, string> = new Map([
  [207, 'a column is missing'],
  [208, "a table is missing (dbo.Millrace_AppliedCommand is made by the connector's SQL scripts)"],
  [229, 'this login lacks a permission'],
  [230, 'this login lacks a permission on a column'],
  [262, 'this login lacks a permission'],
  [297, 'this login lacks a permission'],
  [300, 'this login lacks a permission'],
  [916, 'this login is not a user of the database'],
]);

const isOurs = (error: unknown): boolean =>
  [RetriableError, PoisonError, FatalError, TaskMigratedError, TaskCorruptedError, CommandKnownError].some(
    (type) => error instanceof type,
  );

const numberOf = (error: unknown): number | undefined => {
  const { number } = error as { number?: unknown };
  return typeof number === 'number' ? number : undefined;
};

/** Whether a row with this key was there before us. */
export const isDuplicateKey = (error: unknown): boolean => {
  const number = numberOf(error);
  return number === 2627 || number === 2601;
};

/** The engine's error for one of the driver's. Bugs of ours stay what they are. */
export const meaningOf = (error: unknown): unknown => {
  if (isOurs(error) || !(error instanceof Error)) return error;
  const number = numberOf(error);
  const { code } = error as { code?: unknown };
  if (number === undefined)
    // Only the driver's errors carry codes: no connection, no answer in time, connection lost.
    return typeof code === 'string'
      ? new RetriableError(`SQL Server: ${code} ${error.message}`, { cause: error })
      : error;
  const text = `SQL Server ${number}: ${error.message}`;
  if (AGAIN_LATER.has(number)) return new RetriableError(text, { cause: error });
  const help = NOT_WITHOUT_HELP.get(number);
  if (help !== undefined) return new FatalError(`${help}. ${text}`, { cause: error });
  return new PoisonError(`sql_${number}`, text, { cause: error });
};
