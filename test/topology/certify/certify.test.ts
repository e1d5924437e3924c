import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { topics } from '../../../schemas/topics.ts';
import type { Certificate } from '../../../services/cli/certify/certificate.ts';
import { REDRIVE_HEADER } from '../../../services/runtime/redrive.ts';
import { certificateText } from '../../../services/cli/certify/print.ts';
import { certified, clusterOf, type History, type Logs, logsOf, openHistory, type Standing } from './history.ts';
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
    // The one person whose orders they are is certified like them.
    expect([...all.keys()]).toEqual(['100123', '100124', '100125', expect.stringMatching(/^customer:/)]);
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
    // The ERP need not answer.
    const found = spots(provenTopics).filter((spot) => topicOf(spot) !== topics.erpResults.name);
    expect(await tamperAll(found, 'drop', once)).toMatchObject({ missed: [] });
  }, 120_000);

  it('doubled', async () => {
    expect(await tamperAll(spots([...provenTopics, topics.orders.name]), 'double', once)).toMatchObject({ missed: [] });
  }, 120_000);

  it('altered', async () => {
    const paid = (spot: Spot) => logs.get(spot.source)![spot.index]!.key!.toString() === '100123';
    const found = spots(provenTopics).filter(paid);
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

/** The first record of a topic that is about the order, or about the nth command of it. */
const find = (topic: string, orderId: string, commandId?: string): Spot => {
  for (const [source, records] of logs)
    for (const [index, record] of records.entries()) {
      if (!source.startsWith(`${topic}/`) || record.key?.toString() !== orderId) continue;
      if (commandId === undefined || record.value?.includes(`${orderId}/${commandId}`) === true)
        return { source, index };
    }
  throw new Error(`no ${commandId ?? 'record'} of ${orderId} in ${topic}`);
};

describe('what is wrong is said by its name and its place', () => {
  const said = async (spot: Spot, how: Tampering, nth = 0): Promise<readonly string[]> =>
    violationsIn(await certifiedLogs(tampered(history.schemas, logs, spot, how, nth), '100123'));
  const paid = 'mark-paid/1';
  const cases: readonly (readonly [string, () => Spot, Tampering, number, RegExp])[] = [
    [
      'a lost command',
      () => find('adnsf.commands', '100123', paid),
      'drop',
      0,
      /lost: command 100123\/mark-paid\/1 was called for and is not in adnsf\.commands/,
    ],
    [
      'a doubled command',
      () => find('erp.commands', '100123', 'record-payment/1'),
      'double',
      0,
      /doubled: command 100123\/record-payment\/1 is at erp\.commands-\d@\d+ and again at erp\.commands-\d@\d+/,
    ],
    [
      'a changed command',
      () => find('adnsf.commands', '100123', paid),
      'alter',
      2,
      /changed: command 100123\/mark-paid\/1 \(adnsf\.commands-\d@\d+\) says something else than was decided: occurredAt/,
    ],
    [
      'a wrong cause',
      () => find('adnsf.commands', '100123', paid),
      'alter',
      1,
      /cause: command 100123\/mark-paid\/1 .* names evt_forged as its cause/,
    ],
    [
      'commands in another order',
      () => find('erp.commands', '100123', 'create-sales-order/1'),
      'swap',
      0,
      /reordered: no order in which the records of 100123 can have arrived/,
    ],
    [
      'a command that nothing calls for',
      () => find('erp.commands', '100123', 'record-payment/1'),
      'alter',
      0,
      /unexplained: command 100123\/record-payment\/10/,
    ],
    [
      'a missing result',
      () => find('adnsf.results', '100123', paid),
      'drop',
      0,
      /unanswered: command 100123\/mark-paid\/1 .* was carried out, and adnsf\.results has no result of it/,
    ],
    [
      'a result without a command',
      () => find('adnsf.results', '100123', paid),
      'alter',
      0,
      /unexplained: result adnsf\.results-\d@\d+ is of 100123\/mark-paid\/10, which was never sent/,
    ],
    [
      'a doubled result',
      () => find('stripe.results', '100123'),
      'double',
      0,
      /doubled: command 100123\/ensure-customer\/1 is answered at/,
    ],
    [
      'a lost fact',
      () => find('order.payments', '100123'),
      'drop',
      0,
      /lost: the fact that stripe\.events-\d@\d+ tells is not in order\.payments/,
    ],
    [
      'a changed fact',
      () => find('order.payments', '100123'),
      'alter',
      0,
      /unexplained: fact order\.payments-\d@\d+ is not what its stage makes/,
    ],
    [
      'a changed image',
      () => find('orders.assembled', '100123'),
      'alter',
      0,
      /unexplained: image orders\.assembled-\d@\d+ is not what its stage makes/,
    ],
    [
      'a doubled row change',
      () => find(topics.orders.name, '58001'),
      'double',
      0,
      /doubled: the change at adnsf.*Orders-\d@\d+ is at .* again/,
    ],
  ];
  it.each(cases)('%s', async (_name, spot, how, nth, message) => {
    expect((await said(spot(), how, nth)).join('\n')).toMatch(message);
  });

  it('a command that another record than its cause has brought about', async () => {
    const { source, index } = find('adnsf.commands', '100123', paid);
    const retimed = logs
      .get(source)!
      .map((record, at) => (at === index ? { ...record, timestamp: record.timestamp + 1n } : record));
    const violations = violationsIn(await certifiedLogs(new Map([...logs, [source, retimed]]), '100123'));
    expect(violations.join('\n')).toMatch(/reordered: no order in which .* this sequence and these times/);
  });
});

describe('what is not violated', () => {
  const look = async (standing: Standing, changed = logs): Promise<Certificate> =>
    (await certified({ ...history.world, cluster: clusterOf(changed, standing) }, '100123')).get('100123')!;

  it('a command that nobody has read yet, and what would follow from it, are under way', async () => {
    const without = tampered(history.schemas, logs, find('adnsf.results', '100123', 'mark-paid/1'), 'drop');
    const each = await look({ committed: (group, end) => (group === 'adnsf-executor-adnsf' ? 0n : end) }, without);
    expect(each).toMatchObject({
      verdict: 'under way',
      violations: [],
      open: ['the result of 100123/mark-paid/1'],
    });
    expect(each.statement).toMatch(/^exactly once so far: 13 commands, .* 1 step under way/);
  });

  it('a fact that the decider has not read calls for commands to come', async () => {
    let changed = logs;
    const due = ['fetch-balance-transaction', 'record-fee'];
    for (const [topic, id] of [
      ['stripe.commands', due[0]!],
      ['stripe.results', due[0]!],
      ['erp.commands', due[1]!],
      ['erp.results', due[1]!],
    ] as const) {
      const spot = find(topic, '100123', id);
      changed = new Map([
        ...changed,
        [spot.source, changed.get(spot.source)!.filter((_, index) => index !== spot.index)],
      ]);
    }
    const balanced = logs.get(find('order.payments', '100123').source)!.length - 1;
    const each = await look(
      {
        committed: (group, end) => (group === 'order-stream-orders' && end > BigInt(balanced) ? BigInt(balanced) : end),
      },
      changed,
    );
    expect(each).toMatchObject({ verdict: 'under way', violations: [] });
    expect(each.open).toEqual(['command 100123/fetch-balance-transaction/txn_100123']);
    expect((await look({}, changed)).violations.map(({ kind }) => kind)).toEqual(['lost']);
  });

  it('what came while it looked explains, and need not be explained', async () => {
    const spot = find('adnsf.results', '100123', 'mark-paid/1');
    const added = tampered(history.schemas, logs, spot, 'alter', 0);
    const last = new Map([
      ...added,
      [spot.source, [...added.get(spot.source)!].toSorted((a) => (a.offset === BigInt(spot.index) ? 1 : 0))],
    ]);
    const each = await look(
      { arriving: new Map([[spot.source, logs.get(spot.source)!.length]]), committed: () => 0n },
      last,
    );
    expect(each.violations).toEqual([]);
  });

  it('records that are no longer kept leave it unproven', async () => {
    const each = await look({ begin: (topic) => (topic === topics.customers.name ? 1n : 0n) });
    expect(each).toMatchObject({
      verdict: 'unproven',
      violations: [],
      limits: ['rows of the shop that its images were made from are no longer kept'],
    });
  });

  it('an ERP that does not answer', async () => {
    const silent = new Map(
      [...logs].map(([source, records]) => [source, source.startsWith('erp.results/') ? [] : records]),
    );
    const each = await look({}, silent);
    expect(each.verdict).toBe('exactly once');
    expect(each.statement).toContain('not acknowledged by the ERP');
  });

  it('a command that a person has given to its executor again', async () => {
    const { source, index } = find('adnsf.commands', '100123', 'mark-paid/1');
    const again = { ...logs.get(source)![index]!, headers: { [REDRIVE_HEADER]: Buffer.from('dead-letters-0@0') } };
    const each = await look({}, new Map([...logs, [source, [...logs.get(source)!, again]]]));
    expect(each).toMatchObject({ verdict: 'exactly once', violations: [] });
    expect(each.decisions).toHaveLength(13);
  });
});
