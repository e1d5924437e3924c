/** stripe.commands → Stripe → stripe.results; and what was found to belong together → stripe.objects. */
import type { CommandResult, LinkedObject } from '../../schemas/generated/types.ts';
import type { StripeCommand } from '../../schemas/topics.ts';
import type { EffectStage } from '../runtime/effects.ts';
import { PoisonError } from '../runtime/errors.ts';
import { answeringRepair } from '../runtime/repair.ts';
import type { DeadLetter, Topic } from '../runtime/topology.ts';
import { fetchBalanceTransaction } from './balance-transaction.ts';
import { createPaymentIntent, ensureCustomer } from './commands.ts';
import { fetchCreditNoteLines, fetchCreditNotes } from './credit-notes.ts';
import { deleteCustomer, moveCustomer, retireCustomer, updateCustomer } from './customers.ts';
import { asResult, type Outcome } from './domain/outcome.ts';
import { refusalOrThrow } from './failure.ts';
import type { Timing } from './found.ts';
import { setPrice, upsertProduct } from './catalogue.ts';
import { cancelPaymentIntent, capturePaymentIntent } from './held.ts';
import { createRefund } from './refunds.ts';
import { labelPayment } from './label.ts';
import { fetchInvoiceLines } from './invoice-lines.ts';
import { fetchInvoicePayments } from './invoice-payments.ts';
import { fetchPayoutTransactions } from './payout-transactions.ts';
import type { StripeApi } from './stripe-api.ts';

const perform = (api: StripeApi, command: StripeCommand, timing: Timing): Promise<Outcome> => {
  switch (command.type) {
    case 'EnsureCustomer':
      return ensureCustomer(api, command);
    case 'CreatePaymentIntent':
      return createPaymentIntent(api, command, timing);
    case 'FetchInvoiceLines':
      return fetchInvoiceLines(api, command);
    case 'FetchInvoicePayments':
      return fetchInvoicePayments(api, command);
    case 'FetchCreditNotes':
      return fetchCreditNotes(api, command);
    case 'FetchCreditNoteLines':
      return fetchCreditNoteLines(api, command);
    case 'FetchBalanceTransaction':
      return fetchBalanceTransaction(api, command);
    case 'CapturePaymentIntent':
      return capturePaymentIntent(api, command);
    case 'CancelPaymentIntent':
      return cancelPaymentIntent(api, command);
    case 'LabelPayment':
      return labelPayment(api, command);
    case 'CreateRefund':
      return createRefund(api, command, timing);
    case 'UpdateCustomer':
      return updateCustomer(api, command);
    case 'MoveCustomer':
      return moveCustomer(api, command);
    case 'RetireCustomer':
      return retireCustomer(api, command);
    case 'DeleteCustomer':
      return deleteCustomer(api, command);
    case 'FetchPayoutTransactions':
      return fetchPayoutTransactions(api, command);
    case 'UpsertProduct':
      return upsertProduct(api, command);
    case 'SetPrice':
      return setPrice(api, command);
  }
};

export type StripeStageOptions = Readonly<{
  api: StripeApi;
  version: string;
  /** Commands under way at one time. */
  concurrency: number;
  commands: Topic<StripeCommand>;
  results: Topic<CommandResult>;
  objects: Topic<LinkedObject>;
  deadLetters: Topic<DeadLetter>;
}>;

export const stripeStage = (options: StripeStageOptions): EffectStage<StripeCommand> => ({
  application: 'stripe-executor',
  version: options.version,
  name: 'stripe',
  input: options.commands,
  outputs: [options.results, options.objects],
  deadLetters: options.deadLetters,
  concurrency: options.concurrency,
  effect: async ({ key, value: command, timestamp, headers }, { now }) => {
    if (command === null) throw new PoisonError('no_command', 'a command without a value');
    const timing = { writtenAt: timestamp, now: now() };
    const outcome = await perform(options.api, command, timing).catch(refusalOrThrow);
    const { results, objects } = options;
    const { orderId } = command;
    const links = outcome.status === 'succeeded' ? (outcome.links ?? []) : [];
    return [
      ...links.map((objectId) => ({ topic: objects, key: objectId, value: { objectId, orderId } })),
      { topic: results, key, value: asResult(command, timestamp, outcome), ...answeringRepair(headers) },
    ];
  },
});
