/** The link to an order's payment page, for who is told to pay. It is made here: whoever reads a topic must not have it. */
import { signedUrl } from '../payments/link.ts';

const SECONDS_OF_A_DAY = 86_400;

/** @param occurredAt epoch milliseconds: repetitions make the same link */
export type PaymentLinks = (orderId: string, occurredAt: bigint) => string;

export const paymentLinks =
  ({ base, secret, days }: Readonly<{ base: string; secret: string; days: number }>): PaymentLinks =>
  (orderId, occurredAt) =>
    signedUrl(base, secret, orderId, Number(occurredAt / 1_000n) + days * SECONDS_OF_A_DAY);
