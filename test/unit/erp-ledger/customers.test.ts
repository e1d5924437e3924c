import BetterSqlite from 'better-sqlite3';
import { beforeAll, describe, expect, it } from 'vitest';
import type { EraseCustomer, MergeCustomers, UpsertCustomer } from '../../../schemas/generated/types.ts';
import type { ErpCommand } from '../../../schemas/topics.ts';
import { openLedger } from '../../../services/erp-ledger/ledger.ts';
import { personOf } from '../../../services/order-stream/sources/person.ts';
import type { Topic } from '../../../services/runtime/topology.ts';
import { customer, openTopic, recordsOf, salesOrder, SOURCE, temporaryLedger } from './support.ts';

let topic: Topic<ErpCommand>;
beforeAll(async () => {
  topic = await openTopic();
});

const ADA = 'ada@example.com';
const ada = personOf(ADA);
const NEW = 'ada@new.example';
const at = (seconds: number): bigint => 1_790_000_000_000n + BigInt(seconds) * 1000n;
const about = (what: string, seconds: number) => ({
  commandId: `${ada}/${what}`,
  orderId: ada,
  target: 'erp' as const,
  causationId: 'evt_1',
  occurredAt: at(seconds),
  workflow: 'customers@1',
});
const profile = (seconds: number, name: string): UpsertCustomer => ({
  ...about(`upsert-customer/${seconds}`, seconds),
  type: 'UpsertCustomer',
  payload: {
    customerKey: ADA,
    adnsfCustomerId: 7,
    stripeCustomerId: 'cus_1',
    email: 'Ada@Example.com',
    name,
    phone: null,
    billTo: null,
    standing: 'profile',
  },
});
const merge = (seconds: number, into: string): MergeCustomers => ({
  ...about(`merge/${seconds}`, seconds),
  type: 'MergeCustomers',
  payload: { customerKey: ADA, into },
});
const erase = (seconds: number): EraseCustomer => ({
  ...about(`erase/${seconds}`, seconds),
  type: 'EraseCustomer',
  payload: { person: ada },
});
const sold = (orderId: string, seconds: number) => ({ ...salesOrder(orderId), occurredAt: at(seconds) });

const tables = ['customers', 'customer_profiles', 'customer_merges', 'erased_customers', 'sales_orders'];

/** All that the tables say of people, whatever the order of rows. */
const after = (commands: readonly ErpCommand[]): string => {
  using files = temporaryLedger();
  const ledger = openLedger(files.path);
  ledger.begin(SOURCE, 0n);
  const records = recordsOf(commands, (command) => topic.value.encode(command));
  const batch = { source: SOURCE, fetchOffset: 0n, records, nextOffset: BigInt(records.length) };
  const booked = ledger.book(batch, (value) => topic.value.decode(value));
  ledger.close();
  expect(booked).toMatchObject({ applied: commands.length, conflicts: 0 });
  const database = new BetterSqlite(files.path, { readonly: true });
  try {
    return tables
      .map((table) => `${table}: ${JSON.stringify(database.prepare(`SELECT * FROM ${table} ORDER BY 1`).all())}`)
      .join('\n');
  } finally {
    database.close();
  }
};

function* permutations<T>(items: readonly T[]): Generator<readonly T[]> {
  if (items.length < 2) yield items;
  else
    for (const [index, item] of items.entries())
      for (const rest of permutations(items.toSpliced(index, 1))) yield [item, ...rest];
}

/** A person's profiles come in their order; all else in any. */
const isPossible = (commands: readonly ErpCommand[]): boolean =>
  commands
    .filter(({ commandId }) => commandId.includes('/upsert-customer/') && commandId.startsWith(ada))
    .every(({ occurredAt }, index, all) => index === 0 || occurredAt > all[index - 1]!.occurredAt);

const everyOrder = (commands: readonly ErpCommand[]): string => {
  const ends = new Set([...permutations(commands)].filter(isPossible).map(after));
  expect([...ends]).toHaveLength(1);
  return [...ends][0]!;
};

describe('customers of the ledger', () => {
  it('are what they say of themselves last, and not what their orders say', () => {
    const end = everyOrder([profile(1, 'Ada'), profile(9, 'Ada Lovelace'), customer('1', 'A. L.', at(20))]);
    expect(/customer_profiles: .*/.exec(end)![0]).toContain('Ada Lovelace');
    expect(/\ncustomers|^customers: .*/.exec(end)![0]).toContain('A. L.');
  });

  it('are merged, and stand for themselves again, by event time', () => {
    expect(everyOrder([profile(1, 'Ada'), merge(5, NEW)])).toContain(`"into_key":"${NEW}"`);
    expect(everyOrder([merge(5, NEW), merge(9, ADA)])).toContain(`"into_key":"${ADA}"`);
  });

  it('who are erased leave nothing of themselves, in whatever order it is heard; what was sold stays', () => {
    const end = everyOrder([customer('1', 'Ada', at(2)), sold('1', 3), merge(4, NEW), erase(5)]);
    expect(everyOrder([profile(1, 'Ada'), erase(5)])).not.toMatch(/ada@example|Ada/);
    expect(end).not.toMatch(/ada@example|Ada/);
    expect(end).toContain(`"customer_key":"${ada}"`);
    expect(end).toContain('"total":11300');
  });

  it('who come back after that are kept', () => {
    const end = everyOrder([profile(1, 'Ada'), erase(5), profile(9, 'Ada again')]);
    expect(end).toContain('Ada again');
  });
});
