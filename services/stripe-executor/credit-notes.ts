/** Credit notes of an invoice, which a refund does not name; and all lines of one, of which events carry the first ones. */
import type Stripe from 'stripe';
import type {
  BillingLine,
  FetchCreditNoteLines,
  FetchCreditNotes,
  ListedCreditNote,
} from '../../schemas/generated/types.ts';
import { creditNoteLine, listedCreditNote } from '../order-stream/sources/stripe/credit-note.ts';
import { type Json, RefusedEventError } from '../order-stream/sources/stripe/fields.ts';
import { PoisonError } from '../runtime/errors.ts';
import type { Outcome } from './domain/outcome.ts';
import { allIn, PAGE } from './found.ts';
import { API_VERSION, type StripeApi } from './stripe-api.ts';

/** A result is one record. */
const MOST = 1_000;

type Told = Readonly<{ commandId: string; occurredAt: bigint }>;
type Page<T> = Stripe.Response<Stripe.ApiList<T>>;

/** All objects of a list, as `read` tells them. @throws PoisonError for what cannot be told, or is too much for a record */
const allOf = async <O extends { id: string }, T>(
  { commandId }: Told,
  list: (after: string | undefined) => Promise<Page<O>>,
  read: (object: Json) => readonly T[],
): Promise<Readonly<{ requestId: string | null; told: readonly T[] }>> => {
  const found = await allIn(list, () => true);
  if (found.length > MOST) throw new PoisonError('list_too_long', `${commandId}: there are ${found.length}`);
  try {
    const told = found.flatMap(({ object }) => read(object as unknown as Json));
    return { requestId: found.at(-1)?.requestId ?? null, told };
  } catch (error) {
    if (!(error instanceof RefusedEventError)) throw error;
    throw new PoisonError(error.code, `${commandId}: ${error.message}`, { cause: error });
  }
};

const outcome = (command: Told, objectId: string, requestId: string | null, count: number) =>
  ({
    status: 'succeeded',
    objectId,
    objectStatus: null,
    // What may become more has no time of its own: repetitions agree on the one of the command.
    created: Number(command.occurredAt / 1000n),
    requestId,
    replayed: false,
    detail: { count: String(count), how: 'found', apiVersion: API_VERSION },
  }) as const;

export const fetchCreditNotes = async (api: StripeApi, command: FetchCreditNotes): Promise<Outcome> => {
  const { invoiceId, refundId, currency } = command.payload;
  const { told, requestId } = await allOf<Stripe.CreditNote, ListedCreditNote>(
    command,
    (after) =>
      api.listCreditNotes({ invoice: invoiceId, limit: PAGE, ...(after !== undefined && { starting_after: after }) }),
    (note) => [listedCreditNote(note, currency)],
  );
  return { ...outcome(command, refundId, requestId, told.length), creditNotes: told };
};

export const fetchCreditNoteLines = async (api: StripeApi, command: FetchCreditNoteLines): Promise<Outcome> => {
  const { creditNoteId, currency } = command.payload;
  const { told, requestId } = await allOf<Stripe.CreditNoteLineItem, BillingLine>(
    command,
    (after) =>
      api.listCreditNoteLines(creditNoteId, { limit: PAGE, ...(after !== undefined && { starting_after: after }) }),
    (line) => creditNoteLine(line, currency),
  );
  return { ...outcome(command, creditNoteId, requestId, told.length), invoiceLines: told };
};
