import type { Expr, Query, Select, SelectItem, Source } from './ast.ts';
import type { Cursor } from './cursor.ts';
import { parseCall, parseExpr, parseOrder } from './expressions.ts';

export const isQueryStart = (c: Cursor): boolean => c.is('SELECT') || c.is('WITH');

export function parseQuery(c: Cursor): Query {
  const ctes = c.accept('WITH')
    ? c.list(() => {
        const name = c.identifier();
        const columns = c.isSymbol('(') ? c.bracketed(() => c.list(() => c.identifier())) : [];
        c.expect('AS');
        return { name, columns, query: c.bracketed(() => parseQuery(c)) };
      })
    : [];
  const branches = [{ select: parseSelect(c), all: true }];
  while (c.accept('UNION')) {
    const all = c.accept('ALL');
    branches.push({ select: parseSelect(c), all });
  }
  const orderBy = c.accept('ORDER', 'BY') ? parseOrder(c) : [];
  let offset: Expr | undefined;
  let fetch: Expr | undefined;
  if (orderBy.length > 0 && c.accept('OFFSET')) {
    offset = parseExpr(c);
    if (!c.accept('ROWS')) c.expect('ROW');
    if (c.accept('FETCH')) {
      if (!c.accept('NEXT')) c.expect('FIRST');
      fetch = parseExpr(c);
      if (!c.accept('ROWS')) c.expect('ROW');
      c.expect('ONLY');
    }
  }
  if (c.accept('OPTION')) c.bracketed(() => c.list(() => skipOption(c)));
  return { ctes, branches, orderBy, offset, fetch };
}

function skipOption(c: Cursor): void {
  while (!c.isSymbol(',') && !c.isSymbol(')')) {
    if (c.atEnd) c.fail();
    c.next();
  }
}

export function parseTop(c: Cursor): Expr | undefined {
  if (!c.accept('TOP')) return undefined;
  return c.isSymbol('(') ? c.bracketed(() => parseExpr(c)) : { k: 'literal', ...topNumber(c) };
}

function topNumber(c: Cursor): { type: { name: 'int'; length: 0; precision: 10; scale: 0 }; value: number } {
  return { type: { name: 'int', length: 0, precision: 10, scale: 0 }, value: c.number() };
}

function parseSelect(c: Cursor): Select {
  if (c.isSymbol('(')) return c.bracketed(() => parseSelect(c));
  c.expect('SELECT');
  const distinct = c.accept('DISTINCT');
  if (!distinct) c.accept('ALL');
  const top = parseTop(c);
  const items = parseItems(c);
  const from = c.accept('FROM') ? parseSources(c) : undefined;
  const where = c.accept('WHERE') ? parseExpr(c) : undefined;
  const groupBy = c.accept('GROUP', 'BY') ? c.list(() => parseExpr(c)) : [];
  const having = c.accept('HAVING') ? parseExpr(c) : undefined;
  return { top, distinct, items, from, where, groupBy, having };
}

export function parseItems(c: Cursor): SelectItem[] {
  return c.list(() => parseItem(c));
}

function parseItem(c: Cursor): SelectItem {
  if (c.acceptSymbol('*')) return { k: 'star', qualifier: [] };
  if (c.token.kind === 'variable' && c.peek(1).text === '=' && c.peek(1).kind === 'symbol') {
    const assign = c.variable();
    c.next();
    return { k: 'expr', expr: parseExpr(c), alias: undefined, assign };
  }
  const mark = c.mark;
  if (c.atIdentifier) {
    // alias = expression, or qualifier.*
    const qualifier = [c.next().text];
    if (c.isSymbol('=') && qualifier.length === 1) {
      c.next();
      return { k: 'expr', expr: parseExpr(c), alias: qualifier[0], assign: undefined };
    }
    while (c.acceptSymbol('.')) {
      if (c.acceptSymbol('*')) return { k: 'star', qualifier };
      qualifier.push(c.next().text);
    }
    c.back(mark);
  }
  const expr = parseExpr(c);
  if (c.accept('AS')) {
    const alias = c.token.kind === 'string' || c.token.kind === 'nstring' ? c.next().text : c.identifier();
    return { k: 'expr', expr, alias, assign: undefined };
  }
  const alias = c.atIdentifier ? c.identifier() : undefined;
  return { k: 'expr', expr, alias, assign: undefined };
}

export function parseSources(c: Cursor): Source {
  let left = parseJoins(c);
  while (c.acceptSymbol(',')) left = { k: 'join', kind: 'cross', left, right: parseJoins(c), on: undefined };
  return left;
}

function joinKind(c: Cursor): 'inner' | 'left' | 'right' | 'cross' | undefined {
  if (c.accept('JOIN') || c.accept('INNER', 'JOIN')) return 'inner';
  if (c.accept('LEFT', 'JOIN') || c.accept('LEFT', 'OUTER', 'JOIN')) return 'left';
  if (c.accept('RIGHT', 'JOIN') || c.accept('RIGHT', 'OUTER', 'JOIN')) return 'right';
  return c.accept('CROSS', 'JOIN') ? 'cross' : undefined;
}

function parseJoins(c: Cursor): Source {
  let left = parseSource(c);
  for (;;) {
    const kind = joinKind(c);
    if (kind === undefined) return left;
    const right = parseSource(c);
    let on: Expr | undefined;
    if (kind !== 'cross') {
      c.expect('ON');
      on = parseExpr(c);
    }
    left = { k: 'join', kind, left, right, on };
  }
}

export function parseHints(c: Cursor): string[] {
  if (!(c.is('WITH') && c.peek(1).text === '(')) return [];
  c.next();
  return c.bracketed(() => c.list(() => c.next().upper));
}

function optionalAlias(c: Cursor): string | undefined {
  return c.accept('AS') || c.atIdentifier ? c.identifier() : undefined;
}

function columnAliases(c: Cursor): string[] {
  return c.isSymbol('(') ? c.bracketed(() => c.list(() => c.identifier())) : [];
}

function parseSource(c: Cursor): Source {
  if (c.isSymbol('(')) {
    const inner = c.peek(1).upper;
    if (inner === 'VALUES') {
      const rows = c.bracketed(() => {
        c.expect('VALUES');
        return c.list(() => c.bracketed(() => c.list(() => parseExpr(c))));
      });
      c.accept('AS');
      return { k: 'values', rows, alias: c.identifier(), columns: columnAliases(c) };
    }
    if (inner === 'SELECT' || inner === 'WITH' || inner === '') {
      const mark = c.mark;
      c.next();
      if (isQueryStart(c)) {
        const query = parseQuery(c);
        c.expectSymbol(')');
        c.accept('AS');
        return { k: 'derived', query, alias: c.identifier(), columns: columnAliases(c) };
      }
      c.back(mark);
    }
    return c.bracketed(() => parseSources(c));
  }
  if (c.token.kind === 'variable') return { k: 'table', name: [c.variable()], alias: optionalAlias(c), hints: [] };
  const name = c.name();
  if (c.isSymbol('(')) {
    const call = parseCall(c, name);
    return { k: 'function', name, args: call.k === 'call' ? call.args : [], alias: optionalAlias(c) };
  }
  const early = parseHints(c);
  const alias = optionalAlias(c);
  const hints = [...early, ...parseHints(c)];
  return { k: 'table', name, alias, hints };
}
