import { createHash } from 'node:crypto';
import type { Clock } from './clock.ts';
import { ApiError } from './errors.ts';
import type { Params } from './form.ts';
import { canonical } from './form.ts';
import type { Journal } from './journal.ts';

/** An answer as it was first given. */
export interface SavedAnswer {
  status: number;
  body: string;
  /** Id of the request that was answered first. */
  request: string;
}

/** Keys live 24 hours from their first use. After that the same key executes again. */
const lifeMs = 24 * 3_600_000;

/** Remembers answers by Idempotency-Key. */
export interface Idempotency {
  /**
   * Claims a key. @returns the saved answer when there is one.
   * @throws ApiError 400 when the key was used for something else, 409 while its first request is being executed.
   */
  begin(key: string, fingerprint: string): SavedAnswer | undefined;
  /** Saves the answer. Call it in the transaction that made it. */
  save(key: string, fingerprint: string, answer: SavedAnswer): void;
  /** Gives the claim back, saved or not. */
  end(key: string): void;
}

/** What must be equal for two requests to be the same. */
export const fingerprintOf = (method: string, path: string, params: Params): string =>
  createHash('sha256')
    .update(`${method} ${path} ${canonical(params)}`)
    .digest('hex');

export const openIdempotency = (journal: Journal, clock: Clock): Idempotency => {
  const { database } = journal;
  const find = database.prepare('select fingerprint, at, request, status, body from idempotency where key = ?');
  const write = database.prepare('insert or replace into idempotency values (?, ?, ?, ?, ?, ?)');
  const prune = database.prepare('delete from idempotency where at <= ?');
  const inFlight = new Map<string, string>();

  const refuseOthers = (key: string, fingerprint: string, first: string): void => {
    if (fingerprint === first) return;
    throw new ApiError(
      400,
      {
        type: 'idempotency_error',
        message: `The idempotency key '${key}' was first used with other parameters or for another endpoint. Use a new key for a different request.`,
      },
      'validation',
    );
  };

  return {
    begin: (key, fingerprint) => {
      prune.run(clock.now() - lifeMs);
      const saved = find.get(key) as (SavedAnswer & { fingerprint: string }) | undefined;
      if (saved !== undefined) {
        refuseOthers(key, fingerprint, saved.fingerprint);
        return { status: saved.status, body: saved.body, request: saved.request };
      }
      const running = inFlight.get(key);
      if (running !== undefined) {
        refuseOthers(key, fingerprint, running);
        throw new ApiError(
          409,
          {
            type: 'idempotency_error',
            code: 'idempotency_key_in_use',
            message: `Another request with the idempotency key '${key}' is still being executed. Try again later.`,
          },
          'validation',
        );
      }
      inFlight.set(key, fingerprint);
      return undefined;
    },
    save: (key, fingerprint, answer) => {
      write.run(key, fingerprint, clock.now(), answer.request, answer.status, answer.body);
    },
    end: (key) => {
      inFlight.delete(key);
    },
  };
};
