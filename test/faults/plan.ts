/**
 * Which fault comes next. Every chosen fault comes once, in an order that is a function of the seed, with bursts of
 * random kills in between; then they come again, as long as there is time.
 */
import { chanceOf, shuffled } from '../../infra/sandbox/shopper/chance.ts';
import type { Fault } from './fault.ts';

export type Turn = Readonly<{
  fault: Fault;
  /** The run is not whole without it. */
  due: boolean;
}>;

export function* turns(
  faults: readonly Fault[],
  bursts: Readonly<{ fault: Fault; times: number }>,
  seed: string,
): Generator<Turn> {
  for (let round = 0; ; round++) {
    const order = shuffled(faults.length, chanceOf(seed, 'round', round)).map((index) => faults[index]!);
    const left = round === 0 ? bursts.times : 0;
    let given = 0;
    for (const [index, fault] of order.entries()) {
      yield { fault, due: round === 0 };
      for (; given < Math.round(((index + 1) / order.length) * left); given++) yield { fault: bursts.fault, due: true };
    }
    if (order.length === 0) for (; round > 0 || given < left; given++) yield { fault: bursts.fault, due: given < left };
  }
}
