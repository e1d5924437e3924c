import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { FaultKind } from './faults.ts';
import type { Journal } from './journal.ts';

/** One request as it came, and what became of it. */
export interface RecordedRequest {
  id: string;
  /** Milliseconds since the epoch, by the simulator's clock. */
  at: number;
  method: string;
  path: string;
  query: string;
  /** The form-encoded body, with client secrets left out. */
  body: string;
  version: string;
  idempotencyKey: string | null;
  key: 'secret' | 'publishable' | 'none';
  /** Of the answer; 0 when the connection was cut instead. */
  status: number;
  /** Whether it did something, was answered from memory, was refused, or failed on purpose. */
  outcome: 'executed' | 'replayed' | 'refused' | FaultKind;
}

/** The latest requests. They survive restarts. */
export interface RequestLog {
  record(request: RecordedRequest): void;
  /** Oldest first. */
  list(): RecordedRequest[];
}

const kept = 10_000;
const secrets = /(client_secret=)[^&]*/g;

/** What two requests have in common that differ only in whom and how much they are about. */
export const shapeOf = ({ method, path, query, body, version }: RecordedRequest): string => {
  const shapeOfText = (text: string): string =>
    decodeURIComponent(text.replaceAll('+', ' ')).replaceAll(/\w*\d\w*/g, '#');
  const fields = body.split('&').map((pair) => shapeOfText(pair.split('=')[0]!));
  return [method, shapeOfText(path), shapeOfText(query), version, ...new Set(fields)].join(' ');
};

/**
 * Keeps what was taken in a file of this process under `directory`, one request of each shape: a test run then asks
 * Stripe's own schema about all of them.
 */
const keeperOf = (directory: string): ((request: RecordedRequest) => void) => {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, `${process.pid}.jsonl`);
  const seen = new Set<string>();
  return (request) => {
    // What Stripe.js asks with a publishable key is no part of the published schema.
    if (request.outcome !== 'executed' || request.key !== 'secret') return;
    const shape = shapeOf(request);
    if (seen.has(shape)) return;
    seen.add(shape);
    appendFileSync(file, `${JSON.stringify(request)}\n`);
  };
};

/** @param directory where requests are kept for the schema check; STRIPE_REQUESTS_DIR by default, and nowhere without it */
export const openRequestLog = (
  { database }: Journal,
  directory: string | undefined = process.env['STRIPE_REQUESTS_DIR'],
): RequestLog => {
  const keep = directory === undefined ? () => undefined : keeperOf(directory);
  const add = database.prepare('insert into requests (body) values (?)');
  const prune = database.prepare('delete from requests where seq <= ?');
  const all = database.prepare('select body from requests order by seq');
  const redact = (text: string): string => text.replaceAll(secrets, '$1redacted');
  return {
    record: (request) => {
      const entry = { ...request, query: redact(request.query), body: redact(request.body) };
      keep(entry);
      const { lastInsertRowid } = add.run(JSON.stringify(entry));
      prune.run(Number(lastInsertRowid) - kept);
    },
    list: () => (all.all() as { body: string }[]).map(({ body }) => JSON.parse(body) as RecordedRequest),
  };
};
