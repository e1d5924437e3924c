/** What a function of the expression language is, and how most of them are defined. */
import type { Span } from './parse.ts';
import { constant, type Evaluate, fitted, type Table, type Typed } from './typed.ts';
import type { Type } from './types.ts';

export type CallSite = Readonly<{
  span: Span;
  tables: ReadonlyMap<string, Table>;
  /** Refuses the call, or one of its arguments. */
  fail: (message: string, argument?: number) => never;
}>;

export type FunctionDefinition = Readonly<{
  /** As people write it. */
  usage: string;
  does: string;
  check: (args: readonly Typed[], site: CallSite) => Typed;
}>;

/** A function of so many arguments of these types. `pure` never sees a null unless the parameter may be one. */
export const simple = (
  usage: string,
  does: string,
  parameters: readonly Type[],
  result: Type,
  pure: (...args: never[]) => unknown,
): FunctionDefinition => ({
  usage,
  does,
  check: (args, site) => {
    if (args.length !== parameters.length)
      site.fail(`${usage} takes ${parameters.length} arguments, not ${args.length}`);
    const runs = parameters.map((type, index) => {
      const fit = fitted(args[index]!, type);
      return typeof fit === 'string' ? site.fail(fit, index) : fit;
    });
    const apply = pure as (...values: unknown[]) => unknown;
    const [a, b] = runs;
    const run: Evaluate =
      b === undefined
        ? (frame) => apply(a!.run(frame))
        : runs.length === 2
          ? (frame) => apply(a!.run(frame), b.run(frame))
          : (frame) => apply(...runs.map((each) => each.run(frame)));
    if (!runs.every((each) => each.constant !== undefined)) return { type: result, run, span: site.span };
    try {
      return constant(result, run([]), site.span);
    } catch (error) {
      return site.fail((error as Error).message);
    }
  },
});

export const arity = (usage: string, args: readonly Typed[], least: number, site: CallSite, most = Infinity): void => {
  if (args.length < least || args.length > most)
    site.fail(`${usage} takes ${most === least ? least : `${least} or more`} arguments, not ${args.length}`);
};
