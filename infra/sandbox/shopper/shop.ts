import { type Patience, tryAgain } from './again.ts';
import { openSql, type ShopLogin, SqlAwayError, type SqlSession } from './sql.ts';

/** The shop's database, opened anew whenever the connection is lost. One user at a time. */
export interface Shop {
  /** `work` is repeated from its start after a failure whose effect is unknown: it must look before it acts. */
  do<T>(patience: Patience, work: (sql: SqlSession) => Promise<T>): Promise<T>;
  close(): void;
}

export const openShop = (login: ShopLogin): Shop => {
  let session: SqlSession | undefined;
  const drop = (): void => {
    session?.close();
    session = undefined;
  };
  return {
    do: (patience, work) =>
      tryAgain(
        patience,
        (error) => error instanceof SqlAwayError,
        async () => {
          try {
            session ??= await openSql(login);
            return await work(session);
          } catch (error) {
            // Half-read answers and open transactions go with the connection.
            drop();
            throw error;
          }
        },
      ),
    close: drop,
  };
};
