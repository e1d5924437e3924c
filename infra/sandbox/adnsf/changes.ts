/** A change and the memory of its key, in one transaction: both, or neither. */
import { createHash } from 'node:crypto';
import { TYPES } from 'tedious';
import type { SqlConnection } from '../../../services/adnsf-executor/sql/connection.ts';
import { Problem } from './problem.ts';
import { type ResourceName, type Resource, resources } from './resources.ts';
import { insert, type Json, readOne, update } from './tables.ts';

export type Applied = Readonly<{ commandId: string; orderNumber: number; outcome: string; appliedOn: string }>;
export type Changed = Readonly<{ resource: Json; applied: Applied; replayed: boolean }>;

/** Of all that a resource says: whoever read less may have missed something. */
export const etagOf = (resource: Json): string =>
  `"${createHash('sha256').update(JSON.stringify(resource)).digest('base64url').slice(0, 27)}"`;

const text = (value: string) => ({ type: TYPES.NVarChar, value });

export const appliedOf = async (connection: SqlConnection, commandId: string): Promise<Applied | undefined> => {
  const [row] = await connection.query(
    'SELECT OrderNumber, Outcome, AppliedOn FROM dbo.Millrace_AppliedCommand WHERE CommandID = @id',
    { id: text(commandId) },
  );
  if (row === undefined) return undefined;
  return {
    commandId,
    orderNumber: row['OrderNumber'] as number,
    outcome: row['Outcome'] as string,
    appliedOn: (row['AppliedOn'] as Date).toISOString(),
  };
};

export const remember = async (
  connection: SqlConnection,
  commandId: string,
  orderNumber: number,
  outcome: string,
): Promise<Applied> => {
  await connection.query(
    `INSERT INTO dbo.Millrace_AppliedCommand (CommandID, OrderNumber, AppliedOn, Outcome)
     VALUES (@id, @order, SYSUTCDATETIME(), @outcome)`,
    { id: text(commandId), order: { type: TYPES.Int, value: orderNumber }, outcome: text(outcome) },
  );
  return (await appliedOf(connection, commandId))!;
};

const orderOf = (resource: Resource, json: Json): number =>
  resource.order === undefined ? 0 : (json[resource.order] as number);

const missing = (name: ResourceName, id: number): Problem =>
  new Problem(404, `${name.toLowerCase()}_not_found`, `there is no ${name.toLowerCase()} ${id}`);

export const inTransaction = async <T>(connection: SqlConnection, work: () => Promise<T>): Promise<T> => {
  await connection.begin();
  let result: T;
  try {
    result = await work();
  } catch (error) {
    // What the server itself ended, it has rolled back; the connection is not lent again then.
    if (error instanceof Problem) await connection.rollback();
    throw error;
  }
  await connection.commit();
  return result;
};

const sameSubject = (known: Applied, orderNumber: number): void => {
  if (known.orderNumber !== orderNumber)
    throw new Problem(409, 'key_reused', `${known.commandId} was about order ${known.orderNumber}`);
};

/** `ifMatch` undefined: as it may be. @throws Problem */
export const change = (
  connection: SqlConnection,
  name: ResourceName,
  request: Readonly<{ id: number; key: string; ifMatch: string | undefined; body: Json }>,
): Promise<Changed> =>
  inTransaction(connection, async () => {
    const { id, key, ifMatch } = request;
    const { outcome, ...values } = request.body;
    const before = await readOne(connection, name, id, true);
    if (before === undefined) throw missing(name, id);
    const orderNumber = orderOf(resources[name], before);
    const known = await appliedOf(connection, key);
    if (known !== undefined) {
      sameSubject(known, orderNumber);
      return { resource: before, applied: known, replayed: true };
    }
    if (ifMatch !== undefined && ifMatch !== etagOf(before))
      throw new Problem(412, 'changed_meanwhile', `${name.toLowerCase()} ${id} is not as it was read`);
    await update(connection, name, id, values);
    const applied = await remember(connection, key, orderNumber, outcome as string);
    return { resource: (await readOne(connection, name, id))!, applied, replayed: false };
  });

/** @throws Problem */
export const create = (
  connection: SqlConnection,
  name: ResourceName,
  request: Readonly<{ key: string; body: Json }>,
): Promise<Changed> =>
  inTransaction(connection, async () => {
    const { key, body } = request;
    const orderNumber = orderOf(resources[name], body);
    const known = await appliedOf(connection, key);
    if (known !== undefined) {
      sameSubject(known, orderNumber);
      const id = Number(/^created:(\d+)$/.exec(known.outcome)?.[1]);
      const resource = Number.isNaN(id) ? undefined : await readOne(connection, name, id);
      if (resource === undefined) throw new Problem(409, 'key_reused', `${key} did something else`);
      return { resource, applied: known, replayed: true };
    }
    if (orderNumber !== 0 && (await readOne(connection, 'Order', orderNumber)) === undefined)
      throw missing('Order', orderNumber);
    const id = await insert(connection, name, body);
    const applied = await remember(connection, key, orderNumber, `created:${id}`);
    return { resource: (await readOne(connection, name, id))!, applied, replayed: false };
  });
