/** The ledger's read API, for people and tests on this machine. Amounts are strings: JSON numbers are floats. */
import Fastify, { type FastifyInstance } from 'fastify';
import type { LedgerReader } from './read.ts';

const asJson = (value: unknown): string =>
  JSON.stringify(value, (_name, part: unknown) => (typeof part === 'bigint' ? part.toString() : part));

/** `GET /orders/:id`, `/commands/:id` (the id URL-encoded), `/trial-balance` (`?asOf=` epoch milliseconds), `/subscriptions`, `/items`, `/stock`, `/conflicts`, `/positions`. */
export const ledgerApi = (ledger: LedgerReader): FastifyInstance => {
  // Command ids contain slashes; encoded they may be three times as long as they are.
  const app = Fastify({ forceCloseConnections: true, routerOptions: { maxParamLength: 1_000 } });
  const serve = (path: string, find: (id: string, asOf?: bigint) => unknown): void => {
    app.get<{ Params: { id?: string }; Querystring: { asOf?: string } }>(path, async (request, reply) => {
      const { asOf } = request.query;
      if (asOf !== undefined && !/^\d{1,18}$/.test(asOf)) {
        await reply.code(400).send({ error: 'asOf is epoch milliseconds' });
        return;
      }
      const found = find(request.params.id ?? '', asOf === undefined ? undefined : BigInt(asOf));
      await reply
        .code(found === undefined ? 404 : 200)
        .type('application/json; charset=utf-8')
        .send(asJson(found ?? { error: 'unknown' }));
    });
  };
  serve('/orders/:id', (id) => ledger.order(id));
  serve('/commands/:id', (id) => ledger.command(id));
  serve('/trial-balance', (_id, asOf) => ({ accounts: ledger.trialBalance(asOf) }));
  serve('/subscriptions', () => ({ subscriptions: ledger.subscriptions() }));
  serve('/items', () => ({ items: ledger.items() }));
  serve('/stock', () => ({ stock: ledger.stock() }));
  serve('/conflicts', () => ({ conflicts: ledger.conflicts() }));
  serve('/positions', () => ({ positions: ledger.positions(), ...ledger.totals() }));
  serve('/healthz', () => ({ status: 'ok' }));
  return app;
};
