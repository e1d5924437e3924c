/**
 * Functions made from source text: engines build records and read fields fast where the names stand in the code. The
 * text is put together here alone, out of slot numbers and quoted names and values of expressions that were checked.
 */
import type { Evaluate } from './typed.ts';

/** Code that may stand inside of other code. Made by this module only. */
export type Inline = Readonly<{ code: string }>;

const quoted = (text: string): string => JSON.stringify(text);

export const slotCode = (slot: number): Inline => ({ code: `f[${Math.trunc(slot)}]` });

export const fieldCode = (of: Inline, name: string, orNull: boolean): Inline => ({
  code: orNull ? `(${of.code}?.[${quoted(name)}] ?? null)` : `${of.code}[${quoted(name)}]`,
});

export const valueCode = (value: unknown): Inline | undefined => {
  if (value === null || typeof value === 'boolean') return { code: String(value) };
  if (typeof value === 'string') return { code: quoted(value) };
  if (typeof value === 'bigint') return { code: `(${value}n)` };
  if (Number.isSafeInteger(value)) return { code: `(${Number(value)})` };
  return undefined;
};

/** Operators of the language and of the code are one for values of the types that were checked. */
export const binaryCode = (operator: '===' | '!==' | '&&' | '||', left: Inline, right: Inline): Inline => ({
  code: `(${left.code} ${operator} ${right.code})`,
});

export const notCode = (of: Inline): Inline => ({ code: `(!${of.code})` });

export const choiceCode = (test: Inline, yes: Inline, no: Inline): Inline => ({
  code: `(${test.code} ? ${yes.code} : ${no.code})`,
});

/** Numbers, units and texts as one text. */
export const textCode = (parts: readonly (string | Inline)[]): Inline => ({
  code: `("" + ${parts.map((part) => (typeof part === 'string' ? quoted(part) : part.code)).join(' + ')})`,
});

const made = (parameters: readonly string[], body: string): ((...values: readonly unknown[]) => Evaluate) =>
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- see above: no text of a document gets here unquoted
  new Function(...parameters, body) as (...values: readonly unknown[]) => Evaluate;

export const evaluateCode = ({ code }: Inline): Evaluate => made([], `'use strict'; return (f) => ${code};`)();

/** Makes an object of these fields, whose values are code where there is some. */
export const recordMaker = (
  fields: readonly Readonly<{ name: string; run: Evaluate; inline?: Inline | undefined }>[],
): Evaluate => {
  // In a literal, a plain __proto__ would not be a field.
  const parts = fields.map(
    ({ name, inline }, index) =>
      `${name === '__proto__' ? '["__proto__"]' : quoted(name)}: ${inline?.code ?? `r${index}(f)`}`,
  );
  return made(
    fields.map((_, index) => `r${index}`),
    `'use strict'; return (f) => ({ ${parts.join(', ')} });`,
  )(...fields.map(({ run }) => run));
};
