import { comparer, keyOf, nullsFirst } from './compare.ts';
import type { Compiled, Frame } from './context.ts';
import { rescale, textOf } from './convert.ts';
import { overflow } from './convert.ts';
import type { AggregateSlot, WindowSlot } from './scope.ts';
import type { Value } from './types.ts';
import { INT, family } from './types.ts';

const keyOfAll = (values: readonly Compiled[], frame: Frame): string =>
  values.map((v) => keyOf(v.eval(frame), v.type)).join('\u0001');

/** One frame per group, carrying its aggregates; the group's columns are read from its first row. */
export function aggregate(
  frames: readonly Frame[],
  groups: readonly Compiled[],
  slots: readonly AggregateSlot[],
  empty: Frame,
): Frame[] {
  const members = new Map<string, Frame[]>();
  for (const frame of frames) {
    const key = keyOfAll(groups, frame);
    const group = members.get(key);
    if (group) group.push(frame);
    else members.set(key, [frame]);
  }
  // without GROUP BY an empty input is one empty group
  if (groups.length === 0 && members.size === 0) members.set('', []);
  return [...members.values()].map((group) => ({
    ...(group[0] ?? empty),
    aggregates: slots.map((slot) => computeAggregate(slot, group)),
  }));
}

function valuesOf({ argument, distinct }: AggregateSlot, group: readonly Frame[]): Value[] {
  const values = group.map((f) => argument!.eval(f)).filter((v) => v !== null);
  if (!distinct) return values;
  const seen = new Map(values.map((v) => [keyOf(v, argument!.type), v]));
  return [...seen.values()];
}

function computeAggregate(slot: AggregateSlot, group: readonly Frame[]): Value {
  const { name, argument } = slot;
  if (!argument) return name === 'COUNT_BIG' ? BigInt(group.length) : group.length;
  const values = valuesOf(slot, group);
  if (name === 'COUNT') return values.length;
  if (name === 'COUNT_BIG') return BigInt(values.length);
  if (values.length === 0) return null;
  const { type } = argument;
  switch (name) {
    case 'MIN':
    case 'MAX': {
      const compare = comparer(type);
      const sign = name === 'MIN' ? -1 : 1;
      return values.reduce((best, v) => (compare(v, best) * sign > 0 ? v : best));
    }
    case 'STRING_AGG':
      return values.map((v) => textOf(v, type)).join(',');
    default:
      return sumOrAverage(name === 'AVG', values, type);
  }
}

function sumOrAverage(
  average: boolean,
  values: readonly Value[],
  type: AggregateSlot['argument'] extends undefined ? never : Compiled['type'],
): Value {
  if (family(type) === 'scaled' || family(type) === 'bigint') {
    const sum = values.reduce<bigint>((total, v) => total + (v as bigint), 0n);
    if (!average) return sum;
    const count = BigInt(values.length);
    if (type.name !== 'decimal') return sum / count;
    return rescale(sum, type.scale, Math.max(6, type.scale)) / count;
  }
  const sum = values.reduce<number>((total, v) => total + (v as number), 0);
  if (family(type) === 'float') return average ? sum / values.length : sum;
  if (Math.abs(sum) > 2147483647) throw overflow(INT);
  return average ? Math.trunc(sum / values.length) : sum;
}

/** ROW_NUMBER, RANK and DENSE_RANK over the frames, written into each frame. */
export function rowNumbers(frames: readonly Frame[], windows: readonly WindowSlot[]): void {
  const results = frames.map(() => new Array<Value>(windows.length).fill(null));
  windows.forEach((window, slot) => {
    const partitions = new Map<string, number[]>();
    frames.forEach((frame, i) => {
      const key = keyOfAll(window.partition, frame);
      partitions.set(key, [...(partitions.get(key) ?? []), i]);
    });
    const order = window.order.map(({ value, descending }) => {
      const compare = nullsFirst(comparer(value.type));
      return (a: Frame, b: Frame): number => compare(value.eval(a), value.eval(b)) * (descending ? -1 : 1);
    });
    const compare = (a: number, b: number): number => {
      for (const by of order) {
        const result = by(frames[a]!, frames[b]!);
        if (result !== 0) return result;
      }
      return 0;
    };
    for (const members of partitions.values()) {
      members.sort((a, b) => compare(a, b) || a - b);
      let rank = 0;
      let dense = 0;
      members.forEach((member, i) => {
        if (i === 0 || compare(members[i - 1]!, member) !== 0) {
          rank = i + 1;
          dense++;
        }
        const n = window.name === 'RANK' ? rank : window.name === 'DENSE_RANK' ? dense : i + 1;
        results[member]![slot] = BigInt(n);
      });
    }
  });
  frames.forEach((frame, i) => (frame.windows = results[i]!));
}
