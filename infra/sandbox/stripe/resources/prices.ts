import type Stripe from 'stripe';
import { invalidParameter, missing, refused } from '../errors.ts';
import { mergeMetadata } from '../metadata.ts';
import { parseCurrency } from '../money.ts';
import { listed, readCreated, readCursor } from '../pagination.ts';
import type { Reader } from '../params.ts';
import { fetched, type Operation, referenced, type World } from '../world.ts';

type Changes = Partial<Pick<Stripe.Price, 'active' | 'lookup_key' | 'metadata' | 'nickname'>>;

/** A lookup key names one price. One that another has is taken from it only when asked for. */
const claim = (world: World, key: string, transfer: boolean, by: string | undefined): void => {
  const [holder] = world.journal.all('price', { where: { lookup_key: key } });
  if (holder === undefined || holder.id === by) return;
  if (!transfer)
    throw refused(`A price (\`${holder.id}\`) already uses that lookup key.`, 'resource_already_exists', {
      param: 'lookup_key',
    });
  const without = { ...holder, lookup_key: null };
  world.journal.update('price', without);
  world.emit('price.updated', without, { lookup_key: key });
};

/** What an update may change of a price, which is everything but the price. */
const readFields = (world: World, read: Reader, present: Record<string, string>, id?: string): Changes => {
  const active = read.flag('active');
  const nickname = read.text('nickname');
  const key = read.text('lookup_key');
  const transfer = read.flag('transfer_lookup_key') ?? false;
  const metadata = mergeMetadata(present, read.record('metadata'));
  read.ignore('tax_behavior');
  if (key != null) claim(world, key, transfer, id);
  return {
    ...(active !== undefined && { active }),
    ...(nickname !== undefined && { nickname }),
    ...(key !== undefined && { lookup_key: key }),
    metadata,
  };
};

export const createPrice: Operation = ({ world, read }) => {
  const currency = parseCurrency(read.required('currency'));
  const amount = read.integer('unit_amount');
  const product = read.required('product');
  if (amount === undefined)
    throw invalidParameter('Missing required param: unit_amount.', 'unit_amount', 'parameter_missing');
  if (amount < 0 || amount > 99_999_999)
    throw invalidParameter('Invalid non-negative integer', 'unit_amount', 'parameter_invalid_integer');
  referenced(world, 'product', product, 'product');
  const fields = readFields(world, read, {});
  read.end();
  const created = world.clock.seconds();
  const price: Stripe.Price = {
    id: world.newId('price'),
    object: 'price',
    active: true,
    billing_scheme: 'per_unit',
    created,
    currency,
    custom_unit_amount: null,
    livemode: false,
    lookup_key: null,
    nickname: null,
    product,
    recurring: null,
    tax_behavior: 'unspecified',
    tiers_mode: null,
    transform_quantity: null,
    type: 'one_time',
    unit_amount: amount,
    unit_amount_decimal: String(amount) as unknown as Stripe.Price['unit_amount_decimal'],
    ...fields,
    metadata: fields.metadata ?? {},
  };
  world.journal.insert('price', price, created);
  world.emit('price.created', price);
  return price;
};

export const retrievePrice: Operation = ({ world, read, path }) => {
  read.end();
  return fetched(world, 'price', path['id'] ?? '');
};

export const updatePrice: Operation = ({ world, read, path }) => {
  const id = path['id'] ?? '';
  const price = world.journal.get('price', id);
  if (price === undefined) throw missing('price', id);
  const fields = readFields(world, read, price.metadata, id);
  read.end();
  const updated = { ...price, ...fields };
  const product = world.journal.get('product', price.product as string);
  if (!updated.active && product?.default_price === id)
    throw refused('This price cannot be archived because it is the default price of its product.', 'price_is_default', {
      param: 'active',
    });
  const before = Object.entries(price).filter(
    ([field, value]) => JSON.stringify(value) !== JSON.stringify(updated[field as keyof Stripe.Price]),
  );
  if (before.length === 0) return price;
  world.journal.update('price', updated);
  world.emit('price.updated', updated, Object.fromEntries(before));
  return updated;
};

export const listPrices: Operation = ({ world, read, params }) => {
  const cursor = readCursor(read);
  const keys = read.texts('lookup_keys');
  const product = read.text('product');
  const active = read.flag('active');
  const created = readCreated(read, params);
  read.end();
  return listed(
    world,
    'price',
    '/v1/prices',
    {
      where: {
        ...(product != null && { product }),
        ...(active !== undefined && { active: active ? '1' : '0' }),
      },
      ...(keys !== undefined && { among: { field: 'lookup_key', values: keys } }),
      ...created,
    },
    cursor,
  );
};
