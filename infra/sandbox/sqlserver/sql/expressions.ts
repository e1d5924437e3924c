import { syntaxError } from '../errors.ts';
import type { SqlType } from '../engine/types.ts';
import { BIGINT, FLOAT, INT, NULLTYPE, decimal, nvarchar, typeNamed, varbinary, varchar } from '../engine/types.ts';
import type { CompareOperator, Expr, Name, OrderItem, Query } from './ast.ts';
import type { Cursor } from './cursor.ts';
import { isQueryStart, parseQuery } from './queries.ts';

const COMPARISONS = new Set(['=', '<>', '!=', '<', '<=', '>', '>=', '!<', '!>']);
/** Functions that T-SQL writes without brackets, and words that stand for themselves. */
const BARE_FUNCTIONS = new Set(['CURRENT_TIMESTAMP', 'CURRENT_USER', 'SYSTEM_USER', 'SESSION_USER', 'USER']);

export function parseType(c: Cursor): SqlType {
  const parts = c.name();
  const written = parts.at(-1)!;
  if (written.toLowerCase() === 'double' && c.accept('PRECISION')) return FLOAT;
  const args = c.isSymbol('(')
    ? c.bracketed(() => c.list(() => (c.accept('MAX') ? -1 : c.number())))
    : ([] as number[]);
  return typeNamed(written, args);
}

export function parseExpr(c: Cursor): Expr {
  let left = parseAnd(c);
  while (c.accept('OR')) left = { k: 'or', left, right: parseAnd(c) };
  return left;
}

function parseAnd(c: Cursor): Expr {
  let left = parseNot(c);
  while (c.accept('AND')) left = { k: 'and', left, right: parseNot(c) };
  return left;
}

function parseNot(c: Cursor): Expr {
  return c.accept('NOT') ? { k: 'not', operand: parseNot(c) } : parsePredicate(c);
}

function comparison(symbol: string): CompareOperator {
  if (symbol === '!=') return '<>';
  if (symbol === '!<') return '>=';
  if (symbol === '!>') return '<=';
  return symbol as CompareOperator;
}

function parsePredicate(c: Cursor): Expr {
  if (c.accept('EXISTS')) return { k: 'exists', query: c.bracketed(() => parseQuery(c)) };
  let left = parseSum(c);
  for (;;) {
    if (c.token.kind === 'symbol' && COMPARISONS.has(c.token.text)) {
      const op = comparison(c.next().text);
      left = { k: 'compare', op, left, right: parseSum(c) };
    } else if (c.accept('IS')) {
      const not = c.accept('NOT');
      c.expect('NULL');
      left = { k: 'null?', operand: left, not };
    } else {
      const not = c.is('NOT') && ['IN', 'LIKE', 'BETWEEN'].includes(c.peek(1).upper) && c.accept('NOT');
      if (c.accept('IN')) {
        const operand = left;
        left = c.bracketed((): Expr => {
          const list: readonly Expr[] | Query = isQueryStart(c) ? parseQuery(c) : c.list(() => parseExpr(c));
          return { k: 'in', operand, list, not };
        });
      } else if (c.accept('LIKE')) {
        const pattern = parseSum(c);
        left = { k: 'like', operand: left, pattern, escape: c.accept('ESCAPE') ? parseSum(c) : undefined, not };
      } else if (c.accept('BETWEEN')) {
        const low = parseSum(c);
        c.expect('AND');
        left = { k: 'between', operand: left, low, high: parseSum(c), not };
      } else return left;
    }
  }
}

function parseSum(c: Cursor): Expr {
  let left = parseProduct(c);
  for (;;) {
    const op = c.token.kind === 'symbol' ? c.token.text : '';
    if (op !== '+' && op !== '-' && op !== '&' && op !== '|' && op !== '^') return left;
    c.next();
    left = { k: 'binary', op, left, right: parseProduct(c) };
  }
}

function parseProduct(c: Cursor): Expr {
  let left = parseUnary(c);
  for (;;) {
    const op = c.token.kind === 'symbol' ? c.token.text : '';
    if (op !== '*' && op !== '/' && op !== '%') return left;
    c.next();
    left = { k: 'binary', op, left, right: parseUnary(c) };
  }
}

function parseUnary(c: Cursor): Expr {
  if (c.acceptSymbol('-')) return { k: 'negate', operand: parseUnary(c) };
  if (c.acceptSymbol('+')) return parseUnary(c);
  const primary = parsePrimary(c);
  if (c.accept('COLLATE')) c.identifier();
  return primary;
}

function numberLiteral(text: string): Expr {
  if (/e/i.test(text)) return { k: 'literal', type: FLOAT, value: Number(text) };
  if (!text.includes('.')) {
    const value = BigInt(text);
    if (value <= 2147483647n) return { k: 'literal', type: INT, value: Number(value) };
    if (value < 2n ** 63n) return { k: 'literal', type: BIGINT, value };
    return { k: 'literal', type: decimal(text.length, 0), value };
  }
  const [whole = '', fraction = ''] = text.split('.');
  const digits = whole.replace(/^0+/, '').length + fraction.length;
  const type = decimal(Math.max(1, digits), fraction.length);
  return { k: 'literal', type, value: BigInt(whole + fraction || '0') };
}

export const textLiteral = (text: string, national: boolean): Expr => {
  const length = text.length > (national ? 4000 : 8000) ? -1 : Math.max(1, text.length);
  return { k: 'literal', type: national ? nvarchar(length) : varchar(length), value: text };
};

function parsePrimary(c: Cursor): Expr {
  const token = c.token;
  switch (token.kind) {
    case 'number':
      c.next();
      return numberLiteral(token.text);
    case 'string':
    case 'nstring':
      c.next();
      return textLiteral(token.text, token.kind === 'nstring');
    case 'binary': {
      c.next();
      const value = Buffer.from(token.text.length % 2 ? `0${token.text}` : token.text, 'hex');
      return { k: 'literal', type: varbinary(Math.max(1, value.length)), value };
    }
    case 'variable':
      c.next();
      return { k: 'variable', name: token.text.toLowerCase() };
    case 'symbol':
      if (token.text !== '(') return c.fail();
      return c.bracketed((): Expr => (isQueryStart(c) ? { k: 'subquery', query: parseQuery(c) } : parseExpr(c)));
    case 'word':
    case 'quoted':
      return parseWord(c);
    case 'end':
      return c.fail();
  }
}

function parseCase(c: Cursor): Expr {
  const input = c.is('WHEN') ? undefined : parseExpr(c);
  const whens: { when: Expr; then: Expr }[] = [];
  while (c.accept('WHEN')) {
    const when = parseExpr(c);
    c.expect('THEN');
    whens.push({ when, then: parseExpr(c) });
  }
  const otherwise = c.accept('ELSE') ? parseExpr(c) : undefined;
  c.expect('END');
  return { k: 'case', input, whens, otherwise };
}

function parseConversion(c: Cursor, word: string): Expr {
  return c.bracketed((): Expr => {
    if (word.endsWith('CONVERT')) {
      const type = parseType(c);
      c.expectSymbol(',');
      const operand = parseExpr(c);
      const style = c.acceptSymbol(',') ? parseExpr(c) : undefined;
      return { k: 'cast', operand, type, style, kind: word === 'CONVERT' ? 'cast' : 'try' };
    }
    const operand = parseExpr(c);
    c.expect('AS');
    const type = parseType(c);
    if (c.accept('USING')) parseExpr(c);
    const kind = word === 'CAST' ? 'cast' : word === 'PARSE' ? 'parse' : 'try';
    return { k: 'cast', operand, type, style: undefined, kind };
  });
}

export function parseOrder(c: Cursor): OrderItem[] {
  return c.list(() => {
    const expr = parseExpr(c);
    const descending = c.accept('DESC');
    if (!descending) c.accept('ASC');
    return { expr, descending };
  });
}

/** DATEADD and its kin take a bare word as first argument. */
const DATEPART_FUNCTIONS = new Set(['DATEPART', 'DATENAME', 'DATEADD', 'DATEDIFF', 'DATEDIFF_BIG']);

export function parseCall(c: Cursor, name: Name): Expr {
  c.expectSymbol('(');
  const star = c.acceptSymbol('*');
  const distinct = !star && c.accept('DISTINCT');
  let args: Expr[] = [];
  if (!star && !c.isSymbol(')')) {
    const dated = DATEPART_FUNCTIONS.has(name.at(-1)!.toUpperCase());
    let first = true;
    args = c.list((): Expr => {
      const isPart = dated && first;
      first = false;
      return isPart ? textLiteral(c.identifier(), false) : parseExpr(c);
    });
  }
  c.expectSymbol(')');
  if (!c.accept('OVER')) return { k: 'call', name, args, star, distinct, over: undefined };
  const over = c.bracketed(() => ({
    partition: c.accept('PARTITION', 'BY') ? c.list(() => parseExpr(c)) : [],
    order: c.accept('ORDER', 'BY') ? parseOrder(c) : [],
  }));
  return { k: 'call', name, args, star, distinct, over };
}

function parseWord(c: Cursor): Expr {
  const { upper } = c.token;
  if (upper === 'NULL') {
    c.next();
    return { k: 'literal', type: NULLTYPE, value: null };
  }
  if (upper === 'DEFAULT') {
    c.next();
    return { k: 'default' };
  }
  if (c.accept('CASE')) return parseCase(c);
  const opens = c.peek(1).text === '(' && c.peek(1).kind === 'symbol';
  if (opens && ['CAST', 'TRY_CAST', 'CONVERT', 'TRY_CONVERT', 'PARSE', 'TRY_PARSE'].includes(upper)) {
    c.next();
    return parseConversion(c, upper);
  }
  if (opens && (upper === 'LEFT' || upper === 'RIGHT')) return parseCall(c, [c.next().text]);
  if (BARE_FUNCTIONS.has(upper) && !opens) {
    c.next();
    return { k: 'call', name: [upper], args: [], star: false, distinct: false, over: undefined };
  }
  if (upper === 'SELECT') throw syntaxError(c.token.text);
  const name = c.name();
  return c.isSymbol('(') ? parseCall(c, name) : { k: 'column', name };
}
