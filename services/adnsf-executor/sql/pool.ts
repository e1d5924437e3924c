/** A few connections, opened when needed, thrown away when in doubt. */
import type { SqlConnection } from './connection.ts';

export interface Pool {
  /** Lends a connection. One whose work failed is not lent again. */
  use<T>(work: (connection: SqlConnection) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export const openPool = (options: Readonly<{ size: number; open: () => Promise<SqlConnection> }>): Pool => {
  const idle: SqlConnection[] = [];
  const waiting: (() => void)[] = [];
  const lent = new Set<Promise<unknown>>();
  let free = options.size;
  let closed = false;

  const enter = async (): Promise<void> => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const leave = (): void => {
    const next = waiting.shift();
    if (next) next();
    else free++;
  };
  const takeIdle = (): SqlConnection | undefined => {
    for (let connection = idle.pop(); connection; connection = idle.pop()) if (connection.alive) return connection;
    return undefined;
  };

  const lend = async <T>(work: (connection: SqlConnection) => Promise<T>): Promise<T> => {
    await enter();
    let connection: SqlConnection | undefined;
    try {
      connection = takeIdle() ?? (await options.open());
      const result = await work(connection);
      idle.push(connection);
      return result;
    } catch (error) {
      connection?.close();
      throw error;
    } finally {
      leave();
    }
  };

  return {
    use: (work) => {
      if (closed) return Promise.reject(new Error('the pool is closed'));
      const lending = lend(work);
      const settled = lending.then(
        () => undefined,
        () => undefined,
      );
      lent.add(settled);
      void settled.then(() => lent.delete(settled));
      return lending;
    },
    close: async () => {
      closed = true;
      await Promise.all(lent);
      for (const connection of idle.splice(0)) connection.close();
    },
  };
};
