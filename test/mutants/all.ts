/** Every guard that is tried. */
import type { Mutant } from './mutant.ts';
import { billingMutants } from './billing.ts';
import { customerMutants } from './customers.ts';
import { deadLetterMutants } from './dead-letters.ts';
import { edgeMutants } from './edges.ts';
import { heldMutants } from './held.ts';
import { nothingMissedMutants } from './nothing-missed.ts';
import { notifierMutants } from './notifier.ts';
import { payoutMutants } from './payouts.ts';
import { proofMutants } from './proof.ts';
import { replayMutants } from './replay.ts';
import { refundMutants } from './refunds.ts';
import { returnMutants } from './returns.ts';
import { runtimeMutants } from './runtime.ts';
import { shopMutants } from './shop.ts';

export const allMutants: readonly Mutant[] = [
  ...runtimeMutants,
  ...shopMutants,
  ...refundMutants,
  ...returnMutants,
  ...heldMutants,
  ...billingMutants,
  ...payoutMutants,
  ...customerMutants,
  ...deadLetterMutants,
  ...edgeMutants,
  ...replayMutants,
  ...nothingMissedMutants,
  ...notifierMutants,
  ...proofMutants,
];
