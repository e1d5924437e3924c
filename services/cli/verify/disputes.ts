/** What disputes moved at Stripe against the ledger. */
import type { Dispute, Facts, Ledger, LedgerDispute, LedgerDisputeMovement } from './facts.ts';
import type { Finding } from './judge.ts';

const DECIDED = new Set(['won', 'lost', 'warning_closed', 'prevented', 'charge_refunded']);

const ofDispute = (
  orderId: string,
  dispute: Dispute,
  known: readonly LedgerDispute[],
  booked: readonly LedgerDisputeMovement[],
): Finding[] => {
  const found: Finding[] = [];
  const say = (kind: Finding['kind'], message: string): void => void found.push({ kind, orderId, message });
  const { id, status, movements } = dispute;
  const [mine] = known;
  if (mine === undefined) say('lost', `${id} (${status}) is not in the ledger`);
  else if (DECIDED.has(status) && mine.outcome === null)
    say('lost', `${id} is ${status} at Stripe, and undecided in the ledger`);
  else if (mine.outcome !== null && DECIDED.has(status) && mine.outcome !== status)
    say('mismatched', `${id} is ${status} at Stripe, and ${mine.outcome} in the ledger`);
  for (const { balanceTransactionId, gross, fee, net, currency } of movements) {
    const row = booked.find((each) => each.balanceTransactionId === balanceTransactionId);
    if (row === undefined) say('lost', `${id} moved ${net} (${balanceTransactionId}), which is not in the ledger`);
    else if (row.amount !== gross || row.fee !== fee || row.net !== net || row.currency !== currency)
      say(
        'mismatched',
        `the ledger says that ${balanceTransactionId} of ${id} moved ${row.amount} with a fee of ${row.fee} ${row.currency}, Stripe says ${gross} and ${fee} ${currency} (minor units)`,
      );
  }
  for (const { balanceTransactionId } of booked)
    if (!movements.some((each) => each.balanceTransactionId === balanceTransactionId))
      say('mismatched', `the ledger has ${balanceTransactionId} of ${id}, which Stripe has not`);
  return found;
};

/** What of all sides this is about. */
type DisputeSides = Pick<Facts, 'payments'> & Readonly<{ ledger: Pick<Ledger, 'disputes' | 'disputeMovements'> }>;

export const disputeFindings = ({ payments, ledger }: DisputeSides): Finding[] => {
  const disputes = Map.groupBy(ledger.disputes, ({ disputeId }) => disputeId);
  const movements = Map.groupBy(ledger.disputeMovements, ({ disputeId }) => disputeId);
  const atStripe = new Set<string>();
  const found: Finding[] = [];
  for (const { orderId, disputes: told } of payments) {
    if (orderId === null) continue;
    for (const dispute of told) {
      atStripe.add(dispute.id);
      found.push(...ofDispute(orderId, dispute, disputes.get(dispute.id) ?? [], movements.get(dispute.id) ?? []));
    }
  }
  const collected = new Set(payments.flatMap(({ orderId }) => orderId ?? []));
  for (const { orderId, disputeId } of ledger.disputes)
    if (!atStripe.has(disputeId) && collected.has(orderId))
      found.push({ kind: 'mismatched', orderId, message: `the ledger has ${disputeId}, which Stripe has not` });
  return found;
};
