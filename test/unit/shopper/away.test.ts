import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSql, type ShopLogin, SqlAwayError } from '../../../infra/sandbox/shopper/sql.ts';
import { type SqlServer, startSqlServer } from '../../../infra/sandbox/sqlserver/server.ts';

const password = 'Checkout1!secret';
let server: SqlServer;
let between: Server;
let login: ShopLogin;
/** Called with each request's bytes; the socket is the shopper's. */
let onRequest: (shopper: Socket) => 'pass' | 'keep' = () => 'pass';

beforeAll(async () => {
  server = await startSqlServer({
    saPassword: password,
    variables: { CDC_PASSWORD: password, EXECUTOR_PASSWORD: password, SHOP_PASSWORD: password },
  });
  between = createServer((shopper) => {
    const shop = connect(server.port, '127.0.0.1');
    shopper.on('data', (bytes) => {
      if (onRequest(shopper) === 'pass') shop.write(bytes);
    });
    shop.pipe(shopper);
    for (const socket of [shopper, shop]) socket.on('error', () => undefined);
    shopper.on('close', () => shop.destroy());
  });
  await new Promise<void>((resolve) => between.listen(0, '127.0.0.1', resolve));
  login = {
    host: '127.0.0.1',
    port: (between.address() as AddressInfo).port,
    database: 'AspDotNetStorefront',
    user: 'millrace_shop',
    password,
    encrypt: false,
  };
});

afterAll(async () => {
  between.close();
  await server.close();
});

describe('a shop whose database goes away in the middle of a question', () => {
  it.each([
    ['dies and its system says so', (shopper: Socket) => shopper.resetAndDestroy()],
    ['hangs up', (shopper: Socket) => shopper.end()],
  ])('is away, and not wrong, when it %s', async (_how, leave) => {
    onRequest = () => 'pass';
    const sql = await openSql(login);
    expect((await sql.run('SELECT 1 AS One')).rows).toEqual([{ One: 1 }]);
    onRequest = (shopper) => {
      leave(shopper);
      return 'keep';
    };
    await expect(sql.run('SELECT 1 AS One')).rejects.toBeInstanceOf(SqlAwayError);
    await expect(sql.run('SELECT 1 AS One')).rejects.toBeInstanceOf(SqlAwayError);
  });

  it('is not away for a statement that is wrong', async () => {
    onRequest = () => 'pass';
    const sql = await openSql(login);
    await expect(sql.run('SELECT Nothing FROM dbo.Nowhere')).rejects.not.toBeInstanceOf(SqlAwayError);
    sql.close();
  });
});
