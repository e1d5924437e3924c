import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { initialOrder } from '../../../services/order-stream/domain/order.ts';
import { assembledOrder } from '../order-stream/fixtures.ts';
import { documentOf, greeting, planOf, problemsOf, workflowOf } from './support.ts';

const send = (payload: string, more = ''): string => `
  - needs: placed != null
  - let: { order: =placed }
  - send: CreatePaymentIntent
    id: pay/1
    cause: =order.place
    at: order.changedAt
${more}    payload:
      customer: cus_1
      amount: =order.total
      currency: =order.currency
      captureMethod: manual
      description: d
      metadata: {}
${payload}`;

describe('a document that is wrong says where and why', () => {
  it.each<[string, string, string]>([
    ['no YAML', documentOf(greeting(), { rest: 'tables: [' }), '14:1'],
    ['an unknown key', documentOf(greeting(), { rest: 'stpes: []' }), "13:8 stpes: 'stpes' is not known here"],
    ['no version of its own', documentOf(greeting()).replace('version: 1', 'version: one'), '2:10 version: '],
    [
      'another name than its file',
      documentOf(greeting(), { workflow: 'greetings' }),
      '1:11 workflow: the file must be called greetings@1.yaml, not greeting@1.yaml',
    ],
    [
      'a time without a zone',
      documentOf(greeting(), { activeFrom: '2026-01-01T00:00:00' }),
      "4:13 activeFrom: must be a time such as 2026-03-01T00:00:00Z, or 'never'",
    ],
    [
      'an unknown aggregate',
      documentOf(greeting()).replace('aggregate: order', 'aggregate: ordre'),
      "3:12 aggregate: there is no aggregate 'ordre'; did you mean 'order'?",
    ],
    [
      'a start that is no time',
      documentOf(greeting(), { starts: 'placed.orderId' }),
      '5:9 starts: needs time, but this is text',
    ],
    [
      'a start that may fail',
      documentOf(greeting(), { starts: 'startOfDay(date(placed.changedAt, "UTC"), "UTC")' }),
      '5:9 starts: may use no functions',
    ],
    [
      'an unknown command',
      documentOf(send('').replace('CreatePaymentIntent', 'CreatePaymentIntnet')),
      "9:11 steps[2].send: there is no command 'CreatePaymentIntnet'; did you mean 'CreatePaymentIntent'?",
    ],
    [
      'an unknown payload field',
      documentOf(send('      amuont: 1')),
      "20:15 steps[2].payload.amuont: CreatePaymentIntentPayload has no field 'amuont'; did you mean 'amount'?",
    ],
    [
      'a missing field',
      documentOf(send('').replace('      currency: =order.currency\n', '')),
      "14:7 steps[2].payload: lacks 'currency' (text), which CreatePaymentIntentPayload must have",
    ],
    [
      'a wrong type',
      documentOf(send('').replace('=order.total', '=order.currency')),
      '15:16 steps[2].payload.amount: needs units, but this is text',
    ],
    [
      'text where an amount goes',
      documentOf(send('').replace('=order.total', 'order.total')),
      '15:15 steps[2].payload.amount: needs units, but this is text',
    ],
    [
      'a fraction',
      documentOf(send('').replace('=order.total', '37.44')),
      '15:15 steps[2].payload.amount: is not a whole number',
    ],
    [
      'a null',
      documentOf(send('').replace('customer: cus_1', 'customer: =order.email')),
      '14:18 steps[2].payload.customer: needs text, but this may be null',
    ],
    [
      'a field of a field',
      documentOf(send('').replace('=order.total', '=order.total - order.giftcard')),
      "15:36 steps[2].payload.amount: AssembledOrder has no field 'giftcard'; did you mean 'giftCard'?",
    ],
    [
      'a hole in a text',
      documentOf(send('').replace('description: d', 'description: Order {order.id}')),
      "18:33 steps[2].payload.description: AssembledOrder has no field 'id'",
    ],
    [
      'a name that is meant as a value',
      documentOf(send('').replace('cus_1', 'order.currency')),
      "14:17 steps[2].payload.customer: is the text 'order.currency': for its value write '=order.currency'",
    ],
    [
      'a call that is meant as a value',
      documentOf(send('').replace('cus_1', 'lower(order.currency)')),
      '14:17 steps[2].payload.customer: is the text',
    ],
    [
      'a record where text goes',
      documentOf(send('').replace('cus_1', '{ id: x }')),
      '14:17 steps[2].payload.customer: needs text, but this is a record',
    ],
    [
      'an expression over lines',
      documentOf(send('').replace('=order.total', '>-\n        =order.total\n        - order.giftcard')),
      "17:17 steps[2].payload.amount: AssembledOrder has no field 'giftcard'",
    ],
    [
      'an expression in quotes',
      documentOf(send('').replace('=order.total', '"=default(order.email, \\"x\\", ordr)"')),
      "15:45 steps[2].payload.amount: there is no 'ordr'",
    ],
    ['no cause', documentOf(send('').replace('    cause: =order.place\n', '')), "9:11 steps[2].send: lacks 'cause'"],
    ['no time', documentOf(send('').replace('    at: order.changedAt\n', '')), "9:11 steps[2].send: lacks 'at'"],
    ['no id', documentOf(send('').replace('    id: pay/1\n', '')), "9:11 steps[2].send: a command needs its 'id'"],
    [
      'an id without an intent',
      documentOf(send('').replace('pay/1', '"{order.orderId}/1"')),
      '10:10 steps[2].id: must be <intent>/<which>',
    ],
    [
      'two commands of one intent',
      documentOf(
        `${send('')}\n  - send: NotifyCustomer\n    id: pay/2\n    cause: x\n    at: order.changedAt\n    payload: { template: t, email: e }`,
      ),
      "22:9 steps[3].id: another command of this workflow has the intent 'pay'",
    ],
    ['two actions in one step', documentOf(send('', '    use: x\n')), "9:11 steps[2].send: has both 'use' and 'send'"],
    [
      'a step that does nothing',
      documentOf('  - title: nothing'),
      '7:5 steps[0]: must have one of needs, let, use, send, hold, choose, steps',
    ],
    [
      'a condition that is no condition',
      documentOf('  - needs: placed'),
      '7:12 steps[0].needs: needs bool, but this is AssembledOrder',
    ],
    ['an unknown block', documentOf('  - use: sales'), "7:10 steps[0].use: there is no block 'sales'"],
    [
      'a block in a circle',
      documentOf('  - use: a', { rest: 'blocks: { a: { steps: [{ use: b }] }, b: { steps: [{ use: a }] } }' }),
      "8:59 blocks.b.steps[0].use: the block 'a' would use itself",
    ],
    [
      'a name twice',
      documentOf('  - let: { placed: =declines }'),
      "7:20 steps[0].let.placed: 'placed' is already the name of something here",
    ],
    [
      'a loop over no list',
      documentOf('  - forEach: placed as p\n    steps: [{ needs: true }]'),
      '7:14 steps[0].forEach: needs a list',
    ],
    [
      'one id for all of a list',
      documentOf(
        '  - forEach: declines as d\n    send: NotifyCustomer\n    id: tell/1\n    cause: =d.factId\n    at: d.at\n    payload: { template: t, email: e }',
      ),
      '9:9 steps[0].id: is the same for each of the list',
    ],
    [
      'otherwise before the end',
      documentOf(
        '  - choose:\n      - otherwise: true\n        steps: [{ needs: true }]\n      - when: placed == null\n        steps: [{ needs: true }]',
      ),
      '8:20 steps[0].choose[0].otherwise: must be the last branch',
    ],
    [
      'rows of two kinds',
      documentOf(greeting(), { rest: 'tables: { t: { a: x, b: 1 } }' }),
      '13:25 tables.t.b: is units, where the first row is text',
    ],
    [
      'a table that is not there',
      documentOf(greeting(), { rest: 'tables: { t: { file: t.yaml } }' }),
      '13:22 tables.t.file: there is no file t.yaml beside the document',
    ],
  ])('%s', (_what, text, expected) => {
    const problems = problemsOf(() => workflowOf(text));
    expect(problems.join('\n')).toContain(expected);
  });

  it('tells all that is wrong, not the first only', () => {
    const text = documentOf(send('      extra: 1').replace('=order.total', '=order.totl').replace('cus_1', '=nobody'));
    expect(problemsOf(() => workflowOf(text))).toHaveLength(3);
  });

  it('what is wrong beside it is told in the file beside it', () => {
    const text = documentOf(greeting(), { rest: 'tables: { t: { file: t.yaml } }' });
    try {
      workflowOf(text, { 't.yaml': 'a: x\nb: [1]\n' });
    } catch (error) {
      expect(String(error)).toContain('/workflows/t.yaml:2:4: b: ');
      return;
    }
    throw new Error('the table is fine');
  });
});

describe('steps', () => {
  const state = {
    ...initialOrder('100123'),
    placed: assembledOrder(),
    declines: ['a', 'b'].map((code) => ({
      factId: `evt_${code}`,
      paymentIntentId: 'pi_1',
      chargeId: code === 'a' ? 'ch_a' : null,
      code,
      declineCode: null,
      message: 'no',
      at: 5n,
    })),
  };
  const note = (id: string, template: string): string =>
    `{ send: NotifyCustomer, id: ${id}, payload: { template: ${template}, email: e } }`;
  const run = (steps: string, rest?: string) => {
    const plan = planOf(workflowOf(documentOf(steps, rest === undefined ? {} : { rest })), state);
    return { sent: plan.commands.map(({ commandId }) => commandId.replace('100123/', '')), holds: plan.holds };
  };
  const around = 'cause: c\n    at: default(placed.changedAt, time("2026-01-01"))';

  it('what a list waits for stops that list only', () => {
    const { sent } = run(`
  - ${around}
    steps:
      - steps:
          - ${note('one/1', 't')}
          - needs: paid != null
          - ${note('two/1', 't')}
      - ${note('three/1', 't')}`);
    expect(sent).toEqual(['one/1', 'three/1']);
  });

  it('a block stops the list that uses it', () => {
    const { sent } = run(
      `
  - ${around}
    steps:
      - use: wait
      - ${note('two/1', 't')}`,
      `blocks: { wait: { steps: [${note('one/1', 't')}, { needs: paid != null }] } }`,
    );
    expect(sent).toEqual(['one/1']);
  });

  it('one branch is taken, and what branches share may have one id', () => {
    const { sent } = run(`
  - ${around}
    choose:
      - when: paid != null
        steps: [${note('paid/1', 't')}]
      - when: count(declines) > 1
        steps: [${note('tell/1', 'many')}]
      - otherwise: true
        steps: [${note('tell/1', 'few')}]`);
    expect(sent).toEqual(['tell/1']);
  });

  it('each of a list, with a condition on each and an id of its own', () => {
    const { sent } = run(`
  - forEach: declines as decline
    when: decline.code != "b"
    let: { which: '=default(decline.chargeId, decline.code)' }
    cause: =decline.factId
    at: decline.at
    steps: [${note('"tell/{which}"', 't')}]`);
    expect(sent).toEqual(['tell/ch_a']);
  });

  it('a hold says why, once for each, and stops its list', () => {
    const { sent, holds } = run(`
  - forEach: declines as decline
    ${around}
    steps:
      - when: decline.chargeId == null
        hold: { code: no_charge, id: =decline.code, message: "{decline.code}: no charge" }
      - ${note('"tell/{decline.chargeId}"', 't')}`);
    // Behind the hold the charge is known.
    expect(sent).toEqual(['tell/ch_a']);
    expect(holds).toEqual([{ key: 'no_charge/b', code: 'no_charge', message: 'b: no charge' }]);
  });

  it('what a mapping cannot make is held, and what went before it goes', () => {
    const { sent, holds } = run(`
  - ${around}
    steps:
      - ${note('one/1', 't')}
      - send: NotifyCustomer
        id: two/1
        payload: { template: t, email: e, data: { price: '=money(minorUnits(default(placed.shippingMethod, "x"), "USD"), "USD")' } }`);
    expect(sent).toEqual(['one/1']);
    expect(holds).toEqual([
      {
        key: 'mapping_failed/greeting@1',
        code: 'mapping_failed',
        message: "greeting@1: 100123/two/1: 'Ground' is not a decimal",
      },
    ]);
  });

  it('tables are in the document or beside it', () => {
    const text = (tables: string) =>
      documentOf(
        `
  - needs: placed != null
  - send: NotifyCustomer
    id: greet/1
    cause: c
    at: placed.changedAt
    payload: { template: '=lookup("carriers", placed.shippingMethod, "none")', email: e }`,
        { rest: `tables: { carriers: ${tables} }` },
      );
    const template = (workflow: ReturnType<typeof workflowOf>) =>
      (planOf(workflow, state).commands[0] as { payload: { template: string } }).payload.template;
    const inside = workflowOf(text('{ Ground: UPS-03 }'));
    const beside = workflowOf(text('{ file: carriers.yaml }'), { 'carriers.yaml': 'Ground: UPS-03\n' });
    expect([template(inside), template(beside)]).toEqual(['UPS-03', 'UPS-03']);
    // Where the rows stand is no matter; what they say is.
    const other = workflowOf(text('{ file: carriers.yaml }'), { 'carriers.yaml': 'Ground: UPS-04\n' });
    expect(beside.hash).not.toBe(other.hash);
  });

  it('fields that a payload leaves out are what the schema says', () => {
    const plan = planOf(
      workflowOf(documentOf(send('').replace('      metadata: {}\n', '      metadata: { "__proto__": x }\n'))),
      state,
    );
    const { payload } = plan.commands[0]!;
    expect(payload).toMatchObject({ receiptEmail: null });
    expect(Object.keys((payload as { metadata: object }).metadata)).toEqual(['__proto__']);
  });

  it('names and texts of a document are never code', () => {
    const hostile = fc.oneof(
      fc.string({ maxLength: 20 }),
      fc.constantFrom(
        '__proto__',
        'constructor',
        '"]: process.exit() //',
        '\u2028',
        '${f}',
        '`',
        "'+f+'",
        '\\',
        'r0(f)',
      ),
    );
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(hostile, hostile), { selector: ([key]) => key, maxLength: 4 }), (pairs) => {
        // A merge key is YAML's own.
        fc.pre(pairs.every(([key]) => key !== '<<'));
        const rows = pairs.map(
          ([key, raw]) => `${JSON.stringify(key)}: ${JSON.stringify(`.${raw.replaceAll(/[{}]/g, '$&$&')}`)}`,
        );
        const text = documentOf(`
  - send: NotifyCustomer
    id: tell/1
    cause: c
    at: time("2026-01-01")
    payload: { template: t, email: e, data: { ${rows.join(', ')} } }`);
        const { payload } = planOf(workflowOf(text), state).commands[0]! as { payload: { data: object } };
        expect(Object.entries(payload.data)).toEqual(
          // Keys that are numbers come first in any object.
          Object.entries(Object.fromEntries(pairs.map(([key, raw]) => [key, `.${raw}`]))),
        );
      }),
      { numRuns: 150 },
    );
  });
});
