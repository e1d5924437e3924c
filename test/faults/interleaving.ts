/** In which order the inputs of one order may have been read, told from what came out. Pure. */
import { canonical } from './canonical.ts';
import type { Seen } from './evidence.ts';
import type { Sent } from './stage-run.ts';

export type OrderInputs = readonly (readonly Seen<unknown>[])[];
type Commands = ReadonlyMap<string, readonly string[]>;

/**
 * Looks for an order of the inputs that gives the commands. Ways that lead to the same place in every input and to the
 * same state have the same future, so one of them is enough.
 */
export const explains = (
  give: (stores: Map<string, Map<string, unknown>>, input: number, record: Seen<unknown>) => readonly Sent[],
  inputs: OrderInputs,
  commands: Commands,
  complete: boolean,
): boolean => {
  const total = [...commands.values()].reduce((sum, { length }) => sum + length, 0);
  const visited = new Set<string>();
  type Place = Readonly<{
    at: readonly number[];
    stores: Map<string, Map<string, unknown>>;
    sent: ReadonlyMap<string, number>;
    count: number;
  }>;
  const stack: Place[] = [{ at: inputs.map(() => 0), stores: new Map(), sent: new Map(), count: 0 }];
  for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
    const { at, stores, sent, count } = place;
    const name = `${at.join()} ${canonical([...stores].map(([store, rows]) => [store, [...rows]]))}`;
    if (visited.has(name)) continue;
    visited.add(name);
    if (count === total && (!complete || at.every((position, input) => position === inputs[input]!.length)))
      return true;
    for (let input = inputs.length - 1; input >= 0; input--) {
      const record = inputs[input]![at[input]!];
      if (record === undefined) continue;
      const copy = new Map([...stores].map(([store, rows]) => [store, new Map(rows)]));
      const next = new Map(sent);
      let fits = true;
      let matched = 0;
      for (const { topic, value } of give(copy, input, record)) {
        const position = next.get(topic) ?? 0;
        const found = commands.get(topic)?.[position];
        if (found === canonical(value)) matched++;
        // It was committed after this topic was read, and before its inputs were.
        else if (complete || found !== undefined) fits = false;
        next.set(topic, position + 1);
      }
      if (fits)
        stack.push({
          at: at.map((position, index) => (index === input ? position + 1 : position)),
          stores: copy,
          sent: next,
          count: count + matched,
        });
    }
  }
  return false;
};
