import { describe, expect, it } from 'vitest';
import { memoryRegistry } from '../../../schemas/registry.ts';
import { openSchemas } from '../../../schemas/serde.ts';
import { topics } from '../../../schemas/topics.ts';
import { orderTopology } from '../../../services/order-stream/topology.ts';
import { loadWorkflows } from '../../../services/order-stream/workflows/directory.ts';
import { readingOrder } from '../../faults/evidence.ts';
import { policy } from '../order-stream/fixtures.ts';

const { stages } = orderTopology(openSchemas(memoryRegistry()), policy, 'test', { current: loadWorkflows() });
const names: readonly string[] = readingOrder.map((key) => topics[key].name);

describe('evidence', () => {
  it.each(stages.map((stage) => [stage.name, stage] as const))(
    'is read of all that [%s] reads and writes',
    (_, stage) => {
      const read = [...stage.inputs.map(({ topic }) => topic.name), ...stage.outputs.map(({ name }) => name)];
      expect(read.filter((name) => !names.includes(name))).toEqual([]);
    },
  );

  it.each(stages.map((stage) => [stage.name, stage] as const))(
    'has what [%s] writes before what it reads',
    (_, stage) => {
      const inputs = stage.inputs.map(({ topic }) => topic.name);
      // What a stage writes and reads itself has no order.
      const own = stage.outputs.map(({ name }) => name).filter((name) => !inputs.includes(name));
      const first = Math.min(
        ...inputs
          .filter((name) => !stage.outputs.some((each) => each.name === name))
          .map((name) => names.indexOf(name)),
      );
      for (const name of own) expect(names.indexOf(name), name).toBeLessThan(first);
    },
  );
});
