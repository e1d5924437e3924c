/**
 * An error as SQL Server reports it to a client: number, severity class and state.
 * `ends` says how far it reaches: the statement alone, the whole batch, or the batch and its transaction.
 */
export class SqlError extends Error {
  override readonly name = 'SqlError';
  readonly number: number;
  readonly severity: number;
  readonly state: number;
  readonly ends: 'statement' | 'batch' | 'transaction';

  constructor(
    number: number,
    message: string,
    options: { severity?: number; state?: number; ends?: 'statement' | 'batch' | 'transaction' } = {},
  ) {
    super(message);
    this.number = number;
    this.severity = options.severity ?? 16;
    this.state = options.state ?? 1;
    this.ends = options.ends ?? 'statement';
  }
}

export const syntaxError = (near: string): SqlError =>
  new SqlError(102, `Incorrect syntax near '${near}'.`, { severity: 15, ends: 'batch' });

export const notSupported = (what: string): SqlError =>
  new SqlError(40510, `Statement '${what}' is not supported in this version of SQL Server.`, { ends: 'batch' });

export const invalidObject = (name: string): SqlError =>
  new SqlError(208, `Invalid object name '${name}'.`, { ends: 'batch' });

export const invalidColumn = (name: string): SqlError =>
  new SqlError(207, `Invalid column name '${name}'.`, { ends: 'batch' });

export const deadlockVictim = (spid: number): SqlError =>
  new SqlError(
    1205,
    `Transaction (Process ID ${spid}) was deadlocked on lock resources with another process and has been chosen as the deadlock victim. Rerun the transaction.`,
    { severity: 13, state: 51, ends: 'transaction' },
  );

export const lockTimeout = (): SqlError =>
  new SqlError(1222, 'Lock request time out period exceeded.', { severity: 16, state: 51 });

/** The client withdrew its request (attention). Never sent as an error token. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled';
}
