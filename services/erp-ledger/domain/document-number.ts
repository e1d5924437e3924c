/** Numbers of the documents that commands become. */
import type { ErpCommand } from '../../../schemas/topics.ts';

const SERIES: Readonly<Record<ErpCommand['type'], string>> = {
  UpsertCustomer: 'CU',
  CreateSalesOrder: 'SO',
  LinkSalesOrder: 'SL',
  DecrementInventory: 'IM',
  RecordPayment: 'PY',
  RecordProcessingFee: 'FE',
  RequestShippingLabel: 'SH',
  IssueCreditMemo: 'CM',
  ReverseCreditMemo: 'CR',
  OpenDispute: 'DO',
  BookDisputeMovement: 'DM',
  CloseDispute: 'DC',
  PostInvoice: 'IN',
  ScheduleRevenue: 'RS',
  RecordInvoicePayment: 'IP',
  RecordFailedCollection: 'FC',
  VoidInvoice: 'IV',
  WriteOffInvoice: 'WO',
  ReverseWriteOff: 'WR',
  CreditInvoice: 'CN',
  VoidInvoiceCredit: 'CV',
  ApplyCustomerCredit: 'CB',
  RecordOutsidePayment: 'OP',
  RecordSubscription: 'SB',
  MergeCustomers: 'MG',
  EraseCustomer: 'ER',
  PostPayoutJournal: 'PJ',
  ReversePayoutJournal: 'PR',
  RecordConversion: 'CX',
  UpsertItem: 'IT',
  RecordStock: 'ST',
  ReclassifyPayoutLine: 'PC',
  RecordReturn: 'RT',
  ReceiveReturn: 'RR',
};

/**
 * Such as `SO-2-000145`: by where its command lies in the topic, so that a ledger rebuilt from the beginning gives every
 * document the number it had.
 */
export const documentNumber = (type: string, partition: number, offset: bigint): string =>
  `${SERIES[type as ErpCommand['type']]}-${partition}-${offset.toString().padStart(6, '0')}`;
