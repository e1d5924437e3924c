/** Guarantees that can be taken away, one at a time, to prove that the simulation would notice. */
export const guards = [
  /** Opening a transactional producer fences the one before. */
  'fencing',
  /** Committed positions are read again after fencing. */
  'offsets-after-fence',
  /** Aborted records are never delivered. */
  'aborted-hidden',
  /** Nothing at or after the first open transaction is delivered. */
  'stable-end',
  /** Positions commit with the transaction. */
  'offsets-in-transaction',
  /** State is kept only once it is committed. */
  'promote-after-commit',
  /** A new owner restores its stores to the end. */
  'restore-to-end',
  /** What was noted with the positions tells that a changelog has lost something. */
  'changelog-note',
  /** The name in a changelog tells it from one that was made anew and reaches as far. */
  'changelog-name',
  /** Change records are merged by their place in the shop's log. */
  'merge-by-place',
  /** A webhook is answered only when the brokers have it. */
  'ack-after-produce',
  /** Stripe answers a repeated request from its record. */
  'idempotency-keys',
  /** Where Stripe may have forgotten a key, a look comes first. */
  'key-age',
  /** The shop remembers which commands were applied. */
  'applied-commands',
  /** The shop's change and the memory of the command are one transaction. */
  'one-shop-transaction',
] as const;

/**
 * Guarantees that can be taken away without harm, since others stand behind them. A client that does not have them is
 * good enough.
 */
export const spares = [
  /** Positions offered in an old generation of the group are refused: opening the task's producer does as much. */
  'generation-check',
] as const;

export type Guard = (typeof guards)[number] | (typeof spares)[number];
