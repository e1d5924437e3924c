import { describe, expect, it } from 'vitest';
import type { RaisedException, Repair } from '../../../schemas/generated/types.ts';
import { type History, type Looked, type Remedy, remediesFor } from '../../../services/cli/audit/remedies.ts';
import type { Facts, ShopOrder } from '../../../services/cli/verify/facts.ts';
import { judge } from '../../../services/cli/verify/judge.ts';
import { soundWorld } from './world.ts';

const nothingDone: History = { repairs: new Map(), open: new Map<string, RaisedException>() };

const remedies = (
  facts: Facts,
  history: History = nothingDone,
  readUpTo: Looked['readUpTo'] = () => 1_000n,
): readonly Remedy[] => remediesFor({ facts, findings: judge(facts).findings, readUpTo }, history);

const said = (all: readonly Remedy[]): string[] =>
  all.map((remedy) => {
    const { kind, drift } = remedy;
    const what = kind === 'repair' ? remedy.command.commandId : kind === 'person' ? remedy.who : remedy.why;
    return `${drift.orderId ?? '-'} ${drift.code} ${kind} ${what}`;
  });

const withOrder = (world: Facts, orderId: string, change: Partial<ShopOrder>): Facts => ({
  ...world,
  shop: world.shop.map((order) => (order.orderId === orderId ? { ...order, ...change } : order)),
});
const unbooked = (world: Facts, commandId: string): Facts => ({
  ...world,
  ledger: { ...world.ledger, applied: world.ledger.applied.filter((id) => id !== commandId) },
});
const unanswered = (world: Facts, commandId: string): Facts => ({
  ...world,
  results: world.results.filter((result) => result.commandId !== commandId),
});

const repaired = (commandId: string, offset: bigint): History => ({
  ...nothingDone,
  repairs: new Map([
    [commandId, [{ repairId: `${commandId}#repair-1`, commandId, repeated: `x.commands-1@${offset}` } as Repair]],
  ]),
});

describe('remedies', () => {
  it('has none for a sound world', () => {
    expect(remedies(soundWorld())).toEqual([]);
  });

  it.each<readonly [string, Facts, string[]]>([
    [
      'a paid order that is PENDING again',
      withOrder(soundWorld(), '1', { state: 'PENDING' }),
      ['1 not_paid_in_shop repair 1/MarkOrderPaid/1'],
    ],
    [
      'a paid order that somebody voided',
      withOrder(soundWorld(), '1', { state: 'VOIDED' }),
      ['1 not_paid_in_shop person support'],
    ],
    [
      'a PaymentIntent that is gone from an open order',
      withOrder(soundWorld(), '3', { reference: null }),
      ['3 not_linked_in_shop repair 3/LinkPayment/1'],
    ],
    [
      'a PaymentIntent that is gone from a paid order: the shop would refuse',
      withOrder(soundWorld(), '1', { reference: null }),
      ['1 not_linked_in_shop person support'],
    ],
    [
      'a decline that was undone',
      withOrder(soundWorld(), '2', { state: 'PENDING' }),
      ['2 not_declined_in_shop repair 2/RecordPaymentDecline/1'],
    ],
    [
      'a command without a result',
      unanswered(soundWorld(), '1/FetchBalanceTransaction/1'),
      ['1 no_result repair 1/FetchBalanceTransaction/1'],
    ],
    [
      'a command that is not booked',
      unbooked(soundWorld(), '1/DecrementInventory/1'),
      ['1 not_in_ledger repair 1/DecrementInventory/1'],
    ],
    [
      'a PaymentIntent that was cancelled by hand',
      {
        ...soundWorld(),
        payments: soundWorld().payments.map((each) => (each.id === 'pi_3' ? { ...each, status: 'canceled' } : each)),
      },
      ['3 mismatched person support'],
    ],
    [
      'an order that was never assembled',
      { ...soundWorld(), images: soundWorld().images.filter(({ orderId }) => orderId !== '3') },
      ['3 never_assembled person operations'],
    ],
  ])('%s', (_name, facts, expected) => expect(said(remedies(facts))).toEqual(expected));

  it('a state that a person has to choose: money went back, or two PaymentIntents', () => {
    const undone = withOrder(soundWorld(), '1', { state: 'PENDING' });
    const [fact] = undone.facts;
    for (const kind of ['refund.succeeded', 'dispute.opened'])
      expect(said(remedies({ ...undone, facts: [...undone.facts, { ...fact!, kind }] }))).toEqual([
        '1 not_paid_in_shop person finance',
      ]);
    const twice = { ...undone, payments: [...undone.payments, { ...undone.payments[0]!, id: 'pi_9' }] };
    expect(said(remedies(twice)).filter((text) => text.includes('repair'))).toEqual([]);
  });

  it('an effect whose command was never sent, or was refused, is not repeated', () => {
    const undone = withOrder(soundWorld(), '1', { state: 'PENDING' });
    const unsent = { ...undone, commands: undone.commands.filter(({ type }) => type !== 'MarkOrderPaid') };
    expect(said(remedies(unsent))).toContain('1 not_paid_in_shop person operations');
    const refused = {
      ...undone,
      results: undone.results.map((result) =>
        result.type === 'MarkOrderPaid' ? { ...result, status: 'refused', error: 'x: y' } : result,
      ),
    };
    expect(said(remedies(refused))).toContain('1 not_paid_in_shop person support');
  });

  it('tells once of a payment that nobody has heard of, not of each thing that is missing therefore', () => {
    const world = withOrder(soundWorld(), '1', { state: 'PENDING' });
    const about = (record: { orderId: string }): boolean => record.orderId !== '1';
    const unheard = {
      ...world,
      commands: world.commands.filter(
        (command) => about(command) || ['EnsureCustomer', 'CreatePaymentIntent', 'LinkPayment'].includes(command.type),
      ),
      results: world.results.filter(({ type }) => type !== 'MarkOrderPaid' && type !== 'FetchBalanceTransaction'),
      facts: world.facts.filter(about),
      ledger: { ...world.ledger, salesOrders: [], payments: [], fees: [], applied: [], clearing: new Map() },
    };
    const all = remedies(unheard);
    expect(all.filter(({ kind }) => kind === 'person')).toMatchObject([
      { drift: { code: 'not_paid_in_shop' }, who: 'operations', advice: expect.stringContaining('scanner') as string },
    ]);
    expect(all.length).toBeGreaterThan(3);
  });

  it('waits for a command that nobody has come to yet', () => {
    const facts = unanswered(soundWorld(), '1/FetchBalanceTransaction/1');
    const { offset } = facts.commands.find(({ type }) => type === 'FetchBalanceTransaction')!;
    expect(said(remedies(facts, nothingDone, () => offset))[0]).toMatch(/^1 no_result wait/);
    expect(said(remedies(facts, nothingDone, () => offset + 1n))[0]).toMatch(/^1 no_result repair/);
    const unread = unbooked(soundWorld(), '1/DecrementInventory/1');
    expect(said(remedies(unread, nothingDone, () => 0n))[0]).toMatch(/^1 not_in_ledger wait/);
  });

  it('leaves to the desk of dead letters what waits there', () => {
    const facts = unanswered(soundWorld(), '1/FetchBalanceTransaction/1');
    const source = facts.commands.find(({ type }) => type === 'FetchBalanceTransaction')!;
    const letter = { topic: 'dead-letters', partition: 0, offset: 4n, code: 'x', message: 'y', source };
    const [remedy] = remedies({ ...facts, deadLetters: [letter] });
    expect(remedy).toMatchObject({ kind: 'person', who: 'operations' });
    expect(said(remedies({ ...facts, deadLetters: [letter] }))).toHaveLength(1);
  });

  it('repairs the ERP once: what it does not book then is for a person', () => {
    const commandId = '1/DecrementInventory/1';
    const facts = unbooked(soundWorld(), commandId);
    expect(said(remedies(facts, repaired(commandId, 50n), () => 50n))[0]).toMatch(/^1 not_in_ledger wait/);
    expect(said(remedies(facts, repaired(commandId, 50n), () => 51n))).toEqual(['1 not_in_ledger person finance']);
  });

  it('waits until a repair is answered', () => {
    const undone = withOrder(soundWorld(), '1', { state: 'PENDING' });
    const commandId = '1/MarkOrderPaid/1';
    expect(said(remedies(undone, repaired(commandId, 50n), () => 50n))[0]).toMatch(/^1 not_paid_in_shop wait/);
    const answered = {
      ...undone,
      results: undone.results.map((result) =>
        result.commandId === commandId ? { ...result, repair: `${commandId}#repair-1` } : result,
      ),
    };
    expect(said(remedies(answered, repaired(commandId, 50n)))).toEqual([`1 not_paid_in_shop repair ${commandId}`]);
  });

  it('lets what may be a consequence wait: other findings of the order, and the sums of the books', () => {
    const world = unbooked(soundWorld(), '1/RecordPayment/1');
    const facts = {
      ...world,
      ledger: { ...world.ledger, payments: [], clearing: new Map([['USD', 0n]]) },
    };
    expect(said(remedies(facts)).map((text) => text.split(' ').slice(0, 3).join(' '))).toEqual([
      '1 not_in_ledger repair',
      '- clearing_account wait',
      '1 lost wait',
    ]);
  });

  it('names a drift the same whenever it is seen, whatever amounts do meanwhile', () => {
    const id = (clearing: bigint): string | undefined => {
      const world = soundWorld();
      const [remedy] = remedies({ ...world, ledger: { ...world.ledger, clearing: new Map([['USD', clearing]]) } });
      return remedy?.drift.id;
    };
    expect(id(1n)).toBe('drift/-/clearing_account/USD');
    expect(id(2n)).toBe(id(1n));
  });
});
