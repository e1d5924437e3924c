import { notSupported } from '../errors.ts';
import type { ColumnDefinition, DdlStatement, Expr, KeyDefinition, Name, Statement } from './ast.ts';
import type { Cursor } from './cursor.ts';
import { parseExpr, parseType } from './expressions.ts';

type ParseBody = (c: Cursor) => Statement[];

function keyColumns(c: Cursor): string[] {
  return c.bracketed(() =>
    c.list(() => {
      const column = c.identifier();
      if (!c.accept('ASC')) c.accept('DESC');
      return column;
    }),
  );
}

function tailOptions(c: Cursor): void {
  if (c.is('WITH') && c.peek(1).text === '(') {
    c.next();
    let depth = 0;
    do {
      if (c.isSymbol('(')) depth++;
      if (c.isSymbol(')')) depth--;
      c.next();
    } while (depth > 0);
  }
  if (c.is('ON') && (c.peek(1).upper === 'PRIMARY' || c.peek(1).kind === 'quoted')) {
    c.next();
    c.next();
  }
}

function parseKey(c: Cursor, name: string | undefined, inline: string | undefined): KeyDefinition | undefined {
  const primary = c.accept('PRIMARY', 'KEY');
  if (!primary && !c.accept('UNIQUE')) return undefined;
  const nonclustered = c.accept('NONCLUSTERED');
  const clustered = c.accept('CLUSTERED') || (primary && !nonclustered);
  const columns = inline !== undefined && !c.isSymbol('(') ? [inline] : keyColumns(c);
  tailOptions(c);
  return { name, columns, primary, clustered };
}

function defaultOf(c: Cursor, name: string | undefined): NonNullable<ColumnDefinition['default']> {
  const start = c.token.start;
  const expr = parseDefault(c);
  const written = c.source.slice(start, c.peek(-1).end).trim();
  // SQL Server stores ((0)) for DEFAULT (0) and ('x') for DEFAULT ('x')
  const inner = /^\((.*)\)$/s.exec(written)?.[1] ?? written;
  return { name, expr, text: /^\(*-?[\d.]+\)*$/.test(inner) ? `((${inner.replace(/[()]/g, '')}))` : `(${inner})` };
}

function parseDefault(c: Cursor): Expr {
  return c.isSymbol('(') ? c.bracketed(() => parseExpr(c)) : parseExpr(c);
}

function parseColumn(c: Cursor): { column: ColumnDefinition; keys: KeyDefinition[] } {
  const name = c.identifier();
  const type = parseType(c);
  const keys: KeyDefinition[] = [];
  let nullable = true;
  let identity: ColumnDefinition['identity'];
  let fallback: ColumnDefinition['default'];
  for (;;) {
    const constraint = c.accept('CONSTRAINT') ? c.identifier() : undefined;
    if (c.accept('NOT', 'NULL')) nullable = false;
    else if (c.accept('NULL')) nullable = true;
    else if (c.accept('IDENTITY')) {
      const args = c.isSymbol('(') ? c.bracketed(() => c.list(() => c.number())) : [];
      identity = { seed: args[0] ?? 1, increment: args[1] ?? 1 };
      nullable = false;
    } else if (c.accept('ROWGUIDCOL')) continue;
    else if (c.accept('COLLATE')) c.identifier();
    else if (c.accept('DEFAULT')) fallback = defaultOf(c, constraint);
    else {
      const key = parseKey(c, constraint, name);
      if (!key) break;
      if (key.primary) nullable = false;
      keys.push(key);
    }
  }
  return { column: { name, type, nullable, identity, default: fallback }, keys };
}

export function parseTableBody(c: Cursor): { columns: ColumnDefinition[]; keys: KeyDefinition[] } {
  const columns: ColumnDefinition[] = [];
  const keys: KeyDefinition[] = [];
  c.expectSymbol('(');
  do {
    if (c.isSymbol(')')) break;
    const named = c.accept('CONSTRAINT') ? c.identifier() : undefined;
    const key = parseKey(c, named, undefined);
    if (key) keys.push(key);
    else if (named !== undefined) throw notSupported(`CONSTRAINT ${named}`);
    else {
      const parsed = parseColumn(c);
      columns.push(parsed.column);
      keys.push(...parsed.keys);
    }
  } while (c.acceptSymbol(','));
  c.expectSymbol(')');
  const primary = new Set(keys.filter((k) => k.primary).flatMap((k) => k.columns.map((n) => n.toLowerCase())));
  const settled = columns.map((column) =>
    primary.has(column.name.toLowerCase()) ? { ...column, nullable: false } : column,
  );
  return { columns: settled, keys };
}

function createTrigger(c: Cursor, replace: boolean, body: ParseBody): DdlStatement {
  const name = c.name();
  c.expect('ON');
  const table = c.name();
  if (!c.accept('AFTER')) c.expect('FOR');
  const events = c.list((): 'insert' | 'update' | 'delete' => {
    if (c.accept('INSERT')) return 'insert';
    if (c.accept('UPDATE')) return 'update';
    c.expect('DELETE');
    return 'delete';
  });
  c.expect('AS');
  return { k: 'create-trigger', name, table, events, body: body(c), replace };
}

function passwordClause(c: Cursor): string {
  c.expect('WITH', 'PASSWORD');
  c.expectSymbol('=');
  const token = c.next();
  if (token.kind !== 'string' && token.kind !== 'nstring') c.fail();
  // CHECK_POLICY = OFF, DEFAULT_DATABASE = […] and the like change nothing here
  while (c.acceptSymbol(',')) {
    c.next();
    c.expectSymbol('=');
    c.next();
  }
  return token.text;
}

export function parseCreate(c: Cursor, body: ParseBody): DdlStatement {
  const replace = c.accept('OR', 'ALTER');
  if (c.accept('TABLE')) {
    const name = c.name();
    const { columns, keys } = parseTableBody(c);
    tailOptions(c);
    return { k: 'create-table', name, columns, keys };
  }
  if (c.accept('TRIGGER')) return createTrigger(c, replace, body);
  if (c.accept('DATABASE')) return { k: 'create-database', name: c.identifier() };
  if (c.accept('LOGIN')) return { k: 'login', name: c.identifier(), password: passwordClause(c), create: true };
  if (c.accept('ROLE')) {
    const name = c.identifier();
    if (c.accept('AUTHORIZATION')) c.identifier();
    return { k: 'create-role', name };
  }
  if (c.accept('USER')) {
    const name = c.identifier();
    const login = c.accept('FOR', 'LOGIN') || c.accept('FROM', 'LOGIN') ? c.identifier() : name;
    return { k: 'create-user', name, login };
  }
  const unique = c.accept('UNIQUE');
  const clustered = c.accept('CLUSTERED');
  if (!clustered) c.accept('NONCLUSTERED');
  if (!c.accept('INDEX')) return c.fail();
  const name = c.identifier();
  c.expect('ON');
  const table = c.name();
  const columns = keyColumns(c);
  if (c.accept('INCLUDE')) keyColumns(c);
  tailOptions(c);
  return { k: 'create-index', name, table, columns, unique, clustered };
}

export function parseAlter(c: Cursor): DdlStatement {
  if (c.accept('LOGIN')) return { k: 'login', name: c.identifier(), password: passwordClause(c), create: false };
  if (c.accept('ROLE')) {
    const role = c.identifier();
    const add = c.accept('ADD');
    if (!add) c.expect('DROP');
    c.expect('MEMBER');
    return { k: 'role-member', role, member: c.identifier(), add };
  }
  if (c.accept('DATABASE')) {
    while (!c.atEnd && !c.isSymbol(';')) c.next();
    return { k: 'nothing' };
  }
  c.expect('TABLE');
  const name = c.name();
  c.expect('ADD');
  return { k: 'alter-table-add', name, columns: c.list(() => parseColumn(c).column) };
}

export function parseDrop(c: Cursor): DdlStatement {
  c.expect('TABLE');
  const ifExists = c.accept('IF', 'EXISTS');
  return { k: 'drop-table', name: c.name(), ifExists };
}

type Permission = { name: string; columns: string[] };
type Securable = Extract<DdlStatement, { k: 'permission' }>['securable'];

function parsePermission(c: Cursor): Permission {
  const words: string[] = [];
  while (c.token.kind === 'word' && !c.is('ON') && !c.is('TO') && !c.is('FROM')) words.push(c.next().upper);
  if (words.length === 0) c.fail();
  return { name: words.join(' '), columns: c.isSymbol('(') ? keyColumns(c) : [] };
}

function parseSecurable(c: Cursor): Securable {
  if (!c.accept('ON')) return { k: 'database' };
  if (c.is('SCHEMA') && c.peek(1).text === '::') {
    c.next();
    c.next();
    return { k: 'schema', schema: c.identifier() };
  }
  if (c.is('OBJECT') && c.peek(1).text === '::') {
    c.next();
    c.next();
  }
  if (c.is('DATABASE') && c.peek(1).text === '::') {
    c.next();
    c.next();
    c.identifier();
    return { k: 'database' };
  }
  const name: Name = c.name();
  return { k: 'object', name, columns: c.isSymbol('(') ? keyColumns(c) : [] };
}

export function parsePermissionStatement(c: Cursor, action: 'grant' | 'deny' | 'revoke'): DdlStatement {
  const permissions = c.list(() => parsePermission(c));
  const securable = parseSecurable(c);
  if (!c.accept('TO')) c.expect('FROM');
  const grantee = c.identifier();
  c.accept('WITH', 'GRANT', 'OPTION');
  return { k: 'permission', action, permissions, securable, grantee };
}
