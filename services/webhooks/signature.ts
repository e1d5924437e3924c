/**
 * Stripe's signature scheme: `Stripe-Signature: t=<seconds>,v1=<hex>[,v1=<hex>…]`, each v1 an HMAC-SHA256 of
 * `<t>.<raw body>` under one of the endpoint's secrets. Other schemes (v0) prove nothing and are ignored.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export type SignatureRefusal =
  'signature_missing' | 'signature_malformed' | 'signature_wrong' | 'signature_too_old' | 'signature_in_future';

export type SignatureCheck = Readonly<{
  header: string | undefined;
  /** The bytes as they came in: any other form of the same JSON has another signature. */
  body: Buffer;
  /** All that are valid at present; while one is being rolled there are two. */
  secrets: readonly string[];
  /** Epoch seconds. */
  now: number;
  /** How far the timestamp may lie from `now`, either way. */
  toleranceSeconds: number;
}>;

const DIGEST_BYTES = 32;

const parseHeader = (header: string): { timestamp: string; signatures: readonly Buffer[] } | undefined => {
  let timestamp: string | undefined;
  const signatures: Buffer[] = [];
  for (const part of header.split(',')) {
    const [scheme, value = ''] = part.trim().split('=', 2);
    if (scheme === 't') {
      if (timestamp !== undefined) return undefined;
      timestamp = value;
    } else if (scheme === 'v1' && /^[0-9a-f]{64}$/i.test(value)) signatures.push(Buffer.from(value, 'hex'));
  }
  if (timestamp === undefined || !/^\d{1,12}$/.test(timestamp) || signatures.length === 0) return undefined;
  return { timestamp, signatures };
};

/** Undefined when the body is genuine and fresh. Who does not know a secret learns nothing about the time window. */
export const refuseSignature = (check: SignatureCheck): SignatureRefusal | undefined => {
  if (check.header === undefined || check.header === '') return 'signature_missing';
  const parsed = parseHeader(check.header);
  if (!parsed) return 'signature_malformed';
  const expected = check.secrets.map((secret) =>
    createHmac('sha256', secret).update(`${parsed.timestamp}.`).update(check.body).digest(),
  );
  const genuine = expected.some((digest) =>
    parsed.signatures.some((given) => given.length === DIGEST_BYTES && timingSafeEqual(digest, given)),
  );
  if (!genuine) return 'signature_wrong';
  const age = check.now - Number(parsed.timestamp);
  if (age > check.toleranceSeconds) return 'signature_too_old';
  if (age < -check.toleranceSeconds) return 'signature_in_future';
  return undefined;
};
