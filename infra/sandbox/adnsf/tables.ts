/** Rows of the shop as resources, and resources as rows. */
import { TYPES } from 'tedious';
import { returnStock } from '../../../services/adnsf-executor/sql/returned-stock.ts';
import { type LineUnits, putBack } from '../../../services/adnsf-executor/sql/shelf.ts';
import type { Parameter, Row, SqlConnection } from '../../../services/adnsf-executor/sql/connection.ts';
import {
  addressFields,
  type Field,
  type Fields,
  homeFields,
  lineFields,
  type Resource,
  type ResourceName,
  resources,
  writeOnly,
} from './resources.ts';

export type Json = Readonly<Record<string, unknown>>;

/** Money and times as text: the driver would make floats and instants of them. */
const selected = (name: string, { column, kind }: Field): string => {
  switch (kind) {
    case 'money':
      return `CONVERT(varchar(40), ${column}, 2) AS ${name}`;
    case 'local':
      return `CONVERT(varchar(30), ${column}, 126) AS ${name}`;
    default:
      return `${column} AS ${name}`;
  }
};
const selection = (fields: Fields, prefix = ''): string =>
  Object.entries(fields)
    .map(([name, field]) => selected(prefix + name, field))
    .join(', ');

const jsonOf = (fields: Fields, row: Row, prefix = ''): Json =>
  Object.fromEntries(
    Object.entries(fields).map(([name, { kind }]) => {
      const value = row[prefix + name] ?? null;
      return [name, kind === 'flag' && value !== null ? Number(value) === 1 : value];
    }),
  );

const parameterOf = (kind: Field['kind'], value: unknown): Parameter => {
  if (value === null) return { type: TYPES.NVarChar, value };
  switch (kind) {
    case 'int':
      return { type: TYPES.Int, value: value as number };
    case 'flag':
      return { type: TYPES.TinyInt, value: value === true ? 1 : 0 };
    case 'local':
      // The connection writes what a date shows in UTC, which here is the local time that was sent.
      return { type: TYPES.DateTime, value: new Date(`${value as string}Z`) };
    default:
      return { type: TYPES.NVarChar, value: value as string };
  }
};

const billing = addressFields('Billing');
const shipping = addressFields('Shipping');
const columnsOf = (name: ResourceName): string => {
  const own = selection(resources[name].fields);
  return name === 'Order' ? `${own}, ${selection(billing, 'bill_')}, ${selection(shipping, 'ship_')}` : own;
};

const linesOf = async (connection: SqlConnection, orderNumber: number): Promise<readonly Json[]> => {
  const rows = await connection.query(
    `SELECT ${selection(lineFields)} FROM dbo.Orders_ShoppingCart WHERE OrderNumber = @order ORDER BY ShoppingCartRecID`,
    { order: parameterOf('int', orderNumber) },
  );
  return rows.map((row) => jsonOf(lineFields, row));
};

/** The billing address of a customer: of its own columns, or null. */
const billingOf = async (connection: SqlConnection, customerId: number): Promise<Json | null> => {
  const [row] = await connection.query(
    `SELECT ${selection(homeFields)} FROM dbo.Address WHERE Deleted = 0 AND CustomerID = @id AND
     AddressID = (SELECT BillingAddressID FROM dbo.Customer WHERE CustomerID = @id)`,
    { id: parameterOf('int', customerId) },
  );
  return row === undefined ? null : jsonOf(homeFields, row);
};

const asJson = async (connection: SqlConnection, name: ResourceName, row: Row): Promise<Json> => {
  const own = jsonOf(resources[name].fields, row);
  if (name === 'Customer') return { ...own, billTo: await billingOf(connection, own['customerId'] as number) };
  if (name !== 'Order') return own;
  return {
    ...own,
    billTo: jsonOf(billing, row, 'bill_'),
    shipTo: jsonOf(shipping, row, 'ship_'),
    lines: await linesOf(connection, own['orderNumber'] as number),
  };
};

const idColumn = (resource: Resource): string => resource.fields[resource.id]!.column;

/** One resource, or undefined. `lock` keeps others from changing it until the transaction ends. */
export const readOne = async (
  connection: SqlConnection,
  name: ResourceName,
  id: number,
  lock = false,
): Promise<Json | undefined> => {
  const resource: Resource = resources[name];
  const [row] = await connection.query(
    `SELECT ${columnsOf(name)} FROM dbo.${resource.table}${lock ? ' WITH (UPDLOCK, ROWLOCK)' : ''}
     WHERE ${idColumn(resource)} = @id`,
    { id: parameterOf('int', id) },
  );
  return row === undefined ? undefined : asJson(connection, name, row);
};

/** A page, ascending by id, of those whose fields are as the filters say. */
export const readPage = async (
  connection: SqlConnection,
  name: ResourceName,
  { limit, after, filters }: Readonly<{ limit: number; after: number; filters: Json }>,
): Promise<Readonly<{ data: readonly Json[]; next: number | null }>> => {
  const resource: Resource = resources[name];
  const id = idColumn(resource);
  const wanted = Object.entries(filters);
  const where = wanted.map(([field]) => ` AND ${resource.fields[field]!.column} = @${field}`).join('');
  const rows = await connection.query(
    `SELECT TOP (${limit + 1}) ${columnsOf(name)} FROM dbo.${resource.table} WHERE ${id} > @after${where} ORDER BY ${id}`,
    {
      after: parameterOf('int', after),
      ...Object.fromEntries(wanted.map(([field, value]) => [field, parameterOf(resource.fields[field]!.kind, value)])),
    },
  );
  const data: Json[] = [];
  for (const row of rows.slice(0, limit)) data.push(await asJson(connection, name, row));
  return { data, next: rows.length > limit ? (data.at(-1)![resource.id] as number) : null };
};

/** Fields of the body as columns and parameters. */
const written = (
  name: ResourceName,
  values: Json,
): readonly Readonly<{ column: string; name: string; parameter: Parameter }>[] =>
  Object.entries(values).map(([field, value]) => {
    const { column, kind } = ({ ...resources[name].fields, ...writeOnly[name] } as Fields)[field]!;
    return { column, name: field, parameter: parameterOf(kind, value) };
  });

/** Adds a line to a column of notes. */
const noteTo = (column: string): string =>
  `${column} = CASE WHEN ${column} IS NULL THEN @note ELSE ${column} + NCHAR(13) + NCHAR(10) + @note END`;
const notesOf: Partial<Record<ResourceName, string>> = { Order: 'CustomerServiceNotes', Return: 'Notes' };

/** What comes back goes on the shelf that it was taken from, once, and not when all of its order is there again. */
const restock = async (connection: SqlConnection, returnId: number): Promise<void> => {
  const [row] = await connection.query(
    `SELECT r.ProductID, r.VariantID, r.Quantity, l.ChosenColor, l.ChosenSize
     FROM dbo.Custom_OrderReturn r JOIN dbo.Orders o ON o.OrderNumber = r.OrderNumber
     LEFT JOIN dbo.Orders_ShoppingCart l ON l.OrderNumber = r.OrderNumber
       AND l.ShoppingCartRecID = r.ShoppingCartRecID AND l.VariantID = r.VariantID
     WHERE r.OrderReturnID = @id AND r.RestockedOn IS NULL AND o.InventoryWasReduced = 1`,
    { id: parameterOf('int', returnId) },
  );
  if (row === undefined) return;
  const { ProductID: productId, VariantID: variantId, Quantity: quantity, ChosenColor, ChosenSize } = row;
  await putBack(connection, { productId, variantId, quantity, ChosenColor, ChosenSize } as LineUnits);
};

const home = async (connection: SqlConnection, customerId: number, billTo: Json | null): Promise<void> => {
  const id = { id: parameterOf('int', customerId) };
  if (billTo === null) {
    await connection.query('UPDATE dbo.Customer SET BillingAddressID = NULL WHERE CustomerID = @id', id);
    return;
  }
  const set = Object.entries(homeFields).map(([name, { column }]) => ({ column, name, value: billTo[name] ?? null }));
  const values = Object.fromEntries(set.map(({ name, value }) => [name, parameterOf('text', value)]));
  if ((await billingOf(connection, customerId)) === null)
    await connection.query(
      `INSERT INTO dbo.Address (CustomerID, ${set.map(({ column }) => column).join(', ')})
       VALUES (@id, ${set.map(({ name }) => `@${name}`).join(', ')});
       UPDATE dbo.Customer SET BillingAddressID = CAST(SCOPE_IDENTITY() AS int) WHERE CustomerID = @id`,
      { ...id, ...values },
    );
  else
    await connection.query(
      `UPDATE dbo.Address SET ${set.map(({ column, name }) => `${column} = @${name}`).join(', ')}
       WHERE CustomerID = @id AND AddressID = (SELECT BillingAddressID FROM dbo.Customer WHERE CustomerID = @id)`,
      { ...id, ...values },
    );
};

const erase = async (connection: SqlConnection, customerId: number): Promise<void> => {
  const id = { id: parameterOf('int', customerId) };
  await connection.query(
    `UPDATE dbo.Customer SET Email = N'', FirstName = NULL, LastName = NULL, Phone = NULL, FAX = NULL, Gender = NULL,
     Notes = NULL, LastIPAddress = NULL, VATRegistrationID = N'', Password = N'', Active = 0, BillingAddressID = NULL,
     ShippingAddressID = NULL WHERE CustomerID = @id`,
    id,
  );
  await connection.query('DELETE FROM dbo.Address WHERE CustomerID = @id', id);
};

/** Writes the given fields of a row that is locked. Nothing given, nothing written. */
export const update = async (
  connection: SqlConnection,
  name: ResourceName,
  id: number,
  values: Json,
): Promise<void> => {
  const resource: Resource = resources[name];
  const { serviceNote, note = serviceNote, erase: forget, billTo, returnInventory, ...plain } = values;
  const set = written(name, plain);
  const assignments = [
    ...set.map((each) => `${each.column} = @${each.name}`),
    ...(note === undefined ? [] : [noteTo(notesOf[name]!)]),
    ...(returnInventory === true ? ['InventoryWasReduced = 0'] : []),
  ];
  if (forget === true) {
    await erase(connection, id);
    return;
  }
  if (returnInventory === true) await returnStock(connection, id);
  if (name === 'Return' && plain['restockedOn'] !== undefined) await restock(connection, id);
  if (billTo !== undefined) await home(connection, id, billTo as Json | null);
  if (assignments.length === 0) return;
  await connection.query(
    `UPDATE dbo.${resource.table} SET ${assignments.join(', ')} WHERE ${idColumn(resource)} = @id`,
    {
      id: parameterOf('int', id),
      ...Object.fromEntries(set.map((each) => [each.name, each.parameter])),
      ...(note !== undefined && { note: parameterOf('text', note) }),
    },
  );
};

/** @returns the id of the new row */
export const insert = async (connection: SqlConnection, name: ResourceName, values: Json): Promise<number> => {
  const resource: Resource = resources[name];
  const set = written(name, values);
  const given = Object.entries(resource.defaults ?? {});
  const [row] = await connection.query(
    `INSERT INTO dbo.${resource.table} (${[...set.map(({ column }) => column), ...given.map(([column]) => column)].join(', ')})
     VALUES (${[...set.map((each) => `@${each.name}`), ...given.map(([, value]) => value)].join(', ')});
     SELECT CAST(SCOPE_IDENTITY() AS int) AS Id`,
    Object.fromEntries(set.map((each) => [each.name, each.parameter])),
  );
  return row!['Id'] as number;
};

/** @returns whether there was one */
export const remove = async (connection: SqlConnection, name: ResourceName, id: number): Promise<boolean> => {
  const resource: Resource = resources[name];
  const [row] = await connection.query(
    `DELETE FROM dbo.${resource.table} WHERE ${idColumn(resource)} = @id; SELECT @@ROWCOUNT AS Removed`,
    { id: parameterOf('int', id) },
  );
  return row!['Removed'] === 1;
};
