/** A document as functions: every expression typed, every payload fitting its schema, or a list of what does not. */
import { createHash } from 'node:crypto';
import { readSchema } from '../../../schemas/avro.ts';
import { aggregates, settingsType } from './aggregates.ts';
import { commandCatalog } from './catalog.ts';
import { documentShape, NEVER, type WorkflowDocument } from './document/shape.ts';
import { type Problem, readSource, shaped, type Source, WorkflowError } from './document/source.ts';
import type { StepReading } from './document/acts.ts';
import { compiledSteps } from './document/steps.ts';
import { readTables, type TableFile } from './document/tables.ts';
import { compiledExpression, parsedExpression } from './document/values.ts';
import { typeOfAvro } from './expression/avro-types.ts';
import type { Scope, Variable } from './expression/scope.ts';
import { hint } from './expression/hint.ts';
import type { Node } from './expression/parse.ts';
import { MappingError } from './expression/typed.ts';
import { nullable, time, type Type } from './expression/types.ts';
import type { Plan } from './plan.ts';

/** One version of a workflow. */
export type Workflow = Readonly<{
  name: string;
  version: number;
  /** `order-to-cash@1`. */
  id: string;
  aggregate: string;
  after: readonly string[];
  file: string;
  /** Epoch milliseconds; undefined: never. */
  activeFrom: (environment: string) => bigint | undefined;
  /** Environments that it names. */
  environments: readonly string[];
  /** Of all that decides what is sent; two documents of one hash mean the same. */
  hash: string;
  intents: ReadonlySet<string>;
  /** When it begins for a state, epoch milliseconds; null: it has not. */
  starts: (state: unknown, settings: unknown) => bigint | null;
  /** Adds to `plan` what the state calls for, in the order in which it may be sent. */
  plan: (state: unknown, settings: unknown, plan: Plan) => void;
}>;

/** JSON whose keys are in order. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : part,
  );

/** What is left out may change: what it is called, and when it is active where. */
const hashOf = (
  document: WorkflowDocument,
  tables: ReadonlyMap<string, Readonly<{ rows: ReadonlyMap<string, unknown> }>>,
) => {
  const { workflow, version, aggregate, after, starts, blocks, steps } = document;
  const rows = [...tables].map(([name, table]) => [name, Object.fromEntries(table.rows)] as const);
  return createHash('sha256')
    .update(canonical({ workflow, version, aggregate, after, starts, blocks, steps, tables: Object.fromEntries(rows) }))
    .digest('hex');
};

const SLOTS = { state: 0, settings: 1, commandId: 2 } as const;

const scopeOf = (state: Type & { kind: 'record' }, tables: Scope['tables']): Scope => ({
  names: new Map<string, Variable>([
    ...[...state.fields].map(([field, { type }]): [string, Variable] => [field, { type, slot: SLOTS.state, field }]),
    ['settings', { type: settingsType, slot: SLOTS.settings }],
  ]),
  known: new Set(),
  tables,
});

/** Whether nothing in it can fail: it is asked for each fact, and nobody could be told. */
const cannotFail = (node: Node): boolean => {
  switch (node.kind) {
    case 'call':
      return ['if', 'default', 'first'].includes(node.name) && node.args.every(cannotFail);
    case 'binary':
      return cannotFail(node.left) && cannotFail(node.right);
    case 'unary':
    case 'field':
      return cannotFail(node.of);
    default:
      return true;
  }
};

const compiledStart = (reading: StepReading, raw: string | boolean, scope: Scope) => {
  const node = parsedExpression(reading, ['starts'], raw);
  if (node && !cannotFail(node))
    reading.problems.push(
      reading.source.problem(['starts'], 'may use no functions but if(…), default(…) and first(…)', node.start),
    );
  return compiledExpression(reading, ['starts'], raw, nullable(time), scope)?.run;
};

const fileProblem = (source: Source, document: WorkflowDocument): Problem[] => {
  const expected = `${document.workflow}@${document.version}.yaml`;
  const is = source.file.split('/').at(-1)!;
  return is === expected ? [] : [source.problem(['workflow'], `the file must be called ${expected}, not ${is}`)];
};

const instantsOf = (document: WorkflowDocument): Workflow['activeFrom'] => {
  const instant = (written: string): bigint | undefined =>
    written === NEVER ? undefined : BigInt(Date.parse(written));
  return (environment) => instant((document.environments?.[environment] ?? document).activeFrom);
};

/**
 * Compiles one document.
 *
 * @param file how messages call it
 * @param tableFile reads a file that a table names
 * @throws WorkflowError with all that is wrong with it
 */
export const compileWorkflow = (file: string, text: string, tableFile: TableFile): Workflow => {
  const source = readSource(file, text);
  const document = shaped(source, documentShape);
  const problems = fileProblem(source, document);
  const aggregate = aggregates.get(document.aggregate);
  if (aggregate === undefined)
    throw new WorkflowError([
      ...problems,
      source.problem(
        ['aggregate'],
        `there is no aggregate '${document.aggregate}'${hint(document.aggregate, aggregates.keys()) || `; there is ${[...aggregates.keys()].join(', ')}`}`,
      ),
    ]);
  const state = typeOfAvro(readSchema(aggregate.schema));
  if (state.kind !== 'record') throw new TypeError(`${aggregate.schema} is no record`);

  const id = `${document.workflow}@${document.version}`;
  const tables = readTables(source, document.tables ?? {}, tableFile, problems);
  const reading: StepReading = {
    source,
    problems,
    slots: Object.keys(SLOTS).length,
    commands: commandCatalog(),
    blocks: document.blocks ?? {},
    workflow: id,
    idField: aggregate.idField,
    commandIdSlot: SLOTS.commandId,
  };
  const scope = scopeOf(state, tables);
  const starts = compiledStart(reading, document.starts, scope);
  const intents = new Set<string>();
  const steps = compiledSteps(reading, ['steps'], document.steps, { scope, each: false, using: [], intents });
  if (problems.length > 0 || starts === undefined || steps === undefined) throw new WorkflowError(distinct(problems));

  // One frame serves all: a plan is made in one go, and no step reads a slot that it, or one before it, did not fill.
  const frame = new Array<unknown>(reading.slots).fill(null);
  const frameOf = (of: unknown, settings: unknown): unknown[] => {
    frame[SLOTS.state] = of;
    frame[SLOTS.settings] = settings;
    return frame;
  };
  return {
    name: document.workflow,
    version: document.version,
    id,
    aggregate: aggregate.name,
    after: document.after ?? [],
    file,
    activeFrom: instantsOf(document),
    environments: Object.keys(document.environments ?? {}),
    hash: hashOf(document, tables),
    intents,
    starts: (of, settings) => starts(frameOf(of, settings)) as bigint | null,
    plan: (of, settings, plan) => {
      try {
        steps(frameOf(of, settings), plan);
      } catch (error) {
        if (!(error instanceof MappingError)) throw error;
        plan.holds.push({ key: `mapping_failed/${id}`, code: 'mapping_failed', message: `${id}: ${error.message}` });
      }
    },
  };
};

/** A block that is used twice tells its problems twice. */
const distinct = (problems: readonly Problem[]): Problem[] => {
  const seen = new Set<string>();
  return problems.filter(({ line, column, message }) => {
    const key = `${line}:${column}:${message}`;
    return !seen.has(key) && seen.add(key);
  });
};
