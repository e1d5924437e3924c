/** Products and their prices. Until 2020 prices were plans, and each plan still is a price of the same id. */
import type { CatalogFact } from '../../../../schemas/generated/types.ts';
import { itemOfProduct } from '../../domain/items/names.ts';
import { type Decimal, decimalFromText, decimalText, InexactAmountError } from '../../domain/money.ts';
import { stripeExponentOf } from '../../domain/stripe-money.ts';
import { type OtherFact, type Teller, toldBy } from './facts.ts';
import {
  amountIn,
  at,
  currencyOf,
  idOf,
  instant,
  integer,
  type Json,
  metadataOf,
  RefusedEventError,
  text,
} from './fields.ts';

type Required = 'kind' | 'objectId' | 'productId';

const catalogFact = (
  teller: Teller,
  object: Json,
  told: Pick<CatalogFact, Required> & Partial<CatalogFact>,
): OtherFact => ({
  topic: 'catalogFacts',
  // What stands for an item of the shop is the item's; all else is nobody's, and kept under its own name.
  key:
    itemOfProduct(told.productId) ?? (told.productId === null ? `price:${told.objectId}` : `product:${told.productId}`),
  fact: {
    name: null,
    description: null,
    unitLabel: null,
    defaultPriceId: null,
    currency: null,
    unitAmount: null,
    unitPrice: null,
    billingScheme: null,
    interval: null,
    intervalCount: null,
    taxBehavior: null,
    lookupKey: null,
    metadata: metadataOf(object),
    createdAt: instant(object['created']),
    updatedAt: instant(object['updated']),
    ...toldBy(teller),
    ...told,
  },
});

/** That something was deleted is told by the event alone. */
const kind = (prefix: string, object: Json, teller: Teller): string => {
  if (teller.type.endsWith('.deleted') || object['deleted'] === true) return `${prefix}.deleted`;
  return object['active'] === false ? `${prefix}.inactive` : `${prefix}.active`;
};

export const productFacts = (product: Json, teller: Teller): readonly OtherFact[] => {
  const productId = text(product['id']);
  if (productId === null) return [];
  return [
    catalogFact(teller, product, {
      kind: kind('product', product, teller),
      objectId: productId,
      productId,
      name: text(product['name']),
      description: text(product['description']),
      unitLabel: text(product['unit_label']),
      defaultPriceId: idOf(product['default_price']),
    }),
  ];
};

/** A price per unit in the currency, exactly: it may be a fraction of the minor unit. Null for tiers. */
const unitPrice = (price: Json, currency: string): string | null => {
  const units = price['unit_amount_decimal'] ?? price['amount_decimal'] ?? price['unit_amount'] ?? price['amount'];
  if (typeof units !== 'string' && typeof units !== 'number') return null;
  try {
    const { unscaled, scale }: Decimal = decimalFromText(String(units));
    return decimalText({ unscaled, scale: scale + stripeExponentOf(currency) });
  } catch (error) {
    if (!(error instanceof InexactAmountError)) throw error;
    throw new RefusedEventError(error.code, `price ${String(price['id'])}: ${error.message}`);
  }
};

/** Stripe's counts are small; a count that is not is left out. */
const count = (value: unknown): number | null => {
  const number = integer(value);
  return number === null || number < 0n || number > 0x7fff_ffffn ? null : Number(number);
};

export const priceFacts = (price: Json, teller: Teller): readonly OtherFact[] => {
  const priceId = text(price['id']);
  if (priceId === null) return [];
  const currency = currencyOf(price);
  return [
    catalogFact(teller, price, {
      kind: kind('price', price, teller),
      objectId: priceId,
      productId: idOf(price['product']),
      name: text(price['nickname']),
      currency,
      unitAmount: amountIn(price, price['unit_amount'] === undefined ? 'amount' : 'unit_amount', currency),
      unitPrice: unitPrice(price, currency),
      billingScheme: text(price['billing_scheme']),
      interval: text(at(price, 'recurring', 'interval')) ?? text(price['interval']),
      intervalCount: count(at(price, 'recurring', 'interval_count') ?? price['interval_count']),
      taxBehavior: text(price['tax_behavior']),
      lookupKey: text(price['lookup_key']),
    }),
  ];
};
