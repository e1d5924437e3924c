import type { SqlError } from '../errors.ts';
import type { LockWait } from '../storage/locks.ts';
import type { Transaction } from '../storage/transaction.ts';
import type { ResultSet } from './context.ts';

export type Command = 'select' | 'insert' | 'update' | 'delete' | 'other';

/** What running a batch yields, in the order in which the client learns of it. */
export type Event =
  | { readonly k: 'result'; readonly result: ResultSet }
  | { readonly k: 'count'; readonly count: number; readonly command: Command }
  | { readonly k: 'info'; readonly number: number; readonly message: string; readonly severity: number }
  | { readonly k: 'error'; readonly error: SqlError }
  | { readonly k: 'database'; readonly name: string; readonly before: string }
  | { readonly k: 'transaction'; readonly action: 'begin' | 'commit' | 'rollback'; readonly id: bigint }
  /** The driver of the batch waits, then resumes it, or throws the reason not to into it. */
  | { readonly k: 'lock'; readonly wait: LockWait; readonly transaction: Transaction }
  | { readonly k: 'delay'; readonly ms: number };

/** How a list of statements ended. */
export type Outcome =
  | { readonly k: 'end' }
  | { readonly k: 'return'; readonly value: number }
  | { readonly k: 'break' }
  | { readonly k: 'continue' }
  /** The rest of the batch does not run. */
  | { readonly k: 'abort' };

export const END: Outcome = { k: 'end' };
