import { syntaxError } from '../errors.ts';
import type { Name } from './ast.ts';
import type { Token } from './lexer.ts';

/** Words that end an expression or a source and therefore cannot be an alias without AS. */
const RESERVED = new Set(
  (
    'ADD ALL ALTER AND ANY AS ASC BEGIN BETWEEN BREAK BY CASE CATCH CHECK CLUSTERED COMMIT CONSTRAINT CONTINUE CREATE CROSS ' +
    'DECLARE DEFAULT DELETE DENY DESC DISTINCT DROP ELSE END ESCAPE EXCEPT EXEC EXECUTE EXISTS FETCH FOR FROM FULL GRANT ' +
    'GROUP HAVING IF IN INNER INSERT INTERSECT INTO IS JOIN KEY LEFT LIKE MERGE NOT NULL OF OFFSET ON OPTION OR ORDER OUTER ' +
    'OUTPUT OVER PRIMARY PRINT RAISERROR RETURN REVOKE RIGHT ROLLBACK SAVE SELECT SET TABLE THEN THROW TOP TRAN ' +
    'TRANSACTION TRIGGER TRUNCATE UNION UNIQUE UPDATE USE VALUES WAITFOR WHEN WHERE WHILE WITH'
  ).split(' '),
);

/** A place in a list of tokens, with the small steps every parser here takes. */
export class Cursor {
  readonly source: string;
  private readonly tokens: readonly Token[];
  private position = 0;

  constructor(source: string, tokens: readonly Token[]) {
    this.source = source;
    this.tokens = tokens;
  }

  get token(): Token {
    return this.tokens[this.position]!;
  }

  peek(ahead: number): Token {
    return this.tokens[Math.min(this.position + ahead, this.tokens.length - 1)]!;
  }

  get mark(): number {
    return this.position;
  }

  back(mark: number): void {
    this.position = mark;
  }

  next(): Token {
    const token = this.token;
    if (token.kind !== 'end') this.position++;
    return token;
  }

  get atEnd(): boolean {
    return this.token.kind === 'end';
  }

  is(...words: string[]): boolean {
    return words.every((word, i) => this.peek(i).upper === word);
  }

  isSymbol(symbol: string): boolean {
    return this.token.kind === 'symbol' && this.token.text === symbol;
  }

  accept(...words: string[]): boolean {
    if (!this.is(...words)) return false;
    this.position += words.length;
    return true;
  }

  acceptSymbol(symbol: string): boolean {
    if (!this.isSymbol(symbol)) return false;
    this.position++;
    return true;
  }

  expect(...words: string[]): void {
    if (!this.accept(...words)) this.fail();
  }

  expectSymbol(symbol: string): void {
    if (!this.acceptSymbol(symbol)) this.fail();
  }

  fail(): never {
    const { text, start, end } = this.token;
    throw syntaxError(
      this.atEnd ? (this.tokens[this.position - 1]?.text ?? '') : text || this.source.slice(start, end),
    );
  }

  /** An identifier, quoted or not. */
  identifier(): string {
    const token = this.token;
    if (token.kind === 'quoted' || (token.kind === 'word' && !RESERVED.has(token.upper))) return this.next().text;
    return this.fail();
  }

  get atIdentifier(): boolean {
    return this.token.kind === 'quoted' || (this.token.kind === 'word' && !RESERVED.has(this.token.upper));
  }

  /** A dotted name; empty parts (`db..table`) become ''. */
  name(): Name {
    const parts = [this.identifier()];
    while (this.acceptSymbol('.')) {
      if (this.isSymbol('.')) parts.push('');
      else if (this.token.kind === 'word') parts.push(this.next().text);
      else parts.push(this.identifier());
    }
    return parts;
  }

  variable(): string {
    if (this.token.kind !== 'variable') this.fail();
    return this.next().text.toLowerCase();
  }

  number(): number {
    const negative = this.acceptSymbol('-');
    if (this.token.kind !== 'number') this.fail();
    return (negative ? -1 : 1) * Number(this.next().text);
  }

  /** One or more items between commas. */
  list<T>(item: () => T): T[] {
    const items = [item()];
    while (this.acceptSymbol(',')) items.push(item());
    return items;
  }

  bracketed<T>(content: () => T): T {
    this.expectSymbol('(');
    const result = content();
    this.expectSymbol(')');
    return result;
  }
}
