import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AssembledOrder, CommandResult, OrderState, PaymentFact } from '../../../schemas/generated/types.ts';
import { initialOrder, withAssembled, withPayment, withResult } from '../../../services/order-stream/domain/order.ts';
import { loadWorkflows } from '../../../services/order-stream/workflows/directory.ts';
import type { Plan } from '../../../services/order-stream/workflows/plan.ts';
import { assembledOrder, commandResult, declined, paymentFact, usualFacts, usualResults } from './fixtures.ts';

type Input = AssembledOrder | PaymentFact | CommandResult;

const fold = (state: OrderState, input: Input): OrderState =>
  'lines' in input
    ? withAssembled(state, input).state
    : 'factId' in input
      ? withPayment(state, input).state
      : withResult(state, input).state;

const workflow = loadWorkflows().get('order-to-cash@1')!;
const planOf = (state: OrderState) => {
  const plan: Plan = { commands: [], holds: [], skip: () => false };
  workflow.plan(
    state,
    { stripeMethods: ['STRIPE'], captureOnShipment: [], offSession: [], shippedWithFirst: false, livemode: false },
    plan,
  );
  return plan;
};
const commandsOf = (state: OrderState) => planOf(state).commands;

/** Feeds inputs one by one and collects each command when it is first called for. */
const run = (inputs: readonly Input[]) => {
  let state = initialOrder('100123');
  const sent = new Map<string, ReturnType<typeof commandsOf>[number]>();
  for (const input of inputs) {
    state = fold(state, input);
    for (const command of commandsOf(state)) if (!sent.has(command.commandId)) sent.set(command.commandId, command);
  }
  return { state, sent: [...sent.values()] };
};

const usual: readonly Input[] = [assembledOrder(), ...usualResults, ...usualFacts];

describe('an order on its way to cash', () => {
  it('takes its steps one after another', () => {
    expect(run(usual).sent.map((command) => command.commandId)).toEqual([
      '100123/ensure-customer/1',
      '100123/create-payment-intent/1',
      '100123/link-payment/1',
      '100123/record-decline/ch_0',
      '100123/notify-decline/ch_0',
      '100123/mark-paid/1',
      '100123/upsert-customer/1',
      '100123/create-sales-order/1',
      '100123/decrement-inventory/1',
      '100123/record-payment/1',
      '100123/request-shipping-label/1',
      '100123/fetch-balance-transaction/txn_1',
      '100123/record-fee/txn_1',
    ]);
  });

  it('ends the same whatever the order of arrival, with duplicates and twins', () => {
    const twins: Input[] = usualFacts.map((fact) => ({ ...fact, factId: `${fact.factId}_twin` }));
    const expected = run(usual);
    const identity = (state: OrderState) => ({
      paid: state.paid?.amount,
      declines: state.declines.length,
      fee: state.fee?.fee,
    });
    fc.assert(
      fc.property(fc.shuffledSubarray([...usual, ...usual, ...twins], { minLength: 3 * 3 + 4 * 2 }), (inputs) => {
        const missing = usual.filter((input) => !inputs.includes(input));
        const { state, sent } = run([...inputs, ...missing]);
        expect(identity(state)).toEqual(identity(expected.state));
        const plain = (command: (typeof sent)[number]) => ({ ...command, causationId: null });
        const byId = (commands: typeof sent) =>
          new Map(commands.map((command) => [command.commandId, plain(command)] as const));
        expect(byId(sent)).toEqual(byId(expected.sent));
      }),
      { numRuns: 300 },
    );
  });

  it('never sends a later step before an earlier one', () => {
    const steps = [
      'ensure-customer',
      'create-payment-intent',
      'link-payment',
      'mark-paid',
      'record-payment',
      'record-fee',
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray([...usual], { minLength: usual.length }), (inputs) => {
        const order = run(inputs)
          .sent.map((command) => steps.indexOf(command.commandId.split('/')[1]!))
          .filter((step) => step >= 0);
        expect(order).toEqual([...order].sort((left, right) => left - right));
      }),
    );
  });

  it('asks Stripe for exactly what the order costs, in minor units', () => {
    const created = run(usual).sent.find((command) => command.type === 'CreatePaymentIntent');
    expect(created?.payload).toMatchObject({
      customer: 'cus_1',
      amount: 3744n,
      currency: 'USD',
      metadata: {
        order_id: '100123',
        order_number: '100123',
        aspdotnetstorefrontorderid: '100123',
        command_id: '100123/create-payment-intent/1',
      },
    });
  });

  it('holds an order whose payment is not what it costs', () => {
    const state = [assembledOrder(), ...usualResults, paymentFact({ amount: 3743n })].reduce(
      fold,
      initialOrder('100123'),
    );
    const { commands, holds } = planOf(state);
    expect(holds[0]?.code).toBe('amount_mismatch');
    expect(commands.map((command) => command.type)).not.toContain('MarkOrderPaid');
  });

  it('tells of a second payment, and acts on the first', () => {
    const paid = withPayment(initialOrder('100123'), paymentFact()).state;
    const folded = withPayment(paid, paymentFact({ paymentIntentId: 'pi_2', objectId: 'pi_2' }));
    expect(folded.refusal?.code).toBe('paid_twice');
    expect(folded.state).toBe(paid);
  });

  it('a refused command is told once and stops what depends on it', () => {
    const refused = commandResult({
      status: 'refused',
      objectId: null,
      errorCode: 'amount_too_small',
      errorMessage: 'At least $0.50',
    });
    const placed = withAssembled(initialOrder('100123'), assembledOrder()).state;
    const first = withResult(placed, refused);
    expect(first.refusal?.code).toBe('stripe_refused');
    expect(first.known).toBe(false);
    expect(withResult(first.state, refused)).toMatchObject({ state: first.state, known: true });
    expect(commandsOf(first.state)).toHaveLength(1);
  });

  it('needs no Stripe for an order of 0', () => {
    const { sent } = run([assembledOrder({ subtotal: 0n, tax: 0n, shipping: 0n, total: 0n })]);
    expect(sent.map((command) => command.type)).toEqual([
      'MarkOrderPaid',
      'UpsertCustomer',
      'CreateSalesOrder',
      'DecrementInventory',
      'RequestShippingLabel',
    ]);
  });

  it('keeps orders that are paid otherwise away from Stripe', () => {
    for (const order of [
      assembledOrder({ paymentMethod: 'PAYPALEXPRESS', state: 'CAPTURED' }),
      assembledOrder({ paymentMethod: 'PURCHASEORDER', state: 'PENDING' }),
      assembledOrder({ paymentMethod: 'CREDITCARD', state: 'CAPTURED', paymentReference: 'CAPTURE=4711' }),
    ]) {
      const { sent } = run([order]);
      expect(sent.filter((command) => command.target !== 'erp')).toEqual([]);
      expect(sent.some(({ type }) => type === 'RecordPayment')).toBe(order.state === 'CAPTURED');
    }
    // Of what was charged there already, only the label is written.
    const { sent } = run([assembledOrder({ state: 'CAPTURED', paymentReference: 'pi_9' })]);
    expect(sent.flatMap(({ target, type }) => (target === 'erp' ? [] : [type]))).toEqual(['LabelPayment']);
  });

  it('gift cards pay their part', () => {
    const created = run([assembledOrder({ giftCard: 1000n }), ...usualResults]).sent.find(
      (command) => command.type === 'CreatePaymentIntent',
    );
    expect(created?.payload.amount).toBe(2744n);
  });

  it("our own writes coming back with the shop's changes cause nothing", () => {
    const { state } = run(usual);
    const echoed = fold(state, assembledOrder({ state: 'CAPTURED', paymentReference: 'pi_1', place: '00000026' }));
    expect(echoed).toBe(state);
  });

  it('two declines of different cards are two', () => {
    const { state } = run([assembledOrder(), ...usualResults, declined('ch_a'), declined('ch_b'), declined('ch_a')]);
    expect(state.declines).toHaveLength(2);
  });
});
