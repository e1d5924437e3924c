import type { Journal } from './journal.ts';

/** The simulator's time: real time plus what hooks have advanced it by. Survives restarts. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Whole seconds since the epoch, as Stripe writes time. */
  seconds(): number;
  advance(milliseconds: number): void;
}

const setting = 'clock.offset';

export const openClock = (journal: Journal): Clock => {
  let offset = Number(journal.setting(setting) ?? '0');
  const now = (): number => Date.now() + offset;
  return {
    now,
    seconds: () => Math.floor(now() / 1000),
    advance: (milliseconds) => {
      offset += milliseconds;
      journal.set(setting, String(offset));
    },
  };
};
