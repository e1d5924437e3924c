import { beforeAll, describe, expect, it } from 'vitest';
import type { ErpCommand } from '../../../schemas/topics.ts';
import { openLedger } from '../../../services/erp-ledger/ledger.ts';
import type { Topic } from '../../../services/runtime/topology.ts';
import {
  inventory,
  issueMemo,
  openTopic,
  receiveReturn,
  recordPayment,
  recordReturn,
  recordsOf,
  salesOrder,
  SOURCE,
  temporaryLedger,
} from './support.ts';

let topic: Topic<ErpCommand>;
beforeAll(async () => {
  topic = await openTopic();
});

/** The books after these commands, and why each that was put aside was. */
const after = (...commands: readonly ErpCommand[]) => {
  using files = temporaryLedger();
  const ledger = openLedger(files.path);
  ledger.begin(SOURCE, 0n);
  const records = recordsOf(commands, (command) => topic.value.encode(command));
  ledger.book({ source: SOURCE, fetchOffset: 0n, records, nextOffset: BigInt(records.length) }, (value) =>
    topic.value.decode(value),
  );
  ledger.close();
  return files.read((reader) => ({
    aside: reader.conflicts().map(({ message }) => message),
    stock: reader.stock().map(({ variantId, quantity }) => [variantId, quantity]),
    order: reader.order('1'),
  }));
};
const sold = [salesOrder('1'), inventory('1', 2), recordPayment('1', 11_300n, 800n)];

describe('a return', () => {
  it('is a record, goods on the shelf, and what a credit memo pays back', () => {
    const memo = issueMemo('1', 're_1', 1_130n, 80n);
    const lines = [{ productId: 1, variantId: 11, sku: 'MUG', quantity: 1 }];
    const { aside, stock, order } = after(...sold, recordReturn('1', 5), receiveReturn('1', 5), {
      ...memo,
      payload: { ...memo.payload, returnId: 5, requestedBy: 'return-5', lines },
    });
    expect(aside).toEqual([]);
    expect(stock).toEqual([[11n, -1n]]);
    expect(order?.returns).toEqual([
      {
        commandId: '1/record-return/5-accepted',
        returnId: 5n,
        rmaNumber: 'RMA-5',
        outcome: 'ACCEPTED',
        amount: 1_130n,
        currency: 'USD',
        received: '1/receive-return/5',
      },
    ]);
    expect(order?.creditMemos).toMatchObject([{ refundId: 're_1', returnId: 5n }]);
  });

  it('that is rejected is a record', () => {
    const { aside, stock, order } = after(...sold, recordReturn('1', 5, 'REJECTED'));
    expect(aside).toEqual([]);
    expect(stock).toEqual([[11n, -2n]]);
    expect(order?.returns).toMatchObject([{ outcome: 'REJECTED', received: null }]);
  });

  it.each<[string, readonly ErpCommand[], RegExp]>([
    ['of more than was sold', [receiveReturn('1', 5, 3)], /3 of variant 11 come back, and 2 are out/],
    ['of more than is left', [receiveReturn('1', 5, 2), receiveReturn('1', 6, 1)], /1 of variant 11 .* 0 are out/],
    ['of nothing', [receiveReturn('1', 5, 0)], /0 of variant 11 come back/],
    [
      'that was received before',
      [receiveReturn('1', 5), { ...receiveReturn('1', 5), commandId: '1/receive-return/5x' }],
      /UNIQUE/,
    ],
    ['with an outcome that is none', [recordReturn('1', 5, 'LOST')], /CHECK/],
  ])('%s is put aside', (_name, commands, message) => {
    const { aside } = after(...sold, ...commands);
    expect(aside).toHaveLength(1);
    expect(aside[0]).toMatch(message);
  });
});
