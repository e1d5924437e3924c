/** What workflows can be about: each has a state, which facts are folded into, and a key that its commands carry. */
import type { OrderState } from '../../../schemas/generated/types.ts';
import { type Folded, initialOrder, withAssembled, withPayment, withResult } from '../domain/order.ts';
import type { Policy } from '../domain/policy.ts';
import { bool, listOf, recordOf, text } from './expression/types.ts';

/** What the state of any aggregate has, for the workflows' own keeping. */
export type Decided = Readonly<{
  issued: readonly string[];
  refusals: readonly string[];
  workflows: readonly string[] | null;
}>;

/** A kind of fact, as examples tell it. */
export type FactKind<S> = Readonly<{
  /** File under schemas/, without ending. */
  schema: string;
  fold: (state: S, fact: unknown) => Folded<S>;
}>;

export type Aggregate<S extends Decided = Decided> = Readonly<{
  name: string;
  /** File under schemas/ with the record of its state. */
  schema: string;
  /** The field of the state that has its id: commands are keyed by it, and their ids begin with it. */
  idField: string;
  initial: (id: string) => S;
  facts: Readonly<Record<string, FactKind<S>>>;
}>;

/** Lets a typed fold stand among others; the schema says what it is given. */
const fact = <S>(schema: string, fold: (state: S, fact: never) => Folded<S>): FactKind<S> => ({
  schema,
  fold: fold as (state: S, fact: unknown) => Folded<S>,
});

export const orderAggregate: Aggregate<OrderState> = {
  name: 'order',
  schema: 'state/OrderState',
  idField: 'orderId',
  initial: initialOrder,
  facts: {
    assembled: fact('AssembledOrder', withAssembled),
    payment: fact('PaymentFact', withPayment),
    result: fact('CommandResult', withResult),
  },
};

/** By name. Of states that differ, only what all have is known. */
export const aggregates: ReadonlyMap<string, Aggregate> = new Map(
  [orderAggregate].map((aggregate) => [aggregate.name, aggregate as unknown as Aggregate]),
);

/** What a deployment decides, as far as workflows see it. */
export type Settings = Pick<Policy, 'stripeMethods' | 'captureOnShipment' | 'livemode'>;

export const settingsType = recordOf('settings', [
  ['stripeMethods', listOf(text)],
  ['captureOnShipment', listOf(text)],
  ['livemode', bool],
]);
