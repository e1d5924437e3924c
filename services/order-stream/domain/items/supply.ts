/**
 * The supply of an item: the units that there would be had no order taken any. An order changes what is left of it and
 * never the supply itself, so that sales which one side has not heard of yet are in nobody's way.
 */

/** What the shop remembers of the supply: its changes are numbered, and one of them may rest on a count of the ERP. */
export type SupplyMark = Readonly<{
  sequence: number;
  supply: number;
  /** The ERP's count; null as long as there was none. */
  version: bigint | null;
  /** The first order that the supply counts as not taken. */
  ordersFrom: number;
}>;

export type Standing = Readonly<{ sequence: number; supply: number; change: number; version: bigint | null }>;

/** As outcomes hold it, in 36 digits: they are short. */
export const supplyText = (supply: number): string => supply.toString(36);

export const markText = ({ sequence, supply, version }: Omit<SupplyMark, 'ordersFrom'>): string =>
  `${sequence.toString(36)}/${supply.toString(36)}/${version === null ? '' : version.toString(36)}`;

const number36 = (text: string): number => Number.parseInt(text, 36);

/** 64 bits do not fit a number. */
const long36 = (text: string): bigint =>
  text.split(/(?=.)/).reduce((sum, digit) => sum * 36n + BigInt(number36(digit)), 0n);

/** What a command changed, from the outcome that is remembered of it; undefined when the texts are none of ours. */
export const standingIn = (before: string, after: string): Standing | undefined => {
  const [, sequence, supply, version] = /^([0-9a-z]+)\/(-?[0-9a-z]+)\/([0-9a-z]*)$/.exec(after) ?? [];
  if (sequence === undefined || supply === undefined || version === undefined || !/^-?[0-9a-z]+$/.test(before))
    return undefined;
  const units = number36(supply);
  return {
    sequence: number36(sequence),
    supply: units,
    change: units - number36(before),
    version: version === '' ? null : long36(version),
  };
};
