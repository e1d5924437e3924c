/** What the reference ERP has booked, as findings and timelines need it. */
import { existsSync } from 'node:fs';
import { accounts } from '../erp-ledger/domain/accounts.ts';
import { type LedgerReader as Books, readLedger } from '../erp-ledger/read.ts';
import { shownMoney } from './money.ts';
import type { Ledger } from './verify/facts.ts';
import type { People } from './verify/people.ts';

export type LedgerEntry = Readonly<{ what: string; commandId: string | null }>;
export type Position = Readonly<{ topic: string; partition: number; offset: bigint }>;

export interface LedgerReader {
  people(): Pick<People, 'profiles' | 'merged' | 'erased'>;
  everything(): Ledger;
  /** What was booked for one order, in the order of the commands. */
  order(orderId: string): readonly LedgerEntry[];
  /** Orders of which anything is booked. */
  orderCount(): number;
  /** Where it reads on. */
  positions(): readonly Position[];
  close(): void;
}

const everythingIn = (books: Books): Ledger => {
  const orders = books.orderIds().flatMap((orderId) => books.order(orderId) ?? []);
  const balance = books.trialBalance();
  const sums = (rows: typeof balance): ReadonlyMap<string, bigint> => {
    const byCurrency = new Map<string, bigint>();
    for (const { currency, debit, credit } of rows)
      byCurrency.set(currency, (byCurrency.get(currency) ?? 0n) + debit - credit);
    return byCurrency;
  };
  return {
    salesOrders: orders.flatMap(({ order }) => order ?? []),
    invoices: orders.flatMap(({ orderId, invoice }) =>
      invoice === undefined
        ? []
        : [{ ...invoice, orderId, revenue: invoice.revenue.reduce((sum, { amount }) => sum + amount, 0n) }],
    ),
    subscriptions: books.subscriptions().map(({ subscriptionId: id, status }) => ({ id, status })),
    payments: orders.flatMap(({ orderId, payments }) => payments.map((payment) => ({ orderId, ...payment }))),
    fees: orders.flatMap(({ orderId, fees }) => fees.map((fee) => ({ orderId, ...fee }))),
    creditMemos: orders.flatMap(({ orderId, creditMemos }) => creditMemos.map((memo) => ({ orderId, ...memo }))),
    disputes: orders.flatMap(({ orderId, disputes }) => disputes.map((dispute) => ({ orderId, ...dispute }))),
    disputeMovements: orders.flatMap(({ orderId, disputeMovements }) =>
      disputeMovements.map((movement) => ({ orderId, ...movement })),
    ),
    payouts: books.payouts(),
    applied: orders.flatMap(({ commands }) => commands.map(({ commandId }) => commandId)),
    conflicts: books.conflicts().map(({ topic, partition, offset, reason, message }) => ({
      topic,
      partition: Number(partition),
      offset,
      code: reason,
      message: `the ledger put it aside: ${message}`,
    })),
    trialBalance: sums(balance),
    clearing: sums(balance.filter(({ account }) => account === accounts.stripeClearing.code)),
  };
};

const entriesOf = (books: Books, orderId: string): readonly LedgerEntry[] => {
  const known = books.order(orderId);
  if (known === undefined) return [];
  const { order, customer, invoice, payments, fees, creditMemos, movements, shippingRequests, journal, commands } =
    known;
  const { disputes, disputeMovements, returns } = known;
  const units = movements.reduce((sum, { quantity }) => sum + quantity, 0n);
  const commandOf = (type: string): string | null =>
    commands.find((command) => command.type === type)?.commandId ?? null;
  const lines = (commandId: string): LedgerEntry[] =>
    journal
      .filter((line) => line.commandId === commandId)
      .map(({ account, debit, credit, currency }) => ({
        what: `  ${debit > 0n ? 'debit ' : 'credit'} ${account} ${shownMoney(debit > 0n ? debit : credit, currency)}`,
        commandId: null,
      }));
  return [
    ...(customer ? [{ what: `customer ${customer.customerKey}`, commandId: commandOf('UpsertCustomer') }] : []),
    ...(order
      ? [
          {
            what: `sales order ${order.salesOrderNumber} over ${shownMoney(order.total, order.currency)}`,
            commandId: commandOf('CreateSalesOrder'),
          },
        ]
      : []),
    ...(invoice
      ? [
          {
            what: `invoice ${invoice.number ?? invoice.invoiceId} over ${shownMoney(invoice.total, invoice.currency)}${invoice.ends.map((end) => `, ${end}`).join('')}`,
            commandId: invoice.commandId,
          },
          ...lines(invoice.commandId),
          ...invoice.revenue.map(({ month, amount }) => ({
            what: `  revenue of ${month} ${shownMoney(amount, invoice.currency)}`,
            commandId: null,
          })),
        ]
      : []),
    ...(movements.length > 0
      ? [{ what: `stock: ${units} units of ${movements.length} articles`, commandId: commandOf('DecrementInventory') }]
      : []),
    ...payments.flatMap(({ amount, currency, paymentIntentId, commandId }) => [
      { what: `payment of ${shownMoney(amount, currency)} ${paymentIntentId ?? ''}`, commandId },
      ...lines(commandId),
    ]),
    ...fees.flatMap(({ fee, currency, balanceTransactionId, commandId }) => [
      { what: `processing fee of ${shownMoney(fee, currency)} ${balanceTransactionId}`, commandId },
      ...lines(commandId),
    ]),
    ...returns.flatMap(({ returnId, rmaNumber, outcome, amount, currency, received, commandId }) => [
      {
        what: `return ${returnId} (${rmaNumber}) ${outcome.toLowerCase()}${amount === null ? '' : `, ${shownMoney(amount, currency)} to pay back`}`,
        commandId,
      },
      ...(received === null ? [] : [{ what: `  on the shelf again`, commandId: received }]),
    ]),
    ...creditMemos.flatMap(({ amount, tax, currency, refundId, commandId, reversedBy, returnId }) => [
      {
        what: `credit memo over ${shownMoney(amount, currency)}, ${shownMoney(tax, currency)} of it tax, ${refundId}${returnId === null ? '' : `, of return ${returnId}`}`,
        commandId,
      },
      ...lines(commandId),
      ...(reversedBy === null
        ? []
        : [{ what: `credit memo of ${refundId} reversed`, commandId: reversedBy }, ...lines(reversedBy)]),
    ]),
    ...disputes.flatMap(({ disputeId, amount, currency, outcome, commandId }) => [
      { what: `dispute ${disputeId} of ${shownMoney(amount, currency)}: ${outcome ?? 'undecided'}`, commandId },
      ...disputeMovements
        .filter((movement) => movement.disputeId === disputeId)
        .flatMap((movement) => [
          {
            what: `${movement.category} of ${shownMoney(movement.amount, currency)}, fee ${shownMoney(movement.fee, currency)}, ${movement.balanceTransactionId}`,
            commandId: movement.commandId,
          },
          ...lines(movement.commandId),
        ]),
      ...commands
        .filter((command) => command.commandId.startsWith(`${orderId}/close-dispute/${disputeId}/`))
        .flatMap((command) => lines(command.commandId)),
    ]),
    ...shippingRequests.map(({ shippingMethod, commandId }) => ({
      what: `shipping label requested: ${shippingMethod ?? 'no method'}`,
      commandId,
    })),
  ];
};

/** A ledger that has booked nothing has no database yet: it is opened at the first look that finds one. */
export const openLedger = (path: string): LedgerReader => {
  let opened: Books | undefined;
  const books = (): Books | undefined => {
    if (opened === undefined && existsSync(path)) opened = readLedger(path);
    return opened;
  };
  return {
    everything: () => {
      const known = books();
      return known === undefined
        ? {
            salesOrders: [],
            invoices: [],
            subscriptions: [],
            payments: [],
            fees: [],
            creditMemos: [],
            disputes: [],
            disputeMovements: [],
            payouts: [],
            applied: [],
            conflicts: [],
            trialBalance: new Map(),
            clearing: new Map(),
          }
        : everythingIn(known);
    },
    people: () => {
      const known = books()?.people();
      return {
        profiles: known?.profiles ?? [],
        merged: new Map(known?.merges.map(({ customerKey, into }) => [customerKey, into])),
        erased: new Set(known?.erased),
      };
    },
    order: (orderId) => {
      const known = books();
      return known === undefined ? [] : entriesOf(known, orderId);
    },
    // Other kinds have their name before their id.
    orderCount: () =>
      books()
        ?.orderIds()
        .filter((id) => !id.includes(':')).length ?? 0,
    positions: () =>
      books()
        ?.positions()
        .map(({ topic, partition, nextOffset }) => ({ topic, partition: Number(partition), offset: nextOffset })) ?? [],
    close: () => opened?.close(),
  };
};
