import { describe, expect, it } from 'vitest';
import type { Conversion, Facts, Payment } from '../../../services/cli/verify/facts.ts';
import { bookFindings } from '../../../services/cli/verify/books.ts';
import { judge } from '../../../services/cli/verify/judge.ts';
import { soundWorld } from './world.ts';

const converted: Conversion = {
  balanceTransactionId: 'txn_1',
  fromAmount: 6_139n,
  fromCurrency: 'USD',
  toAmount: 5_700n,
  toCurrency: 'EUR',
  rate: '0.9285',
};
const fee = { balanceTransactionId: 'txn_1', gross: 5_700n, fee: 252n, net: 5_448n, currency: 'EUR' };

/** The sound world, whose paid order Stripe has converted, with changes. */
const world = (
  changes: Readonly<{
    booked?: readonly Conversion[];
    fees?: Facts['ledger']['fees'];
    payment?: Partial<Payment>;
    ledger?: Partial<Facts['ledger']>;
  }> = {},
): Facts => {
  const sound = soundWorld();
  const { booked = [converted], fees = [{ orderId: '1', ...fee }], payment, ledger } = changes;
  const euros = new Map([
    ['EUR', 5_448n],
    ['USD', 0n],
  ]);
  return {
    ...sound,
    payments: sound.payments.map((each) =>
      each.orderId === '1' ? { ...each, fee, conversions: [converted], ...payment } : each,
    ),
    stripeNet: new Map([['EUR', 5_448n]]),
    stripeBalance: new Map([['EUR', 5_448n]]),
    commands: sound.commands.map((command) =>
      command.type === 'RecordProcessingFee'
        ? { ...command, amounts: { gross: 5_700n, fee: 252n, net: 5_448n }, currency: 'EUR' }
        : command,
    ),
    ledger: {
      ...sound.ledger,
      fees,
      clearing: euros,
      conversions: booked.map((each) => ({ orderId: '1', ...each })),
      ...ledger,
    },
  };
};
const found = (facts: Facts): readonly string[] => judge(facts).findings.map(({ message }) => message);

describe('money that Stripe converted', () => {
  it('is right when both sides say the same in both currencies', () => {
    expect(found(world())).toEqual([]);
  });

  it.each<[string, Facts, RegExp]>([
    ['is missing', world({ booked: [] }), /txn_1 converted 6139 USD into 5700 EUR at 0.9285, which is not in the/],
    ['is there twice', world({ booked: [converted, converted] }), /the ledger has 2 conversions by txn_1/],
    [
      'comes to another amount',
      world({ booked: [{ ...converted, toAmount: 5_701n }] }),
      /into 5701 EUR .* Stripe says/,
    ],
    ['is of another amount', world({ booked: [{ ...converted, fromAmount: 6_138n }] }), /converted 6138 USD/],
    ['has another rate', world({ booked: [{ ...converted, rate: '0.93' }] }), /at 0.93, Stripe says/],
    ['was never made', world({ payment: { conversions: [] } }), /the ledger has a conversion of 6139 USD .* has not/],
    [
      'has its fee in another currency',
      world({ fees: [{ orderId: '1', ...fee, currency: 'USD' }] }),
      /5448 USD; Stripe/,
    ],
    [
      'stays on the clearing account',
      world({
        ledger: {
          clearing: new Map([
            ['EUR', 5_448n],
            ['USD', 6_139n],
          ]),
        },
      }),
      /the clearing account holds 6139 USD, Stripe's balance transactions come to 0/,
    ],
  ])('is found where it %s', (_name, facts, message) => {
    expect(found(facts)).toEqual([expect.stringMatching(message)]);
  });

  it('is not asked for where the payment itself was never booked', () => {
    const nothing = world({ booked: [], ledger: { payments: [], fees: [] } });
    expect(bookFindings(nothing).map(({ message }) => message)).not.toContainEqual(expect.stringMatching(/converted/));
  });

  it('does not mix with what a refund of it costs', () => {
    const refund = {
      id: 're_1',
      status: 'succeeded',
      amount: 100n,
      balanceTransactionId: 'txn_re',
      failureBalanceTransactionId: null,
      commandId: null,
      returnId: null,
    };
    const memo = {
      orderId: '1',
      refundId: 're_1',
      amount: 100n,
      tax: 0n,
      currency: 'USD',
      reversedBy: null,
      returnId: null,
    };
    const cost = { orderId: '1', balanceTransactionId: 'txn_re', gross: -93n, fee: 5n, net: -98n, currency: 'EUR' };
    const facts = world({
      payment: { refunds: [refund] },
      fees: [{ orderId: '1', ...fee }, cost],
      ledger: { creditMemos: [memo] },
    });
    expect(bookFindings(facts).map(({ message }) => message)).toEqual([]);
  });
});
