/** The engine's troubles as log lines. Normal operation logs nothing. */
import { observe } from '../runtime/observe.ts';
import type { Logger } from './logger.ts';

/** Returns how to stop. */
export const logTroubles = (logger: Logger): (() => void) => {
  const stops = [
    observe.trouble.subscribe(({ application, stage, partition, action, error }) => {
      const fields = { application, stage, partition, action, err: error };
      if (action === 'stop') logger.fatal(fields, 'the engine stops');
      else logger.warn(fields, 'trouble');
    }),
    observe.deadLetter.subscribe((letter) => logger.warn(letter, 'dead letter')),
    observe.task.subscribe((task) => logger.debug(task, 'task')),
    observe.restore.subscribe((progress) => logger.debug(progress, 'restore')),
  ];
  return () => {
    for (const stop of stops) stop();
  };
};
