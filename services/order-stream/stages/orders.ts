/** One decider per order: facts in, commands out, each command once. What is sent, the workflows say. */
import type { OrderState } from '../../../schemas/generated/types.ts';
import type { Schemas } from '../../../schemas/serde.ts';
import { redrivenFrom } from '../../runtime/redrive.ts';
import { input, type Stage, type StageContext, type StageRecord } from '../../runtime/topology.ts';
import { type Folded, withAssembled, withPayment, withResult } from '../domain/order.ts';
import type { Policy } from '../domain/policy.ts';
import { orderAggregate } from '../workflows/aggregates.ts';
import { decide, holdsOf } from '../workflows/decide.ts';
import type { Command } from '../workflows/plan.ts';
import type { Workflows } from '../workflows/set.ts';

export const ordersStage = (application: string, schemas: Schemas, policy: Policy, workflows: Workflows): Stage => {
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

  const onFact =
    <V>(fold: (state: OrderState, value: V) => Folded) =>
    (record: StageRecord<V>, context: StageContext): void => {
      if (record.value === null) {
        context.count('ignored', 'tombstone');
        return;
      }
      const before = context.store(orders).get(record.key) ?? orderAggregate.initial(record.key);
      const folded = fold(before, record.value);
      const { refusal, known = false } = folded;
      // Whoever redrove it must hear that nothing has come of it.
      const redriven = redrivenFrom(record.headers) !== undefined;
      if (refusal && (!known || redriven)) context.deadLetter(refusal.code, refusal.message);
      if (folded.state === before) {
        const still = redriven && !refusal ? holdsOf(workflows.current, orderAggregate, policy, before) : [];
        for (const { code, message } of still) context.deadLetter(code, message);
        context.count('ignored', 'nothing_new');
        return;
      }
      const { state, commands, letters } = decide(workflows.current, orderAggregate, policy, before, folded);
      for (const { code, message } of letters) context.deadLetter(code, message);
      for (const command of commands) emit(command, context);
      context.store(orders).put(record.key, state);
    };

  return {
    name: 'orders',
    inputs: [
      input({ topic: schemas.topic('assembledOrders'), process: onFact(withAssembled) }),
      // The same orders by another way, the shop's own webhooks: whichever comes first is the order.
      input({ topic: schemas.topic('adnsfSnapshots'), process: onFact(withAssembled) }),
      input({ topic: schemas.topic('orderPayments'), process: onFact(withPayment) }),
      input({ topic: schemas.topic('stripeResults'), process: onFact(withResult) }),
      input({ topic: schemas.topic('adnsfResults'), process: onFact(withResult) }),
    ],
    stores: [orders],
    outputs: [stripeCommands, adnsfCommands, erpCommands, notifications],
  };
};
