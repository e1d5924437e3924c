import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Journal } from '../../infra/sandbox/stripe/journal.ts';
import { openRequestLog, type RecordedRequest, shapeOf } from '../../infra/sandbox/stripe/request-log.ts';

const request = (more: Partial<RecordedRequest> = {}): RecordedRequest => ({
  id: 'req_1',
  at: 0,
  method: 'POST',
  path: '/v1/payment_intents/pi_1abc/capture',
  query: '',
  body: 'amount_to_capture=500&metadata%5Border_id%5D=7',
  version: '2026-08-26.dahlia',
  idempotencyKey: null,
  key: 'secret',
  status: 200,
  outcome: 'executed',
  ...more,
});

const journal = {
  database: { prepare: () => ({ run: () => ({ lastInsertRowid: 1 }), all: () => [] }) },
} as unknown as Journal;

describe('requests kept for the schema check', () => {
  it('are told apart by what they ask for, not about whom', () => {
    const shape = shapeOf(request());
    expect(
      shapeOf(
        request({ path: '/v1/payment_intents/pi_2xyz/capture', body: 'amount_to_capture=9&metadata%5Border_id%5D=8' }),
      ),
    ).toBe(shape);
    expect(shapeOf(request({ body: 'amount_to_capture=500' }))).not.toBe(shape);
    expect(shapeOf(request({ path: '/v1/payment_intents/pi_1abc/cancel' }))).not.toBe(shape);
  });

  it('are one of each shape that was taken from somebody with a secret key', () => {
    const directory = mkdtempSync(join(tmpdir(), 'stripe-requests-'));
    try {
      const log = openRequestLog(journal, directory);
      for (const each of [
        request(),
        request({ id: 'req_2', path: '/v1/payment_intents/pi_2xyz/capture' }),
        request({ id: 'req_3', path: '/v1/refunds', outcome: 'refused' }),
        request({ id: 'req_4', path: '/v1/customers', key: 'publishable' }),
        request({ id: 'req_5', path: '/v1/customers' }),
      ])
        log.record(each);
      const kept = readdirSync(directory).flatMap((name) =>
        readFileSync(join(directory, name), 'utf8').trim().split('\n'),
      );
      expect(kept.map((line) => (JSON.parse(line) as RecordedRequest).id)).toEqual(['req_1', 'req_5']);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
