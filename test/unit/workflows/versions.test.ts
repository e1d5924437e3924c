import { describe, expect, it } from 'vitest';
import type { OrderState } from '../../../schemas/generated/types.ts';
import { initialOrder, withAssembled, withPayment } from '../../../services/order-stream/domain/order.ts';
import { orderAggregate } from '../../../services/order-stream/workflows/aggregates.ts';
import { decide } from '../../../services/order-stream/workflows/decide.ts';
import type { WorkflowSet } from '../../../services/order-stream/workflows/set.ts';
import { assembledOrder, paymentFact } from '../order-stream/fixtures.ts';
import { documentOf, greeting, problemsOf, setOf, settings } from './support.ts';

const at = (iso: string): bigint => BigInt(Date.parse(iso));
const placedAt = (iso: string) => assembledOrder({ changedAt: at(iso) });

const one = documentOf(greeting('one'));
const two = documentOf(greeting('two'), { version: 2, activeFrom: '2026-06-01T00:00:00Z' });
const set = setOf({ 'greeting@1.yaml': one, 'greeting@2.yaml': two });

const decided = (of: WorkflowSet, before: OrderState, folded: { state: OrderState }) =>
  decide(of, orderAggregate, settings, before, folded);
const placed = (of: WorkflowSet, iso: string) => {
  const before = initialOrder('100123');
  return decided(of, before, withAssembled(before, placedAt(iso)));
};

describe('the version that an order begins with', () => {
  it.each([
    ['2026-05-31T23:59:59Z', 'greeting@1'],
    ['2026-06-01T00:00:00Z', 'greeting@2'],
    ['2027-01-01T00:00:00Z', 'greeting@2'],
  ])('at %s is %s', (iso, id) => {
    const { state, commands } = placed(set, iso);
    expect(state.workflows).toEqual([id]);
    expect(commands.map(({ workflow }) => workflow)).toEqual([id]);
  });

  it('is by event time, whatever came first', () => {
    const before = initialOrder('100123');
    const paid = withPayment(before, paymentFact({ occurredAt: at('2026-07-01T00:00:00Z') }));
    const first = decided(set, before, paid);
    expect(first.state.workflows).toEqual([]);
    const second = decided(set, first.state, withAssembled(first.state, placedAt('2026-05-01T00:00:00Z')));
    expect(second.state.workflows).toEqual(['greeting@1']);
  });

  it('stays, whatever is active since', () => {
    const thanking = (text: string) =>
      `${text}  - needs: paid != null
  - send: NotifyCustomer
    id: thank/1
    cause: c
    at: paid.at
    payload: { template: t, email: e }
`;
    const { state } = placed(setOf({ 'greeting@1.yaml': thanking(one) }), '2026-07-01T00:00:00Z');
    const both = setOf({ 'greeting@1.yaml': thanking(one), 'greeting@2.yaml': thanking(two) });
    const later = decided(both, state, withPayment(state, paymentFact()));
    expect(later.state.workflows).toEqual(['greeting@1']);
    expect(later.commands.map(({ workflow }) => workflow)).toEqual(['greeting@1']);
  });

  it('is the first for what began before versions were kept', () => {
    const kept: OrderState = { ...initialOrder('100123'), placed: placedAt('2026-07-01T00:00:00Z'), workflows: null };
    const { state } = decided(set, kept, withPayment(kept, paymentFact()));
    expect(state.workflows).toEqual(['greeting@1']);
    // What had only been paid for then begins now.
    const waiting: OrderState = { ...initialOrder('100123'), workflows: null };
    const begun = decided(set, waiting, withAssembled(waiting, placedAt('2026-07-01T00:00:00Z')));
    expect(begun.state.workflows).toEqual(['greeting@2']);
  });

  it('must be there', () => {
    const { state } = placed(set, '2026-07-01T00:00:00Z');
    const gone = setOf({ 'greeting@1.yaml': one });
    expect(() => decided(gone, state, withPayment(state, paymentFact()))).toThrow(
      'order 100123 began with greeting@2, which is no longer there',
    );
    const others = setOf({ 'other@1.yaml': documentOf(greeting(), { workflow: 'other' }) });
    expect(() => decided(others, state, withPayment(state, paymentFact()))).toThrow('greeting@2');
  });

  it('is none before the first is active', () => {
    const late = setOf({ 'greeting@1.yaml': documentOf(greeting(), { activeFrom: '2030-01-01T00:00:00Z' }) });
    const { state, commands } = placed(late, '2026-07-01T00:00:00Z');
    expect([state.workflows, commands]).toEqual([[], []]);
  });

  it('differs by environment', () => {
    const overlaid = two.replace(
      'starts:',
      'environments:\n  staging: { activeFrom: 2026-01-01T00:00:00Z }\n  canary: { activeFrom: never }\nstarts:',
    );
    const files = { 'greeting@1.yaml': one, 'greeting@2.yaml': overlaid };
    const begun = (environment: string) => placed(setOf(files, environment), '2026-07-01T00:00:00Z').state.workflows;
    const early = (environment: string) => placed(setOf(files, environment), '2026-03-01T00:00:00Z').state.workflows;
    expect(['production', 'staging', 'canary'].map(begun)).toEqual([['greeting@2'], ['greeting@2'], ['greeting@1']]);
    expect(['production', 'staging', 'canary'].map(early)).toEqual([['greeting@1'], ['greeting@2'], ['greeting@1']]);
    expect(setOf(files).get('greeting@2')!.hash).toBe(set.get('greeting@2')!.hash);
  });
});

describe('several workflows of one aggregate', () => {
  const of = (workflow: string, intent: string, after = '') =>
    documentOf(greeting().replace('greet/1', `${intent}/1`), { workflow }).replace('starts:', `${after}starts:`);

  it('send in the order of their names, or as they say', () => {
    const sent = (after: string) =>
      placed(
        setOf({ 'a@1.yaml': of('a', 'first', after), 'b@1.yaml': of('b', 'second') }),
        '2026-01-01T00:00:00Z',
      ).commands.map(({ commandId }) => commandId);
    expect(sent('')).toEqual(['100123/first/1', '100123/second/1']);
    expect(sent('after: [b]\n')).toEqual(['100123/second/1', '100123/first/1']);
  });

  it('begin each in its own time', () => {
    const refunds = of('refunds', 'refund').replace(
      'starts: placed.changedAt',
      'starts: if(placed != null, paid.at, null)',
    );
    const both = setOf({ 'greeting@1.yaml': one, 'refunds@1.yaml': refunds });
    const first = placed(both, '2026-01-01T00:00:00Z');
    expect(first.state.workflows).toEqual(['greeting@1']);
    const second = decided(both, first.state, withPayment(first.state, paymentFact()));
    expect(second.state.workflows).toEqual(['greeting@1', 'refunds@1']);
    expect(second.commands.map(({ commandId }) => commandId)).toEqual(['100123/refund/1']);
  });

  it.each([
    [
      'share no intent',
      { 'a@1.yaml': of('a', 'same'), 'b@1.yaml': of('b', 'same') },
      "the intent 'same' is one of a@1 too",
    ],
    [
      'do not wait for each other',
      { 'a@1.yaml': of('a', 'x', 'after: [b]\n'), 'b@1.yaml': of('b', 'y', 'after: [a]\n') },
      "'after' goes in a circle",
    ],
    [
      'come after what there is',
      { 'a@1.yaml': of('a', 'x', 'after: [c]\n') },
      "'after' names 'c', which is no workflow",
    ],
    ['are there once', { 'a@1.yaml': of('a', 'x'), 'old/a@1.yaml': of('a', 'x') }, 'a@1 is also in'],
  ])('%s', (_what, files, message) => {
    expect(problemsOf(() => setOf(files)).join('\n')).toContain(message);
  });
});

describe('what is told', () => {
  const holding = documentOf(`
  - needs: placed != null
  - hold: { code: look, message: "{placed.orderId}" }`);
  const held = setOf({ 'greeting@1.yaml': holding });

  it('is told once', () => {
    const first = placed(held, '2026-01-01T00:00:00Z');
    expect(first.letters).toMatchObject([{ code: 'look', message: '100123' }]);
    expect(first.state.refusals).toEqual(['look']);
    expect(decided(held, first.state, withPayment(first.state, paymentFact())).letters).toEqual([]);
  });

  it('a command of one id is sent once, though two elements have it', () => {
    const each = setOf({
      'greeting@1.yaml': documentOf(`
  - forEach: declines as decline
    send: NotifyCustomer
    id: tell/{decline.code}
    cause: =decline.factId
    at: decline.at
    payload: { template: t, email: e }`),
    });
    const decline = {
      factId: 'e',
      paymentIntentId: 'p',
      chargeId: null,
      code: 'c',
      declineCode: null,
      message: 'm',
      at: 1n,
    };
    const before: OrderState = { ...initialOrder('100123'), placed: placedAt('2026-01-01T00:00:00Z') };
    const { commands } = decided(each, before, {
      state: { ...before, declines: [decline, { ...decline, factId: 'f' }] },
    });
    expect(commands.map(({ causationId }) => causationId)).toEqual(['e']);
  });
});
