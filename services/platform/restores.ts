/** How far restores are, as log lines: when one takes long, every few seconds, and when it is done. */
import { observe, type RestoreProgress } from '../runtime/observe.ts';
import type { Logger } from './logger.ts';

const EVERY_MS = 5000;

type Watched = { readonly began: number; told: number };

/** What is told of a restore that began `elapsedMs` ago: `percent` of the offsets to go through, and seconds to go. */
const figures = ({ from, position, end, records }: RestoreProgress, elapsedMs: number) => {
  const [done, all] = [Number(position - from), Number(end - from)];
  const percent = all === 0 ? 100 : Math.floor((100 * done) / all);
  const remaining = done === 0 ? {} : { remainingSeconds: Math.ceil(((all - done) / done) * (elapsedMs / 1000)) };
  return { percent, records, seconds: Math.round(elapsedMs / 100) / 10, ...remaining };
};

/** Returns how to stop. `now`: milliseconds of any clock. */
export const logRestores = (
  logger: Pick<Logger, 'info' | 'debug'>,
  now: () => number = () => performance.now(),
): (() => void) => {
  const watched = new Map<string, Watched>();
  return observe.restore.subscribe((progress) => {
    const { application, stage, partition, store, source, done } = progress;
    const name = `${application}/${stage}/${partition}/${store}/${source}`;
    const at = now();
    const known = watched.get(name);
    const restore = known ?? { began: at, told: at };
    const line = { application, stage, partition, store, source, ...figures(progress, at - restore.began) };
    if (done) {
      watched.delete(name);
      const long = restore.told > restore.began || source === 'inputs';
      if (long) logger.info(line, 'restored');
      else logger.debug(line, 'restored');
      return;
    }
    // One that begins anew is one more.
    if (known === undefined || progress.records === 0) watched.set(name, { began: at, told: at });
    else if (at - known.told >= EVERY_MS) {
      known.told = at;
      logger.info(line, 'restoring');
    }
  });
};
