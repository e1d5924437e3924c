/** What a topology needs of a cluster, and what it looks like to a reader. */
import type { EffectStage } from './effects.ts';
import type { Stage, Store, Topic, Topology } from './topology.ts';

export const changelogTopic = (application: string, store: Store<unknown>): string =>
  `${application}-${store.name}-changelog`;
export const groupId = (application: string, stage: string): string => `${application}-${stage}`;
export const transactionalId = (application: string, stage: string, partition: number): string =>
  `${application}-${stage}-${partition}`;

export type RequiredTopic = Readonly<{
  topic: string;
  role: 'input' | 'output' | 'changelog' | 'dead-letters';
  cleanup: 'compact' | 'delete' | 'owner';
}>;

/** Every topic a topology reads or writes, each once. `owner`: the topic's own contract decides how it is cleaned up. */
export const requiredTopics = (topology: Topology): readonly RequiredTopic[] => {
  const found = new Map<string, RequiredTopic>();
  const add = (topic: string, role: RequiredTopic['role'], cleanup: RequiredTopic['cleanup']) => {
    if (!found.has(topic)) found.set(topic, { topic, role, cleanup });
  };
  for (const stage of topology.stages) {
    for (const store of stage.stores) add(changelogTopic(topology.application, store), 'changelog', 'compact');
    for (const output of stage.outputs) add(output.name, 'output', 'owner');
  }
  for (const { inputs } of topology.stages) for (const { topic } of inputs) add(topic.name, 'input', 'owner');
  add(topology.deadLetters.name, 'dead-letters', 'delete');
  return [...found.values()];
};

/** The topics of a stage with effects. */
export const requiredEffectTopics = <V>(stage: EffectStage<V>): readonly RequiredTopic[] => [
  { topic: stage.input.name, role: 'input', cleanup: 'owner' },
  ...stage.outputs.map(({ name }) => ({ topic: name, role: 'output', cleanup: 'owner' }) as const),
  { topic: stage.deadLetters.name, role: 'dead-letters', cleanup: 'delete' },
];

const names = (topics: readonly Pick<Topic<never>, 'name'>[]): string =>
  topics.map(({ name }) => name).join(', ') || 'none';

const describeStage = (application: string, stage: Stage): string => {
  const merged = isMerged(stage) ? ' (merged by place)' : '';
  return [
    `stage ${stage.name}`,
    `  reads   ${names(stage.inputs.map(({ topic }) => topic))}${merged}`,
    `  keeps   ${stage.stores.map((store) => `${store.name} (${changelogTopic(application, store)})`).join(', ') || 'none'}`,
    `  writes  ${names(stage.outputs)}`,
    `  group   ${groupId(application, stage.name)}`,
  ].join('\n');
};

/** Whether a stage's inputs are merged into one order. */
export const isMerged = (stage: Stage): boolean =>
  stage.inputs.length > 0 && stage.inputs.every(({ place }) => place !== undefined);

/** A topology as text, for start-up logs and reviews. */
export const describe = (topology: Topology): string =>
  [
    `application ${topology.application} ${topology.version}`,
    ...topology.stages.map((stage) => describeStage(topology.application, stage)),
    `dead letters ${topology.deadLetters.name}`,
    '',
  ].join('\n');
