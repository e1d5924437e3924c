import { createHmac } from 'node:crypto';

/** The `Stripe-Signature` header of a body: one v1 per secret, so that a secret can be rolled. `at` in seconds. */
export const signatureHeader = (body: string, secrets: readonly string[], at: number): string =>
  [
    `t=${at}`,
    ...secrets.map((secret) => `v1=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}`),
  ].join(',');
