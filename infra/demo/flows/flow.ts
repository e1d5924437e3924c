/** The flows of the product beside buying and paying, as `make demo FLOWS=all` plays them: what people do, then whether all sides agree. */
import type Stripe from 'stripe';
import type { CliConfig } from '../../../services/cli/environment.ts';

export type FlowWorld = Readonly<{
  config: CliConfig;
  /** Of every service: logins of the sandboxes, too. */
  env: Readonly<Record<string, string>>;
  stripe: Stripe;
  seed: string;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
  /** Orders that Stripe's money paid and that no other flow has; each is given out once. @throws Error when there are too few */
  take: (count: number) => readonly PaidOrder[];
}>;

export type PaidOrder = Readonly<{
  orderId: string;
  /** pi_… */
  paymentIntentId: string;
  /** Minor units. */
  total: bigint;
  currency: string;
}>;

export type Outcome = Readonly<{
  started: number;
  completed: number;
  /** Where the shop, Stripe and the ERP do not agree; none when they do. */
  findings: readonly string[];
}>;

export type Flow = Readonly<{
  name: string;
  /** Begins when all others have come to their end: payouts pay out what they have left. */
  last?: boolean;
  /** Resolves when people have done what begins it. @returns what judges it once nothing is under way any more */
  start: (world: FlowWorld) => Promise<() => Promise<Outcome>>;
}>;
