import { describe, expect, it } from 'vitest';
import { FatalError, RetriableError, TaskMigratedError } from '../../../services/runtime/errors.ts';
import { goRounds } from '../../../services/scanner/rounds.ts';

/** Rounds that end as told, and how long each was waited after; the last of them ends the service. */
const rounds = async (ends: readonly (Error | undefined)[]) => {
  const controller = new AbortController();
  const waits: number[] = [];
  const warnings: string[] = [];
  let round = 0;
  await goRounds({
    name: 'stripe',
    everyMs: 1_000,
    signal: controller.signal,
    logger: { warn: (_fields: unknown, text: string) => void warnings.push(text) } as never,
    scheduler: {
      now: () => 0,
      sleep: (ms) => {
        waits.push(ms);
        if (round === ends.length) controller.abort();
        return Promise.resolve();
      },
    },
    work: () => {
      const end = ends[round++];
      return end === undefined ? Promise.resolve() : Promise.reject(end);
    },
  });
  return { waits, warnings, round };
};

describe('goRounds', () => {
  it('goes on after a failure and after a takeover, and says so', async () => {
    const told = await rounds([undefined, new RetriableError('away'), new TaskMigratedError('fenced'), undefined]);
    expect(told.round).toBe(4);
    expect(told.waits).toEqual([1_000, 1_000, 1_000, 1_000]);
    expect(told.warnings).toEqual(['stripe: next time', 'stripe: another instance took over']);
  });

  it('waits as long as it is asked to', async () => {
    const { waits } = await rounds([new RetriableError('busy', { retryAfterMs: 5_000 })]);
    expect(waits).toEqual([5_000]);
  });

  it('ends with what waiting does not heal', async () => {
    await expect(rounds([new FatalError('the key is of another mode')])).rejects.toThrow(FatalError);
  });
});
