/**
 * Types an expression and makes a function of it. What a condition makes sure of is known behind it: after
 * `paid != null and …`, `paid` is not null.
 */
import { functions } from './functions.ts';
import { hint } from './hint.ts';
import { type BinaryOperator, ExpressionError, type Node } from './parse.ts';
import { binaryCode, choiceCode, fieldCode, notCode, slotCode, textCode } from './generate.ts';
import { coded, composed, constant, fitted, type Frame, type Typed } from './typed.ts';
import { knowing, knownWhenBy, type Scope } from './scope.ts';
import { bool, listOf, mayBeNull, nothing, nullable, present, show, text, type Type, union, units } from './types.ts';

/** The paths that cannot be null when the condition is `outcome`. */
export const knownWhen = (condition: Node, outcome: boolean, scope: Scope): ReadonlySet<string> =>
  knownWhenBy(condition, outcome, (node) => !mayBeNull(check(node, scope).type));

const fail = (message: string, at: number): never => {
  throw new ExpressionError(message, at);
};

const need = (typed: Typed, to: Type, start: number): Typed => {
  const fit = fitted(typed, to);
  return typeof fit === 'string' ? fail(fit, start) : fit;
};

/** A condition: true or false. */
export const checkCondition = (node: Node, scope: Scope): Typed => need(check(node, scope), bool, node.start);

const nameOf = (node: Node & { kind: 'name' }, scope: Scope): Typed => {
  const { name } = node;
  const variable = scope.names.get(name);
  if (variable === undefined) {
    const table = scope.tables.has(name) ? `; tables are read with lookup("${name}", …)` : '';
    return fail(`there is no '${name}'${table || hint(name, scope.names.keys())}`, node.start);
  }
  const { slot, field } = variable;
  const code = field === undefined ? slotCode(slot) : fieldCode(slotCode(slot), field, false);
  const type = scope.known.has(name) ? present(variable.type) : variable.type;
  return { ...coded(type, code, node), path: name };
};

const fieldOf = (node: Node & { kind: 'field' }, scope: Scope): Typed => {
  const of = check(node.of, scope);
  const { run: read } = of;
  const { name } = node;
  const record = present(of.type);
  if (record.kind === 'list' && record.of.kind === 'record' && of.type === record) {
    const inner = record.of.fields.get(name) ?? fail(unknownField(record.of, name), node.nameStart);
    return {
      type: listOf(inner.type),
      run: (frame) => (read(frame) as Record<string, unknown>[]).map((item) => item[name]),
      span: node,
    };
  }
  if (record.kind !== 'record')
    return fail(`'${name}' cannot be read from ${show(of.type)}, which has no fields`, node.nameStart);
  const field = record.fields.get(name) ?? fail(unknownField(record, name), node.nameStart);
  const path = of.path === undefined ? undefined : `${of.path}.${name}`;
  const sure = path !== undefined && scope.known.has(path);
  const orNull = of.type !== record;
  const type = orNull ? nullable(field.type) : sure ? present(field.type) : field.type;
  const typed = composed(
    type,
    node,
    [of],
    (code) => fieldCode(code, name, orNull),
    (frame) => {
      const from = read(frame) as Record<string, unknown> | null;
      return from === null ? null : from[name];
    },
  );
  return path === undefined ? typed : { ...typed, path };
};

const unknownField = (record: Type & { kind: 'record' }, name: string): string =>
  `${record.name} has no field '${name}'${hint(name, record.fields.keys()) || `; it has ${[...record.fields.keys()].join(', ')}`}`;

const textOf = (node: Node & { kind: 'text' }, scope: Scope): Typed => {
  const parts = node.parts.map((part) => {
    if (typeof part === 'string') return part;
    const typed = check(part, scope);
    if (mayBeNull(typed.type))
      return fail(
        `may be null, and text cannot be made of that: use default(…), or make sure with 'needs'`,
        part.start,
      );
    if (!['text', 'units', 'whole'].includes(typed.type.kind))
      return fail(`cannot be put into text: it is ${show(typed.type)}`, part.start);
    return typed.constant === undefined ? typed : String(typed.constant.value);
  });
  if (parts.every((part) => typeof part === 'string')) return constant(text, parts.join(''), node);
  return composed(
    text,
    node,
    parts.filter((part) => typeof part !== 'string'),
    (...inlines) => {
      const rest = [...inlines];
      return textCode(parts.map((part) => (typeof part === 'string' ? part : rest.shift()!)));
    },
    (frame) => {
      let made = '';
      for (const part of parts) made += typeof part === 'string' ? part : String(part.run(frame));
      return made;
    },
  );
};

const symbolsOf = (type: Type): readonly string[] | undefined => {
  const own = present(type);
  return own.kind === 'text' ? own.symbols : undefined;
};

const isWordOf = (word: Typed, type: Type): boolean => word.constant !== undefined && symbolsOf(type) !== undefined;

/** Both sides as one type, with a whole number as units where the other side is. */
const aligned = (left: Typed, right: Typed): readonly [Typed, Typed] | string => {
  const to = fitted(right, nullable(left.type));
  if (typeof to !== 'string') return [left, to];
  // A word that is none of those there are is never equal: it is a slip.
  if (isWordOf(right, left.type)) return to;
  const from = fitted(left, nullable(right.type));
  if (typeof from === 'string' && isWordOf(left, right.type)) return from;
  return typeof from === 'string' ? to : [from, right];
};

const comparable = ['text', 'units', 'whole', 'time', 'bool', 'null'];
const orders: Readonly<Record<string, (left: never, right: never) => boolean>> = {
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
  '>': (left, right) => left > right,
  '>=': (left, right) => left >= right,
};

const comparison = (operator: BinaryOperator, left: Typed, right: Typed, node: Node): Typed => {
  const pair = aligned(left, right);
  if (typeof pair === 'string')
    return fail(`${show(left.type)} and ${show(right.type)} cannot be compared: ${pair}`, node.start);
  const [a, b] = [pair[0].run, pair[1].run];
  if (operator === '==' || operator === '!=') {
    const odd = [left, right].find(({ type }) => !comparable.includes(present(type).kind));
    const againstNull = left.type.kind === 'null' || right.type.kind === 'null';
    if (odd && !againstNull) return fail(`${show(odd.type)} can only be compared with null`, odd.span.start);
    return operator === '=='
      ? composed(
          bool,
          node,
          pair,
          (x, y) => binaryCode('===', x, y),
          (frame) => a(frame) === b(frame),
        )
      : composed(
          bool,
          node,
          pair,
          (x, y) => binaryCode('!==', x, y),
          (frame) => a(frame) !== b(frame),
        );
  }
  for (const { type, span } of pair) {
    if (mayBeNull(type)) return fail(`may be null: use default(…), or make sure with 'needs' or 'and'`, span.start);
    if (!['units', 'whole', 'time'].includes(type.kind))
      return fail(`'${operator}' does not compare ${show(type)}`, span.start);
  }
  const compare = orders[operator] as (left: unknown, right: unknown) => boolean;
  return { type: bool, run: (frame) => compare(a(frame), b(frame)), span: node };
};

const membership = (left: Typed, right: Typed, node: Node & { kind: 'binary' }): Typed => {
  if (right.type.kind !== 'list') return fail(`'in' needs a list, but this is ${show(right.type)}`, node.right.start);
  const symbols = symbolsOf(left.type);
  const words = symbols === undefined ? [] : ((right.constant?.value ?? []) as readonly string[]);
  const odd = words.find((word) => symbols?.includes(word) !== true);
  if (odd !== undefined)
    return fail(`'${odd}' is not ${show(present(left.type))}${hint(odd, symbols ?? [])}`, node.right.start);
  const item = need(left, nullable(right.type.of), node.left.start);
  const [read, list] = [item.run, right.run];
  return { type: bool, run: (frame) => (list(frame) as unknown[]).includes(read(frame)), span: node };
};

const arithmetic: Readonly<Record<string, (left: bigint, right: bigint) => bigint>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
};

const binary = (node: Node & { kind: 'binary' }, scope: Scope): Typed => {
  const { operator } = node;
  if (operator === 'and' || operator === 'or') {
    const left = checkCondition(node.left, scope);
    const right = checkCondition(node.right, knowing(scope, knownWhen(node.left, operator === 'and', scope)));
    const [a, b] = [left.run, right.run];
    return operator === 'and'
      ? composed(
          bool,
          node,
          [left, right],
          (x, y) => binaryCode('&&', x, y),
          (frame) => (a(frame) as boolean) && (b(frame) as boolean),
        )
      : composed(
          bool,
          node,
          [left, right],
          (x, y) => binaryCode('||', x, y),
          (frame) => (a(frame) as boolean) || (b(frame) as boolean),
        );
  }
  const left = check(node.left, scope);
  const right = check(node.right, scope);
  if (operator === 'in') return membership(left, right, node);
  const compute = arithmetic[operator];
  if (compute === undefined) return comparison(operator, left, right, node);
  const [a, b] = [need(left, units, node.left.start).run, need(right, units, node.right.start).run];
  return { type: units, run: (frame) => compute(a(frame) as bigint, b(frame) as bigint), span: node };
};

const unary = (node: Node & { kind: 'unary' }, scope: Scope): Typed => {
  if (node.operator === 'not') {
    const of = checkCondition(node.of, scope);
    return composed(bool, node, [of], notCode, (frame) => !(of.run(frame) as boolean));
  }
  const of = need(check(node.of, scope), units, node.of.start);
  if (of.constant !== undefined) return constant(units, -(of.constant.value as bigint), node);
  return { type: units, run: (frame) => -(of.run(frame) as bigint), span: node };
};

const list = (node: Node & { kind: 'list' }, scope: Scope): Typed => {
  const items = node.items.map((item) => check(item, scope));
  const type = items.reduce<Type | undefined>((known, item) => {
    if (known === undefined) return item.type;
    return union(known, item.type) ?? fail(`a list of ${show(known)} cannot hold ${show(item.type)}`, item.span.start);
  }, undefined);
  const constants = items.map((item) => item.constant);
  if (constants.every((each) => each !== undefined))
    return constant(
      listOf(type ?? nothing),
      constants.map(({ value }) => value),
      node,
    );
  return { type: listOf(type ?? nothing), run: (frame) => items.map(({ run }) => run(frame)), span: node };
};

const choice = (node: Node & { kind: 'call' }, scope: Scope): Typed => {
  const [condition, then, otherwise] = node.args;
  if (condition === undefined || then === undefined || otherwise === undefined || node.args.length !== 3)
    return fail('if(condition, then, otherwise) takes 3 arguments', node.start);
  const test = checkCondition(condition, scope);
  const yes = check(then, knowing(scope, knownWhen(condition, true, scope)));
  const no = check(otherwise, knowing(scope, knownWhen(condition, false, scope)));
  const type = union(yes.type, no.type);
  if (type === undefined)
    return fail(`is either ${show(yes.type)} or ${show(no.type)}: it must be one of them`, node.start);
  return composed(type, node, [test, yes, no], choiceCode, (frame: Frame) =>
    (test.run(frame) as boolean) ? yes.run(frame) : no.run(frame),
  );
};

const call = (node: Node & { kind: 'call' }, scope: Scope): Typed => {
  if (node.name === 'if') return choice(node, scope);
  const known = functions.get(node.name);
  if (known === undefined)
    return fail(`there is no function '${node.name}'${hint(node.name, [...functions.keys(), 'if'])}`, node.start);
  const args = node.args.map((arg) => check(arg, scope));
  return known.check(args, {
    span: node,
    tables: scope.tables,
    fail: (message, index) => fail(message, index === undefined ? node.start : (node.args[index]?.start ?? node.start)),
  });
};

/** @throws ExpressionError */
export const check = (node: Node, scope: Scope): Typed => {
  switch (node.kind) {
    case 'text':
      return textOf(node, scope);
    case 'number':
      return constant(units, node.value, node);
    case 'bool':
      return constant(bool, node.value, node);
    case 'null':
      return constant(nothing, null, node);
    case 'name':
      return nameOf(node, scope);
    case 'field':
      return fieldOf(node, scope);
    case 'list':
      return list(node, scope);
    case 'call':
      return call(node, scope);
    case 'unary':
      return unary(node, scope);
    case 'binary':
      return binary(node, scope);
  }
};
