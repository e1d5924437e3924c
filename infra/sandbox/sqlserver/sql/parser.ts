import { notSupported } from '../errors.ts';
import type { Argument, Assignment, ExecStatement, Expr, Name, SelectItem, Source, Statement } from './ast.ts';
import { Cursor } from './cursor.ts';
import { parseAlter, parseCreate, parseDrop, parsePermissionStatement, parseTableBody } from './ddl.ts';
import { parseExpr, parseType } from './expressions.ts';
import { tokenize } from './lexer.ts';
import { isQueryStart, parseHints, parseItems, parseQuery, parseSources, parseTop } from './queries.ts';

/** Parses a T-SQL batch. Throws error 102 and its kin on text outside the supported subset. */
export function parseBatch(text: string): readonly Statement[] {
  const c = new Cursor(text, tokenize(text));
  const statements = parseStatements(c);
  if (!c.atEnd) c.fail();
  return statements;
}

/** `@a int, @b nvarchar(10) OUTPUT`: the declaration string of sp_executesql and its kin. */
export function parseParameterList(
  text: string,
): { name: string; type: ReturnType<typeof parseType>; output: boolean }[] {
  const c = new Cursor(text, tokenize(text));
  if (c.token.kind === 'end') return [];
  const parameters = c.list(() => {
    const name = c.variable();
    c.accept('AS');
    const type = parseType(c);
    return { name, type, output: c.accept('OUTPUT') || c.accept('OUT') };
  });
  if (!c.atEnd) c.fail();
  return parameters;
}

/** An expression alone, as column defaults are stored. */
export function parseExpression(text: string): ReturnType<typeof parseExpr> {
  return parseExpr(new Cursor(text, tokenize(text)));
}

function parseStatements(c: Cursor): Statement[] {
  const statements: Statement[] = [];
  for (;;) {
    while (c.acceptSymbol(';'));
    if (c.atEnd || c.is('END')) return statements;
    statements.push(parseStatement(c, statements.length === 0));
  }
}

function parseStatement(c: Cursor, first = false): Statement {
  if (isQueryStart(c)) return { k: 'select', query: parseQuery(c) };
  if (c.acceptSymbol('(')) c.fail();
  const { upper } = c.token;
  switch (upper) {
    case 'INSERT':
      return parseInsert(c);
    case 'UPDATE':
      return parseUpdate(c);
    case 'DELETE':
      return parseDelete(c);
    case 'DECLARE':
      return parseDeclare(c);
    case 'SET':
      return parseSet(c);
    case 'IF':
      return parseIf(c);
    case 'WHILE': {
      c.next();
      const condition = parseExpr(c);
      return { k: 'while', condition, body: parseStatement(c) };
    }
    case 'BEGIN':
      return parseBegin(c);
    case 'COMMIT':
      c.next();
      transactionName(c);
      return { k: 'commit' };
    case 'ROLLBACK':
      c.next();
      return { k: 'rollback', savepoint: transactionName(c) };
    case 'SAVE': {
      c.next();
      return { k: 'save', savepoint: transactionName(c) ?? c.fail() };
    }
    case 'EXEC':
    case 'EXECUTE':
      c.next();
      return parseExec(c);
    case 'PRINT':
      c.next();
      return { k: 'print', expr: parseExpr(c) };
    case 'THROW':
      c.next();
      return { k: 'throw', args: c.atEnd || c.isSymbol(';') || c.is('END') ? [] : c.list(() => parseExpr(c)) };
    case 'RAISERROR': {
      c.next();
      const args = c.bracketed(() => c.list(() => parseExpr(c)));
      if (c.accept('WITH')) c.list(() => c.identifier());
      return { k: 'raiserror', args };
    }
    case 'RETURN':
      c.next();
      return { k: 'return', expr: startsExpression(c) ? parseExpr(c) : undefined };
    case 'BREAK':
      c.next();
      return { k: 'break' };
    case 'CONTINUE':
      c.next();
      return { k: 'continue' };
    case 'USE':
      c.next();
      return { k: 'use', database: c.identifier() };
    case 'WAITFOR':
      c.next();
      c.expect('DELAY');
      return { k: 'waitfor', delay: parseExpr(c) };
    case 'CREATE':
      c.next();
      return parseCreate(c, parseStatements);
    case 'ALTER':
      c.next();
      return parseAlter(c);
    case 'DROP':
      c.next();
      return parseDrop(c);
    case 'TRUNCATE':
      c.next();
      c.expect('TABLE');
      return { k: 'truncate', name: c.name() };
    case 'GRANT':
    case 'DENY':
    case 'REVOKE':
      c.next();
      return parsePermissionStatement(c, upper.toLowerCase() as 'grant' | 'deny' | 'revoke');
    case 'MERGE':
      throw notSupported('MERGE');
    default:
      // a procedure may be called without EXEC when it opens the batch
      return first && c.atIdentifier ? parseExec(c) : c.fail();
  }
}

function startsExpression(c: Cursor): boolean {
  return ['number', 'variable', 'string', 'nstring'].includes(c.token.kind) || c.isSymbol('(') || c.isSymbol('-');
}

function transactionName(c: Cursor): string | undefined {
  if (!c.accept('TRAN') && !c.accept('TRANSACTION')) c.accept('WORK');
  if (c.atIdentifier || c.token.kind === 'variable') return c.next().text;
  return undefined;
}

function parseBegin(c: Cursor): Statement {
  c.next();
  if (c.is('TRAN') || c.is('TRANSACTION')) {
    transactionName(c);
    if (c.accept('WITH', 'MARK') && c.token.kind.endsWith('string')) c.next();
    return { k: 'begin-transaction' };
  }
  if (c.accept('TRY')) {
    const body = parseStatements(c);
    c.expect('END', 'TRY');
    c.acceptSymbol(';');
    c.expect('BEGIN', 'CATCH');
    const handler = parseStatements(c);
    c.expect('END', 'CATCH');
    return { k: 'try', body, handler };
  }
  const body = parseStatements(c);
  c.expect('END');
  if (body.length === 0) c.fail();
  return { k: 'block', body };
}

function parseIf(c: Cursor): Statement {
  c.next();
  const condition = parseExpr(c);
  const then = parseStatement(c);
  const mark = c.mark;
  while (c.acceptSymbol(';'));
  if (c.accept('ELSE')) return { k: 'if', condition, then, otherwise: parseStatement(c) };
  c.back(mark);
  return { k: 'if', condition, then, otherwise: undefined };
}

function parseOutput(c: Cursor): { output: SelectItem[]; outputInto: string | undefined } {
  if (!c.accept('OUTPUT')) return { output: [], outputInto: undefined };
  const output = parseItems(c);
  const outputInto = c.accept('INTO') ? c.variable() : undefined;
  if (outputInto !== undefined && c.isSymbol('(')) c.bracketed(() => c.list(() => c.identifier()));
  return { output, outputInto };
}

/** A table in DML: a name or a table variable. */
function target(c: Cursor): Name {
  return c.token.kind === 'variable' ? [c.variable()] : c.name();
}

function parseInsert(c: Cursor): Statement {
  c.next();
  c.accept('INTO');
  const table = target(c);
  const hints = parseHints(c);
  const columns = c.isSymbol('(') ? c.bracketed(() => c.list(() => c.identifier())) : undefined;
  const { output, outputInto } = parseOutput(c);
  const base = { k: 'insert', table, hints, columns, output, outputInto } as const;
  if (c.accept('DEFAULT', 'VALUES')) return { ...base, source: { k: 'defaults' } };
  if (c.accept('EXEC') || c.accept('EXECUTE')) return { ...base, source: { k: 'exec', exec: parseExec(c) } };
  if (isQueryStart(c)) return { ...base, source: { k: 'query', query: parseQuery(c) } };
  c.expect('VALUES');
  const rows = c.list(() => c.bracketed(() => c.list(() => parseExpr(c))));
  return { ...base, source: { k: 'values', rows } };
}

function parseAssignment(c: Cursor): Assignment {
  const written = c.token.kind === 'variable' ? c.variable() : c.name().at(-1)!;
  const symbol = c.next().text;
  const expr = parseExpr(c);
  if (symbol === '=') return { target: written, expr };
  if (!['+=', '-=', '*=', '/='].includes(symbol)) return c.fail();
  const left = written.startsWith('@')
    ? ({ k: 'variable', name: written } as const)
    : ({ k: 'column', name: [written] } as const);
  return { target: written, expr: { k: 'binary', op: symbol[0] as '+', left, right: expr } };
}

function fromAndWhere(c: Cursor): { from: Source | undefined; where: Expr | undefined } {
  const from = c.accept('FROM') ? parseSources(c) : undefined;
  const where = c.accept('WHERE') ? parseExpr(c) : undefined;
  return { from, where };
}

function parseUpdate(c: Cursor): Statement {
  c.next();
  const top = parseTop(c);
  const name = target(c);
  const hints = parseHints(c);
  c.expect('SET');
  const set = c.list(() => parseAssignment(c));
  const output = parseOutput(c);
  return { k: 'update', top, target: name, hints, set, ...output, ...fromAndWhere(c) };
}

function parseDelete(c: Cursor): Statement {
  c.next();
  const top = parseTop(c);
  c.accept('FROM');
  const name = target(c);
  const hints = parseHints(c);
  const output = parseOutput(c);
  return { k: 'delete', top, target: name, hints, ...output, ...fromAndWhere(c) };
}

function parseDeclare(c: Cursor): Statement {
  c.next();
  if (
    c.token.kind === 'variable' &&
    (c.peek(1).upper === 'TABLE' || (c.peek(1).upper === 'AS' && c.peek(2).upper === 'TABLE'))
  ) {
    const name = c.variable();
    c.accept('AS');
    c.expect('TABLE');
    return { k: 'declare-table', name, columns: parseTableBody(c).columns };
  }
  const variables = c.list(() => {
    const name = c.variable();
    c.accept('AS');
    const type = parseType(c);
    return { name, type, init: c.acceptSymbol('=') ? parseExpr(c) : undefined };
  });
  return { k: 'declare', variables };
}

function parseSet(c: Cursor): Statement {
  c.next();
  if (c.token.kind === 'variable') {
    const { target: name, expr } = parseAssignment(c);
    return { k: 'set', name, expr };
  }
  if (c.accept('TRANSACTION', 'ISOLATION', 'LEVEL')) {
    let level = c.next().upper;
    if (level === 'READ' || level === 'REPEATABLE') level += ` ${c.next().upper}`;
    return { k: 'isolation', level };
  }
  if (c.accept('IDENTITY_INSERT')) {
    const table = c.name();
    return { k: 'identity-insert', table, on: c.next().upper === 'ON' };
  }
  const names = c.list(() => c.next().upper);
  if (names[0] === 'STATISTICS') names.push(c.next().upper);
  const negative = c.acceptSymbol('-') ? '-' : '';
  return { k: 'option', names, value: negative + c.next().text.toUpperCase() };
}

function parseExec(c: Cursor): ExecStatement {
  const base = { k: 'exec', args: [] as Argument[], returnInto: undefined } as const;
  if (c.isSymbol('(')) return { ...base, procedure: [], text: c.bracketed(() => parseExpr(c)) };
  let returnInto: string | undefined;
  if (c.token.kind === 'variable') {
    returnInto = c.variable();
    c.expectSymbol('=');
  }
  const procedure = c.name();
  const ends =
    c.atEnd ||
    c.isSymbol(';') ||
    c.isSymbol(')') ||
    (c.token.kind === 'word' && !c.is('NULL') && !c.is('DEFAULT') && !c.atIdentifier);
  const args = ends ? [] : c.list((): Argument => parseArgument(c));
  return { k: 'exec', procedure, text: undefined, args, returnInto };
}

function parseArgument(c: Cursor): Argument {
  let name: string | undefined;
  if (c.token.kind === 'variable' && c.peek(1).text === '=' && c.peek(1).kind === 'symbol') {
    name = c.variable();
    c.next();
  }
  const { token } = c;
  // a bare word is text, as in EXEC sp_help Orders
  const bare = token.kind === 'word' && token.upper !== 'NULL' && token.upper !== 'DEFAULT';
  const expr = bare ? ({ k: 'column', name: c.name() } as const) : parseExpr(c);
  const output = c.accept('OUTPUT') || c.accept('OUT');
  return { name, expr, output };
}
