import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { topics } from '../../../schemas/topics.ts';
import type { Certificate } from '../../../services/cli/certify/certificate.ts';
import { certificateText } from '../../../services/cli/certify/print.ts';
import { certified, clusterOf, type History, type Logs, logsOf, openHistory } from './history.ts';
import { alterationCount, nextOfKey, provenTopics, type Spot, tampered, type Tampering } from './tamper.ts';

let history: History;
let logs: Logs;
beforeAll(async () => {
  history = await openHistory();
  const row = await history.place('100123', 58001);
  await history.decline('100123', 'ch_0');
  await history.pay('100123', 58001, row);
  await history.place('100124', 58001);
  await history.decline('100124', 'ch_1');
  await history.place('100125', 58002, { PaymentMethod: 'PayPal', TransactionState: 'CAPTURED' });
  logs = logsOf(history);
});
afterAll(() => history.driver.close());

const certifiedLogs = (changed: Logs, orderId?: string): Promise<ReadonlyMap<string, Certificate>> =>
  certified({ ...history.world, cluster: clusterOf(changed) }, orderId);

const violationsIn = (all: ReadonlyMap<string, Certificate>): readonly string[] =>
  [...all.values()].flatMap(({ orderId, violations }) =>
    violations.map(({ kind, message }) => `${orderId} ${kind}: ${message}`),
  );

describe('the certificate of a healthy history', () => {
  it('of all orders: exactly once', async () => {
    const all = await certified(history.world);
    expect([...all.keys()]).toEqual(['100123', '100124', '100125']);
    expect(violationsIn(all)).toEqual([]);
    for (const each of all.values()) expect(each).toMatchObject({ verdict: 'exactly once', open: [], limits: [] });
    expect(violationsIn(await certifiedLogs(logs))).toEqual([]);
  });

  it('of one order: the same as among all, on one screen', async () => {
    const all = await certified(history.world);
    for (const [orderId, each] of all) expect((await certified(history.world, orderId)).get(orderId)).toEqual(each);
    expect((await certified(history.world, '1')).size).toBe(0);
    const text = certificateText(all.get('100123')!);
    expect(text).toContain(
      'exactly once: 13 commands, each decided once, sent once, answered once; 2 of 3 Stripe requests first attempts, 1 replayed; 6 ERP commands booked',
    );
    expect(text).toMatch(
      /stripe\.results-\d@\d+ +create-payment-intent\/1 +pi_100123 +req_\d+, first attempt, created/,
    );
    expect(text).toMatch(/adnsf\.results-\d@\d+ +mark-paid\/1 +100123 +row version 20260102T000000\.003/);
    expect(text).toMatch(/erp\.results-\d@\d+ +create-sales-order\/1 +DOC-100123\/create-sales-order\/1 +booked/);
    expect(text.split('\n').length).toBeLessThan(50);
  });
});

const topicOf = ({ source }: Spot): string => source.slice(0, source.lastIndexOf('/'));

/** Every record whose change some certificate must notice. */
const spots = (names: readonly string[]): readonly Spot[] =>
  [...logs]
    .flatMap(([source, records]) => records.map((_, index) => ({ source, index })))
    .filter((spot) => names.includes(topicOf(spot)));

const tamperAll = async (found: readonly Spot[], how: Tampering, times: (spot: Spot) => number) => {
  const missed: string[] = [];
  let tried = 0;
  for (const spot of found)
    for (let nth = 0; nth < times(spot); nth++) {
      tried++;
      const changed = tampered(history.schemas, logs, spot, how, nth);
      const key = logs.get(spot.source)![spot.index]!.key!.toString();
      const orderId = provenTopics.includes(topicOf(spot)) ? key : undefined;
      const violations = violationsIn(await certifiedLogs(changed, orderId));
      if (violations.length === 0) missed.push(`${how} ${spot.source}@${spot.index} (${nth})`);
    }
  return { tried, missed };
};

describe('tampering with any one record is noticed', () => {
  const once = () => 1;
  it('dropped', async () => {
    // Compaction drops all but the last image of an order, and the ERP need not answer.
    const compacted = (spot: Spot) => topicOf(spot) === topics.assembledOrders.name && nextOfKey(logs, spot) >= 0;
    const found = spots(provenTopics).filter((spot) => topicOf(spot) !== topics.erpResults.name && !compacted(spot));
    expect(await tamperAll(found, 'drop', once)).toMatchObject({ missed: [] });
  }, 120_000);

  it('doubled', async () => {
    expect(await tamperAll(spots([...provenTopics, topics.orders.name]), 'double', once)).toMatchObject({ missed: [] });
  }, 120_000);

  it('altered', async () => {
    const found = spots(provenTopics);
    expect(await tamperAll(found, 'alter', (spot) => alterationCount(topicOf(spot)))).toMatchObject({ missed: [] });
  }, 120_000);

  it('put behind the next one of its key', async () => {
    // What Stripe tells of an order under another key may come before or after; an ERP may answer as it likes.
    const charge = (spot: Spot, index: number) =>
      topicOf(spot) === topics.orderPayments.name &&
      history.schemas.topic('orderPayments').value.decode(logs.get(spot.source)![index]!.value!).kind ===
        'charge.balanced';
    const found = spots([...provenTopics, topics.orders.name])
      .filter((spot) => topicOf(spot) !== topics.erpResults.name)
      .filter((spot) => nextOfKey(logs, spot) >= 0 && !charge(spot, nextOfKey(logs, spot)));
    expect(found.length).toBeGreaterThan(30);
    expect(await tamperAll(found, 'swap', once)).toMatchObject({ missed: [] });
  }, 120_000);
});
