import { readFileSync } from 'node:fs';
import { newContext, runStatements } from './engine/run.ts';
import { parseBatch } from './sql/parser.ts';
import type { Database } from './storage/database.ts';
import { newSession } from './tds/connection.ts';

/** `$(NAME)` of sqlcmd. A variable without a value is an error, as in sqlcmd. */
function substitute(text: string, variables: Readonly<Record<string, string | undefined>>): string {
  return text.replace(/\$\((\w+)\)/g, (_, name: string) => {
    const value = variables[name];
    if (value === undefined) throw new Error(`scripting variable "${name}" is not defined`);
    return value.replaceAll("'", "''");
  });
}

/** Runs a sqlcmd script as `sa`: batches end at GO lines, any error stops it. */
export function runScript(db: Database, path: string, variables: Readonly<Record<string, string | undefined>>): void {
  const batches = readFileSync(path, 'utf8').split(/^[ \t]*GO[ \t]*(?:--.*)?\r?$/im);
  const session = newSession(0, 'sa', 'dbo', db.name);
  let line = 1;
  for (const batch of batches) {
    const code = batch.replace(/^[ \t]*--.*$/gm, '');
    try {
      const context = newContext({ db, session });
      for (const step of runStatements(parseBatch(substitute(batch, code.includes('$(') ? variables : {})), context)) {
        if (step.k === 'error') throw step.error;
        if (step.k === 'lock' || step.k === 'delay') throw new Error('initialisation must not wait');
        if (step.k === 'result') Array.from(step.result.rows);
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`${path}, batch at line ${line}: ${reason}`, { cause: error });
    }
    line += batch.split('\n').length;
  }
}
