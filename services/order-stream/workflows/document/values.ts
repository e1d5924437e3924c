/** Values of a document: expressions, texts with holes, and the records and lists that mappings make of them. */
import { check, checkCondition } from '../expression/check.ts';
import { functions } from '../expression/functions.ts';
import { hint } from '../expression/hint.ts';
import { ExpressionError, type Node, parseExpression, parseTemplate } from '../expression/parse.ts';
import { recordMaker } from '../expression/generate.ts';
import type { Scope, Variable } from '../expression/scope.ts';
import { constant, type Evaluate, fitted, type Typed } from '../expression/typed.ts';
import { bool, listOf, nothing, present, recordOf, show, text, type Type, union, units } from '../expression/types.ts';
import type { Path, Problem, Source } from './source.ts';

/** A document while it is compiled: where problems are gathered, and how many slots its frames need. */
export type Reading = {
  readonly source: Source;
  readonly problems: Problem[];
  slots: number;
};

const whole = { start: 0, end: 0 };

/** `make`, or undefined when it found a problem in the text at `path`. */
const attempt = <T>(reading: Reading, path: Path, make: () => T): T | undefined => {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    reading.problems.push(reading.source.problem(path, error.message, error.at));
    return undefined;
  }
};

const refused = (reading: Reading, path: Path, message: string): Typed | undefined => {
  reading.problems.push(reading.source.problem(path, message));
  return undefined;
};

/** An expression as written, with or without its `=`. YAML reads a lone true or false by itself. */
export const parsedExpression = (reading: Reading, path: Path, raw: string | boolean): Node | undefined =>
  attempt(reading, path, () => {
    const source = String(raw);
    return parseExpression(source, source.startsWith('=') ? 1 : 0);
  });

export const compiledCondition = (reading: Reading, path: Path, node: Node, scope: Scope): Typed | undefined =>
  attempt(reading, path, () => checkCondition(node, scope));

const fitting = (typed: Typed, to: Type | undefined): Typed => {
  if (to === undefined) return typed;
  const fit = fitted(typed, to);
  if (typeof fit === 'string') throw new ExpressionError(fit, typed.span.start);
  return fit;
};

export const compiledExpression = (
  reading: Reading,
  path: Path,
  raw: string | boolean,
  to: Type | undefined,
  scope: Scope,
): Typed | undefined => {
  const node = parsedExpression(reading, path, raw);
  return node && attempt(reading, path, () => fitting(check(node, scope), to));
};

/** Words that are names here are probably meant as such, and a wrong text is found by nobody. */
const suspicion = (raw: string, scope: Scope): string | undefined => {
  const word = raw.trim();
  const name = /^([A-Za-z_]\w*)(\.[A-Za-z_]\w*)*$/.exec(word)?.[1];
  const called = /^([A-Za-z_]\w*)\(.*\)$/s.exec(word)?.[1];
  const meant =
    (name !== undefined && scope.names.has(name)) ||
    (called !== undefined && (functions.has(called) || called === 'if'));
  return meant ? `is the text '${word}': for its value write '=${word}', for the text '="${word}"'` : undefined;
};

/** Text with holes, or an expression after a `=`. */
export const compiledText = (
  reading: Reading,
  path: Path,
  raw: string,
  to: Type | undefined,
  scope: Scope,
): Typed | undefined => {
  if (raw.startsWith('=')) return compiledExpression(reading, path, raw, to, scope);
  return attempt(reading, path, () => {
    const typed = fitting(check(parseTemplate(raw), scope), to);
    const doubt = typed.constant === undefined ? undefined : suspicion(raw, scope);
    if (doubt !== undefined) throw new ExpressionError(doubt, 0);
    return typed;
  });
};

const isMapping = (raw: unknown): raw is Readonly<Record<string, unknown>> =>
  typeof raw === 'object' && raw !== null && !Array.isArray(raw);

const compiledRecord = (
  reading: Reading,
  path: Path,
  raw: Readonly<Record<string, unknown>>,
  to: (Type & { kind: 'record' }) | undefined,
  scope: Scope,
): Typed | undefined => {
  const { problems } = reading;
  const before = problems.length;
  const made: [string, Typed][] = [];
  for (const [name, value] of Object.entries(raw)) {
    const field = to?.fields.get(name);
    if (to !== undefined && field === undefined) {
      refused(reading, [...path, name], `${to.name} has no field '${name}'${hint(name, to.fields.keys())}`);
      continue;
    }
    const typed = compiledValue(reading, [...path, name], value, field?.type, scope);
    if (typed !== undefined) made.push([name, typed]);
  }
  for (const [name, field] of to?.fields ?? []) {
    if (Object.hasOwn(raw, name)) continue;
    if (field.fallback === undefined)
      refused(reading, path, `lacks '${name}' (${show(field.type)}), which ${to!.name} must have`);
    else made.push([name, constant(field.type, field.fallback.value, whole)]);
  }
  if (problems.length > before) return undefined;
  const type =
    to ??
    recordOf(
      'a record',
      made.map(([name, typed]) => [name, typed.type] as const),
    );
  return {
    type,
    run: recordMaker(made.map(([name, { run, inline }]) => ({ name, run, inline }))),
    span: whole,
  };
};

const compiledMap = (
  reading: Reading,
  path: Path,
  raw: Readonly<Record<string, unknown>>,
  to: Type & { kind: 'map' },
  scope: Scope,
): Typed | undefined => {
  const made = Object.entries(raw).map(
    ([name, value]) => [name, compiledValue(reading, [...path, name], value, to.of, scope)] as const,
  );
  if (made.some(([, typed]) => typed === undefined)) return undefined;
  const run = recordMaker(made.map(([name, typed]) => ({ name, run: typed!.run, inline: typed!.inline })));
  return { type: to, run, span: whole };
};

/** The name that stands for each of a list, below. */
export const withVariable = (
  reading: Reading,
  path: Path,
  scope: Scope,
  name: string,
  type: Type,
): { scope: Scope; slot: number } | undefined => {
  if (scope.names.has(name)) {
    refused(reading, path, `'${name}' is already the name of something here`);
    return undefined;
  }
  const slot = reading.slots++;
  const variable: Variable = { type, slot };
  return { scope: { ...scope, names: new Map([...scope.names, [name, variable]]) }, slot };
};

/** `order.lines as line`: the list, and the scope in which the name stands for one of it. */
export const compiledEach = (
  reading: Reading,
  path: Path,
  raw: string,
  scope: Scope,
): Readonly<{ list: Evaluate; slot: number; scope: Scope }> | undefined => {
  const [, source, name] = /^(.+) as ([a-z][A-Za-z0-9]*)$/s.exec(raw) ?? [];
  if (source === undefined || name === undefined) {
    refused(reading, path, "must be '<list> as <name>'");
    return undefined;
  }
  const typed = compiledExpression(reading, path, source, undefined, scope);
  if (typed === undefined) return undefined;
  if (typed.type.kind !== 'list') {
    refused(reading, path, `needs a list, but this is ${show(typed.type)}`);
    return undefined;
  }
  const bound = withVariable(reading, path, scope, name, typed.type.of);
  return bound && { list: typed.run, slot: bound.slot, scope: bound.scope };
};

const compiledList = (
  reading: Reading,
  path: Path,
  raw: readonly unknown[],
  to: Type | undefined,
  scope: Scope,
): Typed | undefined => {
  const items = raw.map((item, index) => compiledValue(reading, [...path, index], item, to, scope));
  if (!items.every((item) => item !== undefined)) return undefined;
  const of =
    to ??
    items.reduce<Type | undefined>((known, { type }) => (known === undefined ? type : union(known, type)), nothing);
  if (of === undefined) return refused(reading, path, 'holds values of different types');
  return { type: listOf(of), run: (frame) => items.map(({ run }) => run(frame)), span: whole };
};

/** `each: order.lines as line` with what is made of each in `map`. */
const compiledComprehension = (
  reading: Reading,
  path: Path,
  raw: Readonly<Record<string, unknown>>,
  to: Type | undefined,
  scope: Scope,
): Typed | undefined => {
  const each = compiledEach(reading, [...path, 'each'], String(raw['each']), scope);
  if (each === undefined) return undefined;
  const inner = compiledValue(reading, [...path, 'map'], raw['map'], to, each.scope);
  if (inner === undefined) return undefined;
  const { list, slot } = each;
  const { run } = inner;
  return {
    type: listOf(inner.type),
    run: (frame) =>
      (list(frame) as unknown[]).map((item) => {
        frame[slot] = item;
        return run(frame);
      }),
    span: whole,
  };
};

/** Any value of a mapping, as the type wanted, or as what it is when any will do. */
export const compiledValue = (
  reading: Reading,
  path: Path,
  raw: unknown,
  to: Type | undefined,
  scope: Scope,
): Typed | undefined => {
  if (typeof raw === 'string') return compiledText(reading, path, raw, to, scope);
  const wanted = to === undefined ? undefined : present(to);
  if (Array.isArray(raw)) {
    if (wanted !== undefined && wanted.kind !== 'list')
      return refused(reading, path, `needs ${show(to!)}, but this is a list`);
    return compiledList(reading, path, raw, wanted?.of, scope);
  }
  if (isMapping(raw)) {
    const isEach = Object.keys(raw).sort().join() === 'each,map';
    if (isEach && (wanted === undefined || wanted.kind === 'list'))
      return compiledComprehension(reading, path, raw, wanted?.of, scope);
    if (wanted?.kind === 'map') return compiledMap(reading, path, raw, wanted, scope);
    if (wanted !== undefined && wanted.kind !== 'record')
      return refused(reading, path, `needs ${show(to!)}, but this is a record`);
    return compiledRecord(reading, path, raw, wanted, scope);
  }
  const literal =
    raw === null
      ? constant(nothing, null, whole)
      : typeof raw === 'boolean'
        ? constant(bool, raw, whole)
        : Number.isSafeInteger(raw)
          ? constant(units, BigInt(raw as number), whole)
          : undefined;
  if (literal === undefined) return refused(reading, path, 'is not a whole number: amounts are minor units');
  return attempt(reading, path, () => fitting(literal, to));
};

/** Text wanted in any case: ids, causes, messages. */
export const compiledMessage = (reading: Reading, path: Path, raw: string, scope: Scope): Typed | undefined =>
  compiledText(reading, path, raw, text, scope);
