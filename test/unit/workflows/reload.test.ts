import { describe, expect, it } from 'vitest';
import { openWorkflows } from '../../../services/order-stream/workflows/reload.ts';
import { documentOf, greeting, problemsOf } from './support.ts';

const one = documentOf(greeting('one'));
const two = documentOf(greeting('two'), { version: 2, activeFrom: '2030-01-01T00:00:00Z' });

const open = (first: Readonly<Record<string, string>>) => {
  let files: Readonly<Record<string, string>> | Error = first;
  const workflows = openWorkflows({
    directory: '/workflows',
    environment: 'production',
    now: () => Date.parse('2029-01-01T00:00:00Z'),
    read: () => {
      if (files instanceof Error) throw files;
      return new Map(Object.entries(files));
    },
  });
  return {
    workflows,
    /** Puts files in place and looks until they have settled. */
    change: (to: typeof files) => {
      files = to;
      const first = workflows.look();
      return files instanceof Error ? first : workflows.look();
    },
    put: (to: typeof files) => {
      files = to;
    },
  };
};

describe('workflows that change while the stream runs', () => {
  it('are taken in, once they have settled', () => {
    const { workflows, put } = open({ 'greeting@1.yaml': one });
    const before = workflows.current;
    expect(workflows.look()).toBeUndefined();
    put({ 'greeting@1.yaml': one, 'greeting@2.yaml': two.slice(0, -30) });
    expect(workflows.look()).toBeUndefined();
    put({ 'greeting@1.yaml': one, 'greeting@2.yaml': two });
    expect(workflows.look()).toBeUndefined();
    expect(workflows.current).toBe(before);
    expect(workflows.look()).toMatchObject({ kind: 'loaded', added: ['greeting@2'], late: [] });
    expect(workflows.current.get('greeting@2')).toBeDefined();
    expect(workflows.look()).toBeUndefined();
  });

  it('are refused when one of them is wrong, and told once; the old ones go on', () => {
    const { workflows, change } = open({ 'greeting@1.yaml': one });
    const before = workflows.current;
    const refused = change({ 'greeting@1.yaml': one, 'greeting@2.yaml': two.replace('NotifyCustomer', 'Nobody') });
    expect(
      refused?.kind === 'refused'
        ? problemsOf(() => {
            throw refused.error;
          })
        : [],
    ).toEqual(["8:11 steps[1].send: there is no command 'Nobody'"]);
    expect(workflows.current).toBe(before);
    expect(workflows.look()).toBeUndefined();
    expect(change({ 'greeting@1.yaml': one, 'greeting@2.yaml': two })).toMatchObject({ kind: 'loaded' });
  });

  it.each([
    [
      'says something else',
      { 'greeting@1.yaml': documentOf(greeting('other')) },
      'greeting@1 is in use and says something else now',
    ],
    ['is gone', { 'greeting@2.yaml': two }, 'greeting@1 is gone'],
  ])('are refused when a version in use %s', (_what, files, message) => {
    const { workflows, change } = open({ 'greeting@1.yaml': one });
    const before = workflows.current;
    expect(change(files)).toMatchObject({
      kind: 'refused',
      error: { message: expect.stringContaining(message) as string },
    });
    expect(workflows.current).toBe(before);
    expect(change({ 'greeting@1.yaml': one, 'greeting@2.yaml': two })).toMatchObject({ kind: 'loaded' });
  });

  it('remember a version that was in use, also when it is retired', () => {
    const { change } = open({ 'greeting@1.yaml': one });
    const retired = { 'greeting@1.yaml': one.replace('1970-01-01T00:00:00Z', 'never'), 'greeting@2.yaml': two };
    expect(change(retired)).toMatchObject({ kind: 'loaded' });
    expect(change({ 'greeting@2.yaml': two })).toMatchObject({ kind: 'refused' });
  });

  it('may be another in words, in time, and as long as they are never active', () => {
    const draft = documentOf(greeting('draft'), { version: 2, activeFrom: 'never' });
    const { change } = open({ 'greeting@1.yaml': one, 'greeting@2.yaml': draft });
    expect(
      change({ 'greeting@1.yaml': `# a comment\n${one}`, 'greeting@2.yaml': draft.replace('draft', 'better') }),
    ).toMatchObject({
      kind: 'loaded',
      added: [],
    });
    expect(
      change({
        'greeting@1.yaml': one,
        'greeting@2.yaml': documentOf(greeting('best'), { version: 2, activeFrom: '2028-01-01T00:00:00Z' }),
      }),
    ).toMatchObject({ kind: 'loaded', added: ['greeting@2'], late: ['greeting@2'] });
  });

  it('that cannot be read are told once', () => {
    const { workflows, change } = open({ 'greeting@1.yaml': one });
    expect(change(new Error('EACCES'))).toMatchObject({ kind: 'refused' });
    expect(workflows.look()).toBeUndefined();
    expect(change({ 'greeting@1.yaml': one })).toBeUndefined();
  });
});
