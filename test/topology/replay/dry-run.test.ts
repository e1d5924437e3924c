import { afterEach, describe, expect, it } from 'vitest';
import { type Day, everything, openDay, withMapping } from './scenario.ts';

let day: Day | undefined;
afterEach(() => day?.driver.close());

const open = async (): Promise<Day> => (day = await openDay());

describe('a dry run over what was processed', () => {
  it('finds 0 differences, and touches nothing', async () => {
    const { driver, run, replayed, commands } = await open();
    await run();
    const before = everything(driver);
    const report = await replayed();
    expect(report.differences).toEqual([]);
    expect(report.total).toBe(0);
    const compared = report.stages.find(({ stage }) => stage === 'orders')!.compared;
    const { 'dead-letters': letters, ...sent } = compared;
    expect(letters).toBe(1);
    expect(Object.values(sent).reduce((sum, count) => sum + count, 0)).toBe(commands().length);
    expect(commands().length).toBeGreaterThan(40);
    expect(everything(driver)).toEqual(before);
  });
});
