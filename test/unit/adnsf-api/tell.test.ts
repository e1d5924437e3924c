/** The shop's webhooks: everybody who asked is told of every change, in order, until he has taken it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { RunningAdnsf } from '../../../infra/sandbox/adnsf/server.ts';
import { acceptFromShop } from '../../../services/webhooks/accept-from-shop.ts';
import { type ShopServer, startShopServer } from '../adnsf-executor/shop-server.ts';

const SECRET = 'the-secret-of-the-webhook';
let shop: ShopServer;
let api: RunningAdnsf | undefined;
let receiver: ReturnType<typeof createServer>;
let url: string;
let refuse = 0;
let taken: { orderNumber: number | null; type: string; id: string }[] = [];

beforeEach(async () => {
  taken = [];
  refuse = 0;
  shop = await startShopServer();
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const signature = request.headers['x-adnsf-signature'];
      const outcome = acceptFromShop(
        { secrets: [SECRET], toleranceSeconds: 60 },
        {
          signature: typeof signature === 'string' ? signature : undefined,
          body: Buffer.concat(chunks),
          now: Math.floor(Date.now() / 1_000),
        },
      );
      if (!outcome.accepted || refuse-- > 0) response.writeHead(outcome.accepted ? 503 : 400).end();
      else {
        const { orderNumber, type, id } = outcome.event;
        taken.push({ orderNumber, type, id });
        response.writeHead(200).end();
      }
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
});
afterEach(async () => {
  await api?.close();
  api = undefined;
  receiver.closeAllConnections();
  await new Promise((resolve) => receiver.close(resolve));
  await shop.close();
});

const start = async (): Promise<void> => {
  api = await shop.api({ webhook: { url, secret: SECRET }, tellEveryMs: 5 });
};
const told = async (orderNumber: number, times: number): Promise<void> => {
  while (taken.filter((each) => each.orderNumber === orderNumber).length < times)
    await new Promise((resolve) => setTimeout(resolve, 2));
};

it('tells a new order and its change, signed, once each', async () => {
  await start();
  const order = await shop.place();
  await told(order, 1);
  await shop.sql(`UPDATE dbo.Orders SET TransactionState = N'CAPTURED' WHERE OrderNumber = ${order}`);
  await told(order, 2);
  const other = await shop.place();
  await told(other, 1);
  const ids = taken.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(taken[0]!.type).toBe('order.created');
});

it('sends again what was not taken, and what changed while it was away', async () => {
  await start();
  refuse = 3;
  const order = await shop.place();
  await told(order, 1);
  expect(shop.faults).toHaveLength(3);
  await api!.close();
  api = undefined;
  const missed = await shop.place();
  await start();
  await told(missed, 1);
});
