/**
 * The proof of a payout, made again from what the topics hold: its facts and the pages of its list, folded by the code
 * that decides, beside the entry that was sent and what the ERP answered. Pure: records in, proof out. Amounts are minor
 * units.
 */
import type {
  BalanceTransaction,
  CommandResult,
  PayoutFact,
  PayoutPosting,
  PayoutState,
  PayoutSum,
} from '../../../schemas/generated/types.ts';
import type { ErpCommand } from '../../../schemas/topics.ts';
import { initialPayout, withPayoutFact, withPayoutResult } from '../../order-stream/domain/payout.ts';
import { lastPage } from '../../order-stream/domain/payout-lines.ts';

/** What is written of one payout, each topic in its order. */
export type PayoutRecords = Readonly<{
  payoutId: string;
  facts: readonly PayoutFact[];
  results: readonly CommandResult[];
  commands: readonly ErpCommand[];
  /** What the ERP answered. */
  answers: readonly CommandResult[];
  /** Letters that wait for a person. */
  letters: readonly string[];
}>;

export type Entry = Readonly<{
  commandId: string;
  /** Number of the document in the ERP; null while it has not answered. */
  document: string | null;
  refusal: string | null;
  postings: readonly PayoutPosting[];
}>;

export type PayoutProof = Readonly<{
  payoutId: string;
  standing: 'proved' | 'held' | 'taken back' | 'under way';
  /** A sentence. */
  because: string;
  payout: PayoutState['payout'];
  categories: readonly PayoutSum[];
  /** In the order of the list; `net` null: not told yet. */
  pages: readonly Readonly<{ after: string | null; transactions: bigint; net: bigint | null }>[];
  transactions: bigint;
  /** Of all transactions of the payout's currency, without its own. */
  sum: bigint;
  /** By order, its transactions and their net. */
  orders: readonly Readonly<{ orderId: string; transactions: number; net: bigint }>[];
  /** Transactions of no order. */
  untied: number;
  entry: Entry | null;
  reversal: Entry | null;
  /** Lines of its list that somebody owned up to after it was read, and what took them off the entry. */
  claims: readonly Readonly<{ balanceTransactionId: string; owner: string; net: bigint; commandId: string }>[];
  /** Lines of the entry that the chart of accounts has no account for. */
  unknown: readonly PayoutPosting[];
  letters: readonly string[];
}>;

const entryOf = (
  { commands, answers }: PayoutRecords,
  type: 'PostPayoutJournal' | 'ReversePayoutJournal',
): Entry | null => {
  const command = commands.find((each) => each.type === type);
  if (command?.type !== 'PostPayoutJournal' && command?.type !== 'ReversePayoutJournal') return null;
  const answer = answers.findLast(({ commandId }) => commandId === command.commandId);
  return {
    commandId: command.commandId,
    document: answer?.status === 'succeeded' ? answer.objectId : null,
    refusal: answer === undefined || answer.status === 'succeeded' ? null : (answer.errorMessage ?? answer.errorCode),
    postings: command.payload.postings,
  };
};

const byOrder = (lines: readonly BalanceTransaction[]): PayoutProof['orders'] =>
  [
    ...Map.groupBy(
      lines.filter(({ orderId }) => orderId !== null),
      ({ orderId }) => orderId!,
    ),
  ]
    .map(([orderId, own]) => ({
      orderId,
      transactions: own.length,
      net: own.reduce((sum, { net }) => sum + net, 0n),
    }))
    .sort((left, right) => left.orderId.localeCompare(right.orderId, 'en', { numeric: true }));

const standingOf = (
  state: PayoutState,
  entry: Entry | null,
  reversal: Entry | null,
): Pick<PayoutProof, 'standing' | 'because'> => {
  const { payout, pages } = state;
  const refused = entry?.refusal ?? reversal?.refusal ?? null;
  if (refused !== null) return { standing: 'held', because: `the ERP put its entry aside: ${refused}` };
  const wrong = state.discrepancy ?? state.returnDiscrepancy;
  if (wrong !== null) return { standing: 'held', because: wrong };
  if (payout === null) return { standing: 'under way', because: 'Stripe has not told of it yet' };
  if (payout.account !== null) return { standing: 'held', because: `it is of the connected account ${payout.account}` };
  if (reversal !== null)
    return {
      standing: 'taken back',
      because: `it came back from the bank: ${payout.failureCode ?? 'no reason given'}`,
    };
  if (entry !== null) {
    const because = payout.manual
      ? 'it was asked for by hand, which Stripe does not itemise; its own transaction is what was paid out'
      : 'every transaction in its list, counted once, comes to what was paid out';
    return { standing: 'proved', because };
  }
  if (payout.manual) return { standing: 'under way', because: 'the bank does not have it yet' };
  if (payout.reconciled === null)
    return { standing: 'under way', because: 'Stripe has not said yet that its list is complete' };
  const told = pages.filter((page) => page.told !== null).length;
  return lastPage(pages) === undefined
    ? { standing: 'under way', because: `${told} pages of its list were read, and others follow` }
    : { standing: 'under way', because: 'its entry was not sent yet' };
};

/** Undefined when nothing is written of it. */
export const proofOf = (records: PayoutRecords): PayoutProof | undefined => {
  const { payoutId, facts, results, letters } = records;
  if (facts.length + results.length + records.commands.length === 0) return undefined;
  let state = initialPayout(`payout:${payoutId}`);
  for (const fact of facts) ({ state } = withPayoutFact(state, fact));
  const lines = new Map<string, BalanceTransaction>();
  for (const result of results) {
    ({ state } = withPayoutResult(state, result));
    for (const line of result.balanceTransactions)
      if (line.category !== 'payout' || line.sourceId !== payoutId) lines.set(line.id, line);
  }
  const entry = entryOf(records, 'PostPayoutJournal');
  const reversal = entryOf(records, 'ReversePayoutJournal');
  const { payout, sums } = state;
  const ours = sums.filter(({ currency }) => currency === payout?.currency);
  return {
    payoutId,
    ...standingOf(state, entry, reversal),
    payout,
    categories: sums,
    pages: state.pages.map(({ after, told }) => ({
      after,
      transactions: told?.transactions ?? 0n,
      net: told?.net ?? null,
    })),
    transactions: sums.reduce((all, sum) => all + sum.transactions, 0n),
    sum: ours.reduce((all, { net }) => all + net, 0n),
    orders: byOrder([...lines.values()]),
    untied: [...lines.values()].filter(({ orderId }) => orderId === null).length,
    entry,
    reversal,
    claims: records.commands.flatMap((command) =>
      command.type === 'ReclassifyPayoutLine' ? [{ ...command.payload, commandId: command.commandId }] : [],
    ),
    unknown: (entry?.postings ?? []).filter(({ known }) => !known),
    letters,
  };
};
