import type { Journal } from './journal.ts';
import type { Settings } from './options.ts';
import { signatureHeader } from './signature.ts';
import type { World } from './world.ts';

/** How events are delivered. All of it can be changed while running. */
export interface WebhookConfiguration {
  /** The configured endpoint, next to those registered through the API. */
  endpoint: { url: string; secrets: readonly string[] } | null;
  duplicates: number;
  twins: number;
  reorderMs: number;
  retryMs: readonly number[];
  paused: boolean;
}

export interface DeliveryCounts {
  pending: number;
  delivered: number;
  failed: number;
  /** Attempts that did not end in 2xx. */
  refusals: number;
}

/** Delivers events at least once, in no particular order. What is not delivered yet survives restarts. */
export interface Webhooks {
  configuration(): WebhookConfiguration;
  configure(change: Partial<WebhookConfiguration>): void;
  /** Ids of the endpoints that want this type of event. */
  endpointsFor(type: string): string[];
  /** Queues an event, and sometimes a second copy. Call it in the transaction that makes the event. */
  enqueue(event: string, endpoint: string): void;
  /** Sends what is due. */
  wake: () => void;
  counts(): DeliveryCounts;
  /** Resolves when nothing is being sent any more. */
  stop(): Promise<void>;
}

const configuredEndpoint = 'we_configured';
const setting = 'webhooks';
const concurrency = 8;
/** After this many attempts Stripe would have given up for days; so do we. */
const patience = 1_000;

interface Delivery {
  seq: number;
  event: string;
  endpoint: string;
  copy: number;
  attempts: number;
  due: number;
}

export const openWebhooks = (
  journal: Journal,
  settings: Settings,
  chance: World['chance'],
  secretOf: (endpoint: string) => string,
): Webhooks => {
  const { database } = journal;
  const add = database.prepare('insert into deliveries (event, endpoint, copy, due) values (?, ?, ?, ?)');
  const upcoming = database.prepare(
    "select seq, event, endpoint, copy, attempts, due from deliveries where state = 'pending' order by due, seq limit ?",
  );
  const settle = database.prepare(
    'update deliveries set state = ?, attempts = attempts + 1, status = ?, due = ? where seq = ?',
  );
  const tally = database.prepare(
    'select state, count(*) as n, sum(attempts) as attempts from deliveries group by state',
  );

  const stored = journal.setting(setting);
  let configuration: WebhookConfiguration = {
    endpoint: settings.webhook ?? null,
    duplicates: settings.duplicates,
    twins: settings.twins,
    reorderMs: settings.reorderMs,
    retryMs: settings.retryMs,
    paused: false,
    ...(stored === undefined ? {} : (JSON.parse(stored) as Partial<WebhookConfiguration>)),
  };
  const inFlight = new Map<number, Promise<void>>();
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;

  const targetOf = (endpoint: string): { url: string; secrets: readonly string[] } | undefined => {
    if (endpoint === configuredEndpoint) return configuration.endpoint ?? undefined;
    const registered = journal.get('webhook_endpoint', endpoint);
    return registered && { url: registered.url, secrets: [secretOf(endpoint)] };
  };

  /** @returns the HTTP status, or 0 when there was no answer. */
  const send = async (delivery: Delivery, target: { url: string; secrets: readonly string[] }): Promise<number> => {
    const event = journal.get('event', delivery.event);
    if (event === undefined) throw new Error(`no event ${delivery.event} to deliver`);
    const body = JSON.stringify(event, null, 2);
    try {
      const response = await fetch(target.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
          'stripe-signature': signatureHeader(body, target.secrets, Math.floor(Date.now() / 1000)),
        },
        body,
        redirect: 'manual',
        signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(settings.deliveryTimeoutMs)]),
      });
      await response.arrayBuffer();
      return response.status;
    } catch {
      return 0; // No connection, no answer in time, or a connection cut in the middle: all are retried.
    }
  };

  const deliver = async (delivery: Delivery): Promise<void> => {
    const target = targetOf(delivery.endpoint);
    const status = target === undefined ? undefined : await send(delivery, target);
    if (stopping.signal.aborted && status === 0) return;
    const attempts = delivery.attempts + 1;
    const pause = configuration.retryMs[Math.min(attempts, configuration.retryMs.length) - 1] ?? 1_000;
    const delivered = status !== undefined && status >= 200 && status < 300;
    const state = delivered ? 'delivered' : status === undefined || attempts >= patience ? 'failed' : 'pending';
    settle.run(state, status ?? null, Date.now() + pause, delivery.seq);
  };

  const wake = (): void => {
    clearTimeout(timer);
    if (configuration.paused || stopping.signal.aborted) return;
    const rows = upcoming.all(concurrency + inFlight.size) as Delivery[];
    for (const row of rows) {
      if (inFlight.has(row.seq)) continue;
      if (inFlight.size >= concurrency) return; // The end of a delivery wakes us again.
      const wait = row.due - Date.now();
      if (wait > 0) {
        timer = setTimeout(wake, Math.min(wait, 60_000));
        return;
      }
      inFlight.set(
        row.seq,
        deliver(row).finally(() => {
          inFlight.delete(row.seq);
          if (!stopping.signal.aborted) wake();
        }),
      );
    }
  };

  return {
    configuration: () => configuration,
    configure: (change) => {
      const kept = JSON.parse(journal.setting(setting) ?? '{}') as Partial<WebhookConfiguration>;
      journal.set(setting, JSON.stringify({ ...kept, ...change }));
      configuration = { ...configuration, ...change };
      wake();
    },
    endpointsFor: (type) => [
      ...(configuration.endpoint === null ? [] : [configuredEndpoint]),
      ...journal
        .all('webhook_endpoint', {})
        .filter(
          ({ status, enabled_events: wanted }) =>
            status === 'enabled' && (wanted.includes('*') || wanted.includes(type)),
        )
        .map(({ id }) => id),
    ],
    enqueue: (event, endpoint) => {
      const { duplicates, reorderMs } = configuration;
      const copies = chance('duplicate', event, endpoint) < duplicates ? 2 : 1;
      for (let copy = 0; copy < copies; copy++)
        add.run(event, endpoint, copy, Date.now() + Math.floor(reorderMs * chance('order', event, endpoint, copy)));
    },
    wake,
    counts: () => {
      const rows = tally.all() as { state: 'pending' | 'delivered' | 'failed'; n: number; attempts: number }[];
      const of = (state: string): number => rows.find((row) => row.state === state)?.n ?? 0;
      const attempts = rows.reduce((sum, row) => sum + row.attempts, 0);
      return {
        pending: of('pending'),
        delivered: of('delivered'),
        failed: of('failed'),
        refusals: attempts - of('delivered'),
      };
    },
    stop: async () => {
      clearTimeout(timer);
      stopping.abort();
      await Promise.all(inFlight.values());
    },
  };
};
