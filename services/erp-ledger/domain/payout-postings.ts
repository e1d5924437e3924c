/** Entries that name their own accounts: of payouts, whose chart is in the workflow. Nothing of them is taken on trust. */
import type {
  PayoutPosting,
  PostPayoutJournal,
  ReclassifyPayoutLine,
  ReversePayoutJournal,
} from '../../../schemas/generated/types.ts';
import { type Account, accounts } from './accounts.ts';
import { type Entry, InvalidCommandError, type Posting } from './postings.ts';

const byCode = new Map<string, Account>(Object.values(accounts).map((account) => [account.code, account]));

const accountOf = ({ account, line }: PayoutPosting): Account => {
  const known = byCode.get(account);
  if (known === undefined)
    throw new InvalidCommandError(`there is no account ${account}, which ${line} is to be posted to`);
  return known;
};

const signed = (postings: readonly PayoutPosting[]): bigint =>
  postings.reduce((sum, { debit, credit }) => sum + debit - credit, 0n);

/** @param toBank what the entry has to bring to the bank */
const checked = (payoutId: string, postings: readonly PayoutPosting[], toBank: bigint): readonly Posting[] => {
  for (const { line, debit, credit } of postings)
    if (debit < 0n || credit < 0n || (debit === 0n) === (credit === 0n))
      throw new InvalidCommandError(`${line} of ${payoutId} is posted with ${debit} and ${credit}`);
  const difference = signed(postings);
  if (difference !== 0n) throw new InvalidCommandError(`debits and credits of ${payoutId} differ by ${difference}`);
  const bank = signed(postings.filter(({ line }) => line === 'bank'));
  if (bank !== toBank)
    throw new InvalidCommandError(`${payoutId} brings ${toBank} to the bank, its entry brings ${bank}`);
  return postings.map((posting) => ({ account: accountOf(posting), debit: posting.debit, credit: posting.credit }));
};

/** Of a payout over nothing, of which orders have booked everything, nothing is to be posted. */
const entryOf = (description: string, currency: string, postings: readonly Posting[]): Entry | undefined =>
  postings.length === 0 ? undefined : { description, currency, postings };

export const payoutEntry = ({ payload }: PostPayoutJournal): Entry | undefined =>
  entryOf(`payout ${payload.payoutId}`, payload.currency, checked(payload.payoutId, payload.postings, payload.amount));

/** A line that the payout has booked as nobody's, the other way round: its owner books it. */
export const reclassificationEntry = ({ payload }: ReclassifyPayoutLine): Entry | undefined => {
  const { balanceTransactionId: id, payoutId, amount, fee, net, currency, postings } = payload;
  if (amount - fee !== net) throw new InvalidCommandError(`${id}: amount ${amount} less fee ${fee} is not net ${net}`);
  const clearing = signed(postings.filter(({ line }) => line === 'clearing'));
  if (clearing !== -net)
    throw new InvalidCommandError(
      `${id} of ${payoutId} came to ${net}, its entry takes ${-clearing} off the clearing account`,
    );
  return entryOf(
    `${id} of payout ${payoutId}, which is of ${payload.owner}`,
    currency,
    checked(payoutId, postings, 0n),
  );
};

export const payoutReversalEntry = ({ payload }: ReversePayoutJournal): Entry | undefined =>
  entryOf(
    `payout ${payload.payoutId} that came back`,
    payload.currency,
    checked(payload.payoutId, payload.postings, -payload.amount),
  );
