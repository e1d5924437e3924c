import type {
  BalanceTransaction,
  BillingLine,
  CommandResult,
  ListedCreditNote,
} from '../../../schemas/generated/types.ts';
import type { StripeCommand } from '../../../schemas/topics.ts';

/** What came of a command at Stripe. */
export type Outcome =
  | Readonly<{
      status: 'succeeded';
      objectId: string;
      objectStatus: string | null;
      /** When Stripe made the object, epoch seconds. */
      created: number;
      requestId: string | null;
      /** Stripe answered from its idempotency record. */
      replayed: boolean;
      detail: Readonly<Record<string, string>>;
      /** A page of a payout's list. */
      balanceTransactions?: readonly BalanceTransaction[];
      /** All lines of an invoice. */
      invoiceLines?: readonly BillingLine[];
      /** All credit notes of an invoice. */
      creditNotes?: readonly ListedCreditNote[];
      /** Objects that belong to what the command is about. */
      links?: readonly string[];
    }>
  | Readonly<{ status: 'refused'; code: string; message: string; requestId: string | null }>;

/** The result record. `completedAt` is a function of the object or of the command, so that repetitions agree. */
export const asResult = (command: StripeCommand, commandAt: bigint, outcome: Outcome): CommandResult => {
  const { commandId, orderId, type, target } = command;
  const about = { commandId, orderId, type, target };
  switch (outcome.status) {
    case 'succeeded':
      return {
        ...about,
        status: 'succeeded',
        objectId: outcome.objectId,
        objectStatus: outcome.objectStatus,
        errorCode: null,
        errorMessage: null,
        requestId: outcome.requestId,
        replayed: outcome.replayed,
        detail: outcome.detail,
        balanceTransactions: outcome.balanceTransactions ?? [],
        invoiceLines: outcome.invoiceLines ?? [],
        creditNotes: outcome.creditNotes ?? [],
        completedAt: BigInt(outcome.created) * 1000n,
      };
    case 'refused':
      return {
        ...about,
        status: 'refused',
        objectId: null,
        objectStatus: null,
        errorCode: outcome.code,
        errorMessage: outcome.message,
        requestId: outcome.requestId,
        replayed: false,
        detail: {},
        balanceTransactions: [],
        invoiceLines: [],
        creditNotes: [],
        completedAt: commandAt,
      };
  }
};
