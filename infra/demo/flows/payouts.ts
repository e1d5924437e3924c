/**
 * Stripe pays out what is on the balance, some fees of its own among it; the bank sends that back, and it is paid out
 * again. In the end the bank has it, and the clearing account is what Stripe says that it has.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type Stripe from 'stripe';
import type { CliConfig } from '../../../services/cli/environment.ts';
import { openTopics } from '../../../services/cli/kafka.ts';
import { proofIn } from '../../../services/cli/payout/collect.ts';
import type { PayoutProof } from '../../../services/cli/payout/proof.ts';
import { readLedger } from '../../../services/erp-ledger/read.ts';
import type { Flow, FlowWorld, Outcome } from './flow.ts';

const LOOK_EVERY_MS = 200;

type Expected = Readonly<{ id: string; amount: bigint; standing: PayoutProof['standing'] }>;

/** What happens outside Stripe's API. */
const happens = async (config: CliConfig, path: string, body: object): Promise<unknown> => {
  const base = config.MILLRACE_STRIPE_API_BASE;
  if (base === undefined) throw new Error('only a sandbox can be told to pay out');
  const response = await fetch(new URL(`/_sandbox${path}`, base), {
    method: 'POST',
    headers: {
      authorization: `Bearer ${config.MILLRACE_STRIPE_SECRET_KEY}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
};

const run = async ({ config }: FlowWorld): Promise<readonly Stripe.Payout[]> =>
  ((await happens(config, '/payouts/run', {})) as { payouts: Stripe.Payout[] }).payouts;

const reconciled = async ({ stripe, signal }: FlowWorld, id: string): Promise<void> => {
  while ((await stripe.payouts.retrieve(id)).reconciliation_status !== 'completed')
    await sleep(LOOK_EVERY_MS, undefined, { signal });
};

/** What the topics and the ledger say of the payouts. @returns why not all is well */
const judged = async (config: CliConfig, expected: readonly Expected[]): Promise<Outcome> => {
  const topics = await openTopics(config);
  const ledger = readLedger(config.MILLRACE_LEDGER_DB);
  try {
    const findings: string[] = [];
    let completed = 0;
    for (const { id, amount, standing } of expected) {
      const before = findings.length;
      const proof = await proofIn(topics, id);
      const entries = ledger.payouts().filter(({ payoutId }) => payoutId === id);
      if (proof?.standing !== standing)
        findings.push(`payout ${id} is ${proof?.standing ?? 'unknown'}, not ${standing}: ${proof?.because ?? ''}`);
      if (proof?.entry?.document === null) findings.push(`the ERP has no document of payout ${id}`);
      if (entries.length !== 1) findings.push(`payout ${id} has ${entries.length} entries in the ledger`);
      for (const entry of entries)
        if (entry.amount !== amount || (entry.reversedBy === null) !== (standing === 'proved'))
          findings.push(`the entry of ${id} is over ${entry.amount}, Stripe paid out ${amount} (minor units)`);
      if (findings.length === before) completed += 1;
    }
    return { started: expected.length, completed, findings };
  } finally {
    ledger.close();
    await topics.close();
  }
};

export const payouts: Flow = {
  name: 'payout to journal entry',
  last: true,
  start: async (world) => {
    const { config } = world;
    const stripeTakes = { category: 'fee', amount: -199, currency: 'usd' };
    await happens(config, '/balance_transactions', { ...stripeTakes, type: 'stripe_fee' });
    await happens(config, '/balance_transactions', { ...stripeTakes, type: 'stripe_fx_fee' });
    const expected: Expected[] = [];
    for (const { id, amount } of await run(world)) {
      await reconciled(world, id);
      await happens(config, `/payouts/${id}/fail`, {});
      expected.push({ id, amount: BigInt(amount), standing: 'taken back' });
    }
    for (const { id, amount } of await run(world)) expected.push({ id, amount: BigInt(amount), standing: 'proved' });
    return () => judged(config, expected);
  },
};
