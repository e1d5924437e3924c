/** Rows of products, variants and stock, as the connector writes them, to what is sold. */
import { describe, expect, it } from 'vitest';
import { memoryRegistry } from '../../../schemas/registry.ts';
import { openSchemas } from '../../../schemas/serde.ts';
import { loadWorkflows } from '../../../services/order-stream/workflows/directory.ts';
import { orderTopology } from '../../../services/order-stream/topology.ts';
import { openDriver } from '../../../services/runtime/testing/driver.ts';
import { policy } from '../../unit/order-stream/fixtures.ts';
import { type Change, pipeChange, shopLog } from './shop-log.ts';

const money = (units: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(units) * 100n);
  return bytes;
};

const product = {
  ProductID: 7,
  Name: 'Mug',
  SKU: 'MUG',
  Published: 1,
  Deleted: 0,
  IsSystem: 0,
  TrackInventoryBySizeAndColor: 0,
};
const variant = (id: number, over: object = {}) => ({
  VariantID: id,
  ProductID: 7,
  Name: id === 25 ? 'Blue' : 'Red',
  SKUSuffix: id === 25 ? '-B' : '-R',
  Price: money(1_250),
  SalePrice: money(0),
  Inventory: 40,
  Published: 1,
  Deleted: 0,
  ...over,
});

const open = async (partitions = 1) => {
  const registry = memoryRegistry();
  const schemas = openSchemas(registry);
  const one = { ...policy, stores: { '1': policy.stores['1']! } };
  const topology = orderTopology(schemas, one, 'test', { current: loadWorkflows() });
  const driver = await openDriver(topology, { partitions });
  const log = shopLog(registry);
  const items = schemas.topic('shopItems');
  return {
    driver,
    log,
    schemas,
    tell: async (...changes: readonly Change[]) => {
      for (const change of changes) await pipeChange(driver, change);
      return driver.read(items).map(({ key, value }) => ({ key, ...value! }));
    },
    commands: () =>
      (['stripeCommands', 'adnsfCommands', 'erpCommands'] as const)
        .flatMap((key) => driver.read(schemas.topic(key)) as readonly { value: { commandId: string } | null }[])
        .map(({ value }) => value!.commandId.replace(/\d{13}-[0-9a-f]{16}/g, '…')),
    [Symbol.asyncDispose]: () => driver.close(),
  };
};

describe('items', () => {
  it('of a snapshot are told once each, with their product, and become commands', async () => {
    await using shop = await open();
    const told = await shop.tell(
      shop.log.snapshot('products', '7', product, '00000001:00000001:0001'),
      shop.log.snapshot('variants', '7', variant(25), '00000001:00000001:0001'),
      shop.log.snapshot('variants', '7', variant(26), '00000001:00000001:0001'),
    );
    expect(told.map(({ key, kind, name, sku, level }) => [key, kind, name, sku, level])).toEqual([
      ['item:25', 'item.present', 'Mug - Blue', 'MUG-B', null],
      ['item:25', 'level.present', null, null, 40],
      ['item:26', 'item.present', 'Mug - Red', 'MUG-R', null],
      ['item:26', 'level.present', null, null, 40],
    ]);
    expect(shop.commands().filter((id) => id.startsWith('item:25'))).toEqual([
      'item:25/upsert-product/…',
      'item:25/set-price/…',
      'item:25/count-stock/all/…',
      'item:25/upsert-item/…/…',
    ]);
  });

  it('say nothing of images in which nothing of meaning has changed', async () => {
    await using shop = await open();
    const { log } = shop;
    await shop.tell(log.insert('products', '7', product), log.insert('variants', '7', variant(25)));
    const again = await shop.tell(
      log.update('products', '7', product, product),
      log.update('variants', '7', variant(25), variant(25)),
      log.update('variants', '7', variant(25), variant(25, { Name: ' Blue ' })),
      log.tombstone('variants', '7'),
    );
    expect(again).toEqual([]);
  });

  it('change with their product, and a price that returns is another change', async () => {
    await using shop = await open();
    const { log } = shop;
    const [first] = await shop.tell(
      log.insert('products', '7', product),
      log.insert('variants', '7', variant(25)),
      log.insert('variants', '7', variant(26)),
    );
    const renamed = { ...product, Name: 'Cup', Published: 0 };
    const both = await shop.tell(log.update('products', '7', product, renamed));
    expect(both).toMatchObject([
      { key: 'item:25', name: 'Cup - Blue', active: false, priced: first!.priced },
      { key: 'item:26', name: 'Cup - Red', active: false },
    ]);
    const dear = variant(25, { Price: money(1_300) });
    const [up] = await shop.tell(log.update('variants', '7', variant(25), dear));
    const [down] = await shop.tell(log.update('variants', '7', dear, variant(25)));
    expect(up).toMatchObject({ price: 1_300n, described: both[0]!.described });
    expect(down).toMatchObject({ price: 1_250n });
    expect(new Set([first!.priced, up!.priced, down!.priced]).size).toBe(3);
  });

  it('that wait for their product, are the machinery’s own, or are gone', async () => {
    await using shop = await open();
    const { log } = shop;
    expect(await shop.tell(log.insert('variants', '7', variant(25)))).toEqual([]);
    expect(await shop.tell(log.insert('products', '7', { ...product, IsSystem: 1 }))).toEqual([]);
    const sold = await shop.tell(log.update('products', '7', { ...product, IsSystem: 1 }, product));
    expect(sold.map(({ kind }) => kind)).toEqual(['item.present', 'level.present']);
    const gone = await shop.tell(log.remove('variants', '7', variant(25)));
    expect(gone).toMatchObject([{ kind: 'item.gone', name: 'Mug - Blue', active: false, price: 1_250n }]);
    expect(await shop.tell(log.remove('products', '7', product))).toEqual([]);
    expect(shop.commands().filter((id) => id.includes('upsert-product'))).toHaveLength(2);
  });

  it('that become another product’s are told by it, whichever partition is read first', async () => {
    await using shop = await open(4);
    const { log, schemas, driver } = shop;
    await shop.tell(
      log.insert('products', '7', product),
      log.insert('products', '8', { ...product, ProductID: 8, Name: 'Jar' }),
      log.insert('variants', '7', variant(25)),
    );
    const left = log.remove('variants', '7', variant(25));
    const came = log.insert('variants', '8', variant(25, { ProductID: 8 }));
    await shop.tell(came, left);
    const state = driver.store('orders', schemas.store('order-stream', 'items')).get('item:25');
    expect(state?.item).toMatchObject({ present: true, productId: 8, name: 'Jar - Blue' });
  });

  it('are as their newest image says, whatever is read late', async () => {
    await using shop = await open();
    const { log } = shop;
    await shop.tell(log.insert('products', '7', product));
    const first = log.insert('variants', '7', variant(25));
    const late = log.update('products', '7', product, { ...product, Name: 'Jug' });
    const second = log.update('variants', '7', variant(25), variant(25, { Price: money(1_300) }));
    await shop.tell(second, log.update('products', '7', product, { ...product, Name: 'Cup' }));
    const row = { InventoryID: 3, VariantID: 25, Color: null, Size: 'Small', Quan: 8 };
    const few = log.insert('stockRows', '25', { ...row, Quan: 1 });
    await shop.tell(log.insert('stockRows', '25', row));
    expect(await shop.tell(first, late, few)).toEqual([]);
  });

  it('with a price that the currency does not have are told to a person once, and not to anybody else', async () => {
    await using shop = await open();
    const { log } = shop;
    const odd = variant(25, { Price: Buffer.from([0x01, 0xe8, 0x4b]) });
    await shop.tell(log.insert('products', '7', product), log.insert('variants', '7', odd));
    await shop.tell(log.update('variants', '7', odd, odd), log.update('products', '7', product, product));
    expect(shop.driver.deadLetters()).toMatchObject([{ code: 'inexact_amount', stage: 'items' }]);
    expect(shop.commands()).toEqual([]);
    const right = await shop.tell(log.update('variants', '7', odd, variant(25)));
    expect(right.map(({ kind }) => kind)).toEqual(['item.present', 'level.present']);
  });

  it('kept by colour and size are counted so, by rows that name no product', async () => {
    await using shop = await open(4);
    const { log } = shop;
    const sized = { ...product, TrackInventoryBySizeAndColor: 1 };
    await shop.tell(log.insert('products', '7', sized), log.insert('variants', '7', variant(25)));
    expect(shop.commands().filter((id) => id.includes('count-stock'))).toEqual([]);
    const row = { InventoryID: 3, VariantID: 25, Color: null, Size: 'Small', Quan: 8 };
    const told = await shop.tell(
      log.insert('stockRows', '25', row),
      log.update('stockRows', '25', row, row),
      log.update('stockRows', '25', row, { ...row, Quan: 7 }),
    );
    expect(told.map(({ kind, size, level }) => [kind, size, level])).toEqual([
      ['level.present', 'Small', 8],
      ['level.present', 'Small', 7],
    ]);
    const moved = await shop.tell(
      log.update('stockRows', '25', { ...row, Quan: 7 }, { ...row, Size: 'Large', Quan: 7 }),
    );
    expect(moved.map(({ kind, size }) => [kind, size])).toEqual([
      ['level.gone', 'Small'],
      ['level.present', 'Large'],
    ]);
    expect(shop.commands().filter((id) => id.includes('count-stock'))).toHaveLength(3);
  });

  it('at Stripe that stand for nothing of the shop are nobody’s', async () => {
    await using shop = await open();
    const { driver, schemas } = shop;
    const body = (id: string) =>
      JSON.stringify({ data: { object: { id, object: 'product', active: true, name: 'Theirs', metadata: {} } } });
    for (const id of ['prod_1', 'adnsf_item_25'])
      await driver.pipe(schemas.topic('stripeEvents'), id, {
        id: `evt_${id}`,
        type: 'product.created',
        apiVersion: '2026-08-26.dahlia',
        created: 1_790_000_000_000n,
        account: null,
        livemode: false,
        body: Buffer.from(body(id)),
      });
    expect(driver.readAll(schemas.topic('catalogFacts')).map(({ key }) => key)).toEqual(['product:prod_1', 'item:25']);
    expect(driver.deadLetters()).toEqual([]);
    expect(driver.store('orders', schemas.store('order-stream', 'items')).entries()).toHaveLength(1);
  });

  it.each(['before-commit', 'after-commit', 'after-produce'] as const)(
    'are told once although the process dies %s',
    async (point) => {
      await using shop = await open();
      const { log } = shop;
      shop.driver.crash(point, 2);
      const told = await shop.tell(
        log.insert('products', '7', product),
        log.insert('variants', '7', variant(25)),
        log.update('variants', '7', variant(25), variant(25, { Price: money(1_300) })),
      );
      expect(told.map(({ kind, price }) => [kind, price])).toEqual([
        ['item.present', 1_250n],
        ['level.present', null],
        ['item.present', 1_300n],
      ]);
    },
  );
});
