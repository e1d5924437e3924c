import type Stripe from 'stripe';
import type { CreditNote, CreditNoteLine } from './resources/credit-notes.ts';
import type { BalanceMovement } from './resources/customer-balance.ts';
import type { Invoice, InvoicePayment, LineItem } from './resources/invoices.ts';
import type { Subscription } from './resources/subscriptions.ts';

/** The API version whose shapes this simulator speaks. */
export const apiVersion = '2026-08-26.dahlia';

/** An event as stored and sent. `data.object` is frozen as it was when the event arose. */
export interface EventObject {
  id: string;
  object: 'event';
  api_version: string;
  created: number;
  data: { object: unknown; previous_attributes?: Record<string, unknown> };
  livemode: false;
  pending_webhooks: number;
  request: { id: string | null; idempotency_key: string | null };
  type: string;
}

/** What is stored under each kind, without expansions: references are ids. */
export interface Stored {
  customer: Stripe.Customer;
  deleted_customer: Stripe.DeletedCustomer;
  payment_method: Stripe.PaymentMethod;
  payment_intent: Stripe.PaymentIntent;
  charge: Stripe.Charge;
  refund: Stripe.Refund;
  balance_transaction: Stripe.BalanceTransaction;
  payout: Stripe.Payout;
  dispute: Stripe.Dispute;
  product: Stripe.Product;
  price: Stripe.Price;
  subscription: Subscription;
  invoice: Invoice;
  invoice_payment: InvoicePayment;
  line_item: LineItem;
  credit_note: CreditNote;
  credit_note_line_item: CreditNoteLine;
  customer_balance_transaction: BalanceMovement;
  event: EventObject;
  webhook_endpoint: Stripe.WebhookEndpoint;
}
export type Kind = keyof Stored;

/** The id in a reference, whether or not it is expanded. */
export const idOf = (reference: string | { id: string } | null | undefined): string | null =>
  reference == null ? null : typeof reference === 'string' ? reference : reference.id;
