import { parseArgs } from 'node:util';

export type Options = Readonly<{
  short: boolean;
  /** Of the whole run, with start and end of the stack. The short one takes four, and ends when it is through. */
  minutes: number;
  only: readonly string[];
  seed: string;
  /** Visits a minute. */
  rate: number;
  list: boolean;
}>;

const number = (name: string, text: string): number => {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new Error(`--${name} must be a number above 0, not "${text}"`);
  return value;
};

/** @throws Error naming what is wrong */
export const optionsFrom = (args: readonly string[], freshSeed: () => string): Options => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      short: { type: 'boolean', default: false },
      minutes: { type: 'string' },
      only: { type: 'string', multiple: true, default: [] },
      seed: { type: 'string' },
      rate: { type: 'string', default: '60' },
      list: { type: 'boolean', default: false },
    },
  });
  return {
    short: values.short,
    minutes: number('minutes', values.minutes ?? (values.short ? '10' : '24')),
    only: values.only.flatMap((names) => names.split(',')),
    seed: values.seed ?? freshSeed(),
    rate: number('rate', values.rate),
    list: values.list,
  };
};
