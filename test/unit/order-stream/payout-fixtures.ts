/** Payouts, what Stripe tells of them, and their lists, as tests need them. */
import type {
  PayoutLine,
  BalanceTransaction,
  CommandResult,
  PayoutFact,
  PayoutState,
} from '../../../schemas/generated/types.ts';
import { withClaim } from '../../../services/order-stream/domain/payout-claims.ts';
import { initialPayout, withPayoutFact, withPayoutResult } from '../../../services/order-stream/domain/payout.ts';
import { payoutAggregate } from '../../../services/order-stream/workflows/aggregates.ts';
import { decide } from '../../../services/order-stream/workflows/decide.ts';
import { loadWorkflows } from '../../../services/order-stream/workflows/directory.ts';
import type { Command } from '../../../services/order-stream/workflows/plan.ts';
import { commandResult } from './fixtures.ts';

export const PAYOUT = 'payout:po_1';

export const payoutFact = (over: Partial<PayoutFact> = {}): PayoutFact => ({
  factId: 'evt_paid',
  kind: 'payout.paid',
  payoutId: 'po_1',
  status: 'paid',
  statusRank: 30,
  reconciliationStatus: 'in_progress',
  amount: 0n,
  currency: 'USD',
  automatic: true,
  method: 'standard',
  arrivalDate: 1_790_100_000_000n,
  balanceTransactionId: 'txn_po',
  failureBalanceTransactionId: null,
  failureCode: null,
  failureMessage: null,
  originalPayoutId: null,
  reversedById: null,
  account: null,
  createdAt: 1_790_000_000_000n,
  occurredAt: 1_790_100_000_000n,
  livemode: false,
  ...over,
});

export const line = (id: string, net: bigint, over: Partial<BalanceTransaction> = {}): BalanceTransaction => ({
  id,
  category: 'charge',
  type: 'charge',
  amount: net + (over.fee ?? 0n),
  fee: 0n,
  net,
  currency: 'USD',
  sourceId: `ch_${id}`,
  orderId: null,
  paymentId: `pi_${id}`,
  ...over,
});

export const own = (amount: bigint, over: Partial<BalanceTransaction> = {}): BalanceTransaction =>
  line('txn_po', -amount, { category: 'payout', type: 'payout', sourceId: 'po_1', ...over });

/** The answers to all commands that ask for the list, `size` lines a page. */
export const pagesOf = (lines: readonly BalanceTransaction[], size: number): readonly CommandResult[] => {
  const pages: CommandResult[] = [];
  for (let from = 0; from === 0 || from < lines.length; from += size) {
    const after = from === 0 ? '' : lines[from - 1]!.id;
    pages.push(
      commandResult({
        commandId: `${PAYOUT}/fetch-lines/${after === '' ? 'first' : after}`,
        orderId: PAYOUT,
        type: 'FetchPayoutTransactions',
        objectId: 'po_1',
        detail: { after, more: String(from + size < lines.length) },
        balanceTransactions: lines.slice(from, from + size),
      }),
    );
  }
  return pages;
};

/** What came of a balance transaction of the payout itself. */
export const moved = (intent: string, id: string, amount: bigint, fee = 0n): CommandResult =>
  commandResult({
    commandId: `${PAYOUT}/${intent}/${id}`,
    orderId: PAYOUT,
    type: 'FetchBalanceTransaction',
    objectId: id,
    detail: { gross: String(amount), fee: String(fee), net: String(amount - fee), currency: 'usd' },
  });

export type Input = PayoutFact | CommandResult | PayoutLine;

const workflows = loadWorkflows();
const settings = { stripeMethods: [], captureOnShipment: [], offSession: [], shippedWithFirst: false, livemode: false };

export type Played = Readonly<{
  state: PayoutState;
  sent: readonly Command[];
  letters: readonly Readonly<{ code: string; message: string }>[];
}>;

/** As the stage does. */
export const play = (inputs: readonly Input[], from: PayoutState = initialPayout(PAYOUT)): Played => {
  let state = from;
  const sent: Command[] = [];
  const letters: { code: string; message: string }[] = [];
  for (const input of inputs) {
    const folded =
      'commandId' in input
        ? withPayoutResult(state, input)
        : 'owner' in input
          ? withClaim(state, input)
          : withPayoutFact(state, input);
    if (folded.refusal && !folded.known) letters.push(folded.refusal);
    if (folded.state === state) continue;
    const decision = decide(workflows, payoutAggregate, settings, state, folded);
    ({ state } = decision);
    sent.push(...decision.commands);
    letters.push(...decision.letters);
  }
  return { state, sent, letters };
};
