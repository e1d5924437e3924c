/** Expressions whose type is known, as functions. */
import { misfit, present, show, type Type } from './types.ts';
import { evaluateCode, type Inline, valueCode } from './generate.ts';
import { hint } from './hint.ts';
import type { Span } from './parse.ts';

/** What an expression reads: the state, the settings, and what `let` and `forEach` have named, each in its slot. */
export type Frame = unknown[];

export type Evaluate = (frame: Frame) => unknown;

export type Typed = Readonly<{
  type: Type;
  run: Evaluate;
  span: Span;
  /** Known while the document is read. */
  constant?: Readonly<{ value: unknown }>;
  /** `order.customer`: what may become known not to be null. */
  path?: string;
  /** The same as `run`, as code. */
  inline?: Inline;
}>;

/** A lookup table of a document. */
export type Table = Readonly<{ of: Type; rows: ReadonlyMap<string, unknown> }>;

/** A value that a mapping cannot make of what is there, such as a row that a table does not have. */
export class MappingError extends Error {
  override readonly name = 'MappingError';
}

export const constant = (type: Type, value: unknown, span: Span): Typed => {
  const inline = valueCode(value);
  return { type, run: () => value, span, constant: { value }, ...(inline === undefined ? {} : { inline }) };
};

/** An expression that is code altogether. */
export const coded = (type: Type, inline: Inline, span: Span): Typed => ({
  type,
  run: evaluateCode(inline),
  span,
  inline,
});

/** An expression that is code when all of its parts are, and `run` when they are not. */
export const composed = <P extends readonly Pick<Typed, 'inline'>[]>(
  type: Type,
  span: Span,
  parts: P,
  code: (...inlines: { [K in keyof P]: Inline }) => Inline,
  run: Evaluate,
): Typed => {
  const inlines = parts.map(({ inline }) => inline);
  if (!inlines.every((inline) => inline !== undefined)) return { type, run, span };
  return coded(type, code(...(inlines as unknown as { [K in keyof P]: Inline })), span);
};

const MAX_INT = 2_147_483_647n;

/** The expression as a value of the type wanted, or why it cannot be one. */
export const fitted = (typed: Typed, to: Type): Typed | string => {
  const wanted = present(to);
  const own = present(typed.type);
  const { run } = typed;
  if (typed.constant !== undefined) {
    const { value } = typed.constant;
    if (wanted.kind === 'whole' && typeof value === 'bigint')
      return value >= -MAX_INT && value <= MAX_INT
        ? constant(wanted, Number(value), typed.span)
        : `needs ${show(to)}, and ${value} is too large`;
    if (wanted.kind === 'text' && wanted.symbols !== undefined && typeof value === 'string')
      return wanted.symbols.includes(value)
        ? { ...typed, type: wanted }
        : `'${value}' is not ${show(wanted)}${hint(value, wanted.symbols)}`;
  }
  if (wanted.kind === 'units' && own.kind === 'whole') {
    const exact: Type = { kind: 'units' };
    if (typed.type === own)
      return fitted({ type: exact, run: (frame) => BigInt(run(frame) as number), span: typed.span }, to);
    const type: Type = { kind: 'nullable', of: exact };
    return fitted(
      {
        span: typed.span,
        type,
        run: (frame) => {
          const value = run(frame) as number | null;
          return value === null ? null : BigInt(value);
        },
      },
      to,
    );
  }
  return misfit(typed.type, to) ?? typed;
};
