/**
 * What a real shop's database shows besides a tidy checkout: a pure function of the seed and the visit's number, drawn
 * apart from the plan, so that the visits of a seed stay what they are.
 */
import { chanceOf } from './chance.ts';

export type Habits = Readonly<{
  /** Order numbers reserved and never used: 3-D Secure attempts, checkouts that failed. */
  skippedNumbers: number;
  /** The state that the first image of the order carries: the store's transaction mode, or none. */
  firstState: 'AUTH' | 'AUTH CAPTURE' | null;
  /** Written as AUTHORIZED first, and taken back to PENDING before the lines come. */
  takenBack: boolean;
  /** Pause between the accepted order and its lines, and between their prices for one and for all; milliseconds. */
  lateLinesMs: number;
  /** Something more is put into the cart, and taken out before the checkout. */
  changesMind: boolean;
  /** Somebody sets the paid order to PENDING by hand, and back. */
  mistake: boolean;
  /** Somebody voids the order whose payment was refused. */
  voids: boolean;
}>;

export const tidy: Habits = {
  skippedNumbers: 0,
  firstState: null,
  takenBack: false,
  lateLinesMs: 0,
  changesMind: false,
  mistake: false,
  voids: false,
};

/** `share`: of the visits that are untidy, from 0 to 1. Each of those has several habits. */
export const habitsOf = (seed: string, index: number, share: number): Habits => {
  const chance = chanceOf(seed, 'habits', index);
  if (!chance.happens(share)) return tidy;
  return {
    skippedNumbers: chance.happens(0.4) ? chance.int(1, 3) : 0,
    firstState: chance.pick([null, 'AUTH', 'AUTH CAPTURE'] as const),
    takenBack: chance.happens(0.4),
    lateLinesMs: chance.happens(0.5) ? chance.int(100, 1_200) : 0,
    changesMind: chance.happens(0.4),
    mistake: chance.happens(0.5),
    voids: chance.happens(0.5),
  };
};
