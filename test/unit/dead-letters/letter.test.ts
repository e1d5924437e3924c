import { describe, expect, it } from 'vitest';
import type { DeadLetterAction } from '../../../schemas/generated/types.ts';
import { filterOf, isNarrow, momentOf } from '../../../services/cli/dlq/arguments.ts';
import { jsonLine, tableRow } from '../../../services/cli/dlq/print.ts';
import {
  afterAction,
  type Filter,
  type Lettered,
  letterId,
  matches,
  needsPerson,
  parseLetterId,
  presentValue,
  untouched,
} from '../../../services/dead-letters/letter.ts';

const action = (kind: string, more: Partial<DeadLetterAction> = {}): DeadLetterAction => ({
  letter: 'dead-letters-2@17',
  kind,
  by: 'ada',
  at: 5n,
  reason: 'because',
  value: null,
  topic: null,
  partition: null,
  offset: null,
  ...more,
});

const standing = (...kinds: readonly string[]) => kinds.map((kind) => action(kind)).reduce(afterAction, untouched);

const lettered = (over: Partial<Lettered['letter']> = {}): Lettered => ({
  partition: 2,
  offset: 17n,
  at: 1_790_000_000_000n,
  standing: untouched,
  letter: {
    application: 'order-stream',
    stage: 'assembly',
    version: '0.1.0',
    code: 'missing_email',
    message: 'order 100123: neither the order nor customer 58001 has an e-mail address',
    sourceTopic: 'adnsf.AspDotNetStorefront.dbo.Orders',
    sourcePartition: 1,
    sourceOffset: 9_007_199_254_740_993n,
    sourceTimestamp: 1n,
    key: Buffer.from('58001'),
    value: Buffer.from('original'),
    headers: {},
    ...over,
  },
});

describe('a dead letter', () => {
  it('is known by where it lies', () => {
    expect(letterId({ partition: 2, offset: 17n })).toBe('dead-letters-2@17');
    for (const text of ['dead-letters-2@17', '2@17'])
      expect(parseLetterId(text)).toEqual({ partition: 2, offset: 17n });
    for (const text of ['', '17', '2@', '@17', '-2@17', '2@17x', 'orders-2@17', '2@1.5'])
      expect(() => parseLetterId(text), text).toThrow('is not the id of a dead letter');
  });

  it('waits until it is redriven or discarded, which is the end of it', () => {
    const states = [[], ['edit'], ['edit', 'edit', 'redrive'], ['redrive', 'discard', 'edit'], ['discard', 'redrive']];
    expect(states.map((kinds) => standing(...kinds).state)).toEqual([
      'open',
      'edited',
      'redriven',
      'redriven',
      'discarded',
    ]);
    expect(standing('redrive', 'discard', 'edit').actions).toHaveLength(1);
    expect([standing(), standing('edit'), standing('redrive'), standing('discard')].map(needsPerson)).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(standing('annotate')).toMatchObject({ state: 'open', actions: [{ kind: 'annotate' }] });
  });

  it('has the value of its last edit', () => {
    const { letter } = lettered();
    const edits = [action('edit', { value: Buffer.from('a') }), action('edit', { value: Buffer.from('b') })];
    expect(presentValue(letter, untouched)?.toString()).toBe('original');
    expect(presentValue(letter, edits.reduce(afterAction, untouched))?.toString()).toBe('b');
  });
});

describe('filters', () => {
  it.each<[string, Filter, boolean]>([
    ['nothing', {}, true],
    ['stage', { stage: 'assembly' }, true],
    ['another stage', { stage: 'orders' }, false],
    ['code', { code: 'missing_email' }, true],
    ['another code', { code: 'missing' }, false],
    ['topic', { topic: 'adnsf.AspDotNetStorefront.dbo.Orders' }, true],
    ['another topic', { topic: 'stripe.events' }, false],
    ['key', { key: '58001' }, true],
    ['another key', { key: '5800' }, false],
    ['order in the message', { order: '100123' }, true],
    ['part of an order', { order: '10012' }, false],
    ['an order that is a pattern', { order: '1.0123' }, false],
    ['since, inclusive', { since: 1_790_000_000_000n }, true],
    ['since later', { since: 1_790_000_000_001n }, false],
    ['until, exclusive', { until: 1_790_000_000_000n }, false],
    ['waiting', { state: 'waiting' }, true],
    ['edited', { state: 'edited' }, false],
  ])('by %s', (_what, filter, expected) => {
    expect(matches(filter, lettered())).toBe(expected);
  });

  it('by state', () => {
    const done = { ...lettered(), standing: standing('redrive') };
    expect(matches({ state: 'waiting' }, done)).toBe(false);
    expect(matches({ state: 'redriven' }, done)).toBe(true);
    expect(matches(filterOf({ state: 'all' }, 0), done)).toBe(true);
    expect(matches(filterOf({}, 0), done)).toBe(false);
    expect(() => filterOf({ state: 'gone' }, 0)).toThrow('--state gone: must be one of');
  });

  it('take moments, and so long ago', () => {
    expect(momentOf('90m', 10_000_000)).toBe(4_600_000n);
    expect(momentOf('2026-01-01T00:00Z', 0)).toBe(BigInt(Date.UTC(2026, 0, 1)));
    for (const text of ['yesterday', '10', '5w', '2026-99-01']) expect(() => momentOf(text, 0)).toThrow('is no time');
    expect([isNarrow({ state: 'open' }), isNarrow({ order: '1' })]).toEqual([false, true]);
  });
});

describe('lists', () => {
  it('are one line a letter, with offsets that no reader can round', () => {
    const several = lettered({ message: 'first line\nsecond line' });
    expect(tableRow(several).split('\n')).toHaveLength(1);
    const line = jsonLine(several);
    expect(line.split('\n')).toHaveLength(1);
    expect(JSON.parse(line)).toMatchObject({
      id: 'dead-letters-2@17',
      state: 'open',
      key: '58001',
      sourceOffset: '9007199254740993',
    });
  });
});
