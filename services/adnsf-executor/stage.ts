/** adnsf.commands → the shop's database → adnsf.results. */
import type { CommandResult } from '../../schemas/generated/types.ts';
import type { AdnsfCommand } from '../../schemas/topics.ts';
import type { Stores } from '../platform/variables.ts';
import type { EffectStage } from '../runtime/effects.ts';
import { PoisonError } from '../runtime/errors.ts';
import { answeringRepair, repairOf } from '../runtime/repair.ts';
import type { DeadLetter, Topic } from '../runtime/topology.ts';
import { execute } from './execute.ts';
import type { Shop } from './shop.ts';

export type AdnsfStageOptions = Readonly<{
  shop: Shop;
  stores: Stores;
  version: string;
  /** Commands under way at one time. */
  concurrency: number;
  commands: Topic<AdnsfCommand>;
  results: Topic<CommandResult>;
  deadLetters: Topic<DeadLetter>;
}>;

export const adnsfStage = (options: AdnsfStageOptions): EffectStage<AdnsfCommand> => ({
  application: 'adnsf-executor',
  version: options.version,
  name: 'adnsf',
  input: options.commands,
  outputs: [options.results],
  deadLetters: options.deadLetters,
  concurrency: options.concurrency,
  effect: async ({ key, value: command, timestamp, headers }) => {
    if (command === null) throw new PoisonError('no_command', 'a command without a value');
    const result = await execute(options.shop, options.stores, command, timestamp, repairOf(headers));
    return [{ topic: options.results, key, value: result, ...answeringRepair(headers) }];
  },
});
