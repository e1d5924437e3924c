/** `millrace payment-link <order>`: a link that pays this order, for whoever is sent it. */
import { signedUrl } from '../payments/link.ts';
import type { CliConfig } from './environment.ts';

const SECONDS_OF_AN_HOUR = 3_600;

/**
 * Signed with the first of the secrets. `now` is in epoch milliseconds.
 * @throws Error naming what is not configured, or when that is no order number
 */
export const paymentLink = (
  config: Pick<CliConfig, 'MILLRACE_PAYMENTS_URL' | 'MILLRACE_PAYMENT_LINK_SECRETS'>,
  orderId: string,
  { hours, now }: Readonly<{ hours: number; now: number }>,
): string => {
  const { MILLRACE_PAYMENTS_URL: base, MILLRACE_PAYMENT_LINK_SECRETS: secrets } = config;
  const secret = secrets?.[0];
  if (base === undefined)
    throw new Error('MILLRACE_PAYMENTS_URL is not set: where customers reach the payment endpoint');
  if (secret === undefined) throw new Error('MILLRACE_PAYMENT_LINK_SECRETS is not set');
  if (!/^\d{1,10}$/.test(orderId)) throw new Error(`'${orderId}' is no order number`);
  const expires = Math.floor(now / 1_000 + hours * SECONDS_OF_AN_HOUR);
  return signedUrl(base, secret, orderId, expires);
};
