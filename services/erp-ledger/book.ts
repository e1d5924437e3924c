/** What each command does to the tables. Runs inside the transaction of the batch. */
import type { Database } from 'better-sqlite3';
import type * as Types from '../../schemas/generated/types.ts';
import type { ErpCommand } from '../../schemas/topics.ts';
import { conversionBook } from './conversions.ts';
import { creditMemos } from './credit-memos.ts';
import { disputeBook } from './disputes.ts';
import { invoices } from './invoices.ts';
import { customerBook } from './customers.ts';
import { itemBook } from './items.ts';
import { returnBook } from './returns.ts';
import { type Entry, feeEntry, paymentEntry } from './domain/postings.ts';
import { payoutJournals } from './payouts.ts';

const json = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));

/** Prepares all statements once. @returns a function that books one command; it throws `InvalidCommandError` */
export const bookkeeper = (database: Database): ((command: ErpCommand) => void) => {
  const customers = customerBook(database);
  const addOrder = database.prepare('INSERT INTO sales_orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const addOrderLine = database.prepare('INSERT INTO sales_order_lines VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const addLink = database.prepare('INSERT INTO sales_order_links VALUES (?, ?, ?, ?, ?, ?)');
  const addMovement = database.prepare('INSERT INTO inventory_movements VALUES (?, ?, ?, ?, ?, ?, ?)');
  const addPayment = database.prepare('INSERT INTO payments VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  const addFee = database.prepare('INSERT INTO processing_fees VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  const addShipping = database.prepare('INSERT INTO shipping_requests VALUES (?, ?, ?, ?, ?)');
  const memos = creditMemos(database);
  const disputes = disputeBook(database);
  const billed = invoices(database);
  const payouts = payoutJournals(database);
  const converted = conversionBook(database);
  const items = itemBook(database);
  const returns = returnBook(database);
  const openEntry = database.prepare(
    'INSERT INTO journal_entries (command_id, order_id, description, currency, occurred_at) VALUES (?, ?, ?, ?, ?)',
  );
  const addLine = database.prepare(
    'INSERT INTO journal_lines (command_id, line, account, debit, credit, due_at, currency) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const postEntry = database.prepare('UPDATE journal_entries SET posted = 1 WHERE command_id = ?');

  const post = ({ commandId, orderId, occurredAt }: ErpCommand, entry: Entry | undefined): void => {
    // Nothing moved: an invoice over nothing, or one whose lines make up for one another.
    if (entry === undefined || entry.postings.length === 0) return;
    openEntry.run(commandId, orderId, entry.description, entry.currency, occurredAt);
    for (const [line, { account, debit, credit, dueAt, currency }] of entry.postings.entries())
      addLine.run(commandId, line, account.code, debit, credit, dueAt ?? null, currency ?? null);
    postEntry.run(commandId);
  };

  const createSalesOrder = ({ commandId, orderId, occurredAt, payload: p }: Types.CreateSalesOrder): void => {
    addOrder.run(
      orderId,
      commandId,
      p.salesOrderNumber,
      customers.keyAt(p.customerKey, occurredAt),
      p.orderedAt,
      p.currency,
      p.subtotal,
      p.tax,
      p.shipping,
      p.total,
      p.paymentMethod,
      p.paymentReference,
      json(p.billTo),
      json(p.shipTo),
      p.shippingMethod,
    );
    for (const [n, line] of p.lines.entries()) {
      const { productId, variantId, sku, name, quantity, extendedPrice, taxable } = line;
      addOrderLine.run(orderId, n, productId, variantId, sku, name, quantity, extendedPrice, taxable ? 1 : 0);
    }
  };

  const recordPayment = (command: Types.RecordPayment): void => {
    const { commandId, orderId, payload: p } = command;
    const entry = paymentEntry(command);
    addPayment.run(commandId, orderId, p.paymentIntentId, p.chargeId, p.amount, p.tax, p.currency, p.receivedAt);
    post(command, entry);
  };

  const recordFee = (command: Types.RecordProcessingFee): void => {
    const { commandId, orderId, payload: p } = command;
    const entry = feeEntry(command);
    addFee.run(commandId, orderId, p.balanceTransactionId, p.chargeId, p.gross, p.fee, p.net, p.currency);
    post(command, entry);
  };

  return (command) => {
    const { commandId, orderId } = command;
    switch (command.type) {
      case 'UpsertCustomer':
        customers.upserted(command);
        return;
      case 'MergeCustomers':
        customers.merged(command);
        return;
      case 'EraseCustomer':
        customers.erased(command);
        return;
      case 'CreateSalesOrder':
        createSalesOrder(command);
        return;
      case 'LinkSalesOrder': {
        const { parentOrderId, recurring, subscriptionId, linkedAt } = command.payload;
        addLink.run(orderId, commandId, parentOrderId, recurring ? 1 : 0, subscriptionId, linkedAt);
        return;
      }
      case 'DecrementInventory':
        for (const [line, { productId, variantId, sku, quantity }] of command.payload.lines.entries())
          addMovement.run(commandId, line, orderId, productId, variantId, sku, -quantity);
        return;
      case 'RecordPayment':
        recordPayment(command);
        return;
      case 'RecordProcessingFee':
        recordFee(command);
        return;
      case 'IssueCreditMemo': {
        const entry = memos.issued(command);
        returns.credited(command);
        post(command, billed.has(orderId) ? billed.credited(command, entry) : entry);
        return;
      }
      case 'ReverseCreditMemo': {
        const entry = memos.reversed(command);
        post(command, billed.has(orderId) ? billed.uncredited(command, entry) : entry);
        return;
      }
      case 'PostInvoice':
        post(command, billed.posted(command));
        return;
      case 'ScheduleRevenue':
        post(command, billed.scheduled(command));
        return;
      case 'RecordInvoicePayment':
        post(command, billed.paid(command));
        return;
      case 'RecordFailedCollection':
        billed.failed(command);
        return;
      case 'VoidInvoice':
        post(command, billed.voided(command));
        return;
      case 'CreditInvoice':
        post(command, billed.creditNoted(command));
        return;
      case 'VoidInvoiceCredit':
        post(command, billed.creditVoided(command));
        return;
      case 'ApplyCustomerCredit':
        post(command, billed.creditApplied(command));
        return;
      case 'RecordOutsidePayment':
        post(command, billed.paidOutside(command));
        return;
      case 'WriteOffInvoice':
        post(command, billed.writtenOff(command));
        return;
      case 'ReverseWriteOff':
        post(command, billed.writtenOn(command));
        return;
      case 'RecordSubscription':
        billed.subscribed(command);
        return;
      case 'PostPayoutJournal':
        post(command, payouts.posted(command));
        return;
      case 'ReversePayoutJournal':
        post(command, payouts.reversed(command));
        return;
      case 'RecordConversion':
        post(command, converted(command));
        return;
      case 'UpsertItem':
        items.upserted(command);
        return;
      case 'RecordStock':
        items.supplied(command);
        return;
      case 'ReclassifyPayoutLine':
        post(command, payouts.reclassified(command));
        return;
      case 'RecordReturn':
        returns.recorded(command);
        return;
      case 'ReceiveReturn':
        returns.received(command);
        return;
      case 'OpenDispute':
        disputes.opened(command);
        return;
      case 'BookDisputeMovement':
        post(command, disputes.moved(command));
        return;
      case 'CloseDispute':
        post(command, disputes.closed(command));
        return;
      case 'RequestShippingLabel': {
        const { shippingMethod, shipTo, lines } = command.payload;
        addShipping.run(commandId, orderId, shippingMethod, json(shipTo), JSON.stringify(lines));
        return;
      }
    }
  };
};
