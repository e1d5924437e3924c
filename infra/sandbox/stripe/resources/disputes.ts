import type Stripe from 'stripe';
import { book } from '../balance.ts';
import { refused } from '../errors.ts';
import { settle } from '../exchange.ts';
import { mergeMetadata } from '../metadata.ts';
import { disputeFee } from '../money.ts';
import { idOf } from '../objects.ts';
import { listed, readCreated, readCursor } from '../pagination.ts';
import { fetched } from '../world.ts';
import type { Operation, World } from '../world.ts';

const noEvidence: Stripe.Dispute.Evidence = {
  access_activity_log: null,
  billing_address: null,
  cancellation_policy: null,
  cancellation_policy_disclosure: null,
  cancellation_rebuttal: null,
  customer_communication: null,
  customer_email_address: null,
  customer_name: null,
  customer_purchase_ip: null,
  customer_signature: null,
  duplicate_charge_documentation: null,
  duplicate_charge_explanation: null,
  duplicate_charge_id: null,
  enhanced_evidence: {},
  product_description: null,
  receipt: null,
  refund_policy: null,
  refund_policy_disclosure: null,
  refund_refusal_explanation: null,
  service_date: null,
  service_documentation: null,
  shipping_address: null,
  shipping_carrier: null,
  shipping_date: null,
  shipping_documentation: null,
  shipping_tracking_number: null,
  uncategorized_file: null,
  uncategorized_text: null,
};

const withdraw = (world: World, dispute: Stripe.Dispute): Stripe.BalanceTransaction =>
  book(world, {
    type: 'adjustment',
    reportingCategory: 'dispute',
    settled: settle(world, -BigInt(dispute.amount), dispute.currency),
    fees: [{ amount: disputeFee, description: 'Dispute fee' }],
    source: dispute.id,
    description: `Chargeback withdrawal for ${idOf(dispute.charge) ?? ''}`,
  });

/** The cardholder disputes a charge: its amount, at the rate of the day, and a fee are taken off the balance. @throws ApiError */
export const openDispute = (world: World, chargeId: string, reason: string): Stripe.Dispute => {
  const charge = fetched(world, 'charge', chargeId);
  if (charge.disputed || !charge.captured || charge.status !== 'succeeded')
    throw refused(`Charge ${chargeId} cannot be disputed.`, 'charge_not_disputable');
  const created = world.clock.seconds();
  const opened: Stripe.Dispute = {
    id: world.newId('du'),
    object: 'dispute',
    amount: charge.amount - charge.amount_refunded,
    balance_transactions: [],
    charge: charge.id,
    created,
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: noEvidence,
    evidence_details: {
      due_by: created + 7 * 24 * 3600,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
    },
    is_charge_refundable: false,
    livemode: false,
    metadata: {},
    payment_intent: idOf(charge.payment_intent),
    reason,
    status: 'needs_response',
  };
  const dispute: Stripe.Dispute = { ...opened, balance_transactions: [withdraw(world, opened)] };
  world.journal.insert('dispute', dispute, created);
  world.journal.update('charge', { ...charge, disputed: true });
  world.emit('charge.dispute.created', dispute);
  world.emit('charge.dispute.funds_withdrawn', dispute);
  return dispute;
};

/** The bank decides. A won dispute brings the amount back, not the fee. @throws ApiError when it is closed already. */
export const closeDispute = (world: World, id: string, verdict: 'won' | 'lost'): Stripe.Dispute => {
  const dispute = fetched(world, 'dispute', id);
  if (dispute.status === 'won' || dispute.status === 'lost')
    throw refused(`Dispute ${id} is ${dispute.status}.`, 'dispute_unexpected_state');
  const returned =
    verdict === 'lost'
      ? []
      : [
          book(world, {
            type: 'adjustment',
            reportingCategory: 'dispute_reversal',
            settled: settle(world, BigInt(dispute.amount), dispute.currency),
            fees: [],
            source: dispute.id,
            description: `Chargeback reversal for ${idOf(dispute.charge) ?? ''}`,
          }),
        ];
  const closed: Stripe.Dispute = {
    ...dispute,
    status: verdict,
    balance_transactions: [...dispute.balance_transactions, ...returned],
  };
  world.journal.update('dispute', closed);
  if (verdict === 'won') world.emit('charge.dispute.funds_reinstated', closed);
  world.emit('charge.dispute.closed', closed, { status: dispute.status });
  return closed;
};

export const retrieveDispute: Operation = ({ world, read, path }) => {
  read.end();
  return fetched(world, 'dispute', path['id'] ?? '');
};

/** Answers a dispute. Submitted evidence puts it under review. */
export const updateDispute: Operation = ({ world, read, path }) => {
  const evidence = read.record('evidence');
  const submit = read.flag('submit') ?? true;
  const metadata = read.record('metadata');
  read.end();
  const dispute = fetched(world, 'dispute', path['id'] ?? '');
  const given = Object.fromEntries(Object.entries(evidence ?? {}).filter(([field]) => field in noEvidence));
  const has = dispute.evidence_details.has_evidence || Object.keys(given).length > 0;
  const submitted = has && submit && dispute.status === 'needs_response';
  const updated: Stripe.Dispute = {
    ...dispute,
    evidence: { ...dispute.evidence, ...given },
    evidence_details: {
      ...dispute.evidence_details,
      has_evidence: has,
      submission_count: dispute.evidence_details.submission_count + (submitted ? 1 : 0),
    },
    status: submitted ? 'under_review' : dispute.status,
    metadata: mergeMetadata(dispute.metadata, metadata),
  };
  world.journal.update('dispute', updated);
  world.emit('charge.dispute.updated', updated, { status: dispute.status });
  return updated;
};

/** Gives a dispute up. */
export const acceptDispute: Operation = ({ world, read, path }) => {
  read.end();
  return closeDispute(world, path['id'] ?? '', 'lost');
};

export const listDisputes: Operation = ({ world, read, params }) => {
  const cursor = readCursor(read);
  const where: Record<string, string> = {};
  for (const field of ['charge', 'payment_intent']) {
    const value = read.text(field);
    if (value != null) where[field] = value;
  }
  const created = readCreated(read, params);
  read.end();
  return listed(world, 'dispute', '/v1/disputes', { where, ...created }, cursor);
};
