import { describe, expect, it } from 'vitest';
import type { Replay } from '../../../schemas/generated/types.ts';
import type { Facts, Ledger, Payment, SeenCommand, ShopOrder } from '../../../services/cli/verify/facts.ts';
import { type FindingKind, judge, standingIn } from '../../../services/cli/verify/judge.ts';
import { soundWorld } from './world.ts';

const withOrder = (world: Facts, orderId: string, change: Partial<ShopOrder>): Facts => ({
  ...world,
  shop: world.shop.map((order) => (order.orderId === orderId ? { ...order, ...change } : order)),
});
const withPayment = (world: Facts, id: string, change: Partial<Payment>): Facts => ({
  ...world,
  payments: world.payments.map((payment) => (payment.id === id ? { ...payment, ...change } : payment)),
});
const withCommand = (world: Facts, commandId: string, change: Partial<SeenCommand>): Facts => ({
  ...world,
  commands: world.commands.map((command) => (command.commandId === commandId ? { ...command, ...change } : command)),
});
const withLedger = (world: Facts, change: Partial<Ledger>): Facts => ({
  ...world,
  ledger: { ...world.ledger, ...change },
});
const without = (world: Facts, commandId: string): Facts => ({
  ...world,
  commands: world.commands.filter((command) => command.commandId !== commandId),
});

describe('a sound world', () => {
  it('has no findings', () => {
    const verdict = judge(soundWorld());
    expect(verdict.findings).toEqual([]);
    expect(verdict.counts).toEqual({ lost: 0, doubled: 0, reordered: 0, mismatched: 0, 'dead-letter': 0, unrouted: 0 });
    expect(verdict.seen).toMatchObject({ orders: 3, paid: 1, declined: 1, open: 1, paymentIntents: 3 });
  });

  it('an order whose amounts cannot be read is a finding, and does not hide the others', () => {
    const unreadable = [{ orderId: '9', unreadable: '19.9950 USD has more decimals than USD has' }];
    expect(judge({ ...soundWorld(), unreadable }).findings).toEqual([
      expect.objectContaining({ kind: 'mismatched', orderId: '9' }),
    ]);
  });

  it('lets an order wait whose checkout is not finished', () => {
    const world = soundWorld();
    const unfinished = { ...world.shop[0]!, orderId: '9', complete: false, reference: null, state: null };
    expect(judge({ ...world, shop: [...world.shop, unfinished] }).findings).toEqual([]);
  });

  it('does not expect Stripe to know an order that is paid otherwise', () => {
    const world = soundWorld();
    const image = { ...world.images[0]!, orderId: '9', text: 'nine' };
    const other = {
      ...world.shop[0]!,
      orderId: '9',
      paymentMethod: 'PURCHASEORDER',
      reference: null,
      state: 'PENDING',
    };
    expect(judge({ ...world, shop: [...world.shop, other], images: [...world.images, image] }).findings).toEqual([]);
  });

  it('knows a row that moved to another customer: gone there, here now, one change', () => {
    const world = soundWorld();
    const [moved] = world.changes;
    const twice = [
      { ...moved!, op: 'd' },
      { ...moved!, op: 'c', offset: moved!.offset + 1n },
    ];
    expect(judge({ ...world, changes: twice }).findings).toEqual([]);
  });

  it('accepts an order that was declined and then paid, whatever came first', () => {
    const world = soundWorld();
    expect(judge(withPayment(world, 'pi_1', { declined: true })).findings).toEqual([]);
  });
});

type Injury = readonly [
  name: string,
  kind: FindingKind,
  orderId: string | null,
  says: RegExp,
  injure: (world: Facts) => Facts,
];

const injuries: readonly Injury[] = [
  [
    'an order without a PaymentIntent',
    'lost',
    '3',
    /no PaymentIntent/,
    (w) => ({ ...w, payments: w.payments.filter(({ id }) => id !== 'pi_3') }),
  ],
  [
    'an order that was never assembled',
    'lost',
    '3',
    /in neither orders.assembled nor adnsf.snapshots/,
    (w) => ({ ...w, images: w.images.filter(({ orderId }) => orderId !== '3') }),
  ],
  [
    'a PaymentIntent that is not on the order',
    'lost',
    '3',
    /not written on the order/,
    (w) => withOrder(w, '3', { reference: null }),
  ],
  [
    'a payment the shop has not heard of',
    'lost',
    '1',
    /PENDING in the shop/,
    (w) => withOrder(w, '1', { state: 'PENDING' }),
  ],
  [
    'a PaymentIntent that was cancelled by hand',
    'mismatched',
    '3',
    /canceled at Stripe, but PENDING/,
    (w) => withPayment(w, 'pi_3', { status: 'canceled' }),
  ],
  ['a decline the shop has not heard of', 'lost', '2', /still PENDING/, (w) => withOrder(w, '2', { state: 'PENDING' })],
  ['a paid order without a sales order', 'lost', '1', /no sales order/, (w) => withLedger(w, { salesOrders: [] })],
  ['a paid order without a payment in the books', 'lost', '1', /no payment/, (w) => withLedger(w, { payments: [] })],
  ['a fee that is not in the books', 'lost', '1', /took a fee of 208/, (w) => withLedger(w, { fees: [] })],
  [
    'a command without a result',
    'lost',
    '1',
    /has no result/,
    (w) => ({ ...w, results: w.results.filter(({ commandId }) => commandId !== '1/MarkOrderPaid/1') }),
  ],
  [
    'a command that was refused',
    'lost',
    '1',
    /was refused: not_found/,
    (w) => ({
      ...w,
      results: w.results.map((r) =>
        r.commandId === '1/LinkPayment/1' ? { ...r, status: 'refused', error: 'not_found: no such row' } : r,
      ),
    }),
  ],
  [
    'an ERP command that is not in the books',
    'lost',
    '1',
    /not in the ledger/,
    (w) => withLedger(w, { applied: w.ledger.applied.filter((id) => id !== '1/DecrementInventory/1') }),
  ],
  ['a result of no command', 'lost', '2', /in no topic of commands/, (w) => without(w, '2/CreatePaymentIntent/1')],
  [
    'a booking of no command',
    'lost',
    '7',
    /the ledger booked 7\/RecordPayment\/1/,
    (w) => withLedger(w, { applied: [...w.ledger.applied, '7/RecordPayment/1'] }),
  ],
  [
    'a PaymentIntent for an order that does not exist',
    'lost',
    '8',
    /not in the shop/,
    (w) => ({ ...w, payments: [...w.payments, { ...w.payments[2]!, id: 'pi_8', orderId: '8' }] }),
  ],
  [
    'two PaymentIntents for an order',
    'doubled',
    '3',
    /2 PaymentIntents: pi_3, pi_4/,
    (w) => ({ ...w, payments: [...w.payments, { ...w.payments[2]!, id: 'pi_4' }] }),
  ],
  [
    'a PaymentIntent that was charged twice',
    'doubled',
    '1',
    /charged 2 times/,
    (w) => withPayment(w, 'pi_1', { succeededCharges: ['ch_1', 'ch_2'] }),
  ],
  [
    'a command sent twice',
    'doubled',
    '1',
    /sent 2 times/,
    (w) => ({
      ...w,
      commands: [
        ...w.commands,
        { ...w.commands.find(({ commandId }) => commandId === '1/RecordPayment/1')!, offset: 99n },
      ],
    }),
  ],
  [
    'a result told twice',
    'doubled',
    '2',
    /2 results/,
    (w) => ({
      ...w,
      results: [...w.results, { ...w.results.find(({ commandId }) => commandId === '2/LinkPayment/1')!, offset: 99n }],
    }),
  ],
  [
    'two sales orders',
    'doubled',
    '1',
    /2 sales orders/,
    (w) => withLedger(w, { salesOrders: [...w.ledger.salesOrders, ...w.ledger.salesOrders] }),
  ],
  [
    'two payments in the books',
    'doubled',
    '1',
    /2 payments/,
    (w) => withLedger(w, { payments: [...w.ledger.payments, ...w.ledger.payments] }),
  ],
  [
    'a command booked twice',
    'doubled',
    '1',
    /booked 2 times/,
    (w) => withLedger(w, { applied: [...w.ledger.applied, '1/RecordPayment/1'] }),
  ],
  [
    'a change captured twice',
    'doubled',
    null,
    /is at .*@99 again/,
    (w) => ({ ...w, changes: [...w.changes, { ...w.changes[2]!, offset: 99n }] }),
  ],
  [
    'an image said twice in a row',
    'doubled',
    '3',
    /repeats/,
    (w) => ({ ...w, images: [...w.images, { ...w.images[2]!, offset: 99n }] }),
  ],
  [
    'a change before an earlier one',
    'reordered',
    null,
    /older in the shop's log/,
    (w) => ({ ...w, changes: [...w.changes, { ...w.changes[0]!, offset: 99n, serial: 2n }] }),
  ],
  [
    'a payment intent before its customer',
    'reordered',
    '3',
    /sent before EnsureCustomer/,
    (w) => withCommand(w, '3/EnsureCustomer/1', { offset: 999n }),
  ],
  [
    'an order marked as paid before it was linked',
    'reordered',
    '1',
    /sent before LinkPayment/,
    (w) => withCommand(w, '1/LinkPayment/1', { offset: 999n }),
  ],
  [
    'a payment booked before its sales order',
    'reordered',
    '1',
    /sent before CreateSalesOrder/,
    (w) => withCommand(w, '1/CreateSalesOrder/1', { offset: 999n }),
  ],
  [
    'an order marked as paid by an event nobody has',
    'reordered',
    '1',
    /no topic of facts has/,
    (w) => ({ ...w, facts: w.facts.filter(({ factId }) => factId !== 'evt_paid') }),
  ],
  [
    'an order marked as paid by a decline',
    'reordered',
    '1',
    /told of payment.failed/,
    (w) => ({ ...w, facts: w.facts.map((f) => (f.factId === 'evt_paid' ? { ...f, kind: 'payment.failed' } : f)) }),
  ],
  [
    'commands of one order in two partitions',
    'reordered',
    '1',
    /in 2 partitions/,
    (w) => withCommand(w, '1/RecordPayment/1', { partition: 2 }),
  ],
  [
    'a PaymentIntent a cent off',
    'mismatched',
    '3',
    /pi_3 is over 6140/,
    (w) => withPayment(w, 'pi_3', { amount: 6_140n }),
  ],
  ['a payment a cent short', 'mismatched', '1', /received 6138/, (w) => withPayment(w, 'pi_1', { received: 6_138n })],
  [
    'a PaymentIntent in another currency',
    'mismatched',
    '3',
    /in EUR/,
    (w) => withPayment(w, 'pi_3', { currency: 'EUR' }),
  ],
  [
    'an order that names another PaymentIntent',
    'mismatched',
    '3',
    /the shop names pi_9/,
    (w) => withOrder(w, '3', { reference: 'pi_9' }),
  ],
  [
    'an order paid in the shop only',
    'mismatched',
    '3',
    /CAPTURED in the shop, but pi_3/,
    (w) => withOrder(w, '3', { state: 'CAPTURED' }),
  ],
  [
    'an order refused without a decline',
    'mismatched',
    '3',
    /no attempt/,
    (w) => withOrder(w, '3', { state: 'REFUSED' }),
  ],
  ['an order that does not add up', 'mismatched', '3', /the total is 6139/, (w) => withOrder(w, '3', { tax: 443n })],
  [
    'a command a cent off',
    'mismatched',
    '1',
    /says amount 6140/,
    (w) => withCommand(w, '1/RecordPayment/1', { amounts: { amount: 6_140n } }),
  ],
  [
    'a sales order a cent off',
    'mismatched',
    '1',
    /the sales order says tax 445/,
    (w) => withLedger(w, { salesOrders: [{ ...w.ledger.salesOrders[0]!, tax: 445n }] }),
  ],
  [
    'a booked payment a cent off',
    'mismatched',
    '1',
    /payment of 6138/,
    (w) => withLedger(w, { payments: [{ ...w.ledger.payments[0]!, amount: 6_138n }] }),
  ],
  [
    'a booked fee a cent off',
    'mismatched',
    '1',
    /fee 209/,
    (w) => withLedger(w, { fees: [{ ...w.ledger.fees[0]!, fee: 209n }] }),
  ],
  [
    'a payment in the books that Stripe has not',
    'mismatched',
    '3',
    /Stripe has not been paid/,
    (w) => withLedger(w, { payments: [...w.ledger.payments, { ...w.ledger.payments[0]!, orderId: '3' }] }),
  ],
  [
    'books that do not balance',
    'mismatched',
    null,
    /differ by 1 USD/,
    (w) => withLedger(w, { trialBalance: new Map([['USD', 1n]]) }),
  ],
  [
    'a clearing account off by a cent',
    'mismatched',
    null,
    /clearing account holds 5930/,
    (w) => withLedger(w, { clearing: new Map([['USD', 5_930n]]) }),
  ],
  [
    'money at Stripe that the books do not know',
    'mismatched',
    null,
    /holds 0 EUR/,
    (w) => ({
      ...w,
      stripeNet: new Map([...w.stripeNet, ['EUR', 5n]]),
      stripeBalance: new Map([...w.stripeBalance, ['EUR', 5n]]),
    }),
  ],
  [
    'a dead letter',
    'dead-letter',
    null,
    /undecodable: what/,
    (w) => ({
      ...w,
      deadLetters: [{ topic: 'dead-letters', partition: 0, offset: 1n, code: 'undecodable', message: 'what' }],
    }),
  ],
  [
    'a command the ledger put aside',
    'dead-letter',
    null,
    /invalid: what/,
    (w) =>
      withLedger(w, {
        conflicts: [{ topic: 'erp.commands', partition: 0, offset: 1n, code: 'invalid', message: 'what' }],
      }),
  ],
  [
    'an event of no order, with its money',
    'unrouted',
    null,
    /ch_9 \(charge\.refunded, 500 USD in minor units, 2026-/,
    (w) => ({
      ...w,
      unrouted: [{ objectId: 'ch_9', kind: 'charge.refunded', amount: 500n, currency: 'USD', at: 1_790_000_000_000n }],
    }),
  ],
];

describe('an injured world', () => {
  it.each(injuries)('%s is found', (_name, kind, orderId, says, injure) => {
    const { findings, counts } = judge(injure(soundWorld()));
    expect(counts[kind]).toBeGreaterThan(0);
    expect(findings).toContainEqual(
      expect.objectContaining({ kind, orderId, message: expect.stringMatching(says) as string }),
    );
  });
});

describe('a world that was replayed', () => {
  /** One partition of commands ended at 100, and everything of it was sent once more. */
  const replay = (change: Partial<Replay['outputs'][number]> = {}): Replay => ({
    ...{ replayId: 'r', application: 'order-stream', stage: 'orders', partition: 1, version: '1' },
    ...{ who: 'ana@shop', reason: 'why not', at: 1n, range: 'offset 0', orderId: null, positions: [], stores: [] },
    outputs: [{ topic: 'erp.commands', partition: 1, end: 10_100n, records: 1n, ...change }],
  });
  const again = (world: Facts, over: Partial<SeenCommand> = {}): Facts => {
    // The last one: whatever comes after it, it is in order.
    const told = world.commands.find(({ type }) => type === 'RecordProcessingFee')!;
    const copies = [
      { ...told, offset: 10_099n },
      { ...told, offset: 10_100n, ...over },
    ];
    return { ...world, commands: [...world.commands.filter((each) => each !== told), ...copies] };
  };
  const doubled = (world: Facts) => judge(world).findings.filter(({ kind }) => kind === 'doubled');

  it('has its commands twice, and nothing is doubled', () => {
    expect(judge({ ...again(soundWorld()), replays: [replay()] }).findings).toEqual([]);
  });

  it('has the answers twice too, but not more often than that', () => {
    const world = soundWorld();
    const told = world.commands.find(({ type }) => type === 'MarkOrderPaid')!;
    const copies = { ...world, commands: [...world.commands, { ...told, offset: 11_000n }] };
    const answer = world.results.find(({ commandId }) => commandId === told.commandId)!;
    const answered = { ...copies, replays: [replay({ topic: told.topic })], results: [...world.results, answer] };
    expect(judge(answered).findings).toEqual([]);
    expect(doubled({ ...answered, results: [...answered.results, answer] })).toMatchObject([
      { message: expect.stringMatching(/has 3 results/) as string },
    ]);
  });

  it.each([
    ['no replay', again(soundWorld()), []],
    ['a replay of another topic', again(soundWorld()), [replay({ topic: 'adnsf.commands' })]],
    ['a replay of another partition', again(soundWorld()), [replay({ partition: 0 })]],
    ['a replay before both', again(soundWorld()), [replay({ end: 10_099n })]],
    ['a replay after both', again(soundWorld()), [replay({ end: 10_101n })]],
    ['a replay that sends nothing', again(soundWorld()), [replay({ records: 0n })]],
    ['a replay, but the words differ', again(soundWorld(), { digest: 'other' }), [replay()]],
    [
      'a replay, but it lies elsewhere',
      again(soundWorld(), { partition: 0, offset: 5n }),
      [replay({ partition: 0, end: 5n })],
    ],
  ] as const)('calls doubled what comes again with %s', (_, world, replays) => {
    expect(doubled({ ...world, replays })).toHaveLength(1);
  });

  it('calls doubled what comes a third time', () => {
    const world = again(soundWorld());
    const third = { ...world, commands: [...world.commands, { ...world.commands.at(-1)!, offset: 10_101n }] };
    expect(doubled({ ...third, replays: [replay({ records: 9n })] })).toHaveLength(1);
    const second = replay({ end: 10_101n });
    expect(doubled({ ...third, replays: [replay({ records: 9n }), second] })).toEqual([]);
  });

  it('calls doubled more than the replay said it would send', () => {
    const world = again(soundWorld());
    const other = world.commands.find(({ type }) => type === 'UpsertCustomer')!;
    const more = {
      ...world,
      commands: [
        ...world.commands.filter((each) => each !== other),
        { ...other, offset: 10_098n },
        { ...other, offset: 10_102n },
      ],
    };
    expect(doubled({ ...more, replays: [replay({ records: 1n })] })).toHaveLength(1);
    expect(doubled({ ...more, replays: [replay({ records: 2n })] })).toEqual([]);
  });

  it('may say an image again', () => {
    const world = soundWorld();
    const image = { ...world.images[0]!, offset: 10_100n };
    const twice = { ...world, images: [...world.images, image] };
    expect(doubled(twice)).toHaveLength(1);
    expect(doubled({ ...twice, replays: [replay({ topic: image.topic })] })).toEqual([]);
  });
});

describe('a second look', () => {
  const lostOnce = (): Facts => withLedger(soundWorld(), { payments: [] });

  it('drops what was under way', () => {
    expect(standingIn(judge(lostOnce()), judge(soundWorld())).findings).toEqual([]);
  });

  it('keeps what still stands, and counts it', () => {
    const both = withOrder(lostOnce(), '3', { reference: null });
    const verdict = standingIn(judge(lostOnce()), judge(both));
    expect(verdict.findings).toEqual(judge(lostOnce()).findings);
    expect(verdict.counts.lost).toBe(1);
  });
});
