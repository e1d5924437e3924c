import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { optionsFrom } from '../../../infra/demo/options.ts';
import { noProgress, type Progress, progressText, withLine } from '../../../infra/demo/progress.ts';
import { openScreen } from '../../../infra/demo/screen.ts';
import { tailOf } from '../../../infra/demo/tail.ts';

const told = (...events: object[]): Progress =>
  events.reduce<Progress>((progress, event) => withLine(progress, JSON.stringify(event)), noProgress);

describe('progress', () => {
  it('counts each stage and keeps the first orders to tell of', () => {
    const progress = told(
      { event: 'cart', lines: 2 },
      { event: 'placed', order: 1, total: '1.00' },
      { event: 'placed', order: 2, total: '1.00' },
      { event: 'payable', order: 2 },
      { event: 'declined', order: 2 },
      { event: 'refused', order: 2 },
      { event: 'confirmed', order: 1 },
      { event: 'paid', order: 1 },
      { event: 'paid', order: 3 },
      { event: 'abandoned' },
      { event: 'done', failed: 0 },
    );
    expect(progress).toEqual({
      carts: 1,
      abandoned: 1,
      deeds: [],
      placed: 2,
      payable: 1,
      confirmed: 1,
      declines: 1,
      paid: 2,
      refused: 1,
      failed: 0,
      firstPaid: 1,
      firstRefused: 2,
      done: { failed: 0 },
    });
    expect(progressText(progress, 5)).toContain(
      'placed 2 · payment intents 1 · confirmed 1 · paid in the shop 2 · ERP sales orders 5',
    );
  });

  it('leaves alone what is no event', () => {
    for (const line of ['', 'Warning: x', '{broken', '{"other":1}', '{"event":"new kind"}'])
      expect(withLine(noProgress, line)).toEqual(noProgress);
  });

  it('says so when a shopper failed', () => {
    expect(progressText(told({ event: 'failed', error: 'x' }), 0)).toContain('FAILED 1');
  });
});

describe('options', () => {
  it('have defaults', () => {
    expect(optionsFrom({})).toEqual({
      orders: 40,
      once: false,
      name: 'demo',
      seed: 'millrace',
      rate: 20,
      untidy: 0,
      merchant: 0,
      abroad: 0,
      allFlows: false,
    });
  });
  it('are read from the environment', () => {
    expect(optionsFrom({ ORDERS: '7', ONCE: '1', NAME: 'x', SEED: 's', RATE: '60' })).toEqual({
      orders: 7,
      once: true,
      name: 'x',
      seed: 's',
      rate: 60,
      untidy: 0,
      merchant: 0,
      abroad: 0,
      allFlows: false,
    });
    expect(optionsFrom({ ONCE: '0', ORDERS: '' })).toMatchObject({ once: false, orders: 40 });
    expect(optionsFrom({ FLOWS: 'all' })).toMatchObject({ allFlows: true, merchant: 0.6 });
    expect(() => optionsFrom({ FLOWS: 'refunds' })).toThrow(/FLOWS/);
  });
  it.each([{ ORDERS: '-1' }, { ORDERS: 'many' }, { RATE: '0' }, { UNTIDY: '2' }, { MERCHANT: '-1' }, { NAME: '../x' }])(
    'refuse %j, naming it',
    (env) => {
      expect(() => optionsFrom(env)).toThrow(Object.keys(env)[0]);
    },
  );
});

describe('a tail', () => {
  let directory: string | undefined;
  afterEach(async () => {
    if (directory !== undefined) await rm(directory, { recursive: true });
  });

  it('gives whole lines that were added since, each once', async () => {
    directory = await mkdtemp(join(tmpdir(), 'tail-'));
    const file = join(directory, 'log');
    const early = await tailOf(file);
    expect(await early.more()).toEqual([]);
    await appendFile(file, 'one\ntw');
    const late = await tailOf(file);
    expect(await early.more()).toEqual(['one']);
    await appendFile(file, 'o\nthree\n');
    expect(await early.more()).toEqual(['two', 'three']);
    expect(await late.more()).toEqual(['o', 'three']);
    expect(await early.more()).toEqual([]);
  });
});

describe('a screen that is no terminal', () => {
  it('shows the state now and then, and only when it has changed', () => {
    const written: string[] = [];
    let now = 0;
    const stream = { isTTY: false, write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream;
    const screen = openScreen(stream, () => now);
    screen.show('a');
    now = 1_000;
    screen.show('b');
    now = 3_500;
    screen.show('a');
    screen.show('c');
    screen.say('done');
    expect(written).toEqual(['a\n', 'c\n', 'done\n']);
  });
});
