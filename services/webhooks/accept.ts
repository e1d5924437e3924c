/** From a delivery's raw bytes to the event that is kept, or why it is not. */
import type { StripeEvent } from '../../schemas/generated/types.ts';
import { findCardData } from './domain/card-data.ts';
import { asEvent } from './domain/event.ts';
import { routingKey } from './domain/routing-key.ts';
import { refuseSignature } from './signature.ts';

export type Endpoint = Readonly<{
  secrets: readonly string[];
  toleranceSeconds: number;
  /** Which events belong here: live ones or test ones. */
  livemode: boolean;
}>;

export type Delivery = Readonly<{ signature: string | undefined; body: Buffer; now: number }>;

export type Acceptance =
  | Readonly<{ accepted: true; key: string; event: StripeEvent }>
  | Readonly<{ accepted: false; code: string; message: string }>;

const refuse = (code: string, message: string): Acceptance => ({ accepted: false, code, message });

export const explanations = {
  signature_missing: 'there is no signature header',
  signature_malformed: 'the signature header needs one t= and at least one v1= of 64 hex digits',
  signature_wrong: 'no v1 signature matches these bytes under any secret of this endpoint',
  signature_too_old: 'the signature is older than this endpoint allows',
  signature_in_future: 'the signature is from further in the future than this endpoint allows',
} as const;

/** The signature is checked before anything is parsed: what is not from Stripe is not looked at. */
export const accept = (endpoint: Endpoint, delivery: Delivery): Acceptance => {
  const refusal = refuseSignature({
    header: delivery.signature,
    body: delivery.body,
    secrets: endpoint.secrets,
    now: delivery.now,
    toleranceSeconds: endpoint.toleranceSeconds,
  });
  if (refusal !== undefined) return refuse(refusal, explanations[refusal]);

  let json: unknown;
  try {
    json = JSON.parse(delivery.body.toString('utf8'));
  } catch {
    return refuse('not_json', 'the body is not JSON');
  }
  return acceptEvent(json, delivery.body, endpoint.livemode);
};

/** An event that Stripe vouches for, and the bytes that are kept of it. */
export const acceptEvent = (json: unknown, body: Buffer, livemode: boolean): Acceptance => {
  const event = asEvent(json);
  if (!event) return refuse('not_an_event', 'the body is not an event with its data (object "event")');
  if (event.livemode !== livemode)
    return refuse(
      'livemode_mismatch',
      `this endpoint takes ${livemode ? 'live' : 'test'} events, and this is a ${event.livemode ? 'live' : 'test'} one`,
    );
  const field = findCardData(json);
  if (field !== undefined) return refuse('card_data', `the field "${field}" looks like card data; nothing was stored`);
  return {
    accepted: true,
    key: routingKey(event),
    event: {
      id: event.id,
      type: event.type,
      apiVersion: event.apiVersion,
      created: BigInt(event.created) * 1000n,
      account: event.account,
      livemode: event.livemode,
      body,
    },
  };
};
