/** `millrace workflow check`: whether the documents are valid, and which version orders start with, when and where. */
import Table from 'cli-table3';
import type { WorkflowSet } from '../../order-stream/workflows/set.ts';
import { loadWorkflows } from '../../order-stream/workflows/directory.ts';

const DEFAULT = 'everywhere else';

/** One line for each version: from when it is active, by environment. */
export const activity = (
  set: WorkflowSet,
): { environments: readonly string[]; rows: readonly (readonly string[])[] } => {
  const environments = [...new Set(set.all.flatMap(({ environments: named }) => named))].sort();
  // An environment that no document names is any other.
  const columns = [...environments, ''];
  const when = (from: bigint | undefined): string => {
    if (from === undefined) return 'never';
    return from <= 0n ? 'always' : new Date(Number(from)).toISOString().replace('.000Z', 'Z');
  };
  return {
    environments: [...environments, environments.length === 0 ? 'everywhere' : DEFAULT],
    rows: set.all.map(({ id, aggregate, activeFrom, hash }) => [
      id,
      aggregate,
      ...columns.map((environment) => when(activeFrom(environment))),
      hash.slice(0, 12),
    ]),
  };
};

/** The table that people see. @throws WorkflowError with all problems of all documents */
export const checkedText = (directory: string, environment: string): string => {
  const { environments, rows } = activity(loadWorkflows(directory, environment));
  const table = new Table({ head: ['workflow', 'of', ...environments, 'meaning'], style: { head: [], border: [] } });
  for (const row of rows) table.push([...row]);
  return `${table.toString()}\nActive from: orders that start then or later take it, unless a later version is active too.`;
};
