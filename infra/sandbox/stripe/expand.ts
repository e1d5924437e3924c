import { invalidParameter } from './errors.ts';
import type { Kind } from './objects.ts';
import type { World } from './world.ts';

type Json = Record<string, unknown>;

/** Fields that can be expanded, by kind. A `source` may be of several kinds. */
const expandable: Readonly<Record<string, Readonly<Record<string, readonly Kind[]>>>> = {
  payment_intent: {
    customer: ['customer', 'deleted_customer'],
    latest_charge: ['charge'],
    payment_method: ['payment_method'],
  },
  charge: {
    balance_transaction: ['balance_transaction'],
    customer: ['customer', 'deleted_customer'],
    failure_balance_transaction: ['balance_transaction'],
    payment_intent: ['payment_intent'],
  },
  refund: {
    balance_transaction: ['balance_transaction'],
    charge: ['charge'],
    failure_balance_transaction: ['balance_transaction'],
    payment_intent: ['payment_intent'],
  },
  balance_transaction: { source: ['charge', 'refund', 'dispute', 'payout'] },
  payout: { balance_transaction: ['balance_transaction'], failure_balance_transaction: ['balance_transaction'] },
  dispute: { charge: ['charge'], payment_intent: ['payment_intent'] },
  payment_method: { customer: ['customer'] },
};

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null;

const refundsOf = (world: World, charge: string): Json => {
  const { data, hasMore } = world.journal.list('refund', { where: { charge } }, { limit: 10 });
  return { object: 'list', data, has_more: hasMore, url: `/v1/charges/${charge}/refunds` };
};

const expandPath = (world: World, node: unknown, steps: readonly string[], path: string): void => {
  const [step, ...rest] = steps;
  if (step === undefined || !isObject(node)) return;
  const refuse = (): never => {
    throw invalidParameter(`This property cannot be expanded (${path}).`, 'expand');
  };
  if (Array.isArray(node['data']) && node['object'] === 'list') {
    if (step !== 'data') return refuse();
    for (const element of node['data']) expandPath(world, element, rest, path);
    return;
  }
  const kind = String(node['object']);
  if (kind === 'charge' && step === 'refunds') {
    node['refunds'] = refundsOf(world, String(node['id']));
  } else {
    const kinds = expandable[kind]?.[step];
    if (kinds === undefined) return refuse();
    const id = node[step];
    if (typeof id === 'string')
      node[step] =
        kinds.map((candidate) => world.journal.get(candidate, id)).find((found) => found !== undefined) ?? id;
  }
  expandPath(world, node[step], rest, path);
};

/** A copy of an answer with the paths of `expand[]` in place. @throws ApiError for what cannot be expanded. */
export const expanded = (world: World, answer: object, paths: readonly string[]): object => {
  if (paths.length === 0) return answer;
  const copy = structuredClone(answer);
  for (const path of paths) {
    const steps = path.split('.');
    if (steps.length > 5) throw invalidParameter('Expansions can be at most 4 levels deep.', 'expand');
    expandPath(world, copy, steps, path);
  }
  return copy;
};
