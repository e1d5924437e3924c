/** Hands messages to a service of the shop's own (a marketing tool, a text message gateway) as signed JSON. */
import { createHmac } from 'node:crypto';
import { PoisonError, RetriableError } from '../runtime/errors.ts';
import type { Envelope, Sender, SenderOptions } from './sender.ts';

/** `Idempotency-Key` is the command's id, and `Millrace-Signature` the hex HMAC-SHA256 of the body. */
export const httpSender = ({ url, secret, timeoutMs }: SenderOptions): Sender => ({
  async send(envelope: Envelope) {
    const body = JSON.stringify(envelope);
    let response: Response;
    try {
      response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'idempotency-key': envelope.id,
          ...(secret !== undefined && {
            'millrace-signature': createHmac('sha256', secret).update(body).digest('hex'),
          }),
        },
        body,
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      });
      await response.arrayBuffer();
    } catch (error) {
      throw new RetriableError(`notifications: ${(error as Error).message}`, { cause: error });
    }
    const { status } = response;
    if (response.ok) return response.headers.get('x-request-id') ?? envelope.id;
    // Who we are and how busy it is says nothing about the message.
    if (status >= 500 || [401, 403, 408, 409, 425, 429].includes(status))
      throw new RetriableError(`notifications: ${url.origin} answered ${status}`);
    throw new PoisonError('undeliverable', `notifications: ${url.origin} answered ${status}`);
  },
  close: () => undefined,
});
