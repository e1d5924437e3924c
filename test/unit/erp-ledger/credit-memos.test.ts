import BetterSqlite from 'better-sqlite3';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ErpCommand } from '../../../schemas/topics.ts';
import { openLedger } from '../../../services/erp-ledger/ledger.ts';
import type { Topic } from '../../../services/runtime/topology.ts';
import { issueMemo, openTopic, recordPayment, recordsOf, reverseMemo, SOURCE, temporaryLedger } from './support.ts';

let topic: Topic<ErpCommand>;
beforeAll(async () => {
  topic = await openTopic();
});

const book = (path: string, commands: readonly ErpCommand[]) => {
  const ledger = openLedger(path);
  ledger.begin(SOURCE, 0n);
  const records = recordsOf(commands, (command) => topic.value.encode(command));
  const batch = { source: SOURCE, fetchOffset: 0n, records, nextOffset: BigInt(records.length) };
  const booked = ledger.book(batch, (value) => topic.value.decode(value));
  ledger.close();
  return booked;
};

/** The books after these commands, and why each that was put aside was. */
const after = (...commands: readonly ErpCommand[]) => {
  using files = temporaryLedger();
  book(files.path, commands);
  return files.read((reader) => ({
    books: Object.fromEntries(reader.trialBalance().map(({ name, debit, credit }) => [name, debit - credit])),
    aside: reader.conflicts().map(({ message }) => message),
    memos: reader.order('1')?.creditMemos ?? [],
  }));
};
const paid = recordPayment('1', 11_300n, 800n);

describe('a credit memo', () => {
  it('takes its part of revenue and tax back, and what was paid for it is a fee', () => {
    expect(after(paid, issueMemo('1', 're_1', 1_130n, 80n, 5n))).toMatchObject({
      books: {
        'Stripe Clearing': 11_300n - 1_130n - 5n,
        'Sales Tax Payable': -720n,
        Revenue: -10_500n,
        Refunds: 1_050n,
        'Processing Fees': 5n,
      },
      aside: [],
      memos: [{ refundId: 're_1', amount: 1_130n, tax: 80n, fee: 5n, reversedBy: null }],
    });
  });

  it('that is reversed leaves only what both have cost', () => {
    const { books, aside, memos } = after(
      paid,
      issueMemo('1', 're_1', 11_300n, 800n, 5n),
      reverseMemo('1', 're_1', 11_300n, 800n, 3n),
    );
    expect(books).toEqual({
      'Stripe Clearing': 11_300n - 8n,
      'Sales Tax Payable': -800n,
      Revenue: -10_500n,
      Refunds: 0n,
      'Processing Fees': 8n,
    });
    expect(aside).toEqual([]);
    expect(memos).toMatchObject([{ reversedBy: '1/reverse-credit-memo/re_1' }]);
  });

  it('may take back again what came back', () => {
    expect(
      after(
        paid,
        issueMemo('1', 're_1', 11_300n, 800n),
        reverseMemo('1', 're_1', 11_300n, 800n),
        issueMemo('1', 're_2', 11_300n, 800n),
      ),
    ).toMatchObject({ aside: [], books: { Refunds: 10_500n, 'Stripe Clearing': 0n } });
  });

  it.each<[string, readonly ErpCommand[], RegExp]>([
    ['of more than was received', [issueMemo('1', 're_1', 11_301n, 800n)], /amount 11301 after 0 is more/],
    ['of more tax than was received', [issueMemo('1', 're_1', 11_300n, 801n)], /tax 801 after 0 is more/],
    [
      'of more than is left',
      [issueMemo('1', 're_1', 11_299n), issueMemo('1', 're_2', 2n)],
      /amount 2 after 11299 is more/,
    ],
    ['of nothing', [issueMemo('1', 're_1', 0n)], /a refund of 0/],
    ['with more tax than it has', [issueMemo('1', 're_1', 5n, 6n)], /a refund of 5 with 6 of tax/],
    ['for a refund that has one', [issueMemo('1', 're_1', 5n), again(issueMemo('1', 're_1', 5n))], /UNIQUE/],
    ['of another order', [issueMemo('2', 're_1', 5n)], /amount 5 after 0 is more to pay back than the 0/],
    ['reversed and not issued', [reverseMemo('1', 're_1', 5n)], /no credit memo of re_1/],
    [
      'reversed for another order',
      [issueMemo('1', 're_1', 5n), reverseMemo('2', 're_1', 5n)],
      /no credit memo of re_1/,
    ],
    [
      'reversed by half',
      [issueMemo('1', 're_1', 6n), reverseMemo('1', 're_1', 3n)],
      /is over 6 with 0 of tax USD, not 3/,
    ],
    [
      'reversed with other tax',
      [issueMemo('1', 're_1', 6n, 2n), reverseMemo('1', 're_1', 6n, 1n)],
      /is over 6 with 2 of tax USD, not 6 with 1/,
    ],
    [
      'reversed twice',
      [issueMemo('1', 're_1', 6n), reverseMemo('1', 're_1', 6n), again(reverseMemo('1', 're_1', 6n))],
      /UNIQUE/,
    ],
  ])('%s is put aside', (_name, commands, why) => {
    const { aside } = after(paid, ...commands);
    expect(aside).toHaveLength(1);
    expect(aside[0]).toMatch(why);
  });
});

/** The same under another id. */
function again<C extends ErpCommand>(command: C): C {
  return { ...command, commandId: `${command.commandId}-again` };
}

describe('a ledger from before there were credit memos', () => {
  it('gets what they need when it is opened', () => {
    using files = temporaryLedger();
    book(files.path, [paid]);
    const old = new BetterSqlite(files.path);
    old.exec(`DROP TABLE credit_memo_reversals; DROP TABLE credit_memos; DELETE FROM accounts WHERE code = '4100'`);
    old.close();
    const ledger = openLedger(files.path);
    const [, record] = recordsOf([paid, issueMemo('1', 're_1', 5n)], (command) => topic.value.encode(command));
    const batch = { source: SOURCE, fetchOffset: 1n, records: [record!], nextOffset: 2n };
    expect(ledger.book(batch, (value) => topic.value.decode(value))).toMatchObject({ applied: 1, conflicts: 0 });
    ledger.close();
  });
});
