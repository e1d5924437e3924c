import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openConfiguredShop, shopVariables } from '../../../services/adnsf-executor/adapter.ts';
import { execute } from '../../../services/adnsf-executor/execute.ts';
import { meaningOf } from '../../../services/adnsf-executor/rest/failure.ts';
import { openRestShop } from '../../../services/adnsf-executor/rest/shop.ts';
import { readVariables } from '../../../services/platform/variables.ts';
import { FatalError, PoisonError, RetriableError } from '../../../services/runtime/errors.ts';
import { linkPayment, STORES } from './support.ts';

const refused = (status: number, code?: string, retryAfter: string | null = null) =>
  meaningOf({
    request: 'PATCH api/v1/orders/7',
    status,
    problem: code === undefined ? undefined : { code, message: 'no' },
    retryAfter,
  });

describe('what answers of the API mean', () => {
  it.each([401, 408, 412, 425, 429, 500, 502, 503])('again later: %i', (status) => {
    expect(refused(status, 'some_code')).toBeInstanceOf(RetriableError);
    expect(refused(status)).toBeInstanceOf(RetriableError);
  });

  it('waits as long as it is told', () => {
    expect(refused(503, 'busy', '7')).toMatchObject({ retryAfterMs: 7_000 });
    expect(refused(503, 'busy', 'soon')).toMatchObject({ retryAfterMs: undefined });
  });

  it.each([
    [403, 'key_may_only_read'],
    [404, 'not_found'],
    [404, undefined],
    [405, undefined],
  ])('stop and say so: %i %s', (status, code) => {
    expect(refused(status, code)).toBeInstanceOf(FatalError);
  });

  it('about this command: what the API itself refuses', () => {
    expect(refused(422, 'sql_2628')).toMatchObject({ name: 'PoisonError', code: 'rest_sql_2628' });
    expect(refused(400)).toBeInstanceOf(RetriableError);
  });
});

let close: (() => void) | undefined;
afterEach(() => {
  close?.();
  close = undefined;
});

/** An API that answers as the test says, and a shop over it. */
const against = async (answer: (request: IncomingMessage, response: ServerResponse) => void) => {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  close = () => {
    server.closeAllConnections();
    server.close();
  };
  const base = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/shop`);
  return openRestShop({ base, apiKey: 'key', timeoutMs: 1_000 });
};

describe('answers that are none of the API’s', () => {
  const run = async (answer: (request: IncomingMessage, response: ServerResponse) => void) =>
    execute(await against(answer), STORES, linkPayment(7), 0n);

  it('does not take a missing page for a missing order', async () => {
    const lost = run((_request, response) => response.writeHead(404).end('<h1>Not Found</h1>'));
    await expect(lost).rejects.toBeInstanceOf(FatalError);
  });

  it('does not follow anybody elsewhere with its key', async () => {
    const asked: (string | undefined)[] = [];
    const led = run((request, response) => {
      asked.push(request.url);
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    await expect(led).rejects.toBeInstanceOf(RetriableError);
    expect(asked).toEqual(['/shop/api/v1/commands/7%2Flink-payment%2F1']);
  });

  it('comes again after a page of somebody in between', async () => {
    const page = run((_request, response) => response.writeHead(200).end('<h1>Be right back</h1>'));
    await expect(page).rejects.toBeInstanceOf(RetriableError);
  });

  it('puts a command aside that is answered with something else', async () => {
    const strange = run((_request, response) => response.writeHead(200).end('{"outcome":3}'));
    await expect(strange).rejects.toBeInstanceOf(PoisonError);
  });

  it('does not change an order that came without an ETag', async () => {
    const order = {
      ...{ orderNumber: 7, storeId: 1, transactionState: 'PENDING', paymentReference: null },
      ...{
        total: '1.0000',
        couponType: 0,
        couponAmount: null,
        authorizedOn: null,
        shippedOn: null,
        trackingNumber: null,
      },
    };
    const bare = run((request, response) => {
      if (request.url?.includes('/commands/') === true)
        response.writeHead(404).end('{"error":{"code":"command_not_found","message":"no"}}');
      else response.writeHead(200).end(JSON.stringify(order));
    });
    await expect(bare).rejects.toMatchObject({ code: 'rest_unexpected' });
  });
});

describe('the configured adapter', () => {
  const configured = (environment: Record<string, string>) =>
    openConfiguredShop(readVariables(shopVariables, environment).config);
  const sql = {
    MILLRACE_ADNSF_SQL_HOST: 'db',
    MILLRACE_ADNSF_SQL_DATABASE: 'shop',
    MILLRACE_ADNSF_SQL_USER: 'me',
    MILLRACE_ADNSF_SQL_PASSWORD: 'secret',
  };

  it('is SQL unless told otherwise', () => {
    expect(configured(sql)).toMatchObject({ address: 'db:1433', concurrency: 4 });
  });

  it('is REST with its own settings', () => {
    const rest = { MILLRACE_ADNSF_REST_URL: 'https://shop.example.com/base', MILLRACE_ADNSF_REST_KEY: 'k' };
    expect(configured({ MILLRACE_ADNSF_ADAPTER: 'rest', ...rest })).toMatchObject({
      address: 'https://shop.example.com',
      concurrency: 8,
    });
  });

  it.each([
    [{}, /MILLRACE_ADNSF_SQL_HOST, .*MILLRACE_ADNSF_SQL_PASSWORD is not set/],
    [{ MILLRACE_ADNSF_ADAPTER: 'rest', ...sql }, /REST_URL, MILLRACE_ADNSF_REST_KEY is not set/],
    [{ MILLRACE_ADNSF_ADAPTER: 'soap', ...sql }, /MILLRACE_ADNSF_ADAPTER/],
  ])('says what it lacks: %j', (environment, text) => {
    expect(() => configured(environment as Record<string, string>)).toThrow(text);
  });

  it('keeps the key out of logs', () => {
    const { secrets } = readVariables(shopVariables, { ...sql, MILLRACE_ADNSF_REST_KEY: 'rest-key' });
    expect(secrets).toEqual(expect.arrayContaining(['secret', 'rest-key']));
  });
});
