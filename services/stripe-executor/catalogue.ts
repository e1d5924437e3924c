/**
 * What commands do to the product that stands for an item, and to its prices. All of them say how it shall be; what is so
 * already is left alone, and so is what a younger command has said. A product's id is the item's, so that there is one.
 */
import type Stripe from 'stripe';
import type { SetPrice, UpsertProduct } from '../../schemas/generated/types.ts';
import { InexactAmountError } from '../order-stream/domain/money.ts';
import { toStripeUnits } from '../order-stream/domain/stripe-money.ts';
import { createOnce, type Made, replayed, updateUnder } from './create-once.ts';
import type { Outcome } from './domain/outcome.ts';
import { isExisting, isMissing } from './failure.ts';
import { allIn, keysOf, PAGE, refused } from './found.ts';
import { API_VERSION, type StripeApi } from './stripe-api.ts';

type Command = UpsertProduct | SetPrice;
type Metadata = Readonly<Record<string, string>>;

const timeOf = (version: string | undefined): bigint => BigInt(/^\d+/.exec(version ?? '')?.[0] ?? '0');

/** Results are functions of the command, so that repetitions agree. */
const done = (
  command: Command,
  object: Readonly<{ id: string; active: boolean }>,
  how: string,
  requestId: string | null,
  again: boolean,
): Outcome => ({
  status: 'succeeded',
  objectId: object.id,
  objectStatus: object.active ? 'active' : 'inactive',
  created: Number(command.occurredAt / 1000n),
  requestId,
  replayed: again,
  detail: { how, apiVersion: API_VERSION },
});

const ofProduct = (command: Command, product: Stripe.Response<Stripe.Product>, how: string): Outcome =>
  done(command, product, how, product.lastResponse.requestId, replayed(product));

const productIn = async (api: StripeApi, id: string): Promise<Stripe.Response<Stripe.Product> | undefined> => {
  try {
    const product = await api.retrieveProduct(id);
    // What Stripe says of a deleted one, whatever its types say.
    return (product as { deleted?: unknown }).deleted === true ? undefined : product;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
};

/** Stripe takes an empty value for none. */
const hasAll = (present: Metadata, wanted: Metadata): boolean =>
  Object.entries(wanted).every(([name, value]) => (present[name] ?? '') === value);

/** Makes the product unless somebody was faster. */
const created = async (
  api: StripeApi,
  { commandId }: UpsertProduct,
  params: Stripe.ProductCreateParams & { id: string },
): Promise<Stripe.Response<Stripe.Product> | undefined> => {
  try {
    const made = await updateUnder(`${commandId}/create`, (key) => api.createProduct(params, key));
    // A key plays back what was made once, and may be deleted since.
    return replayed(made) ? await productIn(api, params.id) : made;
  } catch (error) {
    if (isExisting(error)) return productIn(api, params.id);
    throw error;
  }
};

/** The product as the command says, made or changed. */
export const upsertProduct = async (api: StripeApi, command: UpsertProduct): Promise<Outcome> => {
  const { commandId, payload } = command;
  const { productId, version, digest, name, active } = payload;
  const metadata = { ...payload.metadata, item_version: version, item_digest: digest };
  let product = await productIn(api, productId);
  if (product === undefined) {
    product = await created(api, command, { id: productId, name, active, metadata });
    if (product === undefined)
      return refused('product_gone', `${productId} was deleted at Stripe as soon as it was made`);
    if (product.metadata['item_version'] === version && product.active === active && product.name === name)
      return ofProduct(command, product, 'created');
  }
  const owner = product.metadata['item_id'];
  if (owner !== undefined && owner !== payload.metadata['item_id'])
    return refused('product_of_another', `${productId} stands for ${owner} at Stripe`);
  // A command that comes again after days must not take back what was said since.
  if (timeOf(product.metadata['item_version']) > timeOf(version)) return ofProduct(command, product, 'superseded');
  if (product.name === name && product.active === active && hasAll(product.metadata, metadata))
    return ofProduct(command, product, 'already');
  const updated = await updateUnder(commandId, (key) => api.updateProduct(productId, { name, active, metadata }, key));
  return ofProduct(command, updated, 'updated');
};

/** Prices of the product that commands made. */
const oursOf = (api: StripeApi, product: string): Promise<readonly Made<Stripe.Price>[]> =>
  allIn<Stripe.Price>(
    (after) => api.listPrices({ product, limit: PAGE, ...(after !== undefined && { starting_after: after }) }),
    ({ metadata }) => metadata['item_version'] !== undefined,
  );

/**
 * The product costs this from now on. Each step is looked up before it is done, so that an attempt goes on where the one
 * before it ended: the price, the product's default, and the prices of ours that no longer count.
 */
export const setPrice = async (api: StripeApi, command: SetPrice): Promise<Outcome> => {
  const { commandId, payload } = command;
  const { productId, lookupKey, version } = payload;
  let units: number;
  try {
    units = Number(toStripeUnits(payload.amount, payload.currency));
  } catch (error) {
    if (error instanceof InexactAmountError) return refused(error.code, error.message);
    throw error;
  }
  const currency = payload.currency.toLowerCase();
  const product = await api.retrieveProduct(productId);
  if (timeOf(product.metadata['price_version']) > timeOf(version)) return ofProduct(command, product, 'superseded');

  const known = await oursOf(api, productId);
  const isIt = ({ object }: Made<Stripe.Price>): boolean =>
    object.metadata['item_version'] === version && object.unit_amount === units && object.currency === currency;
  const its = known.filter(isIt);
  const present = its.find(({ object }) => object.lookup_key === lookupKey) ?? its[0];
  const made =
    present ??
    (await createOnce<Stripe.Price>({
      key: keysOf(commandId),
      create: (key) =>
        api.createPrice(
          {
            product: productId,
            currency,
            unit_amount: units,
            lookup_key: lookupKey,
            transfer_lookup_key: true,
            metadata: { ...payload.metadata, item_version: version },
          },
          key,
        ),
      // Stripe may have failed although it made it.
      find: async () => (await oursOf(api, productId)).find(isIt),
      lookFirst: false,
    }));
  const price = made.object;
  if (!price.active || price.lookup_key !== lookupKey)
    await updateUnder(`${commandId}/activate`, (key) =>
      api.updatePrice(price.id, { active: true, lookup_key: lookupKey, transfer_lookup_key: true }, key),
    );
  const { id } = price;
  if (product.default_price !== id || product.metadata['price_version'] !== version)
    await updateUnder(`${commandId}/default`, (key) =>
      api.updateProduct(productId, { default_price: id, metadata: { price_version: version } }, key),
    );
  // Prices that somebody else made may be in use elsewhere: they are not ours to end.
  for (const { object: other } of known)
    if (other.id !== id && other.active)
      await updateUnder(`${commandId}/end/${other.id}`, (key) => api.updatePrice(other.id, { active: false }, key));
  return done(command, { id, active: true }, made.how, made.requestId, made.replayed);
};
