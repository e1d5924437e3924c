/**
 * What can go wrong, by what is to be done about it. Adapters translate every client error into one of these at their
 * edge; nothing above them looks at error codes.
 */

/** Try again later: the brokers or a peer are away for a moment. Nothing was decided. */
export class RetriableError extends Error {
  override readonly name = 'RetriableError';
  /** How long the peer asked us to wait, when it did. */
  readonly retryAfterMs: number | undefined;
  constructor(message: string, options?: ErrorOptions & { retryAfterMs?: number }) {
    super(message, options);
    this.retryAfterMs = options?.retryAfterMs;
  }
}

/** Somebody else owns this task now (fenced, or the group moved on). Close dirty and rejoin; never retry through it. */
export class TaskMigratedError extends Error {
  override readonly name = 'TaskMigratedError';
}

/** The local store cannot be trusted (checksum, missing changelog range). Wipe it and restore from the changelog. */
export class TaskCorruptedError extends Error {
  override readonly name = 'TaskCorruptedError';
}

/**
 * The disk does not take what is written (full, over quota, failing). What it has is as good as before, and Kafka has
 * everything: the task waits until there is room.
 */
export class DiskUnwritableError extends Error {
  override readonly name = 'DiskUnwritableError';
}

/** This record can never be processed as it is. It goes to dead letters with its bytes; the stream goes on. */
export class PoisonError extends Error {
  override readonly name = 'PoisonError';
  /** A short stable identifier that operators filter by, such as `undecodable` or `missing_email`. */
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The process cannot go on (wrong configuration, missing topic, unsupported broker). Stop and say so. */
export class FatalError extends Error {
  override readonly name = 'FatalError';
}
