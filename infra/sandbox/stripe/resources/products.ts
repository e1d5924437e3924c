import type Stripe from 'stripe';
import { invalidParameter, missing, refused } from '../errors.ts';
import { mergeMetadata } from '../metadata.ts';
import { idOf } from '../objects.ts';
import { listed, readCreated, readCursor } from '../pagination.ts';
import type { Reader } from '../params.ts';
import { fetched, type Operation, referenced, type World } from '../world.ts';

type Changes = Partial<Pick<Stripe.Product, 'name' | 'active' | 'description' | 'default_price' | 'metadata'>>;

/** The fields that create and update share; only what was sent. */
const readFields = (read: Reader, present: Record<string, string>): Changes => {
  const name = read.text('name');
  const active = read.flag('active');
  const description = read.text('description');
  const metadata = mergeMetadata(present, read.record('metadata'));
  read.ignore('images', 'shippable', 'statement_descriptor', 'tax_code', 'unit_label', 'url', 'package_dimensions');
  return {
    ...(name != null && { name }),
    ...(active !== undefined && { active }),
    ...(description !== undefined && { description }),
    metadata,
  };
};

export const createProduct: Operation = ({ world, read }) => {
  const sent = read.text('id');
  const name = read.required('name');
  const fields = readFields(read, {});
  read.end();
  if (sent != null && world.journal.exists('product', sent))
    throw refused(`Product already exists: ${sent}`, 'resource_already_exists');
  const created = world.clock.seconds();
  const product: Stripe.Product = {
    id: sent ?? world.newId('prod'),
    object: 'product',
    active: true,
    created,
    default_price: null,
    description: null,
    images: [],
    livemode: false,
    marketing_features: [],
    name,
    package_dimensions: null,
    shippable: null,
    tax_code: null,
    type: 'service',
    updated: created,
    url: null,
    ...fields,
    metadata: fields.metadata ?? {},
  };
  world.journal.insert('product', product, created);
  world.emit('product.created', product);
  return product;
};

export const retrieveProduct: Operation = ({ world, read, path }) => {
  read.end();
  return fetched(world, 'product', path['id'] ?? '');
};

/** Stores what changed, and tells of it; an update that changes nothing tells nothing. */
const changed = (world: World, product: Stripe.Product, changes: Changes): Stripe.Product => {
  const updated = { ...product, ...changes };
  const before = Object.entries(product).filter(
    ([field, value]) => JSON.stringify(value) !== JSON.stringify(updated[field as keyof Stripe.Product]),
  );
  if (before.length === 0) return product;
  updated.updated = world.clock.seconds();
  world.journal.update('product', updated);
  world.emit('product.updated', updated, { ...Object.fromEntries(before), updated: product.updated });
  return updated;
};

export const updateProduct: Operation = ({ world, read, path }) => {
  const id = path['id'] ?? '';
  const product = world.journal.get('product', id);
  const fields = readFields(read, product?.metadata ?? {});
  const price = read.text('default_price');
  read.end();
  if (product === undefined) throw missing('product', id);
  if (price != null) {
    const named = referenced(world, 'price', price, 'default_price');
    if (idOf(named.product) !== id)
      throw invalidParameter(`The price ${price} does not belong to the product ${id}.`, 'default_price');
    if (!named.active) throw refused(`The price ${price} is inactive.`, 'price_inactive', { param: 'default_price' });
  }
  return changed(world, product, { ...fields, ...(price !== undefined && { default_price: price }) });
};

export const deleteProduct: Operation = ({ world, read, path }) => {
  read.end();
  const product = fetched(world, 'product', path['id'] ?? '');
  if (world.journal.all('price', { where: { product: product.id } }).length > 0)
    throw refused(
      'This product cannot be deleted because it has one or more user-created prices.',
      'product_has_prices',
    );
  const deleted: Stripe.DeletedProduct = { id: product.id, object: 'product', deleted: true };
  // Its id is free again.
  world.journal.remove(product.id);
  world.emit('product.deleted', product);
  return deleted;
};

export const listProducts: Operation = ({ world, read, params }) => {
  const cursor = readCursor(read);
  const ids = read.texts('ids');
  const active = read.flag('active');
  const created = readCreated(read, params);
  read.end();
  return listed(
    world,
    'product',
    '/v1/products',
    {
      ...(active !== undefined && { where: { active: active ? '1' : '0' } }),
      ...(ids !== undefined && { among: { field: 'id', values: ids } }),
      ...created,
    },
    cursor,
  );
};
