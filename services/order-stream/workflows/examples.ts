/**
 * Examples of a workflow: facts are told one after another, as to the stream, and after each it is compared what is
 * sent and what is held. They are documents beside the workflow: `order-to-cash@1.examples.yaml`.
 */
import { stringify } from 'yaml';
import { z } from 'zod';
import { readSchema } from '../../../schemas/avro.ts';
import { type Aggregate, aggregates, type Decided, type Settings } from './aggregates.ts';
import { commandCatalog } from './catalog.ts';
import type { Workflow } from './compile.ts';
import { decide, type Decision } from './decide.ts';
import { valueAs, writtenOf } from './document/facts.ts';
import { type Path, type Problem, readSource, shaped, type Source, WorkflowError } from './document/source.ts';
import { typeOfAvro } from './expression/avro-types.ts';
import { time } from './expression/types.ts';
import type { Command } from './plan.ts';
import { workflowSet } from './set.ts';

const sent = z.union([
  z.string(),
  z.strictObject({
    id: z.string(),
    type: z.string().optional(),
    cause: z.string().optional(),
    at: z.union([z.string(), z.int()]).optional(),
    payload: z.record(z.string(), z.unknown()).optional(),
  }),
]);

const held = z.union([z.string(), z.strictObject({ code: z.string(), message: z.string() })]);

const examplesShape = z.strictObject({
  title: z.string().optional(),
  /** For anchors: what several examples share. */
  shared: z.unknown().optional(),
  settings: z.strictObject({
    stripeMethods: z.array(z.string()),
    captureOnShipment: z.array(z.string()).default([]),
    offSession: z.array(z.string()).default([]),
    shippedWithFirst: z.boolean().default(false),
    livemode: z.boolean().default(false),
  }),
  examples: z
    .array(
      z.strictObject({
        name: z.string(),
        id: z.string(),
        story: z.array(z.looseObject({ sends: z.array(sent).default([]), holds: z.array(held).default([]) })).min(1),
      }),
    )
    .min(1),
});

type Examples = z.output<typeof examplesShape>;
type Chapter = Examples['examples'][number]['story'][number];

export type ExampleResult = Readonly<{
  workflow: string;
  name: string;
  /** Where it went otherwise, and how; undefined when all was as told. */
  failure?: Readonly<{ where: Problem; expected: string; actual: string }>;
}>;

/** Only what is expected of `actual`, so that the rest does not count. */
const restricted = (actual: unknown, expected: unknown): unknown => {
  const isMap = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  if (isMap(actual) && isMap(expected))
    return Object.fromEntries(Object.keys(expected).map((key) => [key, restricted(actual[key], expected[key])]));
  if (Array.isArray(actual) && Array.isArray(expected))
    return actual.map((item: unknown, index) => (index < expected.length ? restricted(item, expected[index]) : item));
  return actual;
};

const catalog = commandCatalog();

/** What is expected of a command, typed by its schema, as people write it. */
const expectedCommand = (source: Source, problems: Problem[], path: Path, entry: Chapter['sends'][number]) => {
  if (typeof entry === 'string') return { id: entry };
  const { id, type, cause, at, payload } = entry;
  const reading = { source, problems, partial: true };
  const made: Record<string, unknown> = { id };
  if (type !== undefined) made['type'] = type;
  if (cause !== undefined) made['cause'] = cause;
  if (at !== undefined) made['at'] = writtenOf(valueAs(reading, [...path, 'at'], at, time), time);
  if (payload !== undefined) {
    const command = catalog.get(type ?? '');
    if (command === undefined)
      problems.push(source.problem([...path, 'type'], `a payload needs the 'type' of its command`));
    else made['payload'] = writtenOf(valueAs(reading, [...path, 'payload'], payload, command.payload), command.payload);
  }
  return made;
};

const actualCommand = (command: Command): Record<string, unknown> => ({
  id: command.commandId.slice(command.orderId.length + 1),
  type: command.type,
  cause: command.causationId,
  at: writtenOf(command.occurredAt, time),
  payload: writtenOf(command.payload, catalog.get(command.type)!.payload),
});

const compared = (
  source: Source,
  problems: Problem[],
  path: Path,
  chapter: Chapter,
  { commands, letters }: Pick<Decision<Decided>, 'commands' | 'letters'>,
): { expected: unknown; actual: unknown } => {
  const sends = chapter.sends.map((entry, index) =>
    expectedCommand(source, problems, [...path, 'sends', index], entry),
  );
  const holds = chapter.holds.map((entry) => (typeof entry === 'string' ? { code: entry } : entry));
  return {
    expected: { sends, holds },
    // Of what nobody expects, the id and the type are enough to see what it is.
    actual: {
      sends: commands.map((command, index) => restricted(actualCommand(command), sends[index] ?? { id: '', type: '' })),
      holds: letters.map(({ code, message }, index) =>
        restricted({ code, message }, holds[index] ?? { code: '', message: '' }),
      ),
    },
  };
};

/** The fact of a chapter: its kind and its value. */
const factOf = (
  source: Source,
  problems: Problem[],
  path: Path,
  chapter: Chapter,
  aggregate: Aggregate,
  id: string,
) => {
  const kinds = Object.keys(chapter).filter((key) => key !== 'sends' && key !== 'holds');
  const [kind] = kinds;
  const known = kind === undefined ? undefined : aggregate.facts[kind];
  if (kinds.length !== 1 || kind === undefined || known === undefined) {
    problems.push(source.problem(path, `tells one fact: ${Object.keys(aggregate.facts).join(', ')}`));
    return undefined;
  }
  const type = typeOfAvro(readSchema(known.schema));
  const raw = {
    ...(type.kind === 'record' && type.fields.has(aggregate.idField) ? { [aggregate.idField]: id } : {}),
    ...(chapter[kind] as object),
  };
  const before = problems.length;
  const value = valueAs({ source, problems, partial: false }, [...path, kind], raw, type);
  return problems.length > before ? undefined : { fold: known.fold, value };
};

/**
 * Plays all examples of a file with one version of a workflow, and no other.
 *
 * @throws WorkflowError when they are no examples
 */
export const runExamples = (workflow: Workflow, file: string, text: string): readonly ExampleResult[] => {
  const source = readSource(file, text);
  const { settings, examples } = shaped(source, examplesShape as z.ZodType<Examples>);
  const aggregate = aggregates.get(workflow.aggregate)!;
  const set = workflowSet([{ ...workflow, after: [], activeFrom: () => -(2n ** 62n) }], 'examples');
  const problems: Problem[] = [];
  const results = examples.map(({ name, id, story }, at): ExampleResult => {
    let state = aggregate.initial(id);
    for (const [index, chapter] of story.entries()) {
      const path = ['examples', at, 'story', index];
      const fact = factOf(source, problems, path, chapter, aggregate, id);
      if (fact === undefined) break;
      const folded = fact.fold(state, fact.value);
      const { refusal, known = false } = folded;
      const decision: Decision<Decided> =
        folded.state === state
          ? { state, commands: [], letters: [] }
          : decide(set, aggregate, settings satisfies Settings, state, folded);
      const told = { ...decision, letters: [...(refusal && !known ? [refusal] : []), ...decision.letters] };
      const { expected, actual } = compared(source, problems, path, chapter, told);
      const [wanted, got] = [stringify(expected), stringify(actual)];
      if (wanted !== got)
        return {
          workflow: workflow.id,
          name,
          failure: { where: source.problem(path, 'went otherwise'), expected: wanted, actual: got },
        };
      state = decision.state;
    }
    return { workflow: workflow.id, name };
  });
  if (problems.length > 0) throw new WorkflowError(problems);
  return results;
};
