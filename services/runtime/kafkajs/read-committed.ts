/**
 * Which of the fetched messages a read_committed reader may see. Brokers list aborted transactions in the order of
 * their markers; a message belongs to one when its producer's aborted transaction began at or before it and no marker
 * of that producer came in between. Several may begin before one message.
 */
import type { AbortedTransaction, RawMessage } from './internals.ts';

/** Key of an abort marker: version 0, type 0. Commit markers have type 1. */
const isAbortMarker = ({ key }: RawMessage): boolean => key !== null && key.length >= 4 && key.readInt16BE(2) === 0;

export const committedMessages = (
  messages: readonly RawMessage[],
  abortedTransactions: readonly AbortedTransaction[] | undefined,
): readonly RawMessage[] => {
  const upcoming = (abortedTransactions ?? [])
    .map(({ producerId, firstOffset }) => ({ producerId, firstOffset: BigInt(firstOffset) }))
    .sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : a.firstOffset > b.firstOffset ? 1 : 0));
  if (upcoming.length === 0) return messages.filter(({ isControlRecord }) => !isControlRecord);
  const aborting = new Set<string>();
  let next = 0;
  return messages.filter((message) => {
    const offset = BigInt(message.offset);
    for (; next < upcoming.length && upcoming[next]!.firstOffset <= offset; next++)
      aborting.add(upcoming[next]!.producerId);
    const { producerId, inTransaction } = message.batchContext ?? { producerId: '-1', inTransaction: false };
    if (message.isControlRecord) {
      if (isAbortMarker(message)) aborting.delete(producerId);
      return false;
    }
    return !(inTransaction && aborting.has(producerId));
  });
};
