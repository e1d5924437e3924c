import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { PayoutPosting, PostPayoutJournal, ReversePayoutJournal } from '../../../schemas/generated/types.ts';
import type { ErpCommand, TopicValues } from '../../../schemas/topics.ts';
import { accounts } from '../../../services/erp-ledger/domain/accounts.ts';
import { openLedger } from '../../../services/erp-ledger/ledger.ts';
import { DEFAULT_DIRECTORY } from '../../../services/order-stream/workflows/directory.ts';
import type { Topic } from '../../../services/runtime/topology.ts';
import { openTopic, postPayout, reclassifyLine, recordsOf, reversePayout, SOURCE, temporaryLedger } from './support.ts';

let topic: Topic<TopicValues['erpCommands']>;
beforeAll(async () => {
  topic = await openTopic();
});
let files: ReturnType<typeof temporaryLedger>;

const book = (...commands: readonly ErpCommand[]) => {
  files = temporaryLedger();
  const ledger = openLedger(files.path);
  ledger.begin(SOURCE, 0n);
  const records = recordsOf(commands, (command) => topic.value.encode(command));
  const booked = ledger.book(
    { source: SOURCE, fetchOffset: 0n, records, nextOffset: BigInt(records.length) },
    (value) => topic.value.decode(value),
  );
  ledger.close();
  return files.read((reader) => ({
    booked,
    payouts: reader.payouts(),
    conflicts: reader.conflicts().map(({ message }) => message),
    balances: new Map(reader.trialBalance().map(({ account, debit, credit }) => [account, debit - credit])),
  }));
};

const withPostings = (change: (postings: readonly PayoutPosting[]) => readonly PayoutPosting[]): PostPayoutJournal => {
  const command = postPayout('po_1', 7_000n);
  return { ...command, payload: { ...command.payload, postings: change(command.payload.postings) } };
};

describe('the entry of a payout', () => {
  afterEach(() => files[Symbol.dispose]());

  it('is posted as it says, and taken back once', () => {
    const { booked, payouts, balances } = book(postPayout('po_1', 7_000n, -31n), reversePayout('po_1', 7_000n, 9n));
    expect(booked).toMatchObject({ applied: 2, conflicts: 0 });
    expect(payouts).toMatchObject([
      { payoutId: 'po_1', amount: 7_000n, clearing: -7_031n, reversedBy: 'payout:po_1/reverse-journal/1' },
    ]);
    expect(Object.fromEntries(balances)).toEqual({ '1000': 0n, '1010': -40n, '6100': 40n });
  });

  it('loses a line that turned out to be of an order, which books it', () => {
    const { booked, payouts, balances } = book(postPayout('po_1', 7_000n, -31n), reclassifyLine('po_1'));
    expect(booked).toMatchObject({ applied: 2, conflicts: 0 });
    // As if the payout had known: what was on its accounts is not, and clearing is moved by the net as well.
    expect(payouts).toMatchObject([{ payoutId: 'po_1', clearing: -7_031n - 941n, reversedBy: null }]);
    expect(Object.fromEntries(balances)).toMatchObject({ '2310': 1_000n, '1010': -7_972n });
  });

  it('over money that Stripe took from the bank is posted the other way round', () => {
    expect(Object.fromEntries(book(postPayout('po_1', -500n)).balances)).toEqual({ '1000': -500n, '1010': 500n });
  });

  it('of nothing is no entry, but a payout', () => {
    const { booked, payouts, balances } = book(postPayout('po_1', 0n));
    expect(booked).toMatchObject({ applied: 1, conflicts: 0 });
    expect(payouts).toHaveLength(1);
    expect(balances.size).toBe(0);
  });

  it.each<[string, readonly ErpCommand[], RegExp]>([
    [
      'that does not balance',
      [withPostings(([bank, ...rest]) => [bank!, ...rest.map((each) => ({ ...each, credit: each.credit - 1n }))])],
      /debits and credits of po_1 differ by 1/,
    ],
    [
      'with an account that there is not',
      [withPostings((postings) => postings.map((each) => ({ ...each, account: '9999' })))],
      /there is no account 9999, which bank is to be posted to/,
    ],
    [
      'that brings another amount to the bank',
      [
        withPostings((postings) =>
          postings.map((each) => ({ ...each, debit: each.debit && 6_999n, credit: each.credit && 6_999n })),
        ),
      ],
      /po_1 brings 7000 to the bank, its entry brings 6999/,
    ],
    [
      'with a posting on both sides',
      [withPostings((postings) => postings.map((each) => ({ ...each, debit: 7_000n, credit: 7_000n })))],
      /bank of po_1 is posted with 7000 and 7000/,
    ],
    [
      'that is the second one',
      [postPayout('po_1', 7_000n), { ...postPayout('po_1', 7_000n), commandId: 'payout:po_1/post-journal/2' }],
      /UNIQUE constraint failed: payout_journals.payout_id/,
    ],
    ['a line of which was never posted', [reclassifyLine('po_1')], /there is no entry of po_1 in USD that has txn_2/],
    [
      'a line of which is in another currency',
      [postPayout('po_1', 7_000n), reclassifyLine('po_1', { currency: 'EUR' })],
      /there is no entry of po_1 in EUR/,
    ],
    [
      'a line of which is taken off with another net than it has',
      [postPayout('po_1', 7_000n), reclassifyLine('po_1', { amount: 2_000n, net: 1_941n })],
      /txn_2 of po_1 came to 1941, its entry takes 941 off the clearing account/,
    ],
    [
      'a line of which does not add up',
      [postPayout('po_1', 7_000n), reclassifyLine('po_1', { fee: 58n })],
      /txn_2: amount 1000 less fee 58 is not net 941/,
    ],
    [
      'a line of which is taken off twice',
      [
        postPayout('po_1', 7_000n),
        reclassifyLine('po_1'),
        { ...reclassifyLine('po_1'), commandId: 'payout:po_1/reclassify-line/again' },
      ],
      /UNIQUE constraint failed: payout_claims.balance_transaction_id/,
    ],
    ['taken back that was not posted', [reversePayout('po_1', 7_000n)], /there is no entry of po_1 to take back/],
    [
      'taken back over another amount',
      [postPayout('po_1', 7_000n), reversePayout('po_1', 6_999n)],
      /the entry of po_1 is over 7000 USD, not 6999 USD/,
    ],
    [
      'taken back twice',
      [
        postPayout('po_1', 7_000n),
        reversePayout('po_1', 7_000n),
        { ...reversePayout('po_1', 7_000n), commandId: 'payout:po_1/reverse-journal/2' } satisfies ReversePayoutJournal,
      ],
      /UNIQUE constraint failed: payout_reversals/,
    ],
  ])('%s is put aside whole', (_, commands, why) => {
    const { booked, conflicts, balances } = book(...commands);
    expect(booked).toMatchObject({ applied: commands.length - 1, conflicts: 1 });
    expect(conflicts).toEqual([expect.stringMatching(why)]);
    expect([...balances.values()].reduce((sum, each) => sum + each, 0n)).toBe(0n);
  });
});

describe('the chart of accounts', () => {
  it('has every account that the workflow of payouts names', () => {
    const text = readFileSync(join(DEFAULT_DIRECTORY, 'payout-to-journal@1.yaml'), 'utf8');
    const { tables } = parse(text) as { tables: { accounts: Readonly<Record<string, string>> } };
    const codes = new Set<string>(Object.values(accounts).map(({ code }) => code));
    const named = Object.values(tables.accounts);
    expect(named.length).toBeGreaterThan(10);
    for (const code of named) expect(codes).toContain(code);
  });
});
