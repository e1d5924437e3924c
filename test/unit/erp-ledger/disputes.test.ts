import { beforeAll, describe, expect, it } from 'vitest';
import type { ErpCommand } from '../../../schemas/topics.ts';
import { openLedger } from '../../../services/erp-ledger/ledger.ts';
import type { Topic } from '../../../services/runtime/topology.ts';
import {
  closeDispute,
  moveDispute,
  openDispute,
  openTopic,
  recordPayment,
  recordsOf,
  SOURCE,
  temporaryLedger,
} from './support.ts';

let topic: Topic<ErpCommand>;
beforeAll(async () => {
  topic = await openTopic();
});

/** The books after these commands, and why each that was put aside was. */
const after = (...commands: readonly ErpCommand[]) => {
  using files = temporaryLedger();
  const ledger = openLedger(files.path);
  ledger.begin(SOURCE, 0n);
  const records = recordsOf(commands, (command) => topic.value.encode(command));
  const batch = { source: SOURCE, fetchOffset: 0n, records, nextOffset: BigInt(records.length) };
  ledger.book(batch, (value) => topic.value.decode(value));
  ledger.close();
  return files.read((reader) => ({
    books: Object.fromEntries(reader.trialBalance().map(({ name, debit, credit }) => [name, debit - credit])),
    aside: reader.conflicts().map(({ message }) => message),
    disputes: reader.order('1')?.disputes ?? [],
  }));
};

const ALL = 11_300n;
const FEE = 1_500n;
const paid = recordPayment('1', ALL, 800n);
const opened = openDispute('1');
const out = moveDispute('1', 'txn_out', -ALL, FEE);
const back = moveDispute('1', 'txn_back', ALL);
const lost = closeDispute('1', 'lost', 1_780_000_100_000n);
const won = closeDispute('1', 'won', 1_780_000_200_000n);
const sale = { Revenue: -10_500n, 'Sales Tax Payable': -800n };

const permutations = <T>(items: readonly T[]): readonly (readonly T[])[] =>
  items.length < 2
    ? [items]
    : items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));

describe('a dispute', () => {
  it('takes money that is owed to us until it is decided, and a fee', () => {
    expect(after(paid, opened, out)).toEqual({
      books: { ...sale, 'Stripe Clearing': -FEE, 'Disputes Receivable': ALL, 'Dispute Fees': FEE },
      aside: [],
      disputes: [expect.objectContaining({ disputeId: 'du_1', amount: ALL, outcome: null })],
    });
  });

  it('that is lost is a loss', () => {
    const { books, disputes } = after(paid, opened, out, lost);
    expect(books).toEqual({
      ...sale,
      'Stripe Clearing': -FEE,
      'Disputes Receivable': 0n,
      'Dispute Fees': FEE,
      'Chargeback Losses': ALL,
    });
    expect(disputes).toMatchObject([{ outcome: 'lost' }]);
  });

  it('that is won costs the fee', () => {
    expect(after(paid, opened, out, back, won).books).toEqual({
      ...sale,
      'Stripe Clearing': ALL - FEE,
      'Disputes Receivable': 0n,
      'Dispute Fees': FEE,
    });
  });

  it('that is lost and won on appeal is won, in whatever order that is heard', () => {
    for (const rest of permutations<ErpCommand>([out, back, lost, won])) {
      const { books, aside, disputes } = after(paid, opened, ...rest);
      expect(aside).toEqual([]);
      expect(books).toMatchObject({ ...sale, 'Stripe Clearing': ALL - FEE, 'Dispute Fees': FEE });
      expect([books['Disputes Receivable'] ?? 0n, books['Chargeback Losses'] ?? 0n]).toEqual([0n, 0n]);
      expect(disputes).toMatchObject([{ outcome: 'won' }]);
    }
  });

  it('that was only an inquiry is closed, and nothing is lost by that', () => {
    const { books, disputes } = after(paid, opened, closeDispute('1', 'warning_closed'));
    expect(books).toEqual({ ...sale, 'Stripe Clearing': ALL });
    expect(disputes).toMatchObject([{ outcome: 'warning_closed' }]);
  });

  it.each<[string, readonly ErpCommand[], RegExp]>([
    ['moved before it was opened', [out], /has no dispute du_1/],
    ['closed before it was opened', [lost], /has no dispute du_1/],
    ['of another order', [opened, moveDispute('2', 'txn_out', -1n)], /order 2 has no dispute du_1/],
    ['opened twice', [opened, { ...opened, commandId: '1/open-dispute/again' }], /UNIQUE/],
    ['moved twice by one transaction', [opened, out, { ...out, commandId: '1/again' }], /UNIQUE/],
    ['whose numbers contradict each other', [opened, moveDispute('1', 'txn', -5n, 1n, { net: -5n })], /is not net -5/],
    [
      'moved in another currency',
      [opened, moveDispute('1', 'txn', -5n, 1n, { currency: 'EUR' })],
      /is in USD, txn in EUR/,
    ],
  ])('%s is put aside', (_name, commands, why) => {
    const { aside } = after(paid, ...commands);
    expect(aside).toHaveLength(1);
    expect(aside[0]).toMatch(why);
  });
});

describe('a dispute about money that was converted', () => {
  const euros = { ...opened, payload: { ...opened.payload, currency: 'EUR', amount: 10_000n } };
  const dollars = { currency: 'USD', rate: '1.13' };
  const withdrawn = moveDispute('1', 'txn_out', -11_300n, FEE, dollars);
  const returned = moveDispute('1', 'txn_back', 11_200n, 0n, dollars);

  it('ends the same in whatever order it is told: what the rate took of one that is won is on the position', () => {
    for (const order of permutations([withdrawn, returned, won])) {
      const { books, aside } = after(euros, ...order);
      expect(aside).toEqual([]);
      expect(Object.entries(books).filter(([, balance]) => balance !== 0n)).toEqual(
        expect.arrayContaining([
          ['Stripe Clearing', -100n - FEE],
          ['Dispute Fees', FEE],
          ['Currency Exchange Position', 100n],
        ]),
      );
      expect(books['Chargeback Losses'] ?? 0n).toBe(0n);
      expect(books['Disputes Receivable'] ?? 0n).toBe(0n);
    }
    for (const order of permutations([withdrawn, returned, lost, won]))
      expect(after(euros, ...order).books).toMatchObject({ 'Currency Exchange Position': 100n });
  });

  it('is lost in the currency in which it was taken', () => {
    for (const order of permutations([withdrawn, lost]))
      expect(after(euros, ...order).books).toMatchObject({
        'Stripe Clearing': -11_300n - FEE,
        'Chargeback Losses': 11_300n,
      });
  });

  it('does not take money of another currency that nobody says was converted', () => {
    const { aside } = after(euros, moveDispute('1', 'txn_out', -11_300n, FEE));
    expect(aside).toEqual(['du_1 is in EUR, txn_out in USD']);
  });
});
