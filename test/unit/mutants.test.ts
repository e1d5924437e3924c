/** The list of guards is kept in step with the code: a guard that no longer fits is one that nobody tries. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { allMutants } from '../mutants/all.ts';
import { mutated } from '../mutants/mutant.ts';

const root = new URL('../..', import.meta.url).pathname;

describe('the guards that are removed one at a time', () => {
  it.each(allMutants.map((mutant) => [mutant.guard, mutant] as const))('%s is where it is said to be', (_, mutant) => {
    expect(() => mutated(readFileSync(`${root}${mutant.file}`, 'utf8'), mutant)).not.toThrow();
    expect(mutant.tests.filter((test) => !existsSync(`${root}${test}`))).toEqual([]);
  });

  it('have names of their own', () => {
    const names = allMutants.map(({ guard }) => guard);
    expect(new Set(names).size).toBe(names.length);
  });
});
