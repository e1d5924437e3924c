import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { locateStripeMock, startStripeMock, type StripeMock } from '../../../infra/sandbox/stripe/stripe-mock.ts';
import {
  cancelPaymentIntent,
  capturePaymentIntent,
  createPaymentIntent,
  createRefund,
  deleteCustomer,
  ensureCustomer,
  executor,
  fetchBalanceTransaction,
  fetchCreditNoteLines,
  fetchCreditNotes,
  HOUR,
  labelPayment,
  moveCustomer,
  retireCustomer,
  setPrice,
  updateCustomer,
  upsertProduct,
} from './support.ts';

const located = locateStripeMock();
if ('missing' in located) process.stderr.write(`skipped, no stripe-mock: ${located.missing}\n`);

/** stripe-mock knows nothing and forgets everything, but refuses each request that Stripe's own schema does not allow. */
describe.skipIf('missing' in located)("every request is one of Stripe's schema", () => {
  let mock: StripeMock;
  beforeAll(async () => {
    if ('path' in located) mock = await startStripeMock(located.path);
  });
  afterAll(async () => {
    await mock.close();
  });

  it.each([
    ['EnsureCustomer', ensureCustomer('ada@example.com'), 0],
    ['CreatePaymentIntent', createPaymentIntent('cus_1'), 0],
    ['CreatePaymentIntent without a receipt', createPaymentIntent('cus_1', '1', { receiptEmail: null }), 0],
    ['CreatePaymentIntent with manual capture', createPaymentIntent('cus_1', '1', { captureMethod: 'manual' }), 0],
    ['CreatePaymentIntent of an absent customer', createPaymentIntent('cus_1', '1', { offSession: true }), 0],
    ['CreatePaymentIntent that saves', createPaymentIntent('cus_1', '1', { saveMethod: true }), 0],
    ['CreatePaymentIntent after a look', createPaymentIntent('cus_1'), 30 * HOUR],
    ['FetchBalanceTransaction', fetchBalanceTransaction('txn_1'), 0],
    ['CapturePaymentIntent', capturePaymentIntent('pi_1'), 0],
    ['CancelPaymentIntent', cancelPaymentIntent('pi_1'), 0],
    ['CancelPaymentIntent without a reason', cancelPaymentIntent('pi_1', null), 0],
    ['LabelPayment of a PaymentIntent', labelPayment('pi_1'), 0],
    ['LabelPayment of a charge', labelPayment('ch_1'), 0],
    ['CreateRefund', createRefund('pi_1'), 0],
    ['CreateRefund of all that is left', createRefund('pi_1', 'full-1', { amount: null, reason: null }), 0],
    ['CreateRefund after a look', createRefund('pi_1'), 30 * HOUR],
    ['UpdateCustomer', updateCustomer('cus_1', '1'), 0],
    ['UpdateCustomer that clears', updateCustomer('cus_1', '2', { name: null, phone: null, address: null }), 0],
    ['MoveCustomer', moveCustomer('cus_1', 'bea@example.com'), 0],
    ['RetireCustomer', retireCustomer('cus_1', 'cus_2'), 0],
    ['DeleteCustomer', deleteCustomer('cus_1'), 0],
    ['FetchCreditNotes', fetchCreditNotes('in_1', 're_1'), 0],
    ['FetchCreditNoteLines', fetchCreditNoteLines('cn_1'), 0],
    ['UpsertProduct', upsertProduct('1'), 0],
    ['SetPrice', setPrice('1'), 0],
  ])('%s', async (_name, command, age) => {
    const execute = executor(mock.url, { secretKey: 'sk_test_123' });
    const { result } = await execute(command, { now: Date.now() + age });
    expect(result).toMatchObject({ status: 'succeeded', errorMessage: null });
  });

  it('and it does refuse what is not', async () => {
    const wrong = await fetch(`${mock.url}/v1/payment_intents`, {
      method: 'POST',
      headers: { authorization: 'Bearer sk_test_123', 'content-type': 'application/x-www-form-urlencoded' },
      body: 'amount=1&currency=usd&line_items[0]=x',
    });
    expect(wrong.status).toBe(400);
  });
});
