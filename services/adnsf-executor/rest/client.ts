/** Requests to the shop's API, with its key. */
import { z } from 'zod';
import { PoisonError, RetriableError } from '../../runtime/errors.ts';
import { meaningOf } from './failure.ts';

export type ClientOptions = Readonly<{
  /** Where `api/v1/` begins, such as `https://shop.example.com/`. */
  base: URL;
  apiKey: string;
  /** How long one request may take, to the end of its answer. */
  timeoutMs: number;
}>;

export type Answer<T> = Readonly<{ body: T; etag: string | null }>;

export interface Client {
  /** Undefined when the API says, in this very word, that there is none. */
  get<T>(path: string, type: z.ZodType<T>, absence: string): Promise<Answer<T> | undefined>;
  patch<T>(
    path: string,
    type: z.ZodType<T>,
    change: Readonly<{ key: string; etag: string; body: object }>,
  ): Promise<Answer<T>>;
}

const problemBody = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

/** Errors are those of the engine. */
export const openClient = ({ base, apiKey, timeoutMs }: ClientOptions): Client => {
  const root = new URL(base.pathname.endsWith('/') ? base : `${base.href}/`);

  const send = async (method: string, path: string, headers: Record<string, string>, body?: string) => {
    const request = `${method} ${path}`;
    let answer: Response;
    let text: string;
    try {
      answer = await fetch(new URL(path, root), {
        method,
        headers: { authorization: `Bearer ${apiKey}`, accept: 'application/json', ...headers },
        signal: AbortSignal.timeout(timeoutMs),
        // The key is for this address and no other.
        redirect: 'error',
        ...(body !== undefined && { body }),
      });
      text = await answer.text();
    } catch (error) {
      const reason = (error as Error).cause instanceof Error ? (error as { cause: Error }).cause : (error as Error);
      throw new RetriableError(`the shop's API: ${request}: no answer: ${reason.message}`, { cause: error });
    }
    return { request, status: answer.status, headers: answer.headers, json: parsed(text) };
  };
  type Sent = Awaited<ReturnType<typeof send>>;

  const problemOf = ({ json }: Sent) => problemBody.safeParse(json).data?.error;
  const refuse = (sent: Sent): never => {
    const { request, status, headers } = sent;
    throw meaningOf({ request, status, problem: problemOf(sent), retryAfter: headers.get('retry-after') });
  };
  const accept = <T>(sent: Sent, type: z.ZodType<T>): Answer<T> => {
    if (sent.status !== 200) return refuse(sent);
    if (sent.json === undefined) throw new RetriableError(`the shop's API: ${sent.request}: the answer is not JSON`);
    const body = type.safeParse(sent.json);
    if (!body.success)
      throw new PoisonError('rest_unexpected', `the shop's API: ${sent.request}: ${z.prettifyError(body.error)}`);
    return { body: body.data, etag: sent.headers.get('etag') };
  };

  return {
    get: async (path, type, absence) => {
      const sent = await send('GET', path, {});
      // A 404 of anybody else means that we are at the wrong door, not that there is nothing behind it.
      return sent.status === 404 && problemOf(sent)?.code === absence ? undefined : accept(sent, type);
    },
    patch: async (path, type, { key, etag, body }) => {
      const headers = { 'content-type': 'application/json', 'idempotency-key': key, 'if-match': etag };
      return accept(await send('PATCH', path, headers, JSON.stringify(body)), type);
    },
  };
};
