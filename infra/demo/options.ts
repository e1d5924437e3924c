import { z } from 'zod';

const whole = z.coerce.number().int().min(0);

const schema = z.object({
  ORDERS: whole.default(40),
  /** The share of visits that are as untidy as a real shop. */
  UNTIDY: z.coerce.number().min(0).max(1).default(0),
  /** The share of visits that the merchant does something about: ships, pays back, voids, is disputed. */
  MERCHANT: z.coerce.number().min(0).max(1).optional(),
  /** The share of visits to the store that sells in euros. */
  ABROAD: z.coerce.number().min(0).max(1).optional(),
  /** Anything but empty and 0 means yes. */
  ONCE: z
    .string()
    .default('')
    .transform((text) => text !== '' && text !== '0'),
  NAME: z
    .string()
    .regex(/^[\w.-]+$/, 'letters, digits, dots and dashes')
    .default('demo'),
  SEED: z.string().min(1).default('millrace'),
  RATE: z.coerce.number().positive().default(20),
  /** `all`: refunds, payouts, customers and whatever else there is besides buying and paying. */
  FLOWS: z.enum(['orders', 'all']).default('orders'),
});

/** `orders`: how many to place at once; `rate`: visits per minute afterwards, when not `once`; `untidy` and `merchant`: from 0 to 1. */
export type DemoOptions = Readonly<{
  orders: number;
  once: boolean;
  name: string;
  seed: string;
  rate: number;
  untidy: number;
  merchant: number;
  /** The share of visits to the store that sells in euros, which Stripe converts. */
  abroad: number;
  allFlows: boolean;
}>;

/** Reads ORDERS, ONCE, NAME, SEED, RATE, UNTIDY, MERCHANT, ABROAD and FLOWS. @throws Error naming what is wrong */
export const optionsFrom = (env: Readonly<Record<string, string | undefined>>): DemoOptions => {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = schema.safeParse(given);
  if (!parsed.success)
    throw new Error(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '));
  const { ORDERS: orders, ONCE: once, NAME: name, SEED: seed, RATE: rate, UNTIDY: untidy } = parsed.data;
  const { MERCHANT, ABROAD, FLOWS } = parsed.data;
  const allFlows = FLOWS === 'all';
  // Enough of it that each kind of deed is among forty orders.
  const merchant = MERCHANT ?? (allFlows ? 0.6 : 0);
  // Of all flows every third order is sold in another currency than the account settles in.
  const abroad = ABROAD ?? (allFlows ? 0.34 : 0);
  return { orders, once, name, seed, rate, untidy, merchant, abroad, allFlows };
};
