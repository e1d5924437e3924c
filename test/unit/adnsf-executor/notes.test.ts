import { describe, expect, it } from 'vitest';
import type { AdnsfOrderCommand } from '../../../schemas/topics.ts';
import { decisionOn, inEveryShop } from './deciding.ts';
import { recordDispute, recordRefund, recordRefundRefusal } from './support.ts';

const noteOf = (command: AdnsfOrderCommand): string | undefined => {
  const decision = decisionOn(command, { state: 'CAPTURED' });
  return decision.kind === 'apply' && 'note' in decision.change ? decision.change.note : undefined;
};

describe('a note', () => {
  it.each<[string, AdnsfOrderCommand, string]>([
    [
      'that a dispute was opened',
      recordDispute(1),
      '2026-07-01 08:34:56 Stripe: the customer disputes 123.45 USD (du_1), reason fraudulent; answer by 2026-07-02 08:34:56',
    ],
    [
      'that it was won',
      recordDispute(1, 'won'),
      '2026-07-01 08:34:56 Stripe: we won the dispute of 123.45 USD (du_1), reason fraudulent',
    ],
    [
      'that it was lost',
      recordDispute(1, 'lost', { reason: null }),
      '2026-07-01 08:34:56 Stripe: we lost the dispute of 123.45 USD (du_1)',
    ],
    [
      'of a status nobody knows',
      recordDispute(1, 'constructor', { reason: null }),
      '2026-07-01 08:34:56 Stripe: dispute is constructor: 123.45 USD (du_1)',
    ],
    [
      'that a refund was refused',
      recordRefundRefusal(1),
      '2026-07-01 08:34:56 Stripe did not refund 3.45 USD (credit-100200): charge_disputed: The charge has been charged back.',
    ],
    [
      'that what is left was not refunded',
      recordRefundRefusal(1, { amount: null, request: 'full-1' }),
      '2026-07-01 08:34:56 Stripe did not refund what is left (full-1): charge_disputed: The charge has been charged back.',
    ],
    [
      'that a refund of the shop was made',
      recordRefund(1, 345n, 345n, { requestedBy: 'credit-100200' }),
      '2026-07-01 08:34:56 Stripe refunded 3.45 USD (re_1) as the shop asked (credit-100200): duplicate; 3.45 USD of 123.45 USD are refunded',
    ],
  ])('%s is one line', (_name, command, note) => {
    expect(noteOf(command)).toBe(note);
  });

  it.each([recordDispute(1), recordRefundRefusal(1)])('of another payment is refused: $type', (command) => {
    const decision = decisionOn(command, { state: 'CAPTURED', paymentReference: 'pi_2' });
    expect(decision).toMatchObject({ kind: 'refuse', code: 'linked_to_other' });
  });
});

inEveryShop(({ server, run }) => {
  it('has what was noted, once, and the order stays as it is', async () => {
    const number = await server().place({ TransactionState: `N'CAPTURED'` });
    for (const command of [recordDispute(number), recordDispute(number), recordRefundRefusal(number)])
      expect(await run(command)).toMatchObject({
        status: 'succeeded',
        detail: { outcome: 'applied', before: 'CAPTURED', after: 'CAPTURED' },
      });
    const row = await server().look(number);
    expect(row['TransactionState']).toBe('CAPTURED');
    expect((row['CustomerServiceNotes'] as string).split('\r\n')).toEqual([
      expect.stringContaining('the customer disputes'),
      expect.stringContaining('did not refund'),
    ]);
  });
});
