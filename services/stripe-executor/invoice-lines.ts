/** All lines of an invoice, of which events carry the first ones only. A finalised invoice keeps them as they are. */
import type { BillingLine, FetchInvoiceLines } from '../../schemas/generated/types.ts';
import { type Json, RefusedEventError } from '../order-stream/sources/stripe/fields.ts';
import { invoiceLine } from '../order-stream/sources/stripe/lines.ts';
import { PoisonError } from '../runtime/errors.ts';
import type { Outcome } from './domain/outcome.ts';
import { API_VERSION, type StripeApi } from './stripe-api.ts';

const PAGE = 100;
/** A result is one record. */
const MOST_LINES = 1_000;

export const fetchInvoiceLines = async (api: StripeApi, command: FetchInvoiceLines): Promise<Outcome> => {
  const { invoiceId, currency } = command.payload;
  const invoiceLines: BillingLine[] = [];
  let after: string | undefined;
  let requestId: string | null = null;
  for (;;) {
    const page = await api.listInvoiceLines(invoiceId, {
      limit: PAGE,
      ...(after !== undefined && { starting_after: after }),
    });
    requestId = page.lastResponse.requestId;
    try {
      invoiceLines.push(...page.data.flatMap((line) => invoiceLine(line as unknown as Json, currency)));
    } catch (error) {
      if (!(error instanceof RefusedEventError)) throw error;
      throw new PoisonError(error.code, `${command.commandId}: ${error.message}`, { cause: error });
    }
    if (invoiceLines.length > MOST_LINES)
      throw new PoisonError('invoice_too_long', `${invoiceId} has more than ${MOST_LINES} lines`);
    after = page.data.at(-1)?.id;
    if (!page.has_more || after === undefined) break;
  }
  return {
    status: 'succeeded',
    objectId: invoiceId,
    objectStatus: null,
    // Lines have no time of their own: repetitions agree on the one of the command.
    created: Number(command.occurredAt / 1000n),
    requestId,
    replayed: false,
    detail: { lines: String(invoiceLines.length), how: 'found', apiVersion: API_VERSION },
    invoiceLines,
  };
};
