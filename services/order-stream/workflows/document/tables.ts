/** Lookup tables: rows in the document, or in a file beside it. */
import { z } from 'zod';
import type { Table } from '../expression/typed.ts';
import { bool, text, type Type, units } from '../expression/types.ts';
import type { WorkflowDocument } from './shape.ts';
import { type Path, type Problem, readSource, shaped, type Source, WorkflowError } from './source.ts';

/** The text of a file beside the document, and how messages call it. */
export type TableFile = (name: string) => Readonly<{ file: string; text: string }> | undefined;

const cell = z.union([z.string(), z.int(), z.boolean()], { error: 'must be text, a whole number, true or false' });
const rowsShape = z.record(z.string(), cell);
type Rows = z.infer<typeof rowsShape>;

const typeOfCell = (value: string | number | boolean): Type =>
  typeof value === 'string' ? text : typeof value === 'number' ? units : bool;

const tableOf = (source: Source, path: Path, rows: Rows, problems: Problem[]): Table => {
  const entries = Object.entries(rows);
  const of = entries[0] === undefined ? text : typeOfCell(entries[0][1]);
  for (const [key, value] of entries)
    if (typeOfCell(value).kind !== of.kind)
      problems.push(source.problem([...path, key], `is ${typeOfCell(value).kind}, where the first row is ${of.kind}`));
  return { of, rows: new Map(entries.map(([key, value]) => [key, typeof value === 'number' ? BigInt(value) : value])) };
};

const isFile = (table: NonNullable<WorkflowDocument['tables']>[string]): table is { file: string } =>
  Object.keys(table).join() === 'file' && typeof table['file'] === 'string';

export const readTables = (
  source: Source,
  tables: NonNullable<WorkflowDocument['tables']>,
  tableFile: TableFile,
  problems: Problem[],
): ReadonlyMap<string, Table> => {
  const read = new Map<string, Table>();
  for (const [name, table] of Object.entries(tables)) {
    if (!isFile(table)) {
      read.set(name, tableOf(source, ['tables', name], table, problems));
      continue;
    }
    const beside = tableFile(table.file);
    if (beside === undefined) {
      problems.push(source.problem(['tables', name, 'file'], `there is no file ${table.file} beside the document`));
      continue;
    }
    try {
      const rows = readSource(beside.file, beside.text);
      read.set(name, tableOf(rows, [], shaped(rows, rowsShape), problems));
    } catch (error) {
      if (!(error instanceof WorkflowError)) throw error;
      problems.push(...error.problems);
    }
  }
  return read;
};
