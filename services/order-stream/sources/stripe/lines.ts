/**
 * Lines of invoices and items of subscriptions: what they are priced by moved in 2020 (plan → price) and 2025 (→
 * pricing).
 */
import type { BillingLine } from '../../../../schemas/generated/types.ts';
import { amountIn, amountOf, at, flag, idOf, instant, integer, type Json, listOf, text } from './fields.ts';

type Priced = Readonly<{ priceId: string | null; productId: string | null }>;

const pricedBy = (line: Json): Priced => {
  const details = at(line, 'pricing', 'price_details', 'price');
  const price = details ?? line['price'] ?? line['plan'];
  const product = at(line, 'pricing', 'price_details', 'product') ?? at({ price }, 'price', 'product');
  return { priceId: idOf(price), productId: idOf(product) };
};

/** The sum of what is taxed; null when nothing is said of taxes. */
export const taxIn = (object: Json, currency: string, ...names: readonly string[]): bigint | null => {
  const list = names.map((name) => object[name]).find((value) => Array.isArray(value));
  if (list === undefined) return null;
  return listOf(list).reduce((sum, tax) => sum + amountOf(tax, 'amount', currency), 0n);
};

/** The sum of what a list takes off the amount of a line. */
const takenOff = (line: Json, currency: string, name: string, counts: (each: Json) => boolean): bigint =>
  listOf(line[name]).reduce((sum, each) => (counts(each) ? sum + amountOf(each, 'amount', currency) : sum), 0n);

/** Discounts, and credits that were granted before tax. */
export const discountIn = (line: Json, currency: string): bigint =>
  takenOff(line, currency, 'discount_amounts', () => true) +
  takenOff(line, currency, 'pretax_credit_amounts', ({ type }) => type === 'credit_balance_transaction');

/** Tax that is part of the amount. Until 2024 a flag said so. */
const isIncluded = ({ tax_behavior: behaviour, inclusive }: Json): boolean =>
  behaviour === 'inclusive' || inclusive === true;

/** The part of a line's amount that is tax. */
export const includedIn = (line: Json, currency: string): bigint =>
  takenOff(line, currency, 'taxes', isIncluded) + takenOff(line, currency, 'tax_amounts', isIncluded);

export const invoiceLine = (line: Json, currency: string): readonly BillingLine[] => {
  const lineId = text(line['id']);
  if (lineId === null) return [];
  const item = at(line, 'parent', 'subscription_item_details') ?? at(line, 'parent', 'invoice_item_details');
  return [
    {
      lineId,
      ...pricedBy(line),
      description: text(line['description']),
      quantity: integer(line['quantity']),
      amount: amountIn(line, 'amount', currency),
      tax: taxIn(line, currency, 'taxes', 'tax_amounts'),
      periodStart: instant(at(line, 'period', 'start')),
      periodEnd: instant(at(line, 'period', 'end')),
      proration: (flag(line['proration']) ?? flag(at({ item }, 'item', 'proration'))) === true,
      discount: discountIn(line, currency),
      taxIncluded: includedIn(line, currency),
      invoiceLineId: null,
    },
  ];
};

/** The period moved from the subscription to its items in 2025. */
export const subscriptionLine = (item: Json, subscription: Json): readonly BillingLine[] => {
  const lineId = text(item['id']);
  if (lineId === null) return [];
  return [
    {
      lineId,
      ...pricedBy(item),
      description: null,
      quantity: integer(item['quantity']),
      amount: null,
      tax: null,
      periodStart: instant(item['current_period_start']) ?? instant(subscription['current_period_start']),
      periodEnd: instant(item['current_period_end']) ?? instant(subscription['current_period_end']),
      proration: false,
      discount: 0n,
      taxIncluded: 0n,
      invoiceLineId: null,
    },
  ];
};
