/** From the raw bytes of a delivery of the shop's own webhooks to the event that is kept, or why it is not. */
import { z } from 'zod';
import type { AdnsfWebhook } from '../../schemas/generated/types.ts';
import { type Delivery, explanations } from './accept.ts';
import { findCardData } from './domain/card-data.ts';
import { refuseSignature } from './signature.ts';

export type ShopEndpoint = Readonly<{
  /** All that are valid at present; while one is being rolled there are two. */
  secrets: readonly string[];
  toleranceSeconds: number;
}>;

export type ShopAcceptance =
  | Readonly<{ accepted: true; key: string; event: AdnsfWebhook }>
  | Readonly<{ accepted: false; code: string; message: string }>;

const number = z.number().int().min(1).max(2_147_483_647);
const eventBody = z.object({
  id: z.string().min(1).max(200),
  // Types that are not known yet are kept: whoever reads the topic decides.
  type: z
    .string()
    .max(60)
    .regex(/^[a-z_]+\.[a-z_]+$/),
  createdAt: z.iso.datetime({ offset: true }),
  data: z
    .object({ orderNumber: number.optional(), customerId: number.optional() })
    .refine(
      ({ orderNumber, customerId }) => orderNumber !== undefined || customerId !== undefined,
      'names neither an order nor a customer',
    ),
});

const refuse = (code: string, message: string): ShopAcceptance => ({ accepted: false, code, message });

/** The signature is Stripe's scheme, checked before anything is parsed: what is not from the shop is not looked at. */
export const acceptFromShop = (endpoint: ShopEndpoint, delivery: Delivery): ShopAcceptance => {
  const { body, now } = delivery;
  const refusal = refuseSignature({
    header: delivery.signature,
    body,
    secrets: endpoint.secrets,
    now,
    toleranceSeconds: endpoint.toleranceSeconds,
  });
  if (refusal !== undefined) return refuse(refusal, explanations[refusal]);

  let json: unknown;
  try {
    json = JSON.parse(body.toString('utf8'));
  } catch {
    return refuse('not_json', 'the body is not JSON');
  }
  const parsed = eventBody.safeParse(json);
  if (!parsed.success) return refuse('not_an_event', z.prettifyError(parsed.error));
  const field = findCardData(json);
  if (field !== undefined) return refuse('card_data', `the field "${field}" looks like card data; nothing was stored`);
  const { id, type, createdAt, data } = parsed.data;
  return {
    accepted: true,
    // With the customer's other rows, where the connector's are; events of one order stay in order either way.
    key: String(data.customerId ?? data.orderNumber),
    event: {
      id,
      type,
      createdAt: BigInt(Date.parse(createdAt)),
      orderNumber: data.orderNumber ?? null,
      customerId: data.customerId ?? null,
      body,
    },
  };
};
