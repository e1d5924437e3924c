/**
 * The expressions of workflows, as trees. By rising strength: `or`; `and`; `not`; `== != < <= > >= in`; `+ -`; `*`;
 * `-x`; `x.field`, `f(…)`. Text stands in quotes and has holes: `"order {order.orderId}"`; `{{` and `}}` are braces.
 */

export type Span = Readonly<{ start: number; end: number }>;

export type BinaryOperator = 'or' | 'and' | '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | '+' | '-' | '*';

export type Node = Span &
  (
    | Readonly<{ kind: 'text'; parts: readonly (string | Node)[] }>
    | Readonly<{ kind: 'number'; value: bigint }>
    | Readonly<{ kind: 'bool'; value: boolean }>
    | Readonly<{ kind: 'null' }>
    | Readonly<{ kind: 'list'; items: readonly Node[] }>
    | Readonly<{ kind: 'name'; name: string }>
    | Readonly<{ kind: 'field'; of: Node; name: string; nameStart: number }>
    | Readonly<{ kind: 'call'; name: string; args: readonly Node[] }>
    | Readonly<{ kind: 'unary'; operator: 'not' | '-'; of: Node }>
    | Readonly<{ kind: 'binary'; operator: BinaryOperator; left: Node; right: Node }>
  );

/** What is wrong with an expression, and where in its text. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
  readonly at: number;
  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

const strength: Readonly<Record<BinaryOperator, number>> = {
  or: 1,
  and: 2,
  '==': 4,
  '!=': 4,
  '<': 4,
  '<=': 4,
  '>': 4,
  '>=': 4,
  in: 4,
  '+': 5,
  '-': 5,
  '*': 6,
};
const NOT = 3;
const NEGATION = 7;
/** Trees are walked by recursion: deeper ones are refused, not overflowed on. */
const DEEPEST = 100;

type Token = Span & Readonly<{ kind: 'number' | 'word' | 'sign' | 'quote' | 'end'; text: string }>;

const pattern =
  /(?<space>\s+)|(?<number>\d+)|(?<word>[A-Za-z_]\w*)|(?<sign>==|!=|<=|>=|[-+*<>().,[\]}])|(?<quote>["'])/y;

const isOperator = (text: string): text is BinaryOperator => Object.hasOwn(strength, text);

class Parser {
  readonly #source: string;
  #position: number;
  #ahead: Token | undefined;
  #depth = 0;

  constructor(source: string, position: number) {
    this.#source = source;
    this.#position = position;
  }

  /** The next token, left where it is. */
  #peek(): Token {
    while (this.#ahead === undefined) {
      const start = this.#position;
      pattern.lastIndex = start;
      const groups = pattern.exec(this.#source)?.groups;
      if (groups === undefined) {
        if (start < this.#source.length)
          throw new ExpressionError(`'${this.#source[start]!}' means nothing here`, start);
        this.#ahead = { kind: 'end', text: '', start, end: start };
        break;
      }
      this.#position = pattern.lastIndex;
      if (groups['space'] !== undefined) continue;
      const [kind, text] = (['number', 'word', 'sign', 'quote'] as const)
        .map((name) => [name, groups[name]] as const)
        .find((entry): entry is [(typeof entry)[0], string] => entry[1] !== undefined)!;
      this.#ahead = { kind, text, start, end: this.#position };
    }
    return this.#ahead;
  }

  #take(): Token {
    const token = this.#peek();
    this.#ahead = undefined;
    return token;
  }

  #expect(sign: string, why: string): Token {
    const token = this.#take();
    if (token.kind !== 'sign' || token.text !== sign)
      throw new ExpressionError(`expected '${sign}' ${why}, found ${this.#told(token)}`, token.start);
    return token;
  }

  #told(token: Token): string {
    return token.kind === 'end' ? 'the end' : `'${token.text}'`;
  }

  end(): void {
    const token = this.#peek();
    if (token.kind !== 'end')
      throw new ExpressionError(`expected an operator or the end, found ${this.#told(token)}`, token.start);
  }

  expression(floor = 0): Node {
    if (++this.#depth > DEEPEST) throw new ExpressionError('is nested too deeply', this.#peek().start);
    let left = this.#operand();
    for (;;) {
      const { kind, text, start } = this.#peek();
      if ((kind !== 'sign' && kind !== 'word') || !isOperator(text)) break;
      const own = strength[text];
      if (own <= floor) break;
      this.#take();
      const right = this.expression(own);
      left = { kind: 'binary', operator: text, left, right, start: left.start, end: right.end };
      const next = this.#peek();
      if (own === strength.in && isOperator(next.text) && strength[next.text] === own)
        throw new ExpressionError(`'${text}' and '${next.text}' do not chain: use 'and'`, start);
    }
    this.#depth--;
    return left;
  }

  #operand(): Node {
    const token = this.#peek();
    const { kind, text, start, end } = token;
    if (kind === 'quote') return this.#text();
    this.#take();
    if (kind === 'number') return { kind: 'number', value: BigInt(text), start, end };
    if (kind === 'word') {
      switch (text) {
        case 'true':
        case 'false':
          return { kind: 'bool', value: text === 'true', start, end };
        case 'null':
          return { kind: 'null', start, end };
        case 'not': {
          const of = this.expression(NOT);
          return { kind: 'unary', operator: 'not', of, start, end: of.end };
        }
        default:
          if (isOperator(text)) throw new ExpressionError(`expected a value before '${text}'`, start);
          return this.#fields(this.#nameOrCall(token));
      }
    }
    if (text === '-') {
      const of = this.expression(NEGATION);
      return { kind: 'unary', operator: '-', of, start, end: of.end };
    }
    if (text === '(') {
      const inner = this.expression();
      const close = this.#expect(')', 'to close the bracket');
      return this.#fields({ ...inner, start, end: close.end });
    }
    if (text === '[') {
      const items = this.#list(']', 'to close the list');
      return { kind: 'list', items: items.nodes, start, end: items.end };
    }
    throw new ExpressionError(`expected a value, found ${this.#told(token)}`, start);
  }

  #nameOrCall({ text, start, end }: Token): Node {
    const next = this.#peek();
    if (next.kind !== 'sign' || next.text !== '(') return { kind: 'name', name: text, start, end };
    this.#take();
    const args = this.#list(')', `to close ${text}(`);
    return { kind: 'call', name: text, args: args.nodes, start, end: args.end };
  }

  #list(close: string, why: string): { nodes: Node[]; end: number } {
    const nodes: Node[] = [];
    if (this.#peek().text === close && this.#peek().kind === 'sign') return { nodes, end: this.#take().end };
    for (;;) {
      nodes.push(this.expression());
      const next = this.#peek();
      if (next.kind !== 'sign' || next.text !== ',') return { nodes, end: this.#expect(close, why).end };
      this.#take();
    }
  }

  #fields(node: Node): Node {
    let of = node;
    for (;;) {
      const dot = this.#peek();
      if (dot.kind !== 'sign' || dot.text !== '.') return of;
      this.#take();
      const name = this.#take();
      if (name.kind !== 'word')
        throw new ExpressionError(`expected a field's name after '.', found ${this.#told(name)}`, name.start);
      of = { kind: 'field', of, name: name.text, nameStart: name.start, start: of.start, end: name.end };
    }
  }

  #text(): Node {
    const { text: quote, start } = this.#take();
    const parts = this.template(quote);
    return { kind: 'text', parts, start, end: this.#position };
  }

  /** Text with holes, up to the quote, or to the end. */
  template(quote: string | undefined): (string | Node)[] {
    const parts: (string | Node)[] = [];
    let plain = '';
    const keep = () => {
      if (plain !== '') parts.push(plain);
      plain = '';
    };
    for (;;) {
      const at = this.#position;
      const char = this.#source[at];
      if (char === undefined) {
        if (quote !== undefined) throw new ExpressionError(`the text lacks its closing ${quote}`, at);
        break;
      }
      this.#position = at + 1;
      if (char === quote) break;
      const next = this.#source[at + 1];
      if ((char === '{' || char === '}') && next === char) {
        plain += char;
        this.#position = at + 2;
      } else if (char === '{') {
        keep();
        parts.push(this.expression());
        this.#expect('}', "to close the '{' in the text");
      } else if (char === '}') throw new ExpressionError("a '}' without its '{'; a brace itself is written '}}'", at);
      else if (char === '\\' && quote !== undefined && (next === quote || next === '\\')) {
        plain += next;
        this.#position = at + 2;
      } else plain += char;
    }
    keep();
    return parts;
  }
}

/** @throws ExpressionError */
export const parseExpression = (source: string, from = 0): Node => {
  const parser = new Parser(source, from);
  const node = parser.expression();
  parser.end();
  return node;
};

/** Text with holes, as it stands in a document without quotes of its own. @throws ExpressionError */
export const parseTemplate = (source: string): Node => ({
  kind: 'text',
  parts: new Parser(source, 0).template(undefined),
  start: 0,
  end: source.length,
});
