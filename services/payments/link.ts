/**
 * Links to the payment of an order, such as `/pay/100007?expires=1780000000&signature=…`. Whoever holds one may pay the
 * order until it expires, and learns nothing of any other. The signature is an HMAC-SHA256 of what the link is for.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export type LinkRefusal = 'link_malformed' | 'link_wrong' | 'link_expired';

export type Link = Readonly<{
  orderId: string;
  expires: string | undefined;
  signature: string | undefined;
}>;

const DIGEST_BYTES = 32;

const digest = (secret: string, orderId: string, expires: string): Buffer =>
  createHmac('sha256', secret).update(`millrace payment link\n${orderId}\n${expires}`).digest();

/** Path and query of a link. `expires` is in epoch seconds. */
export const signedPath = (secret: string, orderId: string, expires: number): string =>
  `/pay/${orderId}?expires=${expires}&signature=${digest(secret, orderId, String(expires)).toString('base64url')}`;

/** The whole link. @param base where customers reach the payment endpoint, with or without a path */
export const signedUrl = (base: string, secret: string, orderId: string, expires: number): string =>
  new URL(`.${signedPath(secret, orderId, expires)}`, base.endsWith('/') ? base : `${base}/`).href;

/** Undefined when the link is genuine and fresh. Who does not know a secret learns nothing about the time. */
export const refuseLink = (
  { orderId, expires, signature }: Link,
  /** All that are valid at present, the one that signs first. `now` is in epoch seconds. */
  check: Readonly<{ secrets: readonly string[]; now: number }>,
): LinkRefusal | undefined => {
  if (!/^\d{1,10}$/.test(orderId) || expires === undefined || signature === undefined) return 'link_malformed';
  if (!/^\d{1,12}$/.test(expires) || !/^[\w-]{43}$/.test(signature)) return 'link_malformed';
  const given = Buffer.from(signature, 'base64url');
  if (given.length !== DIGEST_BYTES) return 'link_malformed';
  const genuine = check.secrets.reduce(
    (found, secret) => timingSafeEqual(digest(secret, orderId, expires), given) || found,
    false,
  );
  if (!genuine) return 'link_wrong';
  return Number(expires) <= check.now ? 'link_expired' : undefined;
};
