/** One decider per order: facts in, commands out, each command once. */
import type { OrderState } from '../../../schemas/generated/types.ts';
import type { Schemas } from '../../../schemas/serde.ts';
import { redrivenFrom } from '../../runtime/redrive.ts';
import { input, type Stage, type StageContext, type StageRecord } from '../../runtime/topology.ts';
import { type Folded, initialOrder, withAssembled, withPayment, withResult } from '../domain/order.ts';
import type { Policy } from '../domain/policy.ts';
import { type Command, orderToCash } from '../workflows/order-to-cash.ts';

export const ordersStage = (application: string, schemas: Schemas, policy: Policy): Stage => {
  const orders = schemas.store(application, 'orders');
  const stripeCommands = schemas.topic('stripeCommands');
  const adnsfCommands = schemas.topic('adnsfCommands');
  const erpCommands = schemas.topic('erpCommands');
  const notifications = schemas.topic('notifications');

  const emit = (command: Command, context: StageContext): void => {
    switch (command.target) {
      case 'stripe':
        context.send(stripeCommands, command.orderId, command);
        break;
      case 'adnsf':
        context.send(adnsfCommands, command.orderId, command);
        break;
      case 'erp':
        context.send(erpCommands, command.orderId, command);
        break;
      case 'notifications':
        context.send(notifications, command.orderId, command);
        break;
    }
  };

  const decide =
    <V>(fold: (state: OrderState, value: V) => Folded) =>
    (record: StageRecord<V>, context: StageContext): void => {
      if (record.value === null) {
        context.count('ignored', 'tombstone');
        return;
      }
      const before = context.store(orders).get(record.key) ?? initialOrder(record.key);
      const { state, refusal, known = false } = fold(before, record.value);
      // Whoever redrove it must hear that nothing has come of it.
      const redriven = redrivenFrom(record.headers) !== undefined;
      if (refusal && (!known || redriven)) context.deadLetter(refusal.code, refusal.message);
      if (state === before) {
        const still = redriven && !refusal ? orderToCash(state, policy.stripeMethods).hold : null;
        if (still) context.deadLetter(still.code, still.message);
        context.count('ignored', 'nothing_new');
        return;
      }
      const { commands, hold } = orderToCash(state, policy.stripeMethods);
      const due = commands.filter((command) => !state.issued.includes(command.commandId));
      for (const command of due) emit(command, context);
      // A hold is told once, by the fact that brought it about.
      if (hold && !refusal && !state.refusals.includes(hold.code)) context.deadLetter(hold.code, hold.message);
      const refusals = hold && !state.refusals.includes(hold.code) ? [...state.refusals, hold.code] : state.refusals;
      context.store(orders).put(record.key, {
        ...state,
        refusals,
        issued: [...state.issued, ...due.map((command) => command.commandId)],
      });
    };

  return {
    name: 'orders',
    inputs: [
      input({ topic: schemas.topic('assembledOrders'), process: decide(withAssembled) }),
      input({ topic: schemas.topic('orderPayments'), process: decide(withPayment) }),
      input({ topic: schemas.topic('stripeResults'), process: decide(withResult) }),
      input({ topic: schemas.topic('adnsfResults'), process: decide(withResult) }),
    ],
    stores: [orders],
    outputs: [stripeCommands, adnsfCommands, erpCommands, notifications],
  };
};
