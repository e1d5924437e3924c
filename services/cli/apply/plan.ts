/** What has to be done to a cluster: desired against actual. Pure, so that a dry run tells the truth. */

export type Compatibility = 'BACKWARD' | 'BACKWARD_TRANSITIVE';
export type Settings = Readonly<Record<string, string>>;

export type Desired = Readonly<{
  topics: readonly Readonly<{ topic: string; partitions: number; replication: number; config: Settings }>[];
  subjects: readonly Readonly<{ subject: string; schema: string; compatibility: Compatibility }>[];
  connectors: readonly Readonly<{ name: string; config: Settings }>[];
}>;

export type ActualTopic = Readonly<{ partitions: number; config: Settings }>;
export type ActualSubject = Readonly<{
  /** Whether exactly this schema is registered under the subject. */
  registered: boolean;
  /** The subject's own level; undefined when it has none. */
  compatibility: string | undefined;
  /** Why the registry refuses the schema; empty when it would take it. */
  incompatibilities: readonly string[];
}>;

/** What there is, by name; absent when it does not exist. */
export type Actual = Readonly<{
  topics: ReadonlyMap<string, ActualTopic>;
  subjects: ReadonlyMap<string, ActualSubject>;
  connectors: ReadonlyMap<string, Settings>;
}>;

export type Difference = Readonly<{ setting: string; from: string | undefined; to: string | undefined }>;

export type Step = Readonly<{
  kind: 'topic' | 'schema' | 'connector';
  name: string;
  action: 'create' | 'update' | 'unchanged' | 'conflict';
  differences: readonly Difference[];
  /** Why nothing may be done, when the action is `conflict`. */
  reasons: readonly string[];
}>;

const differencesOf = (desired: Settings, actual: Settings, complete: boolean): Difference[] => {
  const names = new Set([...Object.keys(desired), ...(complete ? Object.keys(actual) : [])]);
  return [...names]
    .filter((name) => desired[name] !== actual[name])
    .sort()
    .map((setting) => ({ setting, from: actual[setting], to: desired[setting] }));
};

const decided = (kind: Step['kind'], name: string, differences: readonly Difference[]): Step => ({
  kind,
  name,
  action: differences.length > 0 ? 'update' : 'unchanged',
  differences,
  reasons: [],
});

const topicStep = (wanted: Desired['topics'][number], actual: ActualTopic | undefined): Step => {
  const { topic: name, partitions, config } = wanted;
  if (actual === undefined) return { kind: 'topic', name, action: 'create', differences: [], reasons: [] };
  if (actual.partitions !== partitions)
    return {
      kind: 'topic',
      name,
      action: 'conflict',
      differences: [{ setting: 'partitions', from: String(actual.partitions), to: String(partitions) }],
      reasons: [
        `it has ${actual.partitions} partitions and should have ${partitions}: every key would move, and with it the order of its records`,
      ],
    };
  return decided('topic', name, differencesOf(config, actual.config, false));
};

const subjectStep = (wanted: Desired['subjects'][number], actual: ActualSubject | undefined): Step => {
  const { subject: name, compatibility } = wanted;
  if (actual === undefined) return { kind: 'schema', name, action: 'create', differences: [], reasons: [] };
  if (!actual.registered && actual.incompatibilities.length > 0)
    return { kind: 'schema', name, action: 'conflict', differences: [], reasons: actual.incompatibilities };
  const differences: Difference[] = actual.registered
    ? []
    : [{ setting: 'schema', from: 'an older version', to: 'a new version' }];
  if (actual.compatibility !== compatibility)
    differences.push({ setting: 'compatibility', from: actual.compatibility, to: compatibility });
  return decided('schema', name, differences);
};

const connectorStep = (wanted: Desired['connectors'][number], actual: Settings | undefined): Step => {
  const { name, config } = wanted;
  if (actual === undefined) return { kind: 'connector', name, action: 'create', differences: [], reasons: [] };
  // The worker adds the name to what it was given.
  return decided('connector', name, differencesOf({ ...config, name }, { name, ...actual }, true));
};

/** The steps in the order in which they must be taken: topics, schemas, connectors. */
export const planApply = (desired: Desired, actual: Actual): readonly Step[] => [
  ...desired.topics.map((wanted) => topicStep(wanted, actual.topics.get(wanted.topic))),
  ...desired.subjects.map((wanted) => subjectStep(wanted, actual.subjects.get(wanted.subject))),
  ...desired.connectors.map((wanted) => connectorStep(wanted, actual.connectors.get(wanted.name))),
];

export const conflictsIn = (steps: readonly Step[]): readonly Step[] =>
  steps.filter(({ action }) => action === 'conflict');
