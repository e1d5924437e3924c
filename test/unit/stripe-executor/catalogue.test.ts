import { describe, expect, it } from 'vitest';
import { sandbox, secretKey } from '../../../infra/sandbox/stripe/testing/sandbox.ts';
import { executor, HOUR, setPrice, upsertProduct } from './support.ts';

const open = async () => {
  const box = await sandbox();
  const execute = executor(box.running.url, { secretKey, timeoutMs: 10_000 });
  return {
    box,
    execute,
    product: () => box.stripe.products.retrieve('adnsf_item_25'),
    prices: async () => (await box.stripe.prices.list({ product: 'adnsf_item_25', limit: 100 })).data,
    [Symbol.asyncDispose]: () => box[Symbol.asyncDispose](),
  };
};

describe('UpsertProduct', () => {
  it('makes the product once, under the id of the item, and leaves alone what is so', async () => {
    await using stripe = await open();
    const command = upsertProduct('1');
    expect((await stripe.execute(command)).result).toMatchObject({
      status: 'succeeded',
      objectId: 'adnsf_item_25',
      detail: { how: 'created' },
    });
    expect(await stripe.product()).toMatchObject({
      name: 'Mug',
      active: true,
      metadata: { item_id: 'item:25', adnsf_variant_id: '25', item_version: '1790000000000-a', item_digest: 'd' },
    });
    await stripe.box.hook('/clock/advance', { seconds: 30 * 3_600 });
    const late = { now: Date.now() + 30 * HOUR };
    expect((await stripe.execute(command, late)).result).toMatchObject({ detail: { how: 'already' } });
    expect((await stripe.box.stripe.products.list()).data).toHaveLength(1);
  });

  it('changes it, and a late command does not take back what a younger one said', async () => {
    await using stripe = await open();
    await stripe.execute(upsertProduct('1'));
    const renamed = upsertProduct('2', { name: 'Big Mug', active: false, version: '1790000000002-a' });
    expect((await stripe.execute(renamed)).result).toMatchObject({
      objectStatus: 'inactive',
      detail: { how: 'updated' },
    });
    const late = upsertProduct('3', { name: 'Old Mug', version: '1790000000001-a' });
    expect((await stripe.execute(late)).result).toMatchObject({ detail: { how: 'superseded' } });
    expect(await stripe.product()).toMatchObject({ name: 'Big Mug', active: false });
  });

  it('puts back what somebody changed by hand, also when they deleted it', async () => {
    await using stripe = await open();
    await stripe.execute(upsertProduct('1'));
    await stripe.box.stripe.products.update('adnsf_item_25', { name: 'Cup', active: false });
    await stripe.execute(upsertProduct('1/restored'));
    expect(await stripe.product()).toMatchObject({ name: 'Mug', active: true });
    await stripe.box.stripe.products.del('adnsf_item_25');
    await stripe.execute(upsertProduct('1/again'));
    expect(await stripe.product()).toMatchObject({ name: 'Mug', active: true });
  });

  it('does not take over a product that stands for something else', async () => {
    await using stripe = await open();
    await stripe.box.stripe.products.create({ id: 'adnsf_item_25', name: 'Theirs', metadata: { item_id: 'item:7' } });
    expect((await stripe.execute(upsertProduct('1'))).result).toMatchObject({
      status: 'refused',
      errorCode: 'product_of_another',
    });
    expect(await stripe.product()).toMatchObject({ name: 'Theirs' });
  });

  it.each(['error_before_commit', 'error_saved', 'error_after_commit', 'reset_after_commit'])(
    'goes on after %s',
    async (kind) => {
      await using stripe = await open();
      await stripe.box.hook('/faults', { kind, method: 'POST', path: '/v1/products', count: 1 });
      const { result } = await stripe.execute(upsertProduct('1'), { attempts: 5 });
      expect(result).toMatchObject({ status: 'succeeded', objectId: 'adnsf_item_25' });
      expect((await stripe.box.stripe.products.list()).data).toHaveLength(1);
    },
  );
});

describe('SetPrice', () => {
  it.each(['error_before_commit', 'error_saved', 'error_after_commit', 'reset_after_commit'])(
    'makes one price, whichever request ends with %s',
    async (kind) => {
      for (const path of ['/v1/prices', '/v1/products/*', '/v1/prices/*']) {
        await using stripe = await open();
        await stripe.execute(upsertProduct('1'));
        await stripe.execute(setPrice('1', { amount: 999n, version: '1790000000000-a' }));
        await stripe.box.hook('/faults', { kind, method: 'POST', path, count: 1 });
        const { result } = await stripe.execute(setPrice('2'), { attempts: 5 });
        expect(result).toMatchObject({ status: 'succeeded' });
        expect(await stripe.prices()).toMatchObject([
          { unit_amount: 1250, active: true, lookup_key: 'adnsf_item_25' },
          { unit_amount: 999, active: false },
        ]);
        expect(await stripe.product()).toMatchObject({ default_price: result.objectId });
      }
    },
  );

  it('makes a price, gives it the lookup key and makes it the default; the next one ends it', async () => {
    await using stripe = await open();
    await stripe.execute(upsertProduct('1'));
    const first = await stripe.execute(setPrice('1'));
    const second = await stripe.execute(setPrice('2', { amount: 999n, version: '1790000000002-b' }));
    expect(first.result).toMatchObject({ status: 'succeeded', detail: { how: 'created' } });
    const prices = await stripe.prices();
    expect(prices).toMatchObject([
      { id: second.result.objectId, active: true, unit_amount: 999, currency: 'usd', lookup_key: 'adnsf_item_25' },
      { id: first.result.objectId, active: false, unit_amount: 1250, lookup_key: null },
    ]);
    expect(await stripe.product()).toMatchObject({
      default_price: second.result.objectId,
      metadata: { price_version: '1790000000002-b', item_id: 'item:25' },
    });
  });

  it('makes no second price however often it is told, also when its key is forgotten', async () => {
    await using stripe = await open();
    await stripe.execute(upsertProduct('1'));
    const command = setPrice('1');
    const { result } = await stripe.execute(command);
    expect((await stripe.execute(command)).result).toMatchObject({ objectId: result.objectId });
    await stripe.box.hook('/clock/advance', { seconds: 30 * 3_600 });
    const late = { now: Date.now() + 30 * HOUR };
    expect((await stripe.execute(command, late)).result).toMatchObject({
      objectId: result.objectId,
      detail: { how: 'found' },
    });
    expect(await stripe.prices()).toHaveLength(1);
  });

  it('does not bring back an older price', async () => {
    await using stripe = await open();
    await stripe.execute(upsertProduct('1'));
    await stripe.execute(setPrice('2', { amount: 999n, version: '1790000000002-b' }));
    const late = setPrice('1', { amount: 1_250n, version: '1790000000001-b' });
    expect((await stripe.execute(late)).result).toMatchObject({ detail: { how: 'superseded' } });
    expect(await stripe.prices()).toMatchObject([{ unit_amount: 999, active: true }]);
  });

  it('puts ours back as the default when somebody made another, and leaves theirs alone', async () => {
    await using stripe = await open();
    await stripe.execute(upsertProduct('1'));
    const { result } = await stripe.execute(setPrice('1'));
    const theirs = await stripe.box.stripe.prices.create({
      product: 'adnsf_item_25',
      currency: 'usd',
      unit_amount: 1,
      lookup_key: 'adnsf_item_25',
      transfer_lookup_key: true,
    });
    await stripe.box.stripe.products.update('adnsf_item_25', { default_price: theirs.id });
    await stripe.execute(setPrice('1/restored'));
    expect(await stripe.product()).toMatchObject({ default_price: result.objectId });
    expect(await stripe.prices()).toMatchObject([
      { id: theirs.id, active: true, lookup_key: null },
      { id: result.objectId, active: true, lookup_key: 'adnsf_item_25' },
    ]);
  });

  it.each([
    ['JPY', 1_250n, 1_250],
    ['KWD', 12_500n, 12_500],
    ['ISK', 12n, 1_200],
  ])('speaks of %s as Stripe does', async (currency, amount, units) => {
    await using stripe = await open();
    await stripe.execute(upsertProduct('1'));
    await stripe.execute(setPrice('1', { currency, amount }));
    expect(await stripe.prices()).toMatchObject([{ unit_amount: units, currency: currency.toLowerCase() }]);
  });

  it('refuses what Stripe cannot say, and a product that is not there', async () => {
    await using stripe = await open();
    expect((await stripe.execute(setPrice('1'))).result).toMatchObject({ errorCode: 'resource_missing' });
    await stripe.execute(upsertProduct('1'));
    expect((await stripe.execute(setPrice('1', { currency: 'KWD', amount: 12_501n }))).result).toMatchObject({
      status: 'refused',
      errorCode: 'inexact_amount',
    });
  });
});
