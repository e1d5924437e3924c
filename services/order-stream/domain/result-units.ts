import type { CommandResult } from '../../../schemas/generated/types.ts';

/** Whole numbers of minor units, as results carry them in text. */
export const unitsIn = (result: CommandResult, name: string): bigint => {
  const value = result.detail[name];
  if (value === undefined || !/^-?\d+$/.test(value))
    throw new TypeError(`result of ${result.commandId} has no whole number '${name}'`);
  return BigInt(value);
};
