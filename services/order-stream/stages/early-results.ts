/**
 * Answers that are heard of before their command was sent. The first time none is: who answers has read the command. A
 * replay, or a task that is behind, may poll the topic of results before the topics whose facts call for the command, and
 * what is folded into a state that has not asked for it is lost or taken for something else. So it waits.
 */
import type { CommandResult } from '../../../schemas/generated/types.ts';
import type { Schemas } from '../../../schemas/serde.ts';
import type { StageContext, Store } from '../../runtime/topology.ts';

export type EarlyResults = Readonly<{
  store: Store<CommandResult>;
  /** Puts it behind those of the same command. @returns whether one of them told already that it was refused */
  keep: (result: CommandResult, context: StageContext) => boolean;
  /** Those of a command, in the order in which they came; they wait no more. */
  taken: (commandId: string, context: StageContext) => readonly CommandResult[];
}>;

export const earlyResults = (application: string, schemas: Schemas): EarlyResults => {
  const store = schemas.store(application, 'early-results');
  const placeOf = (commandId: string, index: number): string => `${commandId} ${index}`;
  const waiting = (commandId: string, context: StageContext): readonly CommandResult[] => {
    const found: CommandResult[] = [];
    for (;;) {
      const next = context.store(store).get(placeOf(commandId, found.length));
      if (next === undefined) return found;
      found.push(next);
    }
  };
  return {
    store,
    keep: (result, context) => {
      const others = waiting(result.commandId, context);
      context.store(store).put(placeOf(result.commandId, others.length), result);
      context.count('waiting', 'early_result');
      return others.some(({ status }) => status !== 'succeeded');
    },
    taken: (commandId, context) => {
      const found = waiting(commandId, context);
      for (const index of found.keys()) context.store(store).delete(placeOf(commandId, index));
      return found;
    },
  };
};
