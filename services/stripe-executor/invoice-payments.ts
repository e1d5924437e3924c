/**
 * What is to pay an invoice. Since basil (2025-03-31) events say so of what has paid it only; of the others it is asked, so
 * that what is told of them finds the invoice.
 */
import type { FetchInvoicePayments } from '../../schemas/generated/types.ts';
import type { Outcome } from './domain/outcome.ts';
import { API_VERSION, type StripeApi } from './stripe-api.ts';

const PAGE = 100;

const idOf = (reference: string | Readonly<{ id: string }> | null | undefined): string | null =>
  typeof reference === 'string' ? reference : (reference?.id ?? null);

export const fetchInvoicePayments = async (api: StripeApi, command: FetchInvoicePayments): Promise<Outcome> => {
  const { invoiceId } = command.payload;
  const links: string[] = [];
  let after: string | undefined;
  let requestId: string | null = null;
  for (;;) {
    const page = await api.listInvoicePayments({
      invoice: invoiceId,
      limit: PAGE,
      ...(after !== undefined && { starting_after: after }),
    });
    requestId = page.lastResponse.requestId;
    for (const { payment } of page.data) {
      const id = idOf(payment.payment_intent) ?? idOf(payment.charge);
      if (id !== null) links.push(id);
    }
    after = page.data.at(-1)?.id;
    if (!page.has_more || after === undefined) break;
  }
  return {
    status: 'succeeded',
    objectId: invoiceId,
    objectStatus: null,
    // What may become more has no time of its own: repetitions agree on the one of the command.
    created: Number(command.occurredAt / 1000n),
    requestId,
    replayed: false,
    detail: { how: 'found', apiVersion: API_VERSION },
    links,
  };
};
