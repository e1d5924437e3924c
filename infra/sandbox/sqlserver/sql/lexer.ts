import { SqlError, syntaxError } from '../errors.ts';

export type TokenKind = 'word' | 'quoted' | 'variable' | 'number' | 'string' | 'nstring' | 'binary' | 'symbol' | 'end';

/** `text` is the content (unquoted), `upper` its upper-case form for unquoted words, `start`/`end` its place. */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly upper: string;
  readonly start: number;
  readonly end: number;
}

const WORD = /[\p{L}_#@$][\p{L}\p{N}_#@$]*/uy;
const NUMBER = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const HEX = /0[xX][0-9a-fA-F]*/y;
const SPACE = /\s+/y;
const DOUBLE_SYMBOLS = new Set(['<>', '<=', '>=', '!=', '+=', '-=', '*=', '/=', '::', '!<', '!>']);

function at(pattern: RegExp, source: string, position: number): string | undefined {
  pattern.lastIndex = position;
  return pattern.exec(source)?.[0];
}

/** Reads text up to a closing quote that may be doubled. Returns the content and the position after it. */
function delimited(source: string, start: number, close: string): { content: string; end: number } {
  let content = '';
  let from = start;
  for (;;) {
    const quote = source.indexOf(close, from);
    if (quote < 0)
      throw new SqlError(105, `Unclosed quotation mark after the character string '${source.slice(start)}'.`, {
        severity: 15,
        ends: 'batch',
      });
    content += source.slice(from, quote);
    if (source[quote + 1] !== close) return { content, end: quote + 1 };
    content += close;
    from = quote + 2;
  }
}

function skipComment(source: string, start: number): number {
  if (source.startsWith('--', start)) {
    const end = source.indexOf('\n', start);
    return end < 0 ? source.length : end;
  }
  let depth = 1;
  let position = start + 2;
  while (depth > 0) {
    if (position >= source.length)
      throw new SqlError(113, "Missing end comment mark '*/'.", { severity: 15, ends: 'batch' });
    if (source.startsWith('/*', position)) {
      depth++;
      position += 2;
    } else if (source.startsWith('*/', position)) {
      depth--;
      position += 2;
    } else position++;
  }
  return position;
}

/** Splits a T-SQL batch into tokens; the last one has kind `end`. */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let position = 0;
  const push = (kind: TokenKind, text: string, end: number): void => {
    tokens.push({ kind, text, upper: kind === 'word' ? text.toUpperCase() : '', start: position, end });
    position = end;
  };
  while (position < source.length) {
    const space = at(SPACE, source, position);
    if (space !== undefined) {
      position += space.length;
      continue;
    }
    const c = source[position]!;
    const two = source.slice(position, position + 2);
    if (two === '--' || two === '/*') {
      position = skipComment(source, position);
      continue;
    }
    if (c === "'") {
      const { content, end } = delimited(source, position + 1, "'");
      push('string', content, end);
    } else if ((c === 'N' || c === 'n') && two[1] === "'") {
      const { content, end } = delimited(source, position + 2, "'");
      push('nstring', content, end);
    } else if (c === '[') {
      const { content, end } = delimited(source, position + 1, ']');
      push('quoted', content, end);
    } else if (c === '"') {
      const { content, end } = delimited(source, position + 1, '"');
      push('quoted', content, end);
    } else {
      const hex = at(HEX, source, position);
      const number = hex === undefined ? at(NUMBER, source, position) : undefined;
      const word = at(WORD, source, position);
      if (hex !== undefined) push('binary', hex.slice(2), position + hex.length);
      else if (number !== undefined) push('number', number, position + number.length);
      else if (word !== undefined) push(word.startsWith('@') ? 'variable' : 'word', word, position + word.length);
      else if (DOUBLE_SYMBOLS.has(two)) push('symbol', two, position + 2);
      else if ('(),.;=<>+-*/%&|^~:'.includes(c)) push('symbol', c, position + 1);
      else throw syntaxError(c);
    }
  }
  push('end', '', source.length);
  return tokens;
}
