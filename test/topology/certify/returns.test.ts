import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { topics } from '../../../schemas/topics.ts';
import { certificateText } from '../../../services/cli/certify/print.ts';
import type { ConsumedRecord } from '../../../services/runtime/ports.ts';
import { pipeChange } from '../order-stream/shop-log.ts';
import { certified, clusterOf, type History, type Logs, logsOf, openHistory } from './history.ts';

const ORDER = '100123';

let history: History;
let logs: Logs;
beforeAll(async () => {
  history = await openHistory();
  const row = await history.place(ORDER, 58001);
  await history.pay(ORDER, 58001, row);
  const requested = {
    OrderReturnID: 5,
    RMANumber: 'RMA-5',
    OrderNumber: Number(ORDER),
    ShoppingCartRecID: 7001,
    CustomerID: 58001,
    ProductID: 2,
    VariantID: 2,
    Quantity: 1,
    ReturnState: 'REQUESTED',
    GoodsExpected: 0,
    Restock: 0,
    RestockingFee: Buffer.from([0]),
  };
  // 9.81, of scale 4.
  const approved = { ...requested, ReturnState: 'APPROVED', RefundAmount: Buffer.from([0x01, 0x7f, 0x34]) };
  for (const change of [
    history.log.insert('returns', '58001', requested),
    history.log.update('returns', '58001', requested, requested),
    history.log.update('returns', '58001', requested, approved),
    history.log.update('returns', '58001', approved, approved),
  ])
    await pipeChange(history.driver, change);
  logs = logsOf(history);
});
afterAll(() => history.driver.close());

const source = (): string => {
  const found = [...logs].find(
    ([name, records]) => name.startsWith(`${topics.orderReturns.name}/`) && records.length > 0,
  );
  return found![0];
};
const violations = async (records: readonly ConsumedRecord[]): Promise<readonly string[]> => {
  const changed = new Map([...logs, [source(), records]]);
  const all = await certified({ ...history.world, cluster: clusterOf(changed) }, ORDER);
  return all.get(ORDER)!.violations.map(({ kind, message }) => `${kind}: ${message}`);
};

describe('the certificate of an order of which something came back', () => {
  it('is exactly once, and names what the shop said', async () => {
    const certificate = (await certified(history.world, ORDER)).get(ORDER)!;
    expect(certificate).toMatchObject({ verdict: 'exactly once', open: [], limits: [], violations: [] });
    const text = certificateText(certificate);
    expect(text).toContain('refund-return/5');
    expect(text).toMatch(/row of returns/);
  });

  it('misses what the shop said and the topic has not, and what it did not say', async () => {
    const records = logs.get(source())!;
    const [, last] = records;
    expect(records).toHaveLength(2);
    expect((await violations(records.slice(0, 1))).join('\n')).toMatch(
      /lost: the return that .* makes is not in order\.ret/,
    );
    expect((await violations([...records, last!])).join('\n')).toMatch(/doubled: return .* repeats/);
    const { value: serde } = history.schemas.topic('orderReturns');
    const told = serde.decode(last!.value!);
    const forged = { ...last!, value: serde.encode({ ...told, amount: 982n }) };
    expect((await violations([records[0]!, forged])).join('\n')).toMatch(
      /unexplained: return .* is not what its stage/,
    );
  });
});
