import { describe, expect, it } from 'vitest';
import type { SqlConnection } from '../../../services/adnsf-executor/sql/connection.ts';
import { openPool } from '../../../services/adnsf-executor/sql/pool.ts';

const fakes = (size: number) => {
  const made: { alive: boolean; closed: boolean; id: number }[] = [];
  const pool = openPool({
    size,
    open: () => {
      const state = { alive: true, closed: false, id: made.length };
      made.push(state);
      const connection: SqlConnection & { id: number } = {
        id: state.id,
        query: () => Promise.resolve([]),
        begin: () => Promise.resolve(),
        commit: () => Promise.resolve(),
        rollback: () => Promise.resolve(),
        get alive() {
          return state.alive;
        },
        close: () => {
          state.alive = false;
          state.closed = true;
        },
      };
      return Promise.resolve(connection);
    },
  });
  const idOf = (connection: SqlConnection) => (connection as SqlConnection & { id: number }).id;
  return { made, pool, use: () => pool.use((connection) => Promise.resolve(idOf(connection))) };
};

describe('the pool', () => {
  it('opens when needed and lends again what is well', async () => {
    const { made, use } = fakes(3);
    expect([await use(), await use(), await use()]).toEqual([0, 0, 0]);
    expect(made).toHaveLength(1);
  });

  it('never lends more than it has', async () => {
    const { made, pool } = fakes(2);
    let lent = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++lent);
      await new Promise((resolve) => setImmediate(resolve));
      lent--;
    };
    await Promise.all(Array.from({ length: 10 }, () => pool.use(work)));
    expect([most, made.length]).toEqual([2, 2]);
  });

  it('throws away a connection whose work failed, and those that died in its hands', async () => {
    const { made, pool, use } = fakes(1);
    await expect(pool.use(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(made[0]).toMatchObject({ closed: true });
    expect(await use()).toBe(1);
    made[1]!.alive = false;
    expect(await use()).toBe(2);
  });

  it('closes after what is under way', async () => {
    const { made, pool } = fakes(1);
    const gate = Promise.withResolvers<undefined>();
    const work = pool.use(async () => gate.promise);
    const closing = pool.close();
    gate.resolve(undefined);
    await Promise.all([work, closing]);
    expect(made[0]).toMatchObject({ closed: true });
    await expect(pool.use(() => Promise.resolve())).rejects.toThrow('closed');
  });
});
