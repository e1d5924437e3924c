/**
 * Fields of Stripe's objects. They are read by their shape and not by the version an event names: an endpoint's version
 * changes, expanded and embedded objects come and go, and a shape says what it is.
 */
import { InexactAmountError } from '../../domain/money.ts';
import { fromStripeUnits } from '../../domain/stripe-money.ts';

export type Json = Readonly<Record<string, unknown>>;

/** An event that cannot be told as facts, and why, in a word operators filter by. */
export class RefusedEventError extends Error {
  override readonly name = 'RefusedEventError';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

export const flag = (value: unknown): boolean | null => (typeof value === 'boolean' ? value : null);

/** An id, whether the object was expanded or not. */
export const idOf = (value: unknown): string | null => (isObject(value) ? text(value['id']) : text(value));

const asInteger = (value: unknown): bigint | null =>
  typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : null;

/** A whole number; null when there is none. */
export const integer = asInteger;

/** Epoch seconds as milliseconds; null when there is no time, or none that a calendar has. */
export const instant = (value: unknown): bigint | null => {
  const seconds = asInteger(value);
  return seconds === null || seconds < 0n || seconds > 253_402_300_799n ? null : seconds * 1000n;
};

/** Upper case. @throws RefusedEventError when the object has none */
export const currencyOf = (object: Json): string => {
  const currency = text(object['currency']);
  if (currency === null)
    throw new RefusedEventError(
      'malformed_event',
      `${String(object['object'])} ${String(object['id'])} has no currency`,
    );
  return currency.toUpperCase();
};

/**
 * An amount in ISO minor units, or null when the object does not have it.
 * @throws RefusedEventError when it is there and is no whole number, or not exact in the currency's minor unit
 */
export const amountIn = (object: Json, name: string, currency: string): bigint | null => {
  const value = object[name];
  if (value === undefined || value === null) return null;
  const units = asInteger(value);
  if (units === null)
    throw new RefusedEventError('malformed_event', `${name} of ${String(object['id'])} is no whole number`);
  try {
    return fromStripeUnits(units, currency);
  } catch (error) {
    if (error instanceof InexactAmountError)
      throw new RefusedEventError(error.code, `${name} of ${String(object['id'])}: ${error.message}`);
    throw error;
  }
};

/** The same of an object that must have it. @throws RefusedEventError */
export const amountOf = (object: Json, name: string, currency: string): bigint => {
  const amount = amountIn(object, name, currency);
  if (amount === null) throw new RefusedEventError('malformed_event', `${String(object['id'])} has no ${name}`);
  return amount;
};

/** Stripe embeds ten objects, or a hundred when asked; what has more is not from Stripe. */
const MAX_LIST = 1_000;

/** The objects of a list, embedded (`{data: […]}`) or plain. @throws RefusedEventError when there are absurdly many */
export const listOf = (value: unknown): readonly Json[] => {
  const list: unknown = isObject(value) ? value['data'] : value;
  if (!Array.isArray(list)) return [];
  if (list.length > MAX_LIST)
    throw new RefusedEventError(
      'event_too_large',
      `a list of ${list.length} objects, where ${MAX_LIST} are expected at most`,
    );
  return list.filter(isObject);
};

/** Whether Stripe left some objects of an embedded list out. */
export const isPartial = (value: unknown): boolean => isObject(value) && value['has_more'] === true;

export const at = (object: Json, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((value, name) => (isObject(value) ? value[name] : undefined), object);

export const metadataOf = (object: Json): Readonly<Record<string, string>> => {
  const metadata = object['metadata'];
  if (!isObject(metadata)) return {};
  const pairs = Object.entries(metadata).filter((pair): pair is [string, string] => typeof pair[1] === 'string');
  return Object.fromEntries(pairs);
};

/** The order an object says it belongs to. */
export const orderIdOf = (object: Json): string | null => text(at(object, 'metadata', 'order_id'));

/** `rank` of a status, 0 for one we do not know. */
export const rankIn =
  (ranks: Readonly<Record<string, number>>) =>
  (status: string): number =>
    Object.hasOwn(ranks, status) ? ranks[status]! : 0;

/** `<prefix>.<status>`, and `<prefix>.other` for a status that is not among the known. */
export const kindOf = (prefix: string, status: string, rankOf: (status: string) => number): string =>
  `${prefix}.${rankOf(status) > 0 ? status : 'other'}`;
