import { describe, expect, it } from 'vitest';
import { RetriableError, TaskMigratedError } from '../../../services/runtime/errors.ts';
import { openScanned, type Scanned } from './support.ts';

const listed = async ({ box }: Scanned): Promise<string[]> => {
  const ids: string[] = [];
  for await (const { id } of box.stripe.events.list({ limit: 100 })) ids.push(id);
  return ids;
};

const kept = (test: Scanned): string[] => test.events().flatMap(({ value }) => value?.id ?? []);

/** What an order is through when nothing is missing. */
const complete = (orderId: string): string[] =>
  ['mark-paid/1', 'create-sales-order/1', 'record-payment/1', 'request-shipping-label/1'].map(
    (step) => `${orderId}/${step}`,
  );

describe('scanning Stripe', () => {
  it('finds every event of a webhook outage, and orders go on as if they had been delivered', async () => {
    await using test = await openScanned();
    for (const order of [100_201, 100_202]) await test.place(order);
    await test.pay();
    expect(kept(test)).toEqual([]);
    expect(test.commands()).not.toContain('100201/mark-paid/1');

    const report = await test.scanner().scan();
    // What is done about them then, Stripe tells of in turn.
    const before = (await listed(test)).sort();
    await test.driver.run();
    expect([...report.found].sort()).toEqual(before);
    expect(kept(test).sort()).toEqual(before);
    for (const order of ['100201', '100202']) expect(test.commands()).toEqual(expect.arrayContaining(complete(order)));
    expect(new Set(test.commands()).size).toBe(test.commands().length);
    expect(test.driver.deadLetters()).toEqual([]);
  });

  it('says of an event where it is from, keys it by order, and keeps the JSON of the list', async () => {
    await using test = await openScanned();
    await test.place(100_203);
    await test.pay();
    await test.scanner().scan();
    const succeeded = test.events().find(({ value }) => value?.type === 'payment_intent.succeeded');
    expect(succeeded).toMatchObject({ key: '100203' });
    expect(succeeded!.headers['millrace-source']?.toString()).toBe('scan');
    const original = await test.box.stripe.events.retrieve(succeeded!.value!.id);
    expect(JSON.parse(succeeded!.value!.body.toString())).toEqual(JSON.parse(JSON.stringify(original)));
    expect(succeeded!.value).toMatchObject({ apiVersion: original.api_version, livemode: false });
  });

  it('writes nothing twice: not what was delivered, not what it found before, in this process or the next', async () => {
    await using test = await openScanned();
    await test.place(100_204);
    await test.pay();
    const [delivered, ...others] = await listed(test);
    const event = await test.box.stripe.events.retrieve(delivered!);
    test.driver.feed(test.schemas.topic('stripeEvents'), 'x', {
      id: event.id,
      type: event.type,
      apiVersion: event.api_version,
      created: BigInt(event.created) * 1_000n,
      account: null,
      livemode: false,
      body: Buffer.from(JSON.stringify(event)),
    });
    const scanner = test.scanner();
    expect([...(await scanner.scan()).found].sort()).toEqual(others.sort());
    expect((await scanner.scan()).found).toEqual([]);
    expect((await test.scanner().scan()).found).toEqual([]);
    expect(kept(test)).toHaveLength(others.length + 1);
  });

  it('duplicates change nothing: a scanner that has forgotten all feeds them once more', async () => {
    await using test = await openScanned();
    await test.place(100_205);
    await test.pay();
    await test.scanner().scan();
    await test.driver.run();
    const before = test.commands();
    const forgetful = { ...test.setup.reader, read: () => (async function* () {})() as never };
    const { found } = await test.scanner({ reader: forgetful }).scan();
    await test.driver.run();
    expect(found.length).toBeGreaterThan(0);
    expect(test.commands()).toEqual(before);
    expect(test.driver.deadLetters()).toEqual([]);
  });

  it.each(['send', 'commit', 'committed'] as const)(
    'killed at %s in the middle, it is taken up where it was',
    async (point) => {
      await using test = await openScanned();
      for (const order of [100_300, 100_301]) await test.place(order);
      await test.pay();
      const all = await listed(test);
      expect(all.length).toBeGreaterThan(8);
      let nth = 0;
      test.driver.broker.onRequest = (at, detail) => {
        if (at === point && detail === 'scanner-stripe' && ++nth === 2) throw new RetriableError('the power went off');
      };
      // Nothing is looked at again that the position says was looked at.
      const timing = { ...test.setup.timing, overlapSeconds: 0 };
      await expect(test.scanner({ timing }).scan()).rejects.toThrow('the power went off');
      test.driver.broker.onRequest = undefined;
      expect(kept(test).length).toBeGreaterThan(0);
      const { found } = await test.scanner({ timing }).scan();
      expect(found.length).toBe(all.length - (point === 'committed' ? 8 : 4));
      expect(kept(test).sort()).toEqual(all.sort());
    },
  );

  it('of two scanners the later one goes on, and nothing is fed twice', async () => {
    await using test = await openScanned();
    await test.place(100_206);
    await test.pay();
    let second: Promise<unknown> | undefined;
    const overtaken = test.scanner({
      pages: async (stretch, after) => {
        const page = await test.setup.pages(stretch, after);
        second ??= test.scanner().scan();
        await second;
        return page;
      },
      // It has read what there was before the other one wrote.
      reader: { ...test.setup.reader, read: () => (async function* () {})() as never },
    });
    await expect(overtaken.scan()).rejects.toThrow(TaskMigratedError);
    expect(kept(test).sort()).toEqual((await listed(test)).sort());
  });

  it('takes types that the endpoint has only', async () => {
    await using test = await openScanned();
    await test.place(100_207);
    await test.pay();
    await test.scanner({ types: ['payment_intent.succeeded'] }).scan();
    expect(test.events().map(({ value }) => value?.type)).toEqual(['payment_intent.succeeded']);
  });

  it('tells once of what Stripe lists no more', async () => {
    await using test = await openScanned();
    const days = 24 * 3_600_000;
    await test.scanner({ now: () => Date.now() - 40 * days }).scan();
    const { found } = await test.scanner().scan();
    expect(found).toEqual([]);
    await test.scanner().scan();
    expect(test.exceptions().map(({ code, status, who }) => [code, status, who])).toEqual([
      ['unreachable_events', 'raised', 'operations'],
    ]);
    expect(test.exceptions()[0]!.message).toMatch(/^Stripe's events from \S+Z to \S+Z were not compared/);
  });

  it('tells once of an event that must not be kept, and goes on', async () => {
    await using test = await openScanned();
    await test.place(100_208);
    await test.pay();
    const scanner = test.scanner({
      pages: async (stretch, after) => {
        const page = await test.setup.pages(stretch, after);
        if (after !== undefined) return page;
        const [first, ...rest] = page.events;
        const object = { ...first!.data.object, number: '4242 4242 4242 4242' };
        return { ...page, events: [{ ...first!, data: { object } } as never, ...rest] };
      },
    });
    await scanner.scan();
    await scanner.scan();
    expect(test.exceptions().map(({ code }) => code)).toEqual(['card_data']);
    expect(kept(test)).toHaveLength((await listed(test)).length - 1);
  });

  it('does not take test events for live ones', async () => {
    await using test = await openScanned();
    await test.place(100_209);
    await expect(test.scanner({ livemode: true }).scan()).rejects.toThrow(/MILLRACE_STRIPE_LIVEMODE/);
    expect(kept(test)).toEqual([]);
  });
});
