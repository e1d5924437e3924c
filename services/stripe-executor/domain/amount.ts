/** Stripe takes at most eight digits of minor units. */
const MAX_AMOUNT = 99_999_999n;

/** An amount as Stripe's library takes it; undefined when Stripe cannot take it. Minor units. */
export const stripeAmount = (amount: bigint): number | undefined =>
  amount > 0n && amount <= MAX_AMOUNT ? Number(amount) : undefined;
