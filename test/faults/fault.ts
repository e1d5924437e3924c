import type { Chance } from '../../infra/sandbox/shopper/chance.ts';
import type { World } from './world.ts';

/** What was done, and how it is made undone once the stack has recovered. */
export type Injected = Readonly<{
  /** When it began, epoch milliseconds. */
  at: number;
  undo?: () => Promise<void>;
}>;

export type Fault = Readonly<{
  /** As `--only` takes it. */
  name: string;
  what: string;
  /** Part of the short run. */
  short?: true;
  /** Does it, including its end where it has one of its own: a part that is away comes back. */
  inject: (world: World, chance: Chance) => Promise<Injected>;
}>;
