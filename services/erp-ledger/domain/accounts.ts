/** The chart of accounts, as far as orders need one. An ERP team puts its own numbers here. */
export const accounts = {
  stripeClearing: { code: '1010', name: 'Stripe Clearing', kind: 'asset' },
  otherReceipts: { code: '1020', name: 'Other Receipts', kind: 'asset' },
  disputesReceivable: { code: '1200', name: 'Disputes Receivable', kind: 'asset' },
  salesTaxPayable: { code: '2200', name: 'Sales Tax Payable', kind: 'liability' },
  revenue: { code: '4000', name: 'Revenue', kind: 'income' },
  refunds: { code: '4100', name: 'Refunds', kind: 'income' },
  processingFees: { code: '6100', name: 'Processing Fees', kind: 'expense' },
  disputeFees: { code: '6110', name: 'Dispute Fees', kind: 'expense' },
  chargebackLosses: { code: '6120', name: 'Chargeback Losses', kind: 'expense' },
} as const;

export type Account = (typeof accounts)[keyof typeof accounts];
