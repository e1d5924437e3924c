import BetterSqlite from 'better-sqlite3';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ErpCommand } from '../../../schemas/topics.ts';
import { type Ledger, openLedger } from '../../../services/erp-ledger/ledger.ts';
import type { LedgerReader } from '../../../services/erp-ledger/read.ts';
import type { ConsumedRecord } from '../../../services/runtime/ports.ts';
import type { Topic } from '../../../services/runtime/topology.ts';
import {
  customer,
  inventory,
  openTopic,
  recordFee,
  recordPayment,
  recordsOf,
  salesOrder,
  shipping,
  SOURCE,
  temporaryLedger,
} from './support.ts';

let topic: Topic<ErpCommand>;
beforeAll(async () => {
  topic = await openTopic();
});
const encode = (command: ErpCommand): Buffer => topic.value.encode(command);
const decode = (value: Buffer): ErpCommand => topic.value.decode(value);

const bookRecords = (ledger: Ledger, records: readonly ConsumedRecord[], fetchOffset = records[0]!.offset) =>
  ledger.book({ source: SOURCE, fetchOffset, records, nextOffset: records.at(-1)!.offset + 1n }, decode);

const bookAll = (path: string, commands: readonly ErpCommand[]) => {
  const ledger = openLedger(path);
  ledger.begin(SOURCE, 0n);
  const booked = bookRecords(ledger, recordsOf(commands, encode));
  ledger.close();
  return booked;
};

const summary = (reader: LedgerReader) =>
  Object.fromEntries(
    reader.trialBalance().map(({ name, currency, debit, credit }) => [`${name} ${currency}`, debit - credit]),
  );

describe('the ledger', () => {
  it('books an order with its payment, fee, stock, customer and label', () => {
    using files = temporaryLedger();
    const commands = [
      customer('100', 'Ada', 5n),
      salesOrder('100'),
      inventory('100'),
      recordPayment('100', 11_300n, 800n),
      recordFee('100', 11_300n, 358n),
      shipping('100'),
    ];
    expect(bookAll(files.path, commands)).toEqual({ applied: 6, repeated: 0, conflicts: 0 });
    files.read((reader) => {
      expect(summary(reader)).toEqual({
        'Stripe Clearing USD': 11_300n - 358n,
        'Sales Tax Payable USD': -800n,
        'Revenue USD': -10_500n,
        'Processing Fees USD': 358n,
      });
      const order = reader.order('100')!;
      expect(order.order).toMatchObject({ orderId: '100', total: 11_300n, paymentMethod: 'STRIPE' });
      expect(order.customer).toMatchObject({ customerKey: 'ada@example.com', stripeCustomerId: 'cus_1' });
      expect(order.lines).toEqual([
        { productId: 1n, variantId: 11n, sku: 'MUG', name: 'Mug', quantity: 2n, extendedPrice: '100.0000' },
      ]);
      expect(order.payments).toMatchObject([{ amount: 11_300n, tax: 800n, paymentIntentId: 'pi_100' }]);
      expect(order.fees).toMatchObject([{ gross: 11_300n, fee: 358n, net: 10_942n }]);
      expect(order.shippingRequests).toEqual([{ commandId: '100/request-shipping-label/1', shippingMethod: 'Ground' }]);
      expect(order.commands.map(({ offset }) => offset)).toEqual([0n, 1n, 2n, 3n, 4n, 5n]);
      expect(order.journal).toHaveLength(5);
      expect(reader.stock()).toEqual([{ productId: 1n, variantId: 11n, sku: 'MUG', quantity: -2n }]);
      expect(reader.command('100/record-payment/1')).toMatchObject({ type: 'RecordPayment', repeats: 0n });
      expect([reader.order('999'), reader.command('999/x/1')]).toEqual([undefined, undefined]);
      expect(reader.orderIds()).toEqual(['100']);
    });
  });

  it('refuses the same command quietly and counts it', () => {
    using files = temporaryLedger();
    const payment = recordPayment('100', 500n);
    expect(bookAll(files.path, [payment, payment, payment])).toEqual({ applied: 1, repeated: 2, conflicts: 0 });
    files.read((reader) => {
      expect(reader.totals()).toEqual({ applied: 1n, repeats: 2n, conflicts: 0n });
      expect(summary(reader)).toEqual({ 'Stripe Clearing USD': 500n, 'Revenue USD': -500n });
    });
  });

  it('puts a command aside that comes with the same id and other contents', () => {
    using files = temporaryLedger();
    bookAll(files.path, [recordPayment('100', 500n), recordPayment('100', 501n)]);
    files.read((reader) => {
      expect(reader.conflicts()).toMatchObject([
        { ...SOURCE, partition: 0n, offset: 1n, commandId: '100/record-payment/1', reason: 'different_bytes' },
      ]);
      expect(summary(reader)['Stripe Clearing USD']).toBe(500n);
    });
  });

  it('puts commands aside whose numbers contradict each other, whole, and goes on', () => {
    using files = temporaryLedger();
    const crooked = recordFee('101', 1_000n, 30n);
    const commands = [
      recordPayment('100', 100n, 101n),
      recordPayment('102', 0n),
      { ...crooked, payload: { ...crooked.payload, net: 971n } },
      recordPayment('103', 100n),
      salesOrder('104'),
      { ...salesOrder('104'), commandId: '104/create-sales-order/2' },
    ];
    expect(bookAll(files.path, commands)).toEqual({ applied: 2, repeated: 0, conflicts: 4 });
    files.read((reader) => {
      expect(reader.conflicts().map(({ reason }) => reason)).toEqual(Array(4).fill('invalid'));
      expect(reader.conflicts().map(({ offset }) => offset)).toEqual([0n, 1n, 2n, 5n]);
      expect(reader.orderIds()).toEqual(['103', '104']);
      expect(reader.order('104')?.lines).toHaveLength(1);
      expect(reader.positions()).toEqual([{ ...SOURCE, partition: 0n, nextOffset: 6n }]);
    });
  });

  it('keeps the bytes of what it cannot read, and goes on', () => {
    using files = temporaryLedger();
    const ledger = openLedger(files.path);
    ledger.begin(SOURCE, 0n);
    const [first, second, third] = recordsOf(
      [1, 2, 3].map((n) => recordPayment(`${n}`, 1n)),
      encode,
    );
    bookRecords(ledger, [{ ...first!, value: Buffer.from('garbage') }, { ...second!, value: null }, third!]);
    ledger.close();
    files.read((reader) => {
      expect(reader.conflicts().map(({ reason }) => reason)).toEqual(['undecodable', 'undecodable']);
      expect(reader.orderIds()).toEqual(['3']);
    });
    const database = new BetterSqlite(files.path, { readonly: true });
    expect(database.prepare('SELECT value FROM conflicts WHERE "offset" = 0').pluck().get()).toEqual(
      Buffer.from('garbage'),
    );
    database.close();
  });

  it('books nothing for no fee, and a fee given back the other way round', () => {
    using files = temporaryLedger();
    bookAll(files.path, [recordFee('100', 500n, 0n), recordFee('101', -500n, -15n)]);
    files.read((reader) => {
      expect(reader.order('100')?.journal).toEqual([]);
      expect(summary(reader)).toEqual({ 'Stripe Clearing USD': 15n, 'Processing Fees USD': -15n });
    });
  });

  it('keeps what the latest event says of a customer, in whatever order commands come', () => {
    const versions = [customer('1', 'first', 10n), customer('2', 'second', 20n), customer('3', 'third', 20n)];
    const orders = [versions, versions.toReversed(), [versions[1]!, versions[2]!, versions[0]!]];
    for (const commands of orders) {
      using files = temporaryLedger();
      bookAll(files.path, [...commands, salesOrder('9')]);
      expect(files.read((reader) => reader.order('9')?.customer?.name)).toBe('third');
    }
  });

  it('does not take a batch that leaves a gap, nor a partition it has not begun', () => {
    using files = temporaryLedger();
    const ledger = openLedger(files.path);
    const records = recordsOf([recordPayment('100', 1n)], encode, 5n);
    expect(bookRecords(ledger, records)).toBeUndefined();
    ledger.begin(SOURCE, 4n);
    expect(bookRecords(ledger, records)).toBeUndefined();
    expect(ledger.position(SOURCE)).toBe(4n);
    expect(bookRecords(ledger, records, 4n)).toEqual({ applied: 1, repeated: 0, conflicts: 0 });
    expect(ledger.position(SOURCE)).toBe(6n);
    ledger.begin(SOURCE, 0n);
    expect(ledger.position(SOURCE)).toBe(6n);
    ledger.close();
  });

  it('moves on over offsets that hold no records', () => {
    using files = temporaryLedger();
    const ledger = openLedger(files.path);
    ledger.begin(SOURCE, 0n);
    ledger.book({ source: SOURCE, fetchOffset: 0n, records: [], nextOffset: 7n }, decode);
    expect(ledger.position(SOURCE)).toBe(7n);
    ledger.close();
  });

  it('takes nothing of a batch when the process dies within it', () => {
    using files = temporaryLedger();
    const ledger = openLedger(files.path);
    ledger.begin(SOURCE, 0n);
    const records = recordsOf([recordPayment('100', 1n), recordPayment('101', 1n)], encode);
    const dying = (value: Buffer): ErpCommand => {
      const command = decode(value);
      if (command.orderId === '101') throw new Error('killed');
      return command;
    };
    expect(() => ledger.book({ source: SOURCE, fetchOffset: 0n, records, nextOffset: 2n }, dying)).toThrow('killed');
    ledger.close();
    const reopened = openLedger(files.path);
    expect(reopened.position(SOURCE)).toBe(0n);
    expect(bookRecords(reopened, records)).toEqual({ applied: 2, repeated: 0, conflicts: 0 });
    reopened.close();
  });
});

describe('the journal', () => {
  const open = (path: string) => {
    bookAll(path, [recordPayment('100', 500n)]);
    const database = new BetterSqlite(path);
    database.pragma('foreign_keys = ON');
    database.prepare(`INSERT INTO applied_commands VALUES ('x', '1', 't', 0, 'o', 0, 0, x'00', 0)`).run();
    return database;
  };
  const newEntry = `INSERT INTO journal_entries (command_id, order_id, description, currency, occurred_at)
    VALUES ('x', '1', 'd', 'USD', 0)`;
  const attempts: [string, string[]][] = [
    [
      'an entry that does not balance',
      [
        newEntry,
        `INSERT INTO journal_lines VALUES ('x', 0, '1010', 5, 0, NULL, NULL)`,
        `UPDATE journal_entries SET posted = 1 WHERE command_id = 'x'`,
      ],
    ],
    [
      'an entry that balances over two currencies, and in neither',
      [
        newEntry,
        `INSERT INTO journal_lines VALUES ('x', 0, '1010', 5, 0, NULL, NULL)`,
        `INSERT INTO journal_lines VALUES ('x', 1, '1010', 0, 5, NULL, 'EUR')`,
        `UPDATE journal_entries SET posted = 1 WHERE command_id = 'x'`,
      ],
    ],
    ['an entry without lines', [newEntry, `UPDATE journal_entries SET posted = 1 WHERE command_id = 'x'`]],
    ['an entry that begins posted', [`INSERT INTO journal_entries VALUES ('x', '1', 'd', 'USD', 0, 1)`]],
    ['a line on both sides', [newEntry, `INSERT INTO journal_lines VALUES ('x', 0, '1010', 5, 5, NULL, NULL)`]],
    ['a negative amount', [newEntry, `INSERT INTO journal_lines VALUES ('x', 0, '1010', -5, 0, NULL, NULL)`]],
    ['an unknown account', [newEntry, `INSERT INTO journal_lines VALUES ('x', 0, '9999', 5, 0, NULL, NULL)`]],
    [
      'one more line in a posted entry',
      [`INSERT INTO journal_lines VALUES ('100/record-payment/1', 9, '1010', 5, 0, NULL, NULL)`],
    ],
    ['a changed line', [`UPDATE journal_lines SET debit = 1 WHERE debit > 0`]],
    ['a deleted line', [`DELETE FROM journal_lines`]],
    ['a changed entry', [`UPDATE journal_entries SET currency = 'EUR'`]],
    ['a deleted entry', [`DELETE FROM journal_entries`]],
    ['a position written while an entry is open', [newEntry, `UPDATE consumed SET next_offset = next_offset + 1`]],
    ['a position that goes back', [`UPDATE consumed SET next_offset = 0`]],
  ];
  it.each(attempts)('does not allow %s', (_name, statements) => {
    using files = temporaryLedger();
    const database = open(files.path);
    expect(() => {
      for (const statement of statements) database.prepare(statement).run();
    }).toThrow(/SQLITE_CONSTRAINT|constraint|differ|posted|open|deleted|changed|back/);
    database.close();
  });
});

/** Commands of a few orders, some of them contradictory, some under an id that another one has. */
const anyCommand: fc.Arbitrary<ErpCommand> = fc
  .tuple(
    fc.integer({ min: 1, max: 6 }).map(String),
    fc.bigInt({ min: -50n, max: 10n ** 15n }),
    fc.bigInt({ min: -5n, max: 10n ** 12n }),
    fc.constantFrom('USD', 'EUR'),
    fc.integer({ min: 1, max: 3 }),
    fc.constantFrom('payment', 'fee', 'order', 'stock', 'customer', 'label'),
  )
  .map(([order, amount, part, currency, n, kind]): ErpCommand => {
    switch (kind) {
      case 'payment':
        return recordPayment(order, amount, part, currency, n);
      case 'fee':
        return recordFee(order, amount, part, currency, n);
      case 'order':
        return salesOrder(order);
      case 'stock':
        return inventory(order, n);
      case 'customer':
        return customer(order, currency, amount);
      case 'label':
        return shipping(order);
    }
  });

describe('whatever comes', () => {
  it('debits equal credits, in every currency and every entry', () => {
    fc.assert(
      fc.property(fc.array(anyCommand, { minLength: 1, maxLength: 40 }), (commands) => {
        using files = temporaryLedger();
        const booked = bookAll(files.path, commands)!;
        expect(booked.applied + booked.repeated + booked.conflicts).toBe(commands.length);
        files.read((reader) => {
          const byCurrency = new Map<string, bigint>();
          for (const { currency, debit, credit } of reader.trialBalance())
            byCurrency.set(currency, (byCurrency.get(currency) ?? 0n) + debit - credit);
          expect([...byCurrency.values()].every((difference) => difference === 0n)).toBe(true);
          const byEntry = new Map<string, bigint>();
          for (const { commandId, debit, credit } of reader.orderIds().flatMap((id) => reader.order(id)!.journal))
            byEntry.set(commandId, (byEntry.get(commandId) ?? 0n) + debit - credit);
          expect([...byEntry.values()].every((difference) => difference === 0n)).toBe(true);
        });
      }),
      { numRuns: 25 },
    );
  });

  it('the ledger is the same, however the topic was cut into batches, read again and interrupted', () => {
    const cuts = fc.array(fc.tuple(fc.nat(8), fc.nat(8), fc.boolean()), { minLength: 1, maxLength: 12 });
    const state = (reader: LedgerReader) => ({
      orders: reader.orderIds().map((id) => reader.order(id)),
      balance: reader.trialBalance(),
      stock: reader.stock(),
      conflicts: reader.conflicts(),
      totals: reader.totals(),
      positions: reader.positions(),
    });
    fc.assert(
      fc.property(fc.array(anyCommand, { minLength: 1, maxLength: 25 }), cuts, (commands, steps) => {
        using straight = temporaryLedger();
        bookAll(straight.path, commands);
        using crooked = temporaryLedger();
        const records = recordsOf(commands, encode);
        let ledger = openLedger(crooked.path);
        ledger.begin(SOURCE, 0n);
        const read = (back: number, length: number): void => {
          const from = Math.max(0, Number(ledger.position(SOURCE)) - back);
          const slice = records.slice(from, from + length);
          if (slice.length > 0) bookRecords(ledger, slice);
        };
        for (const [back, length, restart] of steps) {
          read(back, length);
          if (!restart) continue;
          ledger.close();
          ledger = openLedger(crooked.path);
        }
        while (ledger.position(SOURCE)! < BigInt(records.length)) read(1, 4);
        ledger.close();
        expect(crooked.read(state)).toEqual(straight.read(state));
      }),
      { numRuns: 20 },
    );
  });
});
