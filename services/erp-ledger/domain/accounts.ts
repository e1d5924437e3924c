/** The chart of accounts, as far as orders and invoices need one. An ERP team puts its own numbers here. */
export const accounts = {
  stripeClearing: { code: '1010', name: 'Stripe Clearing', kind: 'asset' },
  accountsReceivable: { code: '1100', name: 'Accounts Receivable', kind: 'asset' },
  salesTaxPayable: { code: '2200', name: 'Sales Tax Payable', kind: 'liability' },
  deferredRevenue: { code: '2300', name: 'Deferred Revenue', kind: 'liability' },
  revenue: { code: '4000', name: 'Revenue', kind: 'income' },
  refunds: { code: '4100', name: 'Refunds', kind: 'income' },
  processingFees: { code: '6100', name: 'Processing Fees', kind: 'expense' },
  badDebt: { code: '6200', name: 'Bad Debt', kind: 'expense' },
} as const;

export type Account = (typeof accounts)[keyof typeof accounts];
