/**
 * The shop's REST API, as `openapi.yaml` has it: its own application would serve it from its own tables, with its own
 * login. What the document does not allow is refused before a table is touched, and what it does not know is not said.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { openConnection, type SqlConnection } from '../../../services/adnsf-executor/sql/connection.ts';
import { isDuplicateKey, meaningOf } from '../../../services/adnsf-executor/sql/failure.ts';
import { openPool } from '../../../services/adnsf-executor/sql/pool.ts';
import { PoisonError, RetriableError } from '../../../services/runtime/errors.ts';
import { appliedOf, change, type Changed, create, etagOf } from './changes.ts';
import { openDocument, type Operation } from './document.ts';
import { Problem } from './problem.ts';
import { type ResourceName, resources } from './resources.ts';
import { changeStock, stockOf } from './stock.ts';
import { ensureWebhook, tellChanges } from './tell.ts';
import { type Json, readOne, readPage, remove } from './tables.ts';

export type ApiKeys = Readonly<{
  /** May change things. */
  write: readonly string[];
  /** May only look. */
  read: readonly string[];
}>;

export type AdnsfOptions = Readonly<{
  /** 0 takes any free port. */
  port?: number;
  host?: string;
  keys: ApiKeys;
  database: Readonly<{ host: string; port: number; name: string; user: string; password: string; encrypt?: boolean }>;
  /** A webhook that exists from the start. */
  webhook?: Readonly<{ url: string; secret: string }>;
  /** How often changes are looked for, to tell webhooks of them, milliseconds. */
  tellEveryMs?: number;
  /** How long one statement may take, milliseconds. */
  timeoutMs?: number;
  /** Told what goes wrong inside. */
  onFault?: (error: unknown) => void;
}>;

export type RunningAdnsf = Readonly<{ port: number; url: string; close: () => Promise<void> }>;

type Asked = Readonly<{ path: Json; query: Json; header: Json; body: Json }>;
type Answer = Readonly<{ status: number; body?: unknown; etag?: string }>;
type Handler = (connection: SqlConnection, asked: Asked) => Promise<Answer>;

const MAX_BODY_BYTES = 64 * 1024;
const CONNECTIONS = 8;

const digest = (value: string): Buffer => createHash('sha256').update(value).digest();
/** Of digests, so that neither the length nor the beginning of a key can be found out by timing. */
const isOneOf = (key: string, keys: readonly string[]): boolean => {
  const given = digest(key);
  return keys.reduce((found, each) => timingSafeEqual(given, digest(each)) || found, false);
};

const changedAnswer = (status: number, changed: Changed): Answer => ({
  status,
  body: changed,
  etag: etagOf(changed.resource),
});

const handlers = (): ReadonlyMap<string, Handler> => {
  const all = new Map<string, Handler>();
  for (const name of Object.keys(resources) as ResourceName[]) {
    const idOf = ({ path }: Asked): number => path[resources[name].id] as number;
    all.set(`list${name}s`, async (connection, { query }) => {
      const { limit, after, ...filters } = query as { limit: number; after: number };
      return { status: 200, body: await readPage(connection, name, { limit, after, filters }) };
    });
    all.set(`get${name}`, async (connection, asked) => {
      const found = await readOne(connection, name, idOf(asked));
      if (found === undefined)
        throw new Problem(404, `${name.toLowerCase()}_not_found`, `there is no ${name.toLowerCase()} ${idOf(asked)}`);
      return { status: 200, body: found, etag: etagOf(found) };
    });
    all.set(`create${name}`, async (connection, { header, body }) =>
      changedAnswer(201, await create(connection, name, { key: header['idempotency-key'] as string, body })),
    );
    all.set(`update${name}`, async (connection, asked) => {
      const ifMatch = asked.header['if-match'] as string | undefined;
      if (ifMatch === undefined && name === 'Order')
        throw new Problem(428, 'if_match_required', 'an order is changed by who has seen it: send If-Match');
      const key = asked.header['idempotency-key'] as string;
      return changedAnswer(200, await change(connection, name, { id: idOf(asked), key, ifMatch, body: asked.body }));
    });
  }
  all.set('getStock', async (connection, { path, query }) => {
    const found = await stockOf(connection, path, query);
    return { status: 200, body: found, etag: etagOf(found) };
  });
  all.set('updateStock', async (connection, { path, query, header, body }) => {
    const ifMatch = header['if-match'] as string | undefined;
    if (ifMatch === undefined)
      throw new Problem(428, 'if_match_required', 'stock is changed by who has seen it: send If-Match');
    const key = header['idempotency-key'] as string;
    return changedAnswer(200, await changeStock(connection, { path, query, key, ifMatch, body }));
  });
  all.set('deleteWebhook', async (connection, { path }) => {
    const id = path['webhookId'] as number;
    if (!(await remove(connection, 'Webhook', id))) throw new Problem(404, 'webhook_not_found', `no webhook ${id}`);
    return { status: 204 };
  });
  all.set('getCommand', async (connection, { path }) => {
    const found = await appliedOf(connection, path['commandId'] as string);
    if (found === undefined) throw new Problem(404, 'command_not_found', 'no change carried this key');
    return { status: 200, body: found };
  });
  return all;
};

const problemOf = (error: unknown): Problem | undefined => {
  if (error instanceof Problem) return error;
  if (isDuplicateKey(error)) return new Problem(503, 'busy', 'the same change is under way', { cause: error });
  const meaning = meaningOf(error);
  if (meaning instanceof RetriableError) return new Problem(503, 'database_away', 'not possible at present');
  if (meaning instanceof PoisonError) return new Problem(422, meaning.code, meaning.message);
  return undefined;
};

/** @throws when the port is taken */
export const startAdnsf = async (options: AdnsfOptions): Promise<RunningAdnsf> => {
  const { database, keys } = options;
  const timeoutMs = options.timeoutMs ?? 10_000;
  const onFault = options.onFault ?? ((error: unknown) => void process.stderr.write(`adnsf: ${String(error)}\n`));
  const pool = openPool({
    size: CONNECTIONS,
    open: () =>
      openConnection({
        server: database.host,
        authentication: { type: 'default', options: { userName: database.user, password: database.password } },
        options: {
          port: database.port,
          database: database.name,
          encrypt: database.encrypt ?? false,
          trustServerCertificate: true,
          appName: 'storefront api',
          connectTimeout: timeoutMs,
          requestTimeout: timeoutMs,
          abortTransactionOnError: true,
          useUTC: true,
        },
      }),
  });
  const { json, operations } = openDocument();
  const known = handlers();
  const app = Fastify({ bodyLimit: MAX_BODY_BYTES, forceCloseConnections: true });

  const authorize = (request: FastifyRequest, operation: Operation): void => {
    if (operation.open) return;
    const [, key] = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
    const writes = key !== undefined && isOneOf(key, keys.write);
    const reads = key !== undefined && isOneOf(key, keys.read);
    if (!writes && !reads) throw new Problem(401, 'key_refused', 'send one of the API keys as a bearer token');
    if (!writes && operation.method !== 'get') throw new Problem(403, 'key_may_only_read', 'this key may only read');
  };

  const read = (request: FastifyRequest, operation: Operation): Asked => {
    const asked = {
      path: { ...(request.params as Json) },
      query: { ...(request.query as Json) },
      header: { ...request.headers },
      body: (request.body ?? {}) as Json,
    };
    for (const where of ['path', 'query', 'header'] as const) {
      const problem = operation.checkParameters[where](asked[where]);
      if (problem !== undefined) throw new Problem(400, 'bad_request', `${where}: ${problem}`);
    }
    const problem = operation.checkBody?.(asked.body);
    if (problem !== undefined) throw new Problem(400, 'bad_request', `body: ${problem}`);
    return asked;
  };

  const say = (reply: FastifyReply, operation: Operation | undefined, answer: Answer): FastifyReply => {
    const check = operation?.checkAnswer.get(answer.status);
    const problem = check?.(answer.body);
    if (problem !== undefined)
      throw new Error(`${operation!.id} would answer what its document does not say: ${problem}`);
    if (answer.etag !== undefined) void reply.header('etag', answer.etag);
    return reply.code(answer.status).send(answer.body);
  };

  const complain = (reply: FastifyReply, { status, code, message }: Problem): FastifyReply => {
    if (status === 503) void reply.header('retry-after', '1');
    return reply.code(status).send({ error: { code, message } });
  };

  for (const operation of operations) {
    const handler = known.get(operation.id);
    if (operation.id !== 'getDocument' && handler === undefined)
      throw new Error(`nobody does what the document promises: ${operation.id}`);
    app.route({
      method: operation.method.toUpperCase(),
      url: operation.path,
      handler: async (request, reply) => {
        if (handler === undefined) return reply.send(json);
        authorize(request, operation);
        const asked = read(request, operation);
        const outcome = await pool.use(async (connection): Promise<Answer | Problem> => {
          try {
            return await handler(connection, asked);
          } catch (error) {
            // The connection is as good as before: a refusal has rolled back what it began.
            if (error instanceof Problem) return error;
            throw error;
          }
        });
        return outcome instanceof Problem ? complain(reply, outcome) : say(reply, operation, outcome);
      },
    });
  }

  app.setNotFoundHandler((_request, reply) => complain(reply, new Problem(404, 'not_found', 'nothing here')));
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    if (error.statusCode !== undefined && error.statusCode < 500)
      return complain(reply, new Problem(error.statusCode, 'bad_request', error.message));
    const problem = problemOf(error);
    if (problem !== undefined) return complain(reply, problem);
    onFault(error);
    return complain(reply, new Problem(500, 'internal', 'unexpected; see the log'));
  });
  const closing = new AbortController();
  const telling = (async (): Promise<void> => {
    const common = { pool, signal: closing.signal, onFault };
    while (options.webhook !== undefined && !closing.signal.aborted) {
      try {
        await ensureWebhook(pool, options.webhook);
        break;
      } catch (error) {
        // The database is still on its way up.
        common.onFault(error);
        await sleep(1_000, undefined, { signal: closing.signal, ref: false }).catch(() => undefined);
      }
    }
    if (options.tellEveryMs !== undefined) await tellChanges({ ...common, everyMs: options.tellEveryMs });
  })();
  await app.listen({ host: options.host ?? '127.0.0.1', port: options.port ?? 0 });
  const { port } = app.server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      closing.abort();
      await app.close();
      await telling;
      await pool.close();
    },
  };
};
