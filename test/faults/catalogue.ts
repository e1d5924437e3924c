/** Everything that is made to go wrong. */
import { crashes, KILLS_IN_A_BURST, randomKills } from './crashes.ts';
import type { Fault } from './fault.ts';
import type { Options } from './options.ts';
import { outages } from './outages.ts';

const RANDOM_KILLS = 200;

/** Doing nothing takes its time too. */
const nothing: Fault = {
  name: 'nothing',
  what: 'nothing, for comparison',
  short: true,
  inject: () => Promise.resolve({ at: Date.now() }),
};

export const catalogue: readonly Fault[] = [nothing, ...crashes, ...outages, randomKills];

export type Choice = Readonly<{ faults: readonly Fault[]; bursts: Readonly<{ fault: Fault; times: number }> }>;

/** What a run is about: all, the short form, or what was asked for. @throws Error naming what does not exist */
export const choiceOf = ({ short, only }: Pick<Options, 'short' | 'only'>): Choice => {
  const unknown = only.filter((name) => !catalogue.some((fault) => fault.name === name));
  if (unknown.length > 0) throw new Error(`no fault is called ${unknown.join(', ')}; --list names them`);
  const chosen = catalogue.filter((fault) =>
    only.length > 0 ? only.includes(fault.name) : !short || fault.short === true,
  );
  const times = short ? 1 : Math.ceil(RANDOM_KILLS / KILLS_IN_A_BURST);
  return {
    faults: chosen.filter((fault) => fault !== randomKills),
    bursts: { fault: randomKills, times: chosen.includes(randomKills) ? times : 0 },
  };
};
