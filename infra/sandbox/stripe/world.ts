import { chance, letters } from './chance.ts';
import type { Clock } from './clock.ts';
import type { ApiError } from './errors.ts';
import { missing, missingReference } from './errors.ts';
import type { Params } from './form.ts';
import type { Job } from './jobs.ts';
import type { Journal } from './journal.ts';
import type { Kind, Stored } from './objects.ts';
import type { Settings } from './options.ts';
import type { Reader } from './params.ts';

/** Who caused an event: an API request, or nobody (`id` null) when the simulator acts by itself. */
export interface Cause {
  id: string | null;
  idempotencyKey: string | null;
}

/** What operations work with. All calls are synchronous and inside one transaction of the journal. */
export interface World {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly settings: Settings;
  /** A new id with this prefix, a function of the seed and of how many came before. */
  newId(prefix: string): string;
  /** The number in [0, 1) that belongs to a fact. */
  chance(...fact: (string | number)[]): number;
  letters(length: number, ...fact: (string | number)[]): string;
  /** Records an event and what must be delivered because of it. */
  emit(type: string, object: object, previous?: Record<string, unknown>): void;
  /** Has the simulator do something later, by its clock. */
  schedule(job: Job, delayMs: number): void;
  cause: Cause;
}

/** One API call, decoded. */
export interface Call {
  readonly world: World;
  readonly params: Params;
  readonly read: Reader;
  /** Ids in the path. */
  readonly path: Readonly<Record<string, string>>;
  /** True when called with the publishable key, as Stripe.js does. */
  readonly publishable: boolean;
}

/** What an operation commits and answers, an error included: a declined payment leaves traces. */
export class Answer {
  readonly status: number;
  readonly body: object;

  constructor(status: number, body: object) {
    this.status = status;
    this.body = body;
  }

  /** Commits what was done, and answers with the error. */
  static error(error: ApiError): Answer {
    return new Answer(error.status, { error: error.body });
  }
}

/** Does one call. Throwing ApiError undoes it; returning an Answer with an error does not. */
export type Operation = (call: Call) => object;

/** @throws ApiError 404 when it does not exist. */
export const fetched = <K extends Kind>(world: World, kind: K, id: string, param?: string): Stored[K] => {
  const object = world.journal.get(kind, id);
  if (object === undefined) throw missing(kind, id, param);
  return object;
};

/** @throws ApiError 400 when a parameter names what does not exist. */
export const referenced = <K extends Kind>(world: World, kind: K, id: string, param: string): Stored[K] => {
  const object = world.journal.get(kind, id);
  if (object === undefined) throw missingReference(kind, id, param);
  return object;
};

/** Ids and chance of a world with this seed. */
export const fate = (seed: string, journal: Journal): Pick<World, 'newId' | 'chance' | 'letters'> => ({
  newId: (prefix) => `${prefix}_${letters(24, seed, 'id', prefix, journal.next(prefix))}`,
  chance: (...fact) => chance(seed, ...fact),
  letters: (length, ...fact) => letters(length, seed, ...fact),
});
