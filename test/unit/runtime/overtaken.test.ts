import { describe, expect, it } from 'vitest';
import { bringsInLine, seriesOf } from '../../../services/cli/replay/topology.ts';
import { OutputComparison } from '../../../services/runtime/replay/comparison.ts';
import { memoryBackend } from '../../../services/runtime/store.ts';

const person = 'customer:8e43ca37701228e74983efdbd0cff5c1';
const upsert = (time: number): string => `${person}/upsert-customer/17900000000${time}-aa`;

const differences = async (
  computed: readonly string[],
  found: readonly string[],
  contents = '',
): Promise<readonly string[]> => {
  const comparison = new OutputComparison(memoryBackend(), new Set(), () => false);
  const output = (identity: string, bytes: string) => ({
    topic: 't',
    key: person,
    identity,
    bytes: Buffer.from(bytes),
  });
  for (const identity of computed) comparison.computed(output(identity, 'x'), 'within');
  for (const [index, identity] of found.entries())
    comparison.found(output(identity, `x${contents}`), { partition: 0, offset: BigInt(index) });
  const all: string[] = [];
  for await (const { kind, identity } of comparison.differences(undefined, seriesOf)) all.push(`${kind} ${identity}`);
  return all;
};

describe('what the next command overtakes', () => {
  it('is no difference when the last one is the same', async () => {
    expect(await differences([upsert(11), upsert(13)], [upsert(10), upsert(12), upsert(13)])).toEqual([]);
  });

  it('is one when it is the last, on either side', async () => {
    expect(await differences([upsert(10)], [upsert(10), upsert(12)])).toEqual([`omit ${upsert(12)}`]);
    expect(await differences([upsert(10), upsert(12)], [upsert(10)])).toEqual([`add ${upsert(12)}`]);
  });

  it('is one when it says something else under the same id', async () => {
    expect(await differences([upsert(10), upsert(11)], [upsert(10), upsert(11)], '!')).toEqual([
      `change ${upsert(10)}`,
      `change ${upsert(11)}`,
    ]);
  });

  it('is only of its own kind, and of people', async () => {
    expect(seriesOf(`${person}/update-customer/cus_1/1790000000010-aa/first`)).toBe(`${person}/update-customer/cus_1`);
    expect(seriesOf('100123/upsert-customer/1')).toBeUndefined();
    expect(bringsInLine(`${person}/update-customer/cus_1/1790000000010-aa/first`)).toBe(true);
    expect(bringsInLine(upsert(10))).toBe(false);
    expect(bringsInLine('100123/update-customer/1')).toBe(false);
    const other = `${person}/update-row/58001/1790000000012-aa/x`;
    expect(await differences([other], [other, upsert(10)])).toEqual([`omit ${upsert(10)}`]);
  });
});
