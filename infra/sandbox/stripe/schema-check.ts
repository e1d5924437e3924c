import type { RecordedRequest } from './request-log.ts';

/** A request that Stripe's schema refuses. */
export interface Refusal {
  request: RecordedRequest;
  status: number;
  message: string;
}

/** Sends recorded requests to stripe-mock again, and returns those that it refuses. Client secrets may be redacted. */
export const refusedBySchema = async (stripeMock: string, requests: readonly RecordedRequest[]): Promise<Refusal[]> => {
  const refusals: Refusal[] = [];
  for (const request of requests) {
    const { method, path, query, body, version } = request;
    const response = await fetch(`${stripeMock}${path}${query === '' ? '' : `?${query}`}`, {
      method,
      headers: {
        authorization: 'Bearer sk_test_123',
        'stripe-version': version,
        ...(method === 'POST' && { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      ...(method === 'POST' && { body }),
    });
    const text = await response.text();
    if (response.status >= 400) refusals.push({ request, status: response.status, message: text });
  }
  return refusals;
};
