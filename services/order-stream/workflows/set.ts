/** All workflows of a directory, as one value: it is valid as a whole or not at all. */
import { hint } from './expression/hint.ts';
import type { Workflow } from './compile.ts';
import { type Problem, WorkflowError } from './document/source.ts';

/** The versions of one workflow. */
export type Lineage = Readonly<{
  name: string;
  /** What the ids of its versions begin with. */
  prefix: string;
  /** By version. The first is what states from before versions were kept began with. */
  versions: readonly Workflow[];
  /** The versions that may be started with in the environment, the latest first. */
  active: readonly Readonly<{ from: bigint; workflow: Workflow }>[];
}>;

export type WorkflowSet = Readonly<{
  environment: string;
  /** Of an aggregate, in the order in which their commands go. */
  of: (aggregate: string) => readonly Lineage[];
  /** By `name@version`. */
  get: (id: string) => Workflow | undefined;
  all: readonly Workflow[];
}>;

/** Where the stages look: a set is replaced by another between two records, never within one. */
export type Workflows = { current: WorkflowSet };

const lineageOf = (name: string, workflows: readonly Workflow[], environment: string): Lineage => {
  const versions = workflows.toSorted((a, b) => a.version - b.version);
  const active = versions
    .flatMap((workflow) => {
      const from = workflow.activeFrom(environment);
      return from === undefined ? [] : [{ from, workflow }];
    })
    .sort((a, b) => (a.from === b.from ? b.workflow.version - a.workflow.version : a.from < b.from ? 1 : -1));
  return { name, prefix: `${name}@`, versions, active };
};

/** Those that others come after first; otherwise by name. */
const inOrder = (lineages: readonly Lineage[], problem: (of: Lineage, message: string) => void): Lineage[] => {
  const byName = new Map(lineages.map((lineage) => [lineage.name, lineage]));
  const ordered: Lineage[] = [];
  const visiting = new Set<string>();
  const visit = (lineage: Lineage): void => {
    if (ordered.includes(lineage)) return;
    if (visiting.has(lineage.name)) {
      problem(lineage, `'after' goes in a circle: ${[...visiting].join(', ')}`);
      return;
    }
    visiting.add(lineage.name);
    for (const before of new Set(lineage.versions.flatMap(({ after }) => after))) {
      const other = byName.get(before);
      if (other === undefined)
        problem(
          lineage,
          `'after' names '${before}', which is no workflow of its aggregate${hint(before, byName.keys())}`,
        );
      else visit(other);
    }
    visiting.delete(lineage.name);
    ordered.push(lineage);
  };
  for (const lineage of lineages.toSorted((a, b) => (a.name < b.name ? -1 : 1))) visit(lineage);
  return ordered;
};

/** @throws WorkflowError when they do not go together */
export const workflowSet = (workflows: readonly Workflow[], environment: string): WorkflowSet => {
  const problems: Problem[] = [];
  const problem = ({ file }: Pick<Workflow, 'file'>, message: string) =>
    problems.push({ file, line: 1, column: 1, field: '', message });
  const byId = new Map<string, Workflow>();
  for (const workflow of workflows) {
    if (byId.has(workflow.id)) problem(workflow, `${workflow.id} is also in ${byId.get(workflow.id)!.file}`);
    byId.set(workflow.id, workflow);
  }
  const aggregates = Map.groupBy(workflows, ({ aggregate }) => aggregate);
  const names = Map.groupBy(workflows, ({ name }) => name);
  for (const versions of names.values()) {
    const other = versions.find(({ aggregate }) => aggregate !== versions[0]!.aggregate);
    if (other) problem(other, `${other.name} is of '${versions[0]!.aggregate}' in another version`);
  }
  const ordered = new Map(
    [...aggregates].map(([aggregate, members]) => {
      const lineages = [...Map.groupBy(members, ({ name }) => name)].map(([name, versions]) =>
        lineageOf(name, versions, environment),
      );
      for (const member of members)
        for (const other of members)
          for (const intent of member.name < other.name ? member.intents : [])
            if (other.intents.has(intent))
              problem(other, `the intent '${intent}' is one of ${member.id} too: command ids would be the same`);
      return [aggregate, inOrder(lineages, ({ versions }, message) => problem(versions.at(-1)!, message))] as const;
    }),
  );
  if (problems.length > 0) throw new WorkflowError(problems);
  return {
    environment,
    of: (aggregate) => ordered.get(aggregate) ?? [],
    get: (id) => byId.get(id),
    all: workflows.toSorted((a, b) => (a.name === b.name ? a.version - b.version : a.name < b.name ? -1 : 1)),
  };
};

/** For what needs the shape of the topology only. */
export const noWorkflows = (): Workflows => ({ current: workflowSet([], '') });
