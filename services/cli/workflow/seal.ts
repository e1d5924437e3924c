/** `millrace workflow seal`: writes down what versions mean, so that no later edit of them goes unseen. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { loadWorkflows, readFiles, SEALS } from '../../order-stream/workflows/directory.ts';

/** Seals the versions named, or all; what is sealed stays so. Returns those that were not sealed before. */
export const seal = (directory: string, ids: readonly string[]): readonly string[] => {
  const set = loadWorkflows(directory);
  const known = (parse(readFiles(directory).get(SEALS) ?? '{}') ?? {}) as Record<string, string>;
  const wanted = ids.length === 0 ? set.all.map(({ id }) => id) : ids;
  const fresh = wanted.filter((id) => !(id in known));
  for (const id of fresh) {
    const workflow = set.get(id);
    if (workflow === undefined) throw new Error(`there is no workflow ${id}`);
    known[id] = workflow.hash;
  }
  const sorted = Object.fromEntries(Object.entries(known).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(
    join(directory, SEALS),
    `# What released versions mean. Written by: millrace workflow seal\n${stringify(sorted)}`,
  );
  return fresh;
};
