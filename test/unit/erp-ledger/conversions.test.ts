import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import type { RecordConversion } from '../../../schemas/generated/types.ts';
import type { ErpCommand } from '../../../schemas/topics.ts';
import { openLedger } from '../../../services/erp-ledger/ledger.ts';
import type { Topic } from '../../../services/runtime/topology.ts';
import {
  openTopic,
  recordConversion,
  recordFee,
  recordPayment,
  recordsOf,
  SOURCE,
  temporaryLedger,
} from './support.ts';

let topic: Topic<ErpCommand>;
beforeAll(async () => {
  topic = await openTopic();
});

/** The books after these commands: by account and currency, and why what was put aside was. */
const after = (...commands: readonly ErpCommand[]) => {
  using files = temporaryLedger();
  const ledger = openLedger(files.path);
  ledger.begin(SOURCE, 0n);
  const records = recordsOf(commands, (command) => topic.value.encode(command));
  const batch = { source: SOURCE, fetchOffset: 0n, records, nextOffset: BigInt(records.length) };
  ledger.book(batch, (value) => topic.value.decode(value));
  ledger.close();
  return files.read((reader) => {
    const balance = reader.trialBalance();
    const sums = new Map<string, bigint>();
    for (const { currency, debit, credit } of balance) sums.set(currency, (sums.get(currency) ?? 0n) + debit - credit);
    return {
      books: Object.fromEntries(
        balance.map(({ account, currency, debit, credit }) => [`${account} ${currency}`, debit - credit]),
      ),
      sums: [...sums.values()],
      aside: reader.conflicts().map(({ message }) => message),
      lines: reader.order('1')?.journal ?? [],
      conversions: reader.order('1')?.conversions ?? [],
    };
  });
};

it('clears what the customer paid, and holds what Stripe made of it', () => {
  const { books, aside, lines, conversions } = after(
    recordPayment('1', 4_321n, 0n, 'JPY'),
    recordConversion('txn_1', 4_321n, 'JPY', 2_890n, 'USD'),
  );
  expect(aside).toEqual([]);
  expect(books).toEqual({
    '1010 JPY': 0n,
    '1010 USD': 2_890n,
    '4000 JPY': -4_321n,
    '7110 JPY': 4_321n,
    '7110 USD': -2_890n,
  });
  expect(conversions).toMatchObject([{ balanceTransactionId: 'txn_1', fromAmount: 4_321n, toAmount: 2_890n }]);
  expect(lines.filter(({ currency }) => currency === 'USD')).toHaveLength(2);
});

it('goes the other way round when it is paid back, and what is too little comes to nothing', () => {
  const { books, aside } = after(
    recordConversion('txn_1', -1_000n, 'JPY', -671n, 'USD'),
    recordConversion('txn_2', -1n, 'KRW', 0n, 'USD', 2),
  );
  expect(aside).toEqual([]);
  expect(books).toEqual({
    '1010 JPY': 1_000n,
    '7110 JPY': -1_000n,
    '1010 USD': -671n,
    '7110 USD': 671n,
    '1010 KRW': 1n,
    '7110 KRW': -1n,
  });
});

it('balances in each currency, whatever is converted', () => {
  const money = fc.bigInt({ min: 1n, max: 10n ** 12n });
  fc.assert(
    fc.property(money, money, fc.boolean(), (from, to, back) => {
      const sign = back ? -1n : 1n;
      const { sums, aside } = after(recordConversion('txn_1', sign * from, 'KWD', sign * to, 'USD'));
      expect(aside).toEqual([]);
      expect(sums).toEqual([0n, 0n]);
    }),
    { numRuns: 20 },
  );
});

it.each<[string, RecordConversion, RegExp]>([
  ['into itself', recordConversion('txn_1', 1n, 'USD', 1n, 'USD'), /converts USD into itself/],
  ['of nothing', recordConversion('txn_1', 0n, 'EUR', 1n, 'USD'), /converts 0 EUR into 1 USD/],
  ['in two directions', recordConversion('txn_1', 5n, 'EUR', -5n, 'USD'), /converts 5 EUR into -5 USD/],
])('puts a conversion %s aside', (_name, command, message) => {
  expect(after(command)).toMatchObject({ books: {}, aside: [expect.stringMatching(message)] });
});

it('books what a balance transaction converts once', () => {
  const twice = after(
    recordConversion('txn_1', 100n, 'EUR', 108n, 'USD'),
    recordConversion('txn_1', 100n, 'EUR', 108n, 'USD', 2),
  );
  expect(twice.books['1010 USD']).toBe(108n);
  expect(twice.aside).toHaveLength(1);
});

it('keeps what converting costs apart from what charging costs', () => {
  const fee = recordFee('1', 2_504n, 128n);
  const { books } = after({ ...fee, payload: { ...fee.payload, conversionFee: 25n } });
  expect(books).toEqual({ '1010 USD': -128n, '6100 USD': 103n, '7100 USD': 25n });
});
