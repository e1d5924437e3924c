import { invalidParameter, missingReference } from './errors.ts';
import type { Params } from './form.ts';
import type { Cursor, Query } from './journal.ts';
import type { Kind } from './objects.ts';
import { parseInteger } from './params.ts';
import type { Reader } from './params.ts';
import type { World } from './world.ts';

/** A list as Stripe answers it. */
export interface ApiList {
  object: 'list';
  data: object[];
  has_more: boolean;
  url: string;
}

/** Reads `limit` (1 to 100, 10 by default), `starting_after` and `ending_before`. @throws ApiError */
export const readCursor = (read: Reader): Cursor => {
  const limit = read.integer('limit') ?? 10;
  if (limit < 1 || limit > 100)
    throw invalidParameter('limit must be between 1 and 100.', 'limit', 'parameter_invalid_integer');
  const after = read.text('starting_after');
  const before = read.text('ending_before');
  if (after != null && before != null)
    throw invalidParameter('Only one of starting_after and ending_before can be given.', 'starting_after');
  return { limit, ...(after != null && { after }), ...(before != null && { before }) };
};

/** Reads `created`, a time in seconds or a hash of gt, gte, lt, lte. @throws ApiError */
export const readCreated = (read: Reader, params: Params): Pick<Query, 'created'> => {
  if (typeof params['created'] === 'string') {
    const at = parseInteger(read.required('created'), 'created');
    return { created: { gte: at, lte: at } };
  }
  const range = read.record('created');
  if (range == null) return {};
  const bound = (name: string, shift: number): number | undefined => {
    const value = range[name];
    return typeof value === 'string' ? parseInteger(value, `created[${name}]`) + shift : undefined;
  };
  const gte = bound('gte', 0) ?? bound('gt', 1);
  const lte = bound('lte', 0) ?? bound('lt', -1);
  return { created: { ...(gte !== undefined && { gte }), ...(lte !== undefined && { lte }) } };
};

/** One page of a kind. @throws ApiError when a cursor names nothing. */
export const listed = (world: World, kind: Kind, url: string, query: Query, cursor: Cursor): ApiList => {
  for (const [param, id] of [
    ['starting_after', cursor.after],
    ['ending_before', cursor.before],
  ] as const)
    if (id !== undefined && !world.journal.exists(kind, id)) throw missingReference(kind, id, param);
  const { data, hasMore } = world.journal.list(kind, query, cursor);
  return { object: 'list', data, has_more: hasMore, url };
};
