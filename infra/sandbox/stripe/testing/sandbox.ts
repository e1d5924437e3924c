import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import Stripe from 'stripe';
import { vi } from 'vitest';
import type { EventObject } from '../objects.ts';
import { apiVersion } from '../objects.ts';
import type { StripeOptions } from '../options.ts';
import type { RecordedRequest } from '../request-log.ts';
import { startStripe } from '../server.ts';
import type { RunningStripe } from '../server.ts';
import type { DeliveryCounts } from '../webhooks.ts';

export const secretKey = 'sk_test_under_test';
export const publishableKey = 'pk_test_under_test';

/** The unmodified SDK, pointed at a simulator. Retries nothing unless told to. */
export const sdk = (port: number, config: ConstructorParameters<typeof Stripe>[1] = {}): Stripe =>
  new Stripe(secretKey, {
    apiVersion,
    host: '127.0.0.1',
    port,
    protocol: 'http',
    maxNetworkRetries: 0,
    telemetry: false,
    ...config,
  });

export interface State {
  now: number;
  objects: Record<string, number>;
  webhooks: DeliveryCounts;
  jobs: number;
  dueSoon: number;
  faults: number;
}

/** A simulator with an SDK and its hooks. Ends with `await using`. */
export interface Sandbox extends AsyncDisposable {
  stripe: Stripe;
  running: RunningStripe;
  hook<T = Record<string, unknown>>(path: string, body?: object, method?: 'GET' | 'POST' | 'DELETE'): Promise<T>;
  state(): Promise<State>;
  requests(): Promise<RecordedRequest[]>;
  /** Waits until nothing is scheduled within the next minute and everything has been delivered. */
  settled(): Promise<void>;
}

/** Starts a simulator that settles at once, unless told otherwise. */
export const sandbox = async (options: StripeOptions = {}): Promise<Sandbox> => {
  const running = await startStripe({ secretKey, publishableKey, settleMs: 5, retryMs: [5, 10, 20], ...options });
  const hook: Sandbox['hook'] = async <T>(path: string, body?: object, method?: 'GET' | 'POST' | 'DELETE') => {
    const response = await fetch(`${running.url}/_sandbox${path}`, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const answer = (await response.json()) as T & { error?: string };
    if (!response.ok) throw new Error(answer.error ?? `hook ${path} answered ${response.status}`);
    return answer;
  };
  const requests: Sandbox['requests'] = async () => (await hook<{ requests: RecordedRequest[] }>('/requests')).requests;
  return {
    stripe: sdk(running.port),
    running,
    hook,
    requests,
    state: () => hook<State>('/state'),
    settled: async () => {
      await vi.waitFor(
        async () => {
          const { webhooks, dueSoon } = await hook<State>('/state');
          if (webhooks.pending + dueSoon > 0) throw new Error(`${webhooks.pending} deliveries, ${dueSoon} jobs left`);
        },
        { timeout: 5_000, interval: 5 },
      );
    },
    [Symbol.asyncDispose]: async () => {
      await running.close();
    },
  };
};

/** What an endpoint received. */
export interface Received {
  event: EventObject;
  body: string;
  signature: string;
  headers: IncomingHttpHeaders;
}

/** A webhook endpoint that keeps what it gets and answers what it is told. */
export interface Endpoint extends AsyncDisposable {
  url: string;
  received: Received[];
  /** Status for the n-th request, from 1. 0 never answers. */
  answer: (n: number, event: EventObject) => number;
  types(): string[];
}

export const endpoint = async (): Promise<Endpoint> => {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const event = JSON.parse(body) as EventObject;
      received.push({ event, body, signature: String(request.headers['stripe-signature']), headers: request.headers });
      const status = made.answer(received.length, event);
      if (status !== 0) response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const made: Endpoint = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks`,
    received,
    answer: () => 200,
    types: () => received.map(({ event }) => event.type),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return made;
};

/** What a rejected SDK call was rejected with. */
export const failure = async (call: Promise<unknown>): Promise<Stripe.errors.StripeError> => {
  try {
    await call;
  } catch (error) {
    if (error instanceof Stripe.errors.StripeError) return error;
    throw error;
  }
  throw new Error('the call should have failed');
};
