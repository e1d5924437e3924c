import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { authenticate } from './authentication.ts';
import { ApiError, internalError, invalidParameter, rateLimited } from './errors.ts';
import { expanded } from './expand.ts';
import { afterExecution, beforeExecution, inExecution } from './faults.ts';
import type { Fault, Faults } from './faults.ts';
import { decodeForm } from './form.ts';
import type { Params } from './form.ts';
import { fingerprintOf } from './idempotency.ts';
import type { Idempotency, SavedAnswer } from './idempotency.ts';
import { apiVersion } from './objects.ts';
import { reading } from './params.ts';
import type { RecordedRequest, RequestLog } from './request-log.ts';
import type { Route } from './routes.ts';
import { routes } from './routes.ts';
import { Answer } from './world.ts';
import type { World } from './world.ts';

/** What the API is served from. */
export interface ApiParts {
  world: World;
  idempotency: Idempotency;
  faults: Faults;
  log: RequestLog;
  newRequestId: () => string;
  /** After a commit: events may be due. */
  committed: () => void;
  /** Aborted when the server closes, so that held connections do not keep it open. */
  closing: AbortSignal;
}

interface Result {
  status: number;
  body: string;
  headers?: Record<string, string>;
}

const logUrl = (requestId: string): string => `https://dashboard.stripe.com/test/logs/${requestId}`;

const errorResult = (error: ApiError, requestId: string): Result => ({
  status: error.status,
  body: JSON.stringify({ error: { ...error.body, request_log_url: logUrl(requestId) } }, null, 2),
  headers: error.status === 409 ? { 'stripe-should-retry': 'true' } : {},
});

/** One request on its way through. */
interface Passage {
  route: Route;
  method: string;
  path: string;
  params: Params;
  ids: Record<string, string>;
  requestId: string;
  idempotencyKey: string | null;
  publishable: boolean;
}

/** Runs the operation in a savepoint of its own, so that an error undoes it but can still be saved. */
const perform = (parts: ApiParts, passage: Passage): { result: Result; saved: boolean } => {
  const { world } = parts;
  const { params, requestId, idempotencyKey } = passage;
  try {
    const answer = world.journal.transaction(() => {
      world.cause = { id: requestId, idempotencyKey };
      const read = reading(params);
      read.ignore('key', '_stripe_account', '_stripe_version');
      const paths = read.texts('expand') ?? [];
      const done = passage.route.operation({
        world,
        params,
        read,
        path: passage.ids,
        publishable: passage.publishable,
      });
      return done instanceof Answer ? done : new Answer(200, expanded(world, done, paths));
    });
    return { result: { status: answer.status, body: JSON.stringify(answer.body, null, 2) }, saved: true };
  } catch (error) {
    if (error instanceof ApiError) return { result: errorResult(error, requestId), saved: error.stage === 'execution' };
    throw error;
  } finally {
    world.cause = { id: null, idempotencyKey: null };
  }
};

/** Executes and commits, together with the saved answer of the idempotency key. */
const execute = (parts: ApiParts, passage: Passage, fault: Fault | undefined): Result => {
  const { idempotencyKey, requestId, method, path, params } = passage;
  return parts.world.journal.transaction(() => {
    const failing = fault?.kind === 'error_saved' || fault?.kind === 'error_after_commit';
    const { result, saved } =
      fault?.kind === 'error_saved' ? { result: undefined, saved: true } : perform(parts, passage);
    const answer =
      failing || result === undefined
        ? {
            ...errorResult(internalError('An unknown error occurred.'), requestId),
            headers: { 'stripe-should-retry': 'false' },
          }
        : result;
    if (saved && idempotencyKey !== null)
      parts.idempotency.save(idempotencyKey, fingerprintOf(method, path, params), { ...answer, request: requestId });
    return answer;
  });
};

const replay = (saved: SavedAnswer): Result => ({
  status: saved.status,
  body: saved.body,
  headers: {
    'idempotent-replayed': 'true',
    'original-request': saved.request,
    ...(saved.status >= 500 && { 'stripe-should-retry': 'false' }),
  },
});

const decodeParams = (request: FastifyRequest): Params => {
  const query = request.url.split('?')[1] ?? '';
  const body = typeof request.body === 'string' ? request.body : '';
  if (body !== '' && !(request.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded'))
    throw invalidParameter('Send parameters as application/x-www-form-urlencoded.');
  try {
    return decodeForm(query === '' || body === '' ? query + body : `${query}&${body}`);
  } catch (error) {
    throw invalidParameter(`The parameters cannot be decoded: ${String(error)}`);
  }
};

const headerOf = (request: FastifyRequest, name: string): string | undefined => {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
};

const keyOf = (request: FastifyRequest): string | null => {
  const key = headerOf(request, 'idempotency-key');
  if (request.method !== 'POST' || key === undefined || key === '') return null;
  if (key.length > 255) throw invalidParameter('Idempotency keys can have up to 255 characters.', 'idempotency_key');
  return key;
};

/** Cuts the connection, at once or after holding it. */
const cut = async (reply: FastifyReply, fault: Fault, closing: AbortSignal): Promise<void> => {
  const { socket } = reply.raw;
  reply.hijack();
  if (fault.kind.startsWith('reset')) {
    socket?.resetAndDestroy();
    return;
  }
  await sleep(fault.holdMs, undefined, { signal: closing, ref: false }).catch(() => undefined);
  socket?.destroy();
};

const isCut = (fault: Fault): boolean => fault.kind.startsWith('reset') || fault.kind.startsWith('timeout');

const allowBrowsers = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, POST, DELETE, OPTIONS',
  'access-control-allow-headers': 'authorization, content-type, idempotency-key, stripe-version, stripe-account',
  'access-control-expose-headers': 'request-id, idempotent-replayed, original-request',
};

/** Serves `/v1`. */
export const serveApi = (app: FastifyInstance, parts: ApiParts): void => {
  const { world, idempotency, faults, log, closing } = parts;

  const send = async (reply: FastifyReply, requestId: string, version: string, result: Result): Promise<void> => {
    await reply
      .code(result.status)
      .headers({
        'content-type': 'application/json',
        'request-id': requestId,
        'stripe-version': version,
        ...allowBrowsers,
        ...result.headers,
      })
      .send(result.body);
  };

  const handler =
    (route: Route) =>
    async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
      const requestId = parts.newRequestId();
      const path = request.url.split('?')[0] ?? '';
      const version = headerOf(request, 'stripe-version') ?? apiVersion;
      const record: RecordedRequest = {
        id: requestId,
        at: world.clock.now(),
        method: request.method,
        path,
        query: request.url.split('?')[1] ?? '',
        body: typeof request.body === 'string' ? request.body : '',
        version,
        idempotencyKey: headerOf(request, 'idempotency-key') ?? null,
        key: 'none',
        status: 0,
        outcome: 'refused',
      };
      const finish = async (result: Result, outcome: RecordedRequest['outcome']): Promise<void> => {
        log.record({ ...record, status: result.status, outcome });
        await send(reply, requestId, version, result);
      };
      let claimed: string | null = null;
      try {
        const params = decodeParams(request);
        record.key = authenticate(
          world.settings,
          headerOf(request, 'authorization'),
          params,
          route.publishable === true,
        );
        const early = faults.take(beforeExecution, request.method, path);
        if (early !== undefined) {
          if (isCut(early)) {
            log.record({ ...record, outcome: early.kind });
            await cut(reply, early, closing);
          } else if (early.kind === 'rate_limit') {
            const result = errorResult(rateLimited(), requestId);
            await finish({ ...result, headers: { 'retry-after': String(early.retryAfterSeconds) } }, early.kind);
          } else {
            await finish(errorResult(internalError('An unknown error occurred.'), requestId), early.kind);
          }
          return;
        }

        const idempotencyKey = keyOf(request);
        const passage: Passage = {
          route,
          method: request.method,
          path,
          params,
          ids: request.params as Record<string, string>,
          requestId,
          idempotencyKey,
          publishable: record.key === 'publishable',
        };
        const saved =
          idempotencyKey === null
            ? undefined
            : idempotency.begin(idempotencyKey, fingerprintOf(request.method, path, params));
        let result: Result;
        let outcome: RecordedRequest['outcome'] = 'replayed';
        if (saved === undefined) {
          claimed = idempotencyKey;
          const fault = faults.take(inExecution, request.method, path);
          if (fault?.kind === 'slow') await sleep(fault.holdMs, undefined, { signal: closing, ref: false });
          result = execute(parts, passage, fault);
          outcome = fault?.kind ?? (result.status < 400 || result.status === 402 ? 'executed' : 'refused');
          parts.committed();
        } else {
          result = replay(saved);
        }
        const late = faults.take(afterExecution, request.method, path);
        if (late === undefined) {
          await finish(result, outcome);
        } else {
          log.record({ ...record, outcome: late.kind });
          if (claimed !== null) idempotency.end(claimed);
          claimed = null;
          await cut(reply, late, closing);
        }
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        await finish(errorResult(error, requestId), 'refused');
      } finally {
        if (claimed !== null) idempotency.end(claimed);
      }
    };

  for (const route of routes) app.route({ method: route.method, url: route.url, handler: handler(route) });
  app.options('/v1/*', async (_request, reply) => {
    await reply.code(204).headers(allowBrowsers).send();
  });
};
