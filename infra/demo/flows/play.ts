/** Plays the flows side by side, then those that come last, and judges each when nothing is under way any more. */
import Table from 'cli-table3';
import type { Flow, FlowWorld, Outcome, PaidOrder } from './flow.ts';

export type Played = Outcome & Readonly<{ name: string }>;

/** Gives each order out once. */
export const giverOf = (orders: readonly PaidOrder[]): FlowWorld['take'] => {
  let given = 0;
  return (count) => {
    const taken = orders.slice(given, given + count);
    if (taken.length < count)
      throw new Error(
        `the flows need more paid orders than the ${orders.length} there are: place more, ORDERS=40 will do`,
      );
    given += count;
    return taken;
  };
};

const failed = (name: string, error: unknown): Played => ({
  name,
  started: 0,
  completed: 0,
  findings: [error instanceof Error ? error.message : String(error)],
});

/** @param settle resolves when nothing is under way; @returns one row per flow, in their order */
export const play = async (
  flows: readonly Flow[],
  world: FlowWorld,
  settle: () => Promise<void>,
): Promise<readonly Played[]> => {
  const rows = new Map<Flow, Played>();
  for (const last of [false, true]) {
    const begun = await Promise.all(
      flows
        .filter((flow) => (flow.last ?? false) === last)
        .map(async (flow) => {
          try {
            return { flow, judge: await flow.start(world) };
          } catch (error) {
            rows.set(flow, failed(flow.name, error));
            return undefined;
          }
        }),
    );
    world.signal.throwIfAborted();
    if (begun.length > 0) await settle();
    for (const one of begun) {
      if (one === undefined) continue;
      const { flow, judge } = one;
      rows.set(
        flow,
        await judge().then(
          (outcome) => ({ name: flow.name, ...outcome }),
          (error: unknown) => failed(flow.name, error),
        ),
      );
    }
  }
  return flows.map((flow) => rows.get(flow)!);
};

export const isWell = ({ started, completed, findings }: Outcome): boolean =>
  started > 0 && completed === started && findings.length === 0;

export const playedText = (rows: readonly Played[]): string => {
  const table = new Table({
    head: ['flow', 'started', 'completed', 'shop, Stripe and ERP agree'],
    style: { head: [], border: [] },
    colAligns: ['left', 'right', 'right', 'left'],
  });
  for (const row of rows) table.push([row.name, row.started, row.completed, isWell(row) ? 'yes' : 'NO']);
  const findings = rows.flatMap(({ name, findings: found }) => found.map((finding) => `${name}: ${finding}`));
  return [table.toString(), ...findings].join('\n');
};
