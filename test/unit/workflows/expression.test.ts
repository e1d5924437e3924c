import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { check } from '../../../services/order-stream/workflows/expression/check.ts';
import type { Scope, Variable } from '../../../services/order-stream/workflows/expression/scope.ts';
import { functions } from '../../../services/order-stream/workflows/expression/functions.ts';
import {
  ExpressionError,
  parseExpression,
  parseTemplate,
} from '../../../services/order-stream/workflows/expression/parse.ts';
import { MappingError } from '../../../services/order-stream/workflows/expression/typed.ts';
import {
  bool,
  listOf,
  nullable,
  recordOf,
  show,
  text,
  time,
  type Type,
  units,
  whole,
} from '../../../services/order-stream/workflows/expression/types.ts';

const money = recordOf('Money', [
  ['amount', units],
  ['currency', text],
  ['note', nullable(text)],
]);
const address = recordOf('Address', [
  ['city', nullable(text)],
  ['state', nullable(text)],
  ['zip', nullable(text)],
  ['country', nullable(text)],
  ['unrecognised', listOf(text)],
]);

const values: Readonly<Record<string, readonly [Type, unknown]>> = {
  total: [units, 3744n],
  giftCard: [units, 1000n],
  count3: [whole, 3],
  name: [text, 'Ana'],
  last: [nullable(text), null],
  email: [nullable(text), 'Ana@Example.com '],
  paid: [nullable(money), { amount: 3744n, currency: 'USD', note: null }],
  unpaid: [nullable(money), null],
  at: [time, 1_772_323_200_000n],
  live: [bool, false],
  tags: [listOf(text), ['a', 'b']],
  refunds: [
    listOf(money),
    [
      { amount: 1n, currency: 'USD', note: null },
      { amount: 2n, currency: 'USD', note: 'x' },
    ],
  ],
  kind: [{ kind: 'text', symbols: ['card', 'cash'] }, 'card'],
  home: [
    nullable(address),
    { city: '  New   York ', state: 'ny', zip: '1OOO1', country: 'United States', unrecognised: [] },
  ],
};

const scope: Scope = {
  names: new Map(Object.entries(values).map(([name, [type]], slot): [string, Variable] => [name, { type, slot }])),
  known: new Set(),
  tables: new Map([['carriers', { of: text, rows: new Map([['Ground', 'UPS-03']]) }]]),
};
const frame = (): unknown[] => Object.values(values).map(([, value]) => value);

const typed = (source: string) => check(parseExpression(source), scope);
const value = (source: string) => typed(source).run(frame());
const type = (source: string) => show(typed(source).type);

const problem = (source: string): { message: string; at: number } => {
  try {
    typed(source);
  } catch (error) {
    if (error instanceof ExpressionError) return { message: error.message, at: error.at };
    throw error;
  }
  throw new Error(`${source} is fine`);
};

describe('an expression', () => {
  it.each([
    ['total - giftCard', 2744n],
    ['total - giftCard - 1', 2743n],
    ['total - (giftCard - 1)', 2745n],
    ['2 + 3 * -4', -10n],
    ['count3 * total', 11232n],
    ['total == 3744 and not live', true],
    ['not total == 3744 or count3 >= 3', true],
    ['not (live or total > 1)', false],
    ['count3 == 3', true],
    ['3 == count3', true],
    ['total >= count3', true],
    ['at > time("2026-02-28T00:00:00Z")', true],
    ['kind == "card"', true],
    ['kind in ["card"]', true],
    ['name in tags', false],
    ['last in tags', false],
    ['paid.amount == total', true],
    ['unpaid.amount == null', true],
    ['unpaid == null or unpaid.amount > 5', true],
    ['unpaid != null and unpaid.amount > 5', false],
    ['if(paid != null, paid.currency, "none")', 'USD'],
    ['if(unpaid != null, unpaid.currency, "none")', 'none'],
    ['if(unpaid == null, "none", unpaid.currency)', 'none'],
    ['"order {total} of {name} {{x}}"', 'order 3744 of Ana {x}'],
    [`'it is {if(live, "live", "a \\"test\\"")}'`, 'it is a "test"'],
    ['"{count3}"', '3'],
    ['concat(" ", name, last)', 'Ana'],
    ['concat(" ", name, "Test", email)', 'Ana Test Ana@Example.com '],
    ['concat(" ", last)', null],
    ['concat(" ", "")', null],
    ['default(last, "nobody")', 'nobody'],
    ['default(last, email, "nobody")', 'Ana@Example.com '],
    ['default(unpaid.amount, 0)', 0n],
    ['lookup("carriers", "Ground")', 'UPS-03'],
    ['lookup("carriers", "Air")', null],
    ['lookup("carriers", last, "by hand")', 'by hand'],
    ['dedupeKey(" Ana@X.com ", "B")', 'ana@x.com/b'],
    ['minorUnits("12.34", "USD")', 1234n],
    ['minorUnits("-12.3400", "USD")', -1234n],
    ['minorUnits("1234", "JPY")', 1234n],
    ['money(1234, "USD")', '12.34'],
    ['date(at, "UTC")', '2026-03-01'],
    ['date(at, "America/Los_Angeles")', '2026-02-28'],
    ['startOfDay("2026-03-01", "UTC")', 1_772_323_200_000n],
    ['normaliseAddress(home).city', 'New York'],
    ['normaliseAddress(home).state', 'NY'],
    ['normaliseAddress(home).country', 'US'],
    ['normaliseAddress(home).unrecognised', ['zip']],
    ['startsWith(name, "A") and endsWith(name, "a")', true],
    ['upper(lower(name))', 'ANA'],
    ['trim(email)', 'Ana@Example.com'],
    ['text(total)', '3744'],
    ['count(tags)', 2n],
    ['first(tags)', 'a'],
    ['sum(refunds.amount)', 3n],
    ['[1, total]', [1n, 3744n]],
  ])('%s', (source, expected) => {
    expect(value(source)).toEqual(expected);
  });

  it.each([
    ['paid', 'Money or null'],
    ['paid.amount', 'units or null'],
    ['default(paid.amount, 0)', 'units'],
    ['default(last, email)', 'text or null'],
    ['if(paid != null, paid.amount, 0)', 'units'],
    ['if(live, null, 1)', 'units or null'],
    ['lookup("carriers", name)', 'text or null'],
    ['lookup("carriers", name, "x")', 'text'],
    ['concat("", name)', 'text or null'],
    ['refunds.note', 'list of text or null'],
    ['[count3]', 'list of whole number'],
  ])('%s is %s', (source, expected) => {
    expect(type(source)).toBe(expected);
  });

  it.each([
    ['totl', 0, "there is no 'totl'; did you mean 'total'?"],
    ['total - totl', 8, "there is no 'totl'"],
    ['paid.amuont', 5, "Money has no field 'amuont'; did you mean 'amount'?"],
    ['total - paid.amount', 8, 'this may be null'],
    ['total + name', 8, 'needs units, but this is text'],
    ['at + 1', 0, 'needs units, but this is time'],
    ['total == name', 0, 'cannot be compared'],
    ['paid == paid', 0, 'can only be compared with null'],
    ['paid.amount > 5', 0, 'may be null'],
    ['name < name', 0, "'<' does not compare text"],
    ['total and live', 0, 'needs bool, but this is units'],
    ['not name', 4, 'needs bool, but this is text'],
    ['kind == "cheque"', 0, "'cheque' is not one of card, cash"],
    ['kind in ["crad"]', 8, "'crad' is not one of card, cash; did you mean 'card'?"],
    ['name in name', 8, "'in' needs a list"],
    ['concta(" ", name)', 0, "there is no function 'concta'; did you mean 'concat'?"],
    ['concat(1, name)', 7, 'needs text, but this is units'],
    ['default(name, "x")', 8, 'is never null'],
    ['default(last, 1)', 14, 'is units, where the first is text or null'],
    ['if(live, 1, "x")', 0, 'is either units or text'],
    ['if(live, 1)', 0, 'takes 3 arguments'],
    ['lookup("carrier", name)', 7, "there is no table 'carrier'; did you mean 'carriers'?"],
    ['lookup(name, name)', 7, "the table's name must be written out"],
    ['carriers', 0, 'tables are read with lookup("carriers", …)'],
    ['minorUnits("1.005", "USD")', 0, 'has more decimals than USD has'],
    ['time("tomorrow")', 0, 'is not a date'],
    ['startsWith(email, "x")', 11, 'this may be null'],
    ['"to {email}"', 5, 'may be null'],
    ['"to {live}"', 5, 'cannot be put into text: it is bool'],
    ['name.length', 5, 'has no fields'],
    ['[1, name]', 4, 'cannot hold text'],
    ['total -', 7, 'expected a value, found the end'],
    ['total total', 6, "expected an operator or the end, found 'total'"],
    ['(total', 6, "expected ')'"],
    ['"open', 5, 'lacks its closing "'],
    ['"a } b"', 3, "a '}' without its '{'"],
    ['1 < 2 < 3', 2, 'do not chain'],
    ['total ? 1', 6, "'?' means nothing here"],
    ['paid.', 5, "expected a field's name"],
    ['and live', 0, "expected a value before 'and'"],
    ['constructor', 0, "there is no 'constructor'"],
    ['paid.__proto__', 5, "has no field '__proto__'"],
    ['toString()', 0, "there is no function 'toString'"],
  ])('%s is refused at %i', (source, at, message) => {
    const found = problem(source);
    expect(found.message).toContain(message);
    expect(found.at).toBe(at);
  });

  it('that nests without end is refused, not overflowed on', () => {
    expect(problem(`${'('.repeat(5000)}1${')'.repeat(5000)}`).message).toBe('is nested too deeply');
    expect(problem(`${'not '.repeat(5000)}live`).message).toBe('is nested too deeply');
  });

  it('tells what it cannot make of a value', () => {
    expect(() => value('minorUnits(name, "USD")')).toThrow(MappingError);
    expect(() => value('date(at, name)')).toThrow("'Ana' is not a time zone");
  });

  it('knows after a condition what the condition made sure of', () => {
    expect(type('if(not (paid == null), paid.amount, 0)')).toBe('units');
    expect(type('if(paid == null or live, 0, paid.amount)')).toBe('units');
    expect(type('if(paid.note != null, paid.amount, 0)')).toBe('units');
    expect(type('if(last == "x", startsWith(last, "x"), false)')).toBe('bool');
    expect(problem('if(paid != null or live, paid.amount + 1, 0)').message).toContain('may be null');
    expect(problem('if(last != "x", startsWith(last, "x"), false)').message).toContain('may be null');
  });

  it('text in a document needs no quotes', () => {
    expect(check(parseTemplate('order "{total}": it\'s {name}'), scope).run(frame())).toBe('order "3744": it\'s Ana');
  });

  it('every function says how it is used', () => {
    for (const [name, { usage, does }] of functions) {
      expect(usage.startsWith(`${name}(`), usage).toBe(true);
      expect(does).not.toBe('');
    }
  });
});

// Random trees over numbers, against the same tree computed directly.
type Tree = number | readonly [string, Tree, Tree];
const operators: Readonly<Record<string, (a: bigint, b: bigint) => bigint>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
};
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    fc.nat({ max: 99 }),
    fc.tuple(fc.constantFrom(...Object.keys(operators)), tie('tree'), tie('tree')),
  ),
}));
const strengths: Readonly<Record<string, number>> = { '+': 1, '-': 1, '*': 2 };
/** With no more brackets than needed. */
const written = (of: Tree, floor = 0, right = false): string => {
  if (typeof of === 'number') return String(of);
  const own = strengths[of[0]]!;
  const inner = `${written(of[1], own)} ${of[0]} ${written(of[2], own, true)}`;
  return own < floor || (right && own === floor) ? `(${inner})` : inner;
};
const computed = (of: Tree): bigint =>
  typeof of === 'number' ? BigInt(of) : operators[of[0]]!(computed(of[1]), computed(of[2]));

describe('any expression', () => {
  it('of numbers binds and computes as arithmetic does', () => {
    fc.assert(
      fc.property(tree, (of) => {
        expect(value(written(of))).toBe(computed(of));
      }),
      { numRuns: 500 },
    );
  });

  it('of text comes out as it was put in, whatever characters it has', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (raw) => {
        const quoted = raw.replaceAll(/[{}]/g, '$&$&').replaceAll(/["\\]/g, '\\$&');
        expect(value(`"${quoted}"`)).toBe(raw);
        expect(value(`"${quoted}{name}"`)).toBe(`${raw}Ana`);
        expect(check(parseTemplate(raw.replaceAll(/[{}]/g, '$&$&')), scope).run(frame())).toBe(raw);
      }),
    );
  });

  it('either parses or says where it does not, and never anything else', () => {
    const words = [
      'total',
      'paid',
      '.',
      'amount',
      '(',
      ')',
      '[',
      ']',
      ',',
      '"',
      '{',
      '}',
      'and',
      'not',
      'in',
      '==',
      '-',
      '7',
      ' ',
      'if',
      "'",
      '\\',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...words), { maxLength: 14 }), (parts) => {
        const source = parts.join('');
        try {
          check(parseExpression(source), scope).run(frame());
        } catch (error) {
          expect(error).toBeInstanceOf(ExpressionError);
          expect((error as ExpressionError).at).toBeGreaterThanOrEqual(0);
          expect((error as ExpressionError).at).toBeLessThanOrEqual(source.length);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
