import { setTimeout as sleep } from 'node:timers/promises';

/** Somebody waited longer than anybody would. */
export class ImpatienceError extends Error {
  override readonly name = 'ImpatienceError';
}

export type Patience = Readonly<{
  /** Epoch milliseconds after which to give up. */
  until: number;
  signal: AbortSignal;
}>;

/** Repeats `look` until it finds something. @throws ImpatienceError, or the signal's reason */
export const waitFor = async <T>(
  what: string,
  everyMs: number,
  patience: Patience,
  look: () => Promise<T | undefined>,
): Promise<T> => {
  for (;;) {
    patience.signal.throwIfAborted();
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > patience.until) throw new ImpatienceError(`gave up waiting for ${what}`);
    await sleep(everyMs, undefined, { signal: patience.signal });
  }
};

/** Repeats `work` while it fails for a reason that passes, with growing pauses. `work` must be safe to repeat. */
export const tryAgain = async <T>(
  patience: Patience,
  passes: (error: unknown) => boolean,
  work: () => Promise<T>,
): Promise<T> => {
  for (let attempt = 0; ; attempt += 1) {
    patience.signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      if (!passes(error) || Date.now() > patience.until) throw error;
    }
    await sleep(Math.min(5_000, 100 * 2 ** attempt), undefined, { signal: patience.signal });
  }
};
