import { afterEach, describe, expect, it } from 'vitest';
import { topics } from '../../../schemas/topics.ts';
import { type Office, openOffice } from '../../../services/cli/dlq/command.ts';
import { dlqCommand } from '../../../services/cli/dlq/program.ts';
import { partitionOf } from '../../../services/runtime/partitioner.ts';
import { ordersRow } from '../../unit/order-stream/fixtures.ts';
import { checkout, pipeChange } from '../order-stream/shop-log.ts';
import { type Desk, openDesk } from './support.ts';

let desk: Desk;
afterEach(async () => {
  process.exitCode = undefined;
  await desk.driver.close();
});

/** What `millrace dlq …` prints; colours are off where nobody looks. */
const dlq = async (...words: readonly string[]): Promise<Readonly<{ out: string[]; err: string[] }>> => {
  const said = { out: [] as string[], err: [] as string[] };
  const office = (): Promise<Office> => openOffice(desk.setup.cluster, desk.registry);
  const command = dlqCommand(office, { out: (text) => said.out.push(text), err: (text) => said.err.push(text) });
  await command.parseAsync(words, { from: 'user' });
  return said;
};

const json = (lines: readonly string[]) => lines.map((line) => JSON.parse(line) as Record<string, unknown>);

/** Three orders without an e-mail address, of customers in several partitions, and an event that is no Avro. */
const refused = async () => {
  desk = await openDesk({ partitions: 3 });
  for (const [index, customerId] of [58001, 58002, 58003].entries()) {
    const order = ordersRow({ OrderNumber: 100123 + index, CustomerID: customerId, Email: null });
    const customer = { CustomerID: customerId, Email: '' };
    for (const change of checkout(desk.log, order, { customer })) await pipeChange(desk.driver, change);
    desk.driver.advance(60_000);
  }
  await desk.driver.pipeBytes(topics.stripeEvents.name, Buffer.from('pi_1'), Buffer.from([1, 2, 3]));
};

describe('millrace dlq', () => {
  it('lists what waits, oldest first, across partitions, and what is asked for', async () => {
    await refused();
    const { out } = await dlq('ls', '--json');
    expect(json(out).map(({ key, code }) => [key, code])).toEqual([
      ['58001', 'missing_email'],
      ['58002', 'missing_email'],
      ['58003', 'missing_email'],
      ['pi_1', 'not_avro'],
    ]);
    expect(new Set(['58001', '58002', '58003'].map((key) => partitionOf(Buffer.from(key), 3))).size).toBeGreaterThan(1);
    expect((await dlq('ls', '--order', '100124', '--json')).out).toHaveLength(1);
    expect((await dlq('ls', '--stage', 'routing', '--json')).out).toHaveLength(1);
    expect((await dlq('ls', '--limit', '2', '--json')).out).toHaveLength(2);
    // With its head.
    expect((await dlq('ls', '--code', 'missing_email')).out).toHaveLength(4);
    expect((await dlq('ls', '--code', 'nothing')).err).toEqual(['no dead letters']);
  });

  it('edits, says what it would do, redrives in bulk, and touches nothing twice', async () => {
    await refused();
    const ids = json((await dlq('ls', '--code', 'missing_email', '--json')).out).map(({ id }) => String(id));
    for (const id of ids) {
      const set = ['edit', id, '--set', 'after.Email=ana@example.com'];
      expect((await dlq(...set, '--dry-run')).out).toEqual([`${id}  would be edited: it fits`]);
      await dlq(...set, '--reason', 'asked', '--by', 'ada');
    }
    const bulk = ['redrive', '--code', 'missing_email', '--limit', '2'];
    const plan = await dlq(...bulk, '--dry-run');
    expect(plan.out).toHaveLength(2);
    expect(plan.out[0]).toContain('would be redriven to adnsf.AspDotNetStorefront.dbo.Orders');
    expect((await dlq('ls', '--state', 'redriven', '--json')).out).toEqual([]);
    expect((await dlq(...bulk, '--reason', 'they have one')).err).toEqual(['2 of 2 done']);
    expect((await dlq(...bulk, '--reason', 'they have one')).err).toEqual(['1 of 1 done']);
    expect(process.exitCode).toBeUndefined();
    expect((await dlq('redrive', ids[0]!, '--reason', 'again')).err).toEqual(['0 of 1 done, 1 left as they are']);
    expect(process.exitCode).toBe(1);
    await desk.driver.run();
    const assembled = desk.driver.readAll(desk.schemas.topic('assembledOrders')).map(({ key }) => key);
    expect(assembled.toSorted()).toEqual(['100123', '100124', '100125']);
  });

  it('shows a letter with what was done and what came of it', async () => {
    await refused();
    const [first] = json((await dlq('ls', '--json')).out);
    const id = String(first!['id']);
    await dlq('redrive', id, '--reason', 'to see', '--by', 'ada');
    await desk.driver.run();
    const [told] = json([(await dlq('show', id, '--json')).out.join('\n')]);
    expect(told).toMatchObject({
      id,
      state: 'redriven',
      value: { after: { OrderNumber: 100123, OrderTotal: '37.4400' }, op: 'u' },
      actions: [{ kind: 'redrive', by: 'ada', reason: 'to see', topic: topics.orders.name }],
    });
    const [again] = told!['later'] as string[];
    const [later] = json([(await dlq('show', again!, '--json')).out.join('\n')]);
    expect(later).toMatchObject({ state: 'open', earlier: id, headers: { 'millrace-redrive': id } });
    expect((await dlq('show', again!)).out[0]).toContain(`came of redriving ${id}`);
    const garbage = json((await dlq('ls', '--code', 'not_avro', '--json')).out)[0]!;
    expect((await dlq('show', String(garbage['id']))).out[0]).toMatch(/not decodable\n {2}000000 {2}01 02 03/);
    await expect(dlq('show', '2@999')).rejects.toThrow('there is no such dead letter');
  });

  it.each([
    ['nothing is named', ['redrive', '--reason', 'x'], 'name letters, or narrow them down, or say --all'],
    ['nobody says why', ['discard', '0@1'], '--reason is required'],
    ['nothing is to be changed', ['edit', '0@1', '--reason', 'x', '--set', 'a=b', '--file', 'c'], 'either --set or'],
    ['the time is none', ['redrive', '--since', 'once', '--reason', 'x'], "'once' is no time"],
  ])('does nothing when %s', async (_what, words, why) => {
    await refused();
    await expect(dlq(...words)).rejects.toThrow(why);
    expect(await desk.states()).toHaveLength(4);
  });
});
