/** The order stream over in-memory brokers, and the desk at which its dead letters are decided about. */
import { memoryRegistry } from '../../../schemas/registry.ts';
import { openSchemas, type Schemas } from '../../../schemas/serde.ts';
import { topics } from '../../../schemas/topics.ts';
import { act, type Deed, type Outcome } from '../../../services/dead-letters/desk.ts';
import { editedBytes, readable, withField } from '../../../services/dead-letters/editing.ts';
import { type Lettered, letterId, parseLetterId, presentValue } from '../../../services/dead-letters/letter.ts';
import { allLetters } from '../../../services/dead-letters/read.ts';
import { orderTopology } from '../../../services/order-stream/topology.ts';
import { loadWorkflows } from '../../../services/order-stream/workflows/directory.ts';
import { memoryCluster } from '../../../services/runtime/memory/cluster.ts';
import type { EffectStage } from '../../../services/runtime/effects.ts';
import { systemScheduler } from '../../../services/runtime/scheduler.ts';
import { openDriver } from '../../../services/runtime/testing/driver.ts';
import { policy } from '../../unit/order-stream/fixtures.ts';
import { shopLog } from '../order-stream/shop-log.ts';

/** All that an iteration yields. */
export const collected = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
};

export const person = { by: 'ada', reason: 'asked the customer', at: 1_790_000_000_000n };

export const openDesk = async (
  options: { partitions?: number; effects?: (schemas: Schemas) => readonly EffectStage<never>[] } = {},
) => {
  const registry = memoryRegistry();
  const schemas = openSchemas(registry);
  const topology = orderTopology(schemas, policy, 'test', { current: loadWorkflows() });
  const driver = await openDriver(topology, {
    partitions: options.partitions ?? 1,
    topics: [topics.deadLetterActions.name],
    ...(options.effects && { effects: options.effects(schemas) }),
  });
  await schemas.topic('deadLetterActions').value.open?.();
  const cluster = memoryCluster(driver.broker, systemScheduler);
  const setup = { cluster, topology, schemas, admin: await cluster.admin(), reader: await cluster.reader() };

  const letters = async (): Promise<Lettered[]> => collected(allLetters(setup));
  const perform = async (ids: readonly string[], deed: Deed, by = person): Promise<Outcome[]> => {
    const places = ids.map(parseLetterId);
    return collected(act(setup, places[0]!.partition, places, deed, by));
  };
  const edit = (id: string, path: string, value: string): Promise<Outcome[]> =>
    perform([id], {
      kind: 'edit',
      edited: async ({ letter, standing }) => {
        const present = await readable(registry, presentValue(letter, standing));
        return editedBytes(registry, letter, present, withField(present?.json, path, value));
      },
    });
  return {
    registry,
    schemas,
    driver,
    setup,
    log: shopLog(registry),
    letters,
    perform,
    edit,
    redrive: (...ids: string[]) => perform(ids, { kind: 'redrive' }),
    discard: (...ids: string[]) => perform(ids, { kind: 'discard' }),
    states: async () => (await letters()).map((each) => [letterId(each), each.letter.code, each.standing.state]),
    commands: () =>
      (['stripeCommands', 'adnsfCommands', 'erpCommands', 'notifications'] as const).flatMap((key) =>
        driver.readAll(schemas.topic(key) as never).map(({ value }) => value as { commandId: string }),
      ),
  };
};

export type Desk = Awaited<ReturnType<typeof openDesk>>;
