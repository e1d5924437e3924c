/**
 * The shop's own webhooks: whoever is in dbo.Custom_Webhook is told of every change of an order, at least once, oldest
 * first. Changes are found by UpdatedOn, which the shop's triggers keep; how far each was told is in his row.
 */
import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { TYPES } from 'tedious';
import type { SqlConnection } from '../../../services/adnsf-executor/sql/connection.ts';
import type { Pool } from '../../../services/adnsf-executor/sql/pool.ts';

export type TellOptions = Readonly<{
  pool: Pool;
  everyMs: number;
  signal: AbortSignal;
  /** Told what went wrong; it is tried again. */
  onFault: (error: unknown) => void;
}>;

/** A statement may commit after one that began later: what is this recent is looked at again. */
const LATE_COMMIT_MS = 5_000;
const BATCH = 100;
const DELIVERY_TIMEOUT_MS = 10_000;

type Hook = Readonly<{ id: number; url: string; secret: string; toldUpTo: string }>;
type Change = Readonly<{
  what: 'order' | 'return';
  /** Of the order as it is: two changes may share an UpdatedOn, which ticks in 3 milliseconds. */
  id: string;
  orderNumber: number;
  customerId: number;
  updatedOn: string;
}>;

const text = (value: string) => ({ type: TYPES.NVarChar, value });
const earlier = (local: string, ms: number): string =>
  new Date(Date.parse(`${local}Z`) - ms).toISOString().slice(0, -1);

const hooksOf = async (connection: SqlConnection): Promise<readonly Hook[]> =>
  (
    await connection.query(
      `SELECT WebhookID, Url, Secret, CONVERT(varchar(30), COALESCE(ToldUpTo, CreatedOn), 126) AS ToldUpTo
       FROM dbo.Custom_Webhook ORDER BY WebhookID`,
      {},
    )
  ).map((row) => ({
    id: row['WebhookID'] as number,
    url: row['Url'] as string,
    secret: row['Secret'] as string,
    toldUpTo: row['ToldUpTo'] as string,
  }));

const returnsSince = async (connection: SqlConnection, since: string): Promise<readonly Change[]> =>
  (
    await connection.query(
      `SELECT OrderReturnID, OrderNumber, CustomerID, ReturnState, CONVERT(varchar(30), UpdatedOn, 126) AS UpdatedOn
       FROM dbo.Custom_OrderReturn WHERE UpdatedOn >= CONVERT(datetime, @since, 126)`,
      { since: text(since) },
    )
  ).map((row) => ({
    what: 'return',
    id: ['return', row['OrderReturnID'], row['UpdatedOn'], row['ReturnState']].join('/'),
    orderNumber: row['OrderNumber'] as number,
    customerId: row['CustomerID'] as number,
    updatedOn: row['UpdatedOn'] as string,
  }));

const ordersSince = async (connection: SqlConnection, since: string): Promise<readonly Change[]> =>
  (
    await connection.query(
      `SELECT OrderNumber, CustomerID, TransactionState, InventoryWasReduced,
         CONVERT(varchar(30), UpdatedOn, 126) AS UpdatedOn
       FROM dbo.Orders WHERE UpdatedOn >= CONVERT(datetime, @since, 126) ORDER BY UpdatedOn, OrderNumber`,
      { since: text(since) },
    )
  ).map((row) => {
    const { OrderNumber, UpdatedOn, TransactionState, InventoryWasReduced } = row;
    return {
      what: 'order',
      id: [OrderNumber, UpdatedOn, TransactionState ?? '', InventoryWasReduced].join('/'),
      orderNumber: OrderNumber as number,
      customerId: row['CustomerID'] as number,
      updatedOn: UpdatedOn as string,
    };
  });

const changesSince = async (connection: SqlConnection, since: string): Promise<readonly Change[]> =>
  [...(await ordersSince(connection, since)), ...(await returnsSince(connection, since))].sort((left, right) =>
    left.updatedOn < right.updatedOn ? -1 : 1,
  );

const deliver = async (hook: Hook, change: Change, known: boolean, signal: AbortSignal): Promise<void> => {
  const { id, orderNumber, customerId, updatedOn } = change;
  const body = JSON.stringify({
    id,
    type: `${change.what}.${known ? 'updated' : 'created'}`,
    // The sandbox's clock shows UTC.
    createdAt: `${updatedOn}Z`,
    data: { orderNumber, customerId },
  });
  const at = Math.floor(Date.now() / 1_000);
  const signature = createHmac('sha256', hook.secret).update(`${at}.${body}`).digest('hex');
  const answer = await fetch(hook.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-adnsf-signature': `t=${at},v1=${signature}` },
    body,
    signal: AbortSignal.any([signal, AbortSignal.timeout(DELIVERY_TIMEOUT_MS)]),
  });
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`webhook ${hook.id} answered ${answer.status}`);
};

/** Runs until the signal. What a receiver refuses is sent again until he takes it: nothing after it goes before it. */
export const tellChanges = async (options: TellOptions): Promise<void> => {
  const { pool, signal, onFault, everyMs } = options;
  /** What was told of the last seconds, by webhook: an overlap is looked at, not told again. */
  const told = new Map<number, Set<string>>();

  const tell = async (hook: Hook): Promise<void> => {
    const known = told.get(hook.id) ?? new Set<string>();
    const since = earlier(hook.toldUpTo, LATE_COMMIT_MS);
    const changes = await pool.use((connection) => changesSince(connection, since));
    const fresh = changes.filter((change) => !known.has(change.id)).slice(0, BATCH);
    for (const change of fresh) {
      const subject = change.id.slice(0, change.id.indexOf('/', change.what === 'return' ? 'return/'.length : 0) + 1);
      const again = [...known].some((id) => id.startsWith(subject));
      await deliver(hook, change, again, signal);
      known.add(change.id);
      told.set(hook.id, known);
    }
    const last = fresh.at(-1);
    if (last === undefined) return;
    await pool.use((connection) =>
      connection.query(
        `UPDATE dbo.Custom_Webhook SET ToldUpTo = CONVERT(datetime, @upTo, 126) WHERE WebhookID = @id AND
         (ToldUpTo IS NULL OR ToldUpTo < CONVERT(datetime, @upTo, 126))`,
        { id: { type: TYPES.Int, value: hook.id }, upTo: text(last.updatedOn) },
      ),
    );
    const present = new Set(changes.map(({ id }) => id));
    told.set(hook.id, new Set([...known].filter((each) => present.has(each))));
  };

  const ended = (): boolean => signal.aborted;
  while (!ended()) {
    try {
      for (const hook of await pool.use(hooksOf)) await tell(hook);
    } catch (error) {
      if (!ended()) onFault(error);
    }
    await sleep(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
};

/** A webhook that exists from the start, next to those made through the API. */
export const ensureWebhook = (pool: Pool, webhook: Readonly<{ url: string; secret: string }>): Promise<unknown> =>
  pool.use((connection) =>
    connection.query(
      `IF NOT EXISTS (SELECT 1 FROM dbo.Custom_Webhook WHERE Url = @url)
         INSERT INTO dbo.Custom_Webhook (Url, Secret) VALUES (@url, @secret)`,
      { url: text(webhook.url), secret: text(webhook.secret) },
    ),
  );
