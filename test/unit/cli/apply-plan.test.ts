import { describe, expect, it } from 'vitest';
import { desiredState } from '../../../services/cli/apply/desired.ts';
import { ConflictError, executeApply } from '../../../services/cli/apply/execute.ts';
import { type Actual, conflictsIn, type Desired, planApply, type Step } from '../../../services/cli/apply/plan.ts';
import { planText } from '../../../services/cli/apply/print.ts';
import type { RegistryAdmin } from '../../../services/cli/apply/registry.ts';
import type { Admin } from '../../../services/runtime/ports.ts';

const desired: Desired = {
  topics: [{ topic: 'orders', partitions: 4, replication: 1, config: { 'cleanup.policy': 'compact' } }],
  subjects: [{ subject: 'orders-value', schema: '"string"', compatibility: 'BACKWARD' }],
  connectors: [{ name: 'shop', config: { 'tasks.max': '1', 'database.password': 'hush' } }],
};
const same: Actual = {
  topics: new Map([['orders', { partitions: 4, config: { 'cleanup.policy': 'compact', 'retention.ms': '1' } }]]),
  subjects: new Map([['orders-value', { registered: true, compatibility: 'BACKWARD', incompatibilities: [] }]]),
  connectors: new Map([['shop', { name: 'shop', 'tasks.max': '1', 'database.password': 'hush' }]]),
};
const nothing: Actual = { topics: new Map(), subjects: new Map(), connectors: new Map() };

const actions = (steps: readonly Step[]): string[] => steps.map(({ kind, action }) => `${action} ${kind}`);

describe('a plan', () => {
  it('creates what is not there', () => {
    expect(actions(planApply(desired, nothing))).toEqual(['create topic', 'create schema', 'create connector']);
  });

  it('leaves alone what is as it should be, and settings nobody asked about', () => {
    expect(actions(planApply(desired, same))).toEqual(['unchanged topic', 'unchanged schema', 'unchanged connector']);
  });

  it('updates settings of a topic, naming both values', () => {
    const topics = new Map([['orders', { partitions: 4, config: { 'cleanup.policy': 'delete' } }]]);
    const [step] = planApply(desired, { ...same, topics });
    expect(step).toMatchObject({
      action: 'update',
      differences: [{ setting: 'cleanup.policy', from: 'delete', to: 'compact' }],
    });
  });

  it.each([3, 8])('refuses another number of partitions (%i)', (partitions) => {
    const topics = new Map([['orders', { partitions, config: {} }]]);
    const [conflict] = conflictsIn(planApply(desired, { ...same, topics }));
    expect(conflict).toMatchObject({ name: 'orders', action: 'conflict' });
    expect(conflict!.reasons[0]).toContain(`has ${partitions} partitions`);
  });

  it('registers a new version of a schema that the registry takes', () => {
    const subjects = new Map([
      ['orders-value', { registered: false, compatibility: 'BACKWARD', incompatibilities: [] }],
    ]);
    expect(actions(planApply(desired, { ...same, subjects }))).toContain('update schema');
  });

  it('tells why the registry refuses a schema', () => {
    const subjects = new Map([
      [
        'orders-value',
        { registered: false, compatibility: 'BACKWARD', incompatibilities: ['field total was removed'] },
      ],
    ]);
    const [conflict] = conflictsIn(planApply(desired, { ...same, subjects }));
    expect(conflict).toMatchObject({ name: 'orders-value', reasons: ['field total was removed'] });
  });

  it('sets a compatibility that is missing or other', () => {
    for (const compatibility of [undefined, 'NONE']) {
      const subjects = new Map([['orders-value', { registered: true, compatibility, incompatibilities: [] }]]);
      expect(planApply(desired, { ...same, subjects })[1]).toMatchObject({
        action: 'update',
        differences: [{ setting: 'compatibility', from: compatibility, to: 'BACKWARD' }],
      });
    }
  });

  it('updates a connector whose settings differ, gone ones among them', () => {
    const connectors = new Map([
      ['shop', { name: 'shop', 'tasks.max': '2', 'poll.interval.ms': '5', 'database.password': 'hush' }],
    ]);
    expect(planApply(desired, { ...same, connectors })[2]).toMatchObject({
      action: 'update',
      differences: [
        { setting: 'poll.interval.ms', from: '5', to: undefined },
        { setting: 'tasks.max', from: '2', to: '1' },
      ],
    });
  });
});

describe('a printed plan', () => {
  it('says what changes and hides what is secret', () => {
    const connectors = new Map([['shop', { name: 'shop', 'tasks.max': '1', 'database.password': 'old' }]]);
    const text = planText(planApply(desired, { ...same, connectors }));
    expect(text).toContain('0 to create, 1 to update, 2 unchanged');
    expect(text).toContain('database.password');
    expect(text).not.toMatch(/hush|old/);
  });
});

describe('the product', () => {
  it('wants every topic once, and a subject for each record it writes', async () => {
    const state = await desiredState({ partitions: 4, replication: 1 });
    const names = state.topics.map(({ topic }) => topic);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain('orders.assembled');
    expect(names).toContain('order-stream-orders-changelog');
    const subjects = state.subjects.map(({ subject }) => subject);
    expect(subjects).toContain('erp.commands-millrace.erp.CreateSalesOrder');
    expect(subjects).toContain('order-stream-orders-changelog-value');
    expect(subjects.filter((subject) => subject.startsWith('adnsf.AspDotNetStorefront'))).toEqual([]);
    expect(state.connectors.map(({ name }) => name)).toEqual(['adnsf-sqlserver']);
  });
});

/** Notes what it is asked to do; everything else throws. */
const recorder = (): { calls: string[]; admin: Admin; registry: RegistryAdmin } => {
  const calls: string[] = [];
  const note = <T>(call: string, value: T): Promise<T> => {
    calls.push(call);
    return Promise.resolve(value);
  };
  const unasked = (): never => {
    throw new Error('nobody should ask this');
  };
  const admin: Admin = {
    partitions: unasked,
    createTopics: (specs) => note(`create ${specs.map(({ topic }) => topic).join()}`, undefined),
    topicConfig: unasked,
    alterTopicConfig: (topic) => note(`alter ${topic}`, undefined),
    committedOffsets: unasked,
    beginningOffsets: unasked,
    endOffsets: unasked,
    listGroups: unasked,
    groupMembers: unasked,
    close: unasked,
  };
  const registry: RegistryAdmin = {
    subjects: unasked,
    inspect: unasked,
    register: (subject) => note(`register ${subject}`, 1),
    setCompatibility: (subject, level) => note(`${level} for ${subject}`, undefined),
  };
  return { calls, admin, registry };
};

describe('taking the steps', () => {
  it('changes nothing at all when one step is in conflict', async () => {
    const { calls, admin, registry } = recorder();
    const topics = new Map([['orders', { partitions: 1, config: {} }]]);
    const steps = planApply(desired, { ...nothing, topics });
    await expect(executeApply(desired, steps, { admin, registry, connectUrl: '' })).rejects.toThrow(ConflictError);
    expect(calls).toEqual([]);
  });

  it('takes only those that are due, topics first', async () => {
    const { calls, admin, registry } = recorder();
    const steps = planApply(desired, { ...nothing, connectors: same.connectors });
    await executeApply(desired, steps, { admin, registry, connectUrl: '' });
    expect(calls).toEqual(['create orders', 'register orders-value', 'BACKWARD for orders-value']);
  });
});
