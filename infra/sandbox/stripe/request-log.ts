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

export const openRequestLog = ({ database }: Journal): RequestLog => {
  const add = database.prepare('insert into requests (body) values (?)');
  const prune = database.prepare('delete from requests where seq <= ?');
  const all = database.prepare('select body from requests order by seq');
  const redact = (text: string): string => text.replaceAll(secrets, '$1redacted');
  return {
    record: (request) => {
      const entry = { ...request, query: redact(request.query), body: redact(request.body) };
      const { lastInsertRowid } = add.run(JSON.stringify(entry));
      prune.run(Number(lastInsertRowid) - kept);
    },
    list: () => (all.all() as { body: string }[]).map(({ body }) => JSON.parse(body) as RecordedRequest),
  };
};
