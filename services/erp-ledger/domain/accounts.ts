/**
 * The chart of accounts, as far as orders, invoices and payouts need one. An ERP team puts its own numbers here; those of payouts
 * are named by the workflow payout-to-journal.
 */
export const accounts = {
  bank: { code: '1000', name: 'Operating Bank', kind: 'asset' },
  stripeClearing: { code: '1010', name: 'Stripe Clearing', kind: 'asset' },
  stripeReserves: { code: '1020', name: 'Reserves at Stripe', kind: 'asset' },
  otherReceipts: { code: '1030', name: 'Other Receipts', kind: 'asset' },
  accountsReceivable: { code: '1100', name: 'Accounts Receivable', kind: 'asset' },
  disputesReceivable: { code: '1310', name: 'Disputes Receivable', kind: 'asset' },
  stripeUnknown: { code: '1990', name: 'Stripe, to be looked at', kind: 'asset' },
  salesTaxPayable: { code: '2200', name: 'Sales Tax Payable', kind: 'liability' },
  deferredRevenue: { code: '2300', name: 'Deferred Revenue', kind: 'liability' },
  customerCredit: { code: '2320', name: 'Customer Credit', kind: 'liability' },
  refundsPayable: { code: '2330', name: 'Refunds Payable', kind: 'liability' },
  unassignedReceipts: { code: '2310', name: 'Receipts without an Order', kind: 'liability' },
  revenue: { code: '4000', name: 'Revenue', kind: 'income' },
  refunds: { code: '4100', name: 'Refunds', kind: 'income' },
  processingFees: { code: '6100', name: 'Processing Fees', kind: 'expense' },
  disputeFees: { code: '6110', name: 'Dispute Fees', kind: 'expense' },
  chargebackLosses: { code: '6120', name: 'Chargeback Losses', kind: 'expense' },
  stripeTaxes: { code: '6150', name: 'Taxes on Stripe Fees', kind: 'expense' },
  stripeAdjustments: { code: '6190', name: 'Stripe Adjustments', kind: 'expense' },
  badDebt: { code: '6200', name: 'Bad Debt', kind: 'expense' },
  exchange: { code: '7100', name: 'Currency Conversion Fees', kind: 'expense' },
  // What was given of each currency for how much of others: its balances in all of them together are the result.
  exchangePosition: { code: '7110', name: 'Currency Exchange Position', kind: 'expense' },
} as const;

export type Account = (typeof accounts)[keyof typeof accounts];
