/** The order's decider as its stage runs it, over facts in any order, with a stand-in for who carries commands out. */
import type {
  AssembledOrder,
  CommandResult,
  ErpShipment,
  OrderReturn,
  OrderState,
  PaymentFact,
} from '../../../schemas/generated/types.ts';
import { withErpShipment } from '../../../services/order-stream/domain/shipments.ts';
import {
  initialOrder,
  withAssembled,
  withPayment,
  withResult,
  withReturn,
} from '../../../services/order-stream/domain/order.ts';
import { orderAggregate, type Settings } from '../../../services/order-stream/workflows/aggregates.ts';
import { decide } from '../../../services/order-stream/workflows/decide.ts';
import { loadWorkflows } from '../../../services/order-stream/workflows/directory.ts';
import type { Command } from '../../../services/order-stream/workflows/plan.ts';

export type Input = AssembledOrder | PaymentFact | CommandResult | OrderReturn | ErpShipment;

const workflows = loadWorkflows();

export type Played = Readonly<{ sent: readonly Command[]; letters: readonly string[]; state: OrderState }>;

const folded = (state: OrderState, input: Input) => {
  if ('rmaNumber' in input) return withReturn(state, input);
  if ('shipmentId' in input) return withErpShipment(state, input);
  if ('lines' in input) return withAssembled(state, input);
  return 'factId' in input ? withPayment(state, input) : withResult(state, input);
};

/**
 * Tells the inputs one after another; `answer` says what comes of a command, which is told at once, or when all else is
 * told if `late`.
 */
export const play = (
  inputs: readonly Input[],
  {
    answer = () => [],
    late = false,
    settings = {
      stripeMethods: ['STRIPE'],
      captureOnShipment: [],
      offSession: [],
      shippedWithFirst: false,
      livemode: false,
    },
  }: Readonly<{ answer?: (command: Command) => readonly Input[]; late?: boolean; settings?: Settings }> = {},
): Played => {
  let state = initialOrder('100123');
  const sent: Command[] = [];
  const letters: string[] = [];
  const waiting: Input[] = [];
  const tell = (input: Input): void => {
    const result = folded(state, input);
    if (result.refusal !== undefined && result.known !== true) letters.push(result.refusal.code);
    if (result.state === state) return;
    const decision = decide(workflows, orderAggregate, settings, state, result);
    ({ state } = decision);
    letters.push(...decision.letters.map(({ code }) => code));
    sent.push(...decision.commands);
    for (const command of decision.commands) waiting.push(...answer(command));
  };
  const drain = (): void => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) tell(next);
  };
  for (const input of inputs) {
    tell(input);
    if (!late) drain();
  }
  drain();
  return { sent, letters, state };
};

export const permutations = <T>(items: readonly T[]): readonly (readonly T[])[] =>
  items.length < 2
    ? [items]
    : items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));

/** What was sent, without what arrival may decide: which of several tellers was the cause. */
export const asSet = (sent: readonly Command[]): readonly object[] =>
  sent
    .map((command) => ({ ...command, causationId: '' }))
    .sort((left, right) => (left.commandId < right.commandId ? -1 : 1));

export const idsOf = (sent: readonly Command[]): readonly string[] =>
  sent.map(({ commandId }) => commandId.replace('100123/', ''));
