/** What Debezium writes when a shop's tables change, for tests: envelopes with growing log positions. */
import { parseAvro, readSchema } from '../../../schemas/avro.ts';
import type { memoryRegistry } from '../../../schemas/registry.ts';
import { topics } from '../../../schemas/topics.ts';
import type { TopologyDriver } from '../../../services/runtime/testing/driver.ts';

export const tables = {
  customers: 'adnsf/Customer',
  carts: 'adnsf/ShoppingCart',
  orderLines: 'adnsf/Orders_ShoppingCart',
  orders: 'adnsf/Orders',
  returns: 'adnsf/Custom_OrderReturn',
} as const;

export type Table = keyof typeof tables;

type Row = Readonly<Record<string, unknown>>;

export type Change = Readonly<{ table: Table; key: string; value: Buffer | null; timestamp: bigint }>;

/** Fills what a row leaves out with null: every column here is optional. */
export const complete = (schema: string, row: Row | null): Row | null => {
  if (row === null) return null;
  const envelope = JSON.parse(schema) as { fields: { type: [string, { fields: { name: string }[] }] }[] };
  const columns = envelope.fields[0]!.type[1].fields.map(({ name }) => name);
  return Object.fromEntries(columns.map((name) => [name, row[name] ?? null]));
};

export const shopLog = (registry: ReturnType<typeof memoryRegistry>, startMs = Date.UTC(2026, 0, 2)) => {
  let position = 0x1000;
  const at = (): { commit: string; change: string; ms: bigint } => {
    position += 0x10;
    const block = position.toString(16).padStart(8, '0');
    return { commit: `00000025:${block}:0002`, change: `00000025:${block}:0001`, ms: BigInt(startMs + position) };
  };
  const write = (
    table: Table,
    key: string,
    op: string,
    before: Row | null,
    after: Row | null,
    snapshot?: string,
  ): Change => {
    const schema = readSchema(tables[table]);
    const { commit, change, ms } = at();
    const body = parseAvro(schema).toBuffer({
      before: complete(schema, before),
      after: complete(schema, after),
      source: {
        ts_ms: ms,
        snapshot: snapshot === undefined ? 'false' : 'true',
        change_lsn: snapshot === undefined ? change : null,
        commit_lsn: snapshot ?? commit,
        event_serial_no: 1n,
      },
      op,
    });
    const header = Buffer.alloc(5);
    header.writeInt32BE(registry.register(schema), 1);
    return { table, key, value: Buffer.concat([header, body]), timestamp: ms };
  };
  return {
    /** The commit LSN of the last change. */
    last: () => `00000025:${position.toString(16).padStart(8, '0')}:0002`,
    insert: (table: Table, key: string, row: Row) => write(table, key, 'c', null, row),
    update: (table: Table, key: string, before: Row, after: Row) => write(table, key, 'u', before, after),
    remove: (table: Table, key: string, row: Row) => write(table, key, 'd', row, null),
    snapshot: (table: Table, key: string, row: Row, lsn: string) => write(table, key, 'r', null, row, lsn),
    operation: (table: Table, key: string, op: string, row: Row | null) => write(table, key, op, null, row),
    tombstone: (table: Table, key: string): Change => ({ table, key, value: null, timestamp: BigInt(startMs) }),
  };
};

export type ShopLog = ReturnType<typeof shopLog>;

export const pipeChange = (driver: TopologyDriver, change: Change): Promise<void> =>
  driver.pipeBytes(topics[change.table].name, Buffer.from(change.key), change.value, { timestamp: change.timestamp });

/** A checkout as ADNSF writes it, statement by statement, each followed by the trigger's second image. */
export const checkout = (
  log: ShopLog,
  order: Row,
  options: Readonly<{ lines?: number; customer?: Row }> = {},
): readonly Change[] => {
  const customerId = String(order['CustomerID']);
  const orderNumber = order['OrderNumber'];
  const twice = (table: Table, before: Row, after: Row): Change[] => [
    log.update(table, customerId, before, after),
    log.update(table, customerId, after, after),
  ];
  const created = (table: Table, row: Row): Change[] => [
    log.insert(table, customerId, row),
    log.update(table, customerId, row, row),
  ];
  const customer = options.customer ?? {
    CustomerID: order['CustomerID'],
    Email: order['Email'] ?? '',
    FirstName: order['FirstName'],
    LastName: order['LastName'],
    IsRegistered: 0,
  };
  const count = options.lines ?? 2;
  const carts = Array.from({ length: count }, (_, index) => ({
    ShoppingCartRecID: 7000 + index,
    CustomerID: order['CustomerID'],
    VariantID: index + 1,
    Quantity: index + 1,
    CartType: 0,
    CreatedOn: 1_790_000_000_000n,
  }));
  const price = (cents: number): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64BE(BigInt(cents) * 100n);
    return bytes;
  };
  const line = (index: number, cents: number): Row => ({
    OrderNumber: orderNumber,
    ShoppingCartRecID: 7000 + index,
    CustomerID: order['CustomerID'],
    ProductID: index + 1,
    VariantID: index + 1,
    Quantity: index + 1,
    OrderedProductSKU: `SKU-${index}`,
    OrderedProductName: `Thing ${index}`,
    OrderedProductPrice: price(cents),
    IsTaxable: 1,
  });
  const first: Row = { ...order, TransactionState: null, AuthorizationPNREF: 'TBD', InventoryWasReduced: 0 };
  const accepted: Row = { ...first, TransactionState: order['TransactionState'] };
  return [
    ...created('customers', customer),
    ...carts.flatMap((cart) => created('carts', cart)),
    ...created('orders', first),
    ...twice('orders', first, accepted),
    ...carts.flatMap((_, index) => created('orderLines', line(index, 999))),
    ...carts.flatMap((_, index) => twice('orderLines', line(index, 999), line(index, 999 * (index + 1)))),
    ...twice('orders', accepted, order),
    ...carts.map((cart) => log.remove('carts', customerId, cart)),
    ...carts.map(() => log.tombstone('carts', customerId)),
  ];
};
