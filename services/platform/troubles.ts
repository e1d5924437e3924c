/** The engine's troubles as log lines. Normal operation logs nothing. */
import { logRestores } from './restores.ts';
import { observe } from '../runtime/observe.ts';
import type { Logger } from './logger.ts';

/** Returns how to stop. */
export const logTroubles = (logger: Logger): (() => void) => {
  const stops = [
    observe.trouble.subscribe(({ application, stage, partition, action, error }) => {
      const fields = { application, stage, partition, action, err: error };
      if (action === 'stop') logger.fatal(fields, 'the engine stops');
      else if (action === 'rebuild')
        logger.error(fields, 'a changelog is lost: its stores are made anew from the inputs');
      // Told as the state of a disk.
      else if (action === 'wait') return;
      else logger.warn(fields, 'trouble');
    }),
    observe.deadLetter.subscribe((letter) => logger.warn(letter, 'dead letter')),
    observe.task.subscribe((task) => logger.debug(task, 'task')),
    observe.disk.subscribe(({ writable, error, ...task }) => {
      if (writable) logger.info(task, 'the disk takes writes again: the task goes on');
      else logger.error({ ...task, err: error }, 'the disk takes no writes: the task waits for room, nothing is lost');
    }),
    logRestores(logger),
  ];
  return () => {
    for (const stop of stops) stop();
  };
};
