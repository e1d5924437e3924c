import type { CommandResult } from '../../../schemas/generated/types.ts';

/** Whole numbers of minor units, as results carry them in text. @throws TypeError when there is none */
export const unitsIn = (result: CommandResult, name: string): bigint => {
  const value = result.detail[name];
  if (value === undefined || !/^-?\d+$/.test(value))
    throw new TypeError(`result of ${result.commandId} has no whole number '${name}'`);
  return BigInt(value);
};

/** The same, of what is not always told. */
export const unitsIfIn = (result: CommandResult, name: string): bigint | null =>
  result.detail[name] === undefined ? null : unitsIn(result, name);
