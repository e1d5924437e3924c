/** What expressions may mention, and what conditions make sure of. */
import type { Node } from './parse.ts';
import type { Table } from './typed.ts';
import type { Type } from './types.ts';

/** A name and where its value is: in a slot of the frame, or in a field of the record in that slot. */
export type Variable = Readonly<{ type: Type; slot: number; field?: string }>;

export type Scope = Readonly<{
  names: ReadonlyMap<string, Variable>;
  /** Paths that are not null here. */
  known: ReadonlySet<string>;
  tables: ReadonlyMap<string, Table>;
}>;

type Known = ReadonlySet<string>;
const none: Known = new Set();

export const knowing = (scope: Scope, paths: Known): Scope =>
  paths.size === 0 ? scope : { ...scope, known: new Set([...scope.known, ...paths]) };

const pathOf = (node: Node): string | undefined => {
  if (node.kind === 'name') return node.name;
  if (node.kind !== 'field') return undefined;
  const of = pathOf(node.of);
  return of === undefined ? undefined : `${of}.${node.name}`;
};

/** A path and what it goes through. */
const through = (path: string): Known => {
  const parts = path.split('.');
  return new Set(parts.map((_, index) => parts.slice(0, index + 1).join('.')));
};

const both = (left: Known, right: Known): Known => new Set([...left, ...right]);

/** The paths that cannot be null when the condition is `outcome`. `isPresent`: whether an expression never is. */
export const knownWhenBy = (condition: Node, outcome: boolean, isPresent: (node: Node) => boolean): Known => {
  if (condition.kind === 'unary' && condition.operator === 'not') return knownWhenBy(condition.of, !outcome, isPresent);
  if (condition.kind !== 'binary') return none;
  const { operator, left, right } = condition;
  const each = () => both(knownWhenBy(left, outcome, isPresent), knownWhenBy(right, outcome, isPresent));
  if (operator === 'and') return outcome ? each() : none;
  if (operator === 'or') return outcome ? none : each();
  if (operator !== '==' && operator !== '!=') return none;
  const equal = (operator === '==') === outcome;
  const side = (one: Node, other: Node): Known => {
    const path = pathOf(one);
    if (path === undefined) return none;
    if (other.kind === 'null') return equal ? none : through(path);
    return equal && isPresent(other) ? through(path) : none;
  };
  return both(side(left, right), side(right, left));
};
