import { SqlError } from '../errors.ts';
import type { Expr, ExecStatement, Statement } from '../sql/ast.ts';
import { parseBatch, parseParameterList } from '../sql/parser.ts';
import { LockWait, releaseOne } from '../storage/locks.ts';
import type { Transaction } from '../storage/transaction.ts';
import type { Changed, ChangeResult } from './change.ts';
import { runDelete, runInsert, runUpdate } from './change.ts';
import type { Context, Isolation, ResultSet, Variable } from './context.ts';
import { converter, textOf } from './convert.ts';
import { TICKS_PER_DAY } from './datetime.ts';
import { runDdl } from './ddl.ts';
import type { Command, Event, Outcome } from './events.ts';
import { END } from './events.ts';
import { compile, predicate } from './expression.ts';
import type { ProcedureArgument } from './procedures.ts';
import { callProcedure } from './procedures.ts';
import { newFrame, runSelect } from './query.ts';
import { Scope } from './scope.ts';
import { SYSTEM_DATABASES } from './system.ts';
import type { SqlType, Value } from './types.ts';
import { INT, datetime2, family, showValue } from './types.ts';

type Steps<T> = Generator<Event, T, void>;

/**
 * A trigger's clock is at least one datetime tick past its statement's and past the trigger before, so that UpdatedOn
 * changes every time, as it does on a slower server; in a burst it runs ahead of the real clock by no more than the limit.
 */
const TRIGGER_TICK_MS = 4;
const TRIGGER_AHEAD_MS = 250;

function triggerTime(context: Context): number {
  const { db } = context;
  const real = Math.max(Date.now(), context.now) + TRIGGER_TICK_MS;
  const next = db.lastTriggerAt + TRIGGER_TICK_MS;
  db.lastTriggerAt = next > real && next - real < TRIGGER_AHEAD_MS ? next : real;
  return db.lastTriggerAt;
}
const MAX_NESTING = 32;

export function newContext(
  base: Pick<Context, 'db' | 'session'>,
  variables: Map<string, Variable> = new Map(),
): Context {
  return {
    ...base,
    variables,
    tables: new Map(),
    scopeIdentity: null,
    caught: undefined,
    nesting: [],
    guards: 0,
    now: Date.now(),
    transaction: base.session.transaction ?? base.db.begin(base.session.spid),
    momentary: [],
    touchedTable: false,
  };
}

// --- one statement: locks, transaction, undo ---

function releaseMomentary(context: Context): void {
  for (const { target, mode } of context.momentary.splice(0)) releaseOne(context.transaction, target, mode);
}

const touchesTable = (context: Context): boolean => context.touchedTable;

/**
 * Runs the work of one statement to its end, as often as it takes: when it meets a lock its changes are undone, the lock
 * is awaited, and it starts again. Outside a transaction it is one of its own.
 */
function* atomically<T>(context: Context, work: () => T): Steps<T> {
  const { db, session } = context;
  if (context.nesting.length > 0) return work();
  const own = session.transaction === undefined;
  const transaction = session.transaction ?? db.begin(session.spid);
  context.transaction = transaction;
  const mark = transaction.changes.length;
  try {
    for (;;) {
      context.touchedTable = false;
      context.now = Date.now();
      try {
        const result = work();
        releaseMomentary(context);
        if (!own) return result;
        if (session.implicitTransactions && touchesTable(context)) yield* enter(context, transaction);
        else db.commit(transaction);
        return result;
      } catch (error) {
        transaction.undoTo(mark);
        if (!(error instanceof LockWait)) throw error;
        yield { k: 'lock', wait: error, transaction };
        if (error.momentary) context.momentary.push({ target: error.target, mode: error.mode });
      }
    }
  } catch (error) {
    transaction.undoTo(mark);
    releaseMomentary(context);
    if (own && session.transaction !== transaction) db.rollback(transaction);
    throw error;
  }
}

function* enter(context: Context, transaction: Transaction): Steps<void> {
  context.session.transaction = transaction;
  context.session.transactionCount = 1;
  yield { k: 'transaction', action: 'begin', id: transaction.id };
}

/** BEGIN TRANSACTION. With implicit transactions on, the first one counts twice, as in SQL Server. */
export function* beginTransaction(context: Context): Steps<void> {
  const { session, db } = context;
  if (session.transaction) session.transactionCount++;
  else {
    yield* enter(context, db.begin(session.spid));
    if (session.implicitTransactions) session.transactionCount = 2;
  }
}

export function* commitTransaction(context: Context): Steps<void> {
  const { session, db } = context;
  const { transaction } = session;
  if (!transaction) throw new SqlError(3902, 'The COMMIT TRANSACTION request has no corresponding BEGIN TRANSACTION.');
  if (session.transactionCount > 1) {
    session.transactionCount--;
    return;
  }
  db.commit(transaction);
  session.transaction = undefined;
  session.transactionCount = 0;
  yield { k: 'transaction', action: 'commit', id: transaction.id };
}

export function* rollbackTransaction(context: Context, savepoint?: string): Steps<void> {
  const { session, db } = context;
  const { transaction } = session;
  if (!transaction)
    throw new SqlError(3903, 'The ROLLBACK TRANSACTION request has no corresponding BEGIN TRANSACTION.');
  if (savepoint !== undefined) {
    transaction.rollbackToSavepoint(savepoint);
    return;
  }
  db.rollback(transaction);
  session.transaction = undefined;
  session.transactionCount = 0;
  yield { k: 'transaction', action: 'rollback', id: transaction.id };
}

// --- triggers ---

function fireTriggers(changed: Changed | undefined, event: 'insert' | 'update' | 'delete', context: Context): void {
  if (!changed) return;
  const { table, inserted, deleted } = changed;
  const { session } = context;
  for (const trigger of table.triggers) {
    // RECURSIVE_TRIGGERS is off: a trigger does not fire itself
    if (!trigger.events.includes(event) || context.nesting.at(-1) === trigger.name) continue;
    if (context.nesting.length >= MAX_NESTING)
      throw new SqlError(
        217,
        'Maximum stored procedure, function, trigger, or view nesting level exceeded (limit 32).',
      );
    const columns = table.columns.map((c) => ({ name: c.name, type: c.type, nullable: c.nullable }));
    const inner: Context = {
      ...newContext(context),
      tables: new Map([
        ['inserted', { columns, rows: [...inserted] }],
        ['deleted', { columns, rows: [...deleted] }],
      ]),
      nesting: [...context.nesting, trigger.name],
      now: triggerTime(context),
      transaction: context.transaction,
    };
    const { noCount, rowCount } = session;
    for (const step of runStatements(trigger.body, inner)) {
      if (step.k === 'error') throw step.error;
      if (step.k === 'transaction')
        throw new SqlError(3609, 'The transaction ended in the trigger. The batch has been aborted.', {
          ends: 'batch',
        });
    }
    session.noCount = noCount;
    session.rowCount = rowCount;
  }
}

// --- statements ---

const evaluate = (expr: Expr, context: Context): { value: Value; type: SqlType } => {
  const compiled = compile(expr, new Scope(context, undefined));
  return { value: compiled.eval(newFrame(0, undefined)), type: compiled.type };
};

function* changeData(context: Context, command: 'insert' | 'update' | 'delete', run: () => ChangeResult): Steps<void> {
  const { count, output } = yield* atomically(context, () => {
    const result = run();
    fireTriggers(result.changed, command, context);
    return result;
  });
  const { session } = context;
  session.rowCount = count;
  if (output) yield { k: 'result', result: output };
  else if (!session.noCount) yield { k: 'count', count, command: command satisfies Command };
  session.rowCount = count;
}

function assignVariable(name: string, value: Value, type: SqlType, context: Context): void {
  const variable = context.variables.get(name);
  if (!variable)
    throw new SqlError(137, `Must declare the scalar variable "${name}".`, { severity: 15, state: 2, ends: 'batch' });
  variable.value = converter(type, variable.type)(value);
}

function setOption(names: readonly string[], value: string, context: Context): void {
  const { session } = context;
  const on = value === 'ON';
  for (const name of names)
    switch (name) {
      case 'IMPLICIT_TRANSACTIONS':
        session.implicitTransactions = on;
        break;
      case 'XACT_ABORT':
        session.xactAbort = on;
        break;
      case 'NOCOUNT':
        session.noCount = on;
        break;
      case 'LOCK_TIMEOUT':
        session.lockTimeoutMs = Number(value);
        break;
      default:
        // ANSI_NULLS, QUOTED_IDENTIFIER and their kin are always on here; TEXTSIZE, DATEFORMAT and LANGUAGE are fixed
        break;
    }
}

function argumentsOf(exec: ExecStatement, context: Context): (ProcedureArgument & { variable: string | undefined })[] {
  return exec.args.map(({ name, expr, output }) => {
    const bare = expr.k === 'column';
    const { value, type } = bare
      ? { value: expr.name.join('.'), type: datetime2(0) }
      : evaluate(expr.k === 'default' ? { k: 'literal', type: INT, value: null } : expr, context);
    return { name, value, type, variable: output && expr.k === 'variable' ? expr.name : undefined };
  });
}

/** Parameters of sp_executesql and its kin as variables of the inner batch. */
export function bindParameters(
  declaration: string,
  values: readonly { name: string | undefined; value: Value; type: SqlType }[],
): Map<string, Variable> {
  const variables = new Map<string, Variable>();
  parseParameterList(declaration).forEach(({ name, type }, i) => {
    const given = values.find((v) => v.name?.toLowerCase() === name) ?? (values[i]?.name ? undefined : values[i]);
    variables.set(name, { type, value: given ? converter(given.type, type)(given.value) : null });
  });
  return variables;
}

/** For INSERT … EXEC: only procedures that answer at once. */
export function runExecForRows(
  exec: ExecStatement,
  context: Context,
): { types: readonly SqlType[]; rows: Iterable<readonly Value[]> } {
  const result = callProcedure(exec.procedure.at(-1) ?? '', argumentsOf(exec, context), context);
  if (!result) return { types: [], rows: [] };
  return { types: result.columns.map((c) => c.type), rows: result.rows };
}

function* runInnerBatch(text: string, variables: Map<string, Variable>, context: Context): Steps<Outcome> {
  const inner: Context = {
    ...newContext(context, variables),
    nesting: context.nesting,
    guards: context.guards,
    transaction: context.transaction,
  };
  const outcome = yield* runStatements(parseBatch(text), inner);
  return outcome.k === 'abort' ? outcome : END;
}

function* runExec(exec: ExecStatement, context: Context): Steps<Outcome> {
  if (exec.text) {
    const { value, type } = evaluate(exec.text, context);
    return yield* runInnerBatch(value === null ? '' : textOf(value, type), new Map(), context);
  }
  const name = exec.procedure.at(-1)!;
  const args = argumentsOf(exec, context);
  if (name.toLowerCase() === 'sp_executesql') {
    const [statement, declaration, ...rest] = args;
    const variables = bindParameters(declaration ? textOf(declaration.value, declaration.type) : '', rest);
    const outcome = yield* runInnerBatch(showValue(statement!.value), variables, context);
    for (const { variable, name: parameter } of rest) {
      const inner = variable !== undefined && parameter !== undefined ? variables.get(parameter) : undefined;
      if (inner && variable !== undefined) assignVariable(variable, inner.value, inner.type, context);
    }
    return outcome;
  }
  const result = yield* atomically(context, () => callProcedure(name, args, context));
  if (exec.returnInto !== undefined) assignVariable(exec.returnInto, 0, INT, context);
  if (result) yield { k: 'result', result };
  return END;
}

function useDatabase(wanted: string, context: Context): { name: string; before: string } {
  const { db, session } = context;
  const name = [...SYSTEM_DATABASES, db.name].find((n) => n.toLowerCase() === wanted.toLowerCase());
  if (name === undefined)
    throw new SqlError(911, `Database '${wanted}' does not exist. Make sure that the name is entered correctly.`, {
      ends: 'batch',
    });
  const before = session.database;
  session.database = name;
  return { name, before };
}

function raise(args: readonly Expr[], context: Context): Event {
  const [message, severity, state] = args.map((a) => evaluate(a, context));
  const text = message && message.value !== null ? textOf(message.value, message.type) : '';
  const level = Number(severity?.value);
  if (level <= 10) return { k: 'info', number: 50000, message: text, severity: level };
  throw new SqlError(50000, text, { severity: level, state: Number(state?.value ?? 1) });
}

function thrown(args: readonly Expr[], context: Context): SqlError {
  if (args.length === 0) {
    const caught = context.caught;
    if (!caught)
      return new SqlError(10704, 'To rethrow an error, a THROW statement must be used inside a CATCH block.', {
        severity: 15,
        ends: 'batch',
      });
    return new SqlError(caught.number, caught.message, {
      severity: caught.severity,
      state: caught.state,
      ends: 'batch',
    });
  }
  const [number, message, state] = args.map((a) => evaluate(a, context));
  return new SqlError(Number(number?.value), showValue(message?.value), {
    state: Number(state?.value),
    ends: 'batch',
  });
}

function delayMs(expr: Expr, context: Context): number {
  const { value, type } = evaluate(expr, context);
  const ticks = family(type) === 'time' ? (value as bigint) : (converter(type, datetime2(7))(value) as bigint);
  return Number((ticks % TICKS_PER_DAY) / 10_000n);
}

const ISOLATION: readonly Isolation[] = ['READ UNCOMMITTED', 'READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'];

function setIsolation(level: string, context: Context): void {
  const found = ISOLATION.find((name) => name === level);
  if (!found)
    throw new SqlError(
      3952,
      `Snapshot isolation transaction failed accessing database '${context.db.name}' because snapshot isolation is not allowed in this database. Use ALTER DATABASE to allow snapshot isolation.`,
      { ends: 'batch' },
    );
  context.session.isolation = found;
}

const test = (condition: Expr, context: Context): boolean =>
  predicate(condition, new Scope(context, undefined))(newFrame(0, undefined)) === true;

/** Runs one statement. Errors are thrown; results and messages are yielded. */
function* runStatement(statement: Statement, context: Context): Steps<Outcome> {
  const { session, db } = context;
  switch (statement.k) {
    case 'select': {
      const result: ResultSet | undefined = yield* atomically(context, () => runSelect(statement.query, context));
      if (result) yield { k: 'result', result };
      return END;
    }
    case 'insert':
      yield* changeData(context, 'insert', () => runInsert(statement, context, runExecForRows));
      return END;
    case 'update':
      yield* changeData(context, 'update', () => runUpdate(statement, context));
      return END;
    case 'delete':
      yield* changeData(context, 'delete', () => runDelete(statement, context));
      return END;
    case 'declare':
      for (const { name, type, init } of statement.variables) {
        context.variables.set(name, { type, value: null });
        if (init) {
          const { value, type: from } = yield* atomically(context, () => evaluate(init, context));
          assignVariable(name, value, from, context);
        }
      }
      return END;
    case 'declare-table':
      context.tables.set(statement.name, {
        columns: statement.columns.map((c) => ({ name: c.name, type: c.type, nullable: c.nullable })),
        rows: [],
      });
      return END;
    case 'set': {
      const { value, type } = yield* atomically(context, () => evaluate(statement.expr, context));
      assignVariable(statement.name, value, type, context);
      return END;
    }
    case 'option':
      setOption(statement.names, statement.value, context);
      return END;
    case 'isolation':
      setIsolation(statement.level, context);
      return END;
    case 'identity-insert':
      session.identityInsert = statement.on ? db.requireTable(statement.table) : undefined;
      return END;
    case 'if': {
      const holds = yield* atomically(context, () => test(statement.condition, context));
      const branch = holds ? statement.then : statement.otherwise;
      return branch ? yield* runStatements([branch], context) : END;
    }
    case 'while':
      while (yield* atomically(context, () => test(statement.condition, context))) {
        const outcome = yield* runStatements([statement.body], context);
        if (outcome.k === 'break') break;
        if (outcome.k === 'return' || outcome.k === 'abort') return outcome;
      }
      return END;
    case 'block':
      return yield* runStatements(statement.body, context);
    case 'try':
      return yield* runTry(statement, context);
    case 'begin-transaction':
      yield* beginTransaction(context);
      return END;
    case 'commit':
      yield* commitTransaction(context);
      return END;
    case 'rollback':
      yield* rollbackTransaction(context, statement.savepoint);
      return END;
    case 'save':
      if (!session.transaction)
        throw new SqlError(628, 'Cannot issue SAVE TRANSACTION when there is no active transaction.');
      session.transaction.save(statement.savepoint);
      return END;
    case 'throw':
      throw thrown(statement.args, context);
    case 'raiserror':
      yield raise(statement.args, context);
      return END;
    case 'print': {
      const { value, type } = evaluate(statement.expr, context);
      yield { k: 'info', number: 0, message: value === null ? '' : textOf(value, type), severity: 0 };
      return END;
    }
    case 'return':
      return { k: 'return', value: statement.expr ? Number(evaluate(statement.expr, context).value) : 0 };
    case 'break':
    case 'continue':
      return { k: statement.k };
    case 'use': {
      const { name, before } = useDatabase(statement.database, context);
      yield { k: 'database', name, before };
      yield { k: 'info', number: 5701, message: `Changed database context to '${name}'.`, severity: 0 };
      return END;
    }
    case 'waitfor':
      yield { k: 'delay', ms: delayMs(statement.delay, context) };
      return END;
    case 'exec':
      return yield* runExec(statement, context);
    default:
      yield* atomically(context, () => runDdl(statement, context));
      return END;
  }
}

function* abortTransaction(context: Context): Steps<void> {
  if (context.session.transaction) yield* rollbackTransaction(context);
}

function* runTry(statement: Extract<Statement, { k: 'try' }>, context: Context): Steps<Outcome> {
  const { guards } = context;
  try {
    context.guards = guards + 1;
    const outcome = yield* runStatements(statement.body, context);
    context.guards = guards;
    return outcome;
  } catch (error) {
    context.guards = guards;
    if (!(error instanceof SqlError)) throw error;
    if (error.ends === 'transaction') yield* abortTransaction(context);
    const { caught } = context;
    const { number, message, severity, state } = error;
    context.caught = { number, message, severity, state };
    context.session.error = number;
    const outcome = yield* runStatements(statement.handler, context);
    context.caught = caught;
    return outcome;
  }
}

/**
 * Runs statements in order. An error is yielded, or thrown when someone above handles it (TRY, the firing statement);
 * unless it ends the batch, the next statement runs.
 */
export function* runStatements(statements: readonly Statement[], context: Context): Steps<Outcome> {
  const { session } = context;
  const guarded = context.guards > 0 || context.nesting.length > 0;
  for (const statement of statements) {
    try {
      const outcome = yield* runStatement(statement, context);
      if (statement.k !== 'if' && statement.k !== 'block' && statement.k !== 'while') session.error = 0;
      if (outcome.k !== 'end') return outcome;
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      session.error = error.number;
      session.rowCount = 0;
      if (guarded) throw error;
      yield { k: 'error', error };
      const ends = session.xactAbort && error.ends === 'statement' ? 'transaction' : error.ends;
      if (ends === 'statement') continue;
      if (ends === 'transaction') yield* abortTransaction(context);
      return { k: 'abort' };
    }
  }
  return END;
}

/** A built-in procedure called by name, as an RPC does. */
export function* runProcedure(name: string, args: readonly ProcedureArgument[], context: Context): Steps<Outcome> {
  try {
    const result = yield* atomically(context, () => callProcedure(name, args, context));
    if (result) yield { k: 'result', result };
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    yield { k: 'error', error };
  }
  return END;
}
