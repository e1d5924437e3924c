/**
 * People change what they say of themselves, take another e-mail address and have themselves forgotten, in the shop and
 * at Stripe; everybody else must hear of it.
 */
import type Stripe from 'stripe';
import { readLedger } from '../../../services/erp-ledger/read.ts';
import { customerKeyOf } from '../../../services/order-stream/domain/shop.ts';
import { personOf } from '../../../services/order-stream/sources/person.ts';
import { int, openSql, type SqlSession, text } from '../../sandbox/shopper/sql.ts';
import type { Flow, FlowWorld, Outcome } from './flow.ts';
import { cameForAFlow } from './shopping.ts';

type Account = Readonly<{ customerId: number; email: string; stripeCustomerId: string }>;

export const openShop = ({ env, config }: FlowWorld): Promise<SqlSession> =>
  openSql({
    host: config.MILLRACE_ADNSF_SQL_HOST,
    port: config.MILLRACE_ADNSF_SQL_PORT,
    database: config.MILLRACE_ADNSF_SQL_DATABASE,
    user: env['MILLRACE_SHOP_SQL_USER'] ?? '',
    password: env['MILLRACE_SHOP_SQL_PASSWORD'] ?? '',
    encrypt: config.MILLRACE_ADNSF_SQL_ENCRYPT,
  });

const customersOf = async (stripe: Stripe, email: string): Promise<readonly Stripe.Customer[]> => {
  const key = customerKeyOf(email);
  const { data } = await stripe.customers.list({ email: key, limit: 100 });
  return data.filter(({ metadata }) => metadata['customer_key'] === key);
};

/** Accounts with a customer at Stripe, the youngest first: the first ones are the shop's most loyal. */
const accountsOf = async (sql: SqlSession, stripe: Stripe): Promise<readonly Account[]> => {
  const { rows } = await sql.run(
    `SELECT CustomerID, Email FROM dbo.Customer
     WHERE IsRegistered = 1 AND Active = 1 AND Deleted = 0 AND Email <> N'' ORDER BY CustomerID DESC`,
  );
  const found: Account[] = [];
  for (const row of rows) {
    const email = row['Email'] as string;
    if (cameForAFlow(email)) continue;
    const [customer] = await customersOf(stripe, email);
    if (customer) found.push({ customerId: row['CustomerID'] as number, email, stripeCustomerId: customer.id });
  }
  return found;
};

const rowOf = async (sql: SqlSession, { customerId }: Account) =>
  (await sql.run('SELECT Email, Phone, Active FROM dbo.Customer WHERE CustomerID = @id', { id: int(customerId) }))
    .rows[0];

/** What somebody does, and what must be so in the end. */
type Deed = Readonly<{
  name: string;
  act: (sql: SqlSession, stripe: Stripe, account: Account) => Promise<unknown>;
  judge: (sql: SqlSession, world: FlowWorld, account: Account) => Promise<boolean>;
}>;

const inLedger = <T>(
  { config }: FlowWorld,
  ask: (people: ReturnType<ReturnType<typeof readLedger>['people']>) => T,
): T => {
  const ledger = readLedger(config.MILLRACE_LEDGER_DB);
  try {
    return ask(ledger.people());
  } finally {
    ledger.close();
  }
};

const hasPhone = async (sql: SqlSession, world: FlowWorld, account: Account, phone: string): Promise<boolean> => {
  const row = await rowOf(sql, account);
  const customer = await world.stripe.customers.retrieve(account.stripeCustomerId);
  const key = customerKeyOf(account.email);
  const profile = inLedger(world, ({ profiles }) => profiles.find(({ customerKey }) => customerKey === key));
  return row?.['Phone'] === phone && customer.deleted !== true && customer.phone === phone && profile?.phone === phone;
};

const isForgotten = async (sql: SqlSession, world: FlowWorld, account: Account): Promise<boolean> => {
  const row = await rowOf(sql, account);
  const customer = await world.stripe.customers.retrieve(account.stripeCustomerId);
  const key = customerKeyOf(account.email);
  const known = inLedger(
    world,
    ({ erased, profiles }) =>
      erased.includes(personOf(account.email)) && !profiles.some(({ customerKey }) => customerKey === key),
  );
  return (row === undefined || (row['Email'] === '' && row['Active'] === 0)) && customer.deleted === true && known;
};

const movedEmail = ({ email }: Account): string => `moved.${email}`;

const changes: readonly Deed[] = [
  {
    name: 'a phone number changed in the shop',
    act: (sql, _stripe, { customerId }) =>
      sql.run('UPDATE dbo.Customer SET Phone = @phone WHERE CustomerID = @id', {
        phone: text('555-0171'),
        id: int(customerId),
      }),
    judge: (sql, world, account) => hasPhone(sql, world, account, '555-0171'),
  },
  {
    name: 'a phone number changed at Stripe',
    act: (_sql, stripe, { stripeCustomerId }) => stripe.customers.update(stripeCustomerId, { phone: '555-0172' }),
    judge: (sql, world, account) => hasPhone(sql, world, account, '555-0172'),
  },
  {
    name: 'an account with another e-mail address',
    act: (sql, _stripe, account) =>
      sql.run('UPDATE dbo.Customer SET Email = @email WHERE CustomerID = @id', {
        email: text(movedEmail(account)),
        id: int(account.customerId),
      }),
    judge: async (_sql, world, account) => {
      const former = await customersOf(world.stripe, account.email);
      const now = await customersOf(world.stripe, movedEmail(account));
      const [from, into] = [customerKeyOf(account.email), customerKeyOf(movedEmail(account))];
      const merged = inLedger(world, ({ merges }) =>
        merges.some((merge) => merge.customerKey === from && merge.into === into),
      );
      return former.length === 0 && now.length === 1 && now[0]!.id === account.stripeCustomerId && merged;
    },
  },
];

const erasures: readonly Deed[] = [
  {
    name: 'an account deleted in the shop',
    act: (sql, _stripe, { customerId }) =>
      sql.run('DELETE FROM dbo.Customer WHERE CustomerID = @id', { id: int(customerId) }),
    judge: isForgotten,
  },
  {
    name: 'a customer deleted at Stripe',
    act: (_sql, stripe, { stripeCustomerId }) => stripe.customers.del(stripeCustomerId),
    judge: isForgotten,
  },
];

const flowOf = (name: string, deeds: readonly Deed[], skip: number): Flow => ({
  name,
  start: async (world) => {
    const sql = await openShop(world);
    const accounts = (await accountsOf(sql, world.stripe)).slice(skip, skip + deeds.length);
    if (accounts.length < deeds.length) {
      sql.close();
      throw new Error(
        'the flows need more people with accounts who paid by Stripe: place more orders, ORDERS=40 will do',
      );
    }
    for (const [index, { act }] of deeds.entries()) await act(sql, world.stripe, accounts[index]!);
    return async (): Promise<Outcome> => {
      try {
        const findings: string[] = [];
        for (const [index, deed] of deeds.entries()) {
          const account = accounts[index]!;
          if (!(await deed.judge(sql, world, account)))
            findings.push(
              `${deed.name}: customer ${account.customerId}, ${account.stripeCustomerId}: not everybody has heard of it`,
            );
        }
        return { started: deeds.length, completed: deeds.length - findings.length, findings };
      } finally {
        sql.close();
      }
    };
  },
});

export const customersChanged = flowOf('customers changed, moved', changes, 0);
export const customersErased = flowOf('customers erased', erasures, changes.length);
