/** What was told before is not told again. */
import { type Problem, exceptionRecord } from './feed.ts';
import type { ProducedRecord } from '../runtime/ports.ts';
import { type Source, wholeTopic } from './read.ts';

/** Problems that were not told before, as records. The topic is read when there is the first. */
export const openRaised = (
  source: Source,
  now: () => number,
): ((problems: readonly Problem[]) => Promise<ProducedRecord[]>) => {
  const topic = source.schemas.topic('exceptions');
  let raised: Set<string> | undefined;
  return async (problems) => {
    if (problems.length === 0) return [];
    if (raised === undefined) {
      raised = new Set();
      for await (const { exceptionId } of wholeTopic(source, topic)) raised.add(exceptionId);
    }
    const told = raised;
    const untold = problems.filter(({ exceptionId }) => !told.has(exceptionId));
    for (const { exceptionId } of untold) told.add(exceptionId);
    return untold.map((problem) => exceptionRecord(topic, problem, now()));
  };
};
