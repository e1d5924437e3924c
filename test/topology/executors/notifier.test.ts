import { describe, expect, it } from 'vitest';
import { startMail } from '../../../infra/sandbox/mail/server.ts';
import { openSender } from '../../../services/notifier/sender.ts';
import { openSent, type SentMessages } from '../../../services/notifier/sent.ts';
import { memoryCluster } from '../../../services/runtime/memory/cluster.ts';
import { systemScheduler } from '../../../services/runtime/scheduler.ts';
import { type PaymentLinks, paymentLinks } from '../../../services/notifier/payment-link.ts';
import { notifierStage } from '../../../services/notifier/stage.ts';
import { readTemplates } from '../../../services/notifier/templates.ts';
import { merchantNotice, notice } from '../../unit/notifier/support.ts';
import { refuseLink } from '../../../services/payments/link.ts';
import { crashPoints, driveExecutor, openTopics } from './support.ts';

const open = async (links?: PaymentLinks) => {
  const server = await startMail({ file: ':memory:', smtpPort: 0, httpPort: 0 });
  const topics = await openTopics();
  const sender = openSender({
    url: new URL(`smtp://127.0.0.1:${server.smtpPort}`),
    from: 'shop@shop.example',
    secret: undefined,
    timeoutMs: 5_000,
  });
  const memories: SentMessages[] = [];
  const driver = await driveExecutor(
    notifierStage({
      sender,
      templates: readTemplates(new URL('../../../services/notifier/templates', import.meta.url).pathname),
      sent: { reference: (id) => memories.at(-1)!.reference(id) },
      merchant: { finance: 'finance@shop.example' },
      paymentLinks: links,
      version: 'test',
      concurrency: 2,
      notifications: topics.notifications,
      results: topics.notificationResults,
      deadLetters: topics.deadLetters,
    }),
  );
  /** Another process, whose disk knows nothing. */
  const forget = async (): Promise<void> => {
    memories.push(await openSent(memoryCluster(driver.broker, systemScheduler), topics.notificationResults));
  };
  await forget();
  return {
    forget,
    server,
    topics,
    driver,
    results: () => driver.readAll(topics.notificationResults).flatMap(({ value }) => value ?? []),
    [Symbol.asyncDispose]: async () => {
      for (const memory of memories) await memory.close();
      await driver.close();
      sender.close();
      await server.close();
    },
  };
};

describe('notifier in the engine', () => {
  const asked = notice('100123', {
    template: 'payment_needed',
    data: { order_number: '100123', amount: '37.44', currency: 'USD' },
  });

  it('gives who is to pay a link that is theirs, genuine and good for the days it says', async () => {
    await using test = await open(paymentLinks({ base: 'https://pay.example', secret: 'x'.repeat(32), days: 2 }));
    test.driver.feed(test.topics.notifications, '100123', asked);
    await test.driver.run();
    expect(test.driver.deadLetters()).toEqual([]);
    const [mail] = test.server.mails();
    // Quoted-printable: long lines are broken, and = is =3D.
    const body = mail!.raw.replaceAll(/=\r?\n/g, '').replaceAll('=3D', '=');
    const url = new URL(/https:\S+/.exec(body)![0]);
    expect(url.origin).toBe('https://pay.example');
    const link = {
      orderId: url.pathname.replace('/pay/', ''),
      expires: url.searchParams.get('expires') ?? undefined,
      signature: url.searchParams.get('signature') ?? undefined,
    };
    expect(link.orderId).toBe('100123');
    const at = Number(asked.occurredAt / 1_000n);
    const check = (now: number) => refuseLink(link, { secrets: ['x'.repeat(32)], now });
    expect([check(at), check(at + 2 * 86_400 - 1), check(at + 2 * 86_400)]).toEqual([
      undefined,
      undefined,
      'link_expired',
    ]);
    // What the topics hold opens nothing.
    expect(JSON.stringify(test.results().map((result) => result.detail))).not.toContain('signature');
  });

  it('puts aside who is to pay when nobody has said where', async () => {
    await using test = await open();
    test.driver.feed(test.topics.notifications, '100123', asked);
    await test.driver.run();
    expect(test.driver.deadLetters()).toMatchObject([{ code: 'no_payment_links' }]);
  });

  it("writes to the merchant's own people, and puts aside what is for nobody", async () => {
    await using test = await open();
    const { driver, topics, server } = test;
    driver.feed(topics.notifications, '100123', merchantNotice('finance'));
    driver.feed(topics.notifications, '100123', merchantNotice('constructor'));
    await driver.run();
    expect(server.mails()).toMatchObject([
      { to: ['finance@shop.example'], subject: 'Dispute du_1 of order 100123: lost' },
    ]);
    expect(driver.deadLetters().map(({ code }) => code)).toEqual(['unknown_audience']);
  });

  it.each(crashPoints)('each customer has the mail, known as one, and one result, when it dies %s', async (point) => {
    await using test = await open();
    const { driver, topics, server } = test;
    const orders = ['100001', '100002', '100003'];
    driver.crash(point);
    for (const order of orders) driver.feed(topics.notifications, order, notice(order));
    await driver.run();
    expect(
      server
        .mails()
        .map(({ command }) => command)
        .toSorted(),
    ).toEqual(orders.map((order) => `${order}/notify-decline/ch_1`));
    expect(
      test
        .results()
        .map(({ orderId }) => orderId)
        .toSorted(),
    ).toEqual(orders);
    expect(new Set(test.results().map(({ objectId }) => objectId))).toEqual(
      new Set(server.mails().map(({ messageId }) => messageId)),
    );
    expect(driver.deadLetters()).toEqual([]);
  });

  it('what a replay sends again is answered again, and nobody is written to twice', async () => {
    await using test = await open();
    const { driver, topics, server } = test;
    const orders = ['100001', '100002', '100003'];
    const feed = async (): Promise<void> => {
      for (const order of orders) driver.feed(topics.notifications, order, notice(order));
      await driver.run();
    };
    await feed();
    await feed();
    await test.forget();
    await feed();
    expect(server.mails().map(({ times }) => times)).toEqual([1, 1, 1]);
    const results = test.results();
    expect(results.filter(({ replayed }) => replayed)).toHaveLength(6);
    expect(results).toHaveLength(9);
    expect(new Set(results.map(({ objectId }) => objectId)).size).toBe(3);
  });

  it('what cannot be sent is a letter that says why, and the next goes out', async () => {
    await using test = await open();
    const { driver, topics } = test;
    driver.feed(topics.notifications, '1', notice('1', { email: '' }));
    driver.feed(topics.notifications, '1', notice('1', { email: 'a@b.example, c@d.example' }));
    driver.feed(topics.notifications, '1', notice('1', { template: 'welcome' }));
    driver.feed(topics.notifications, '1', notice('1', { data: {} }));
    driver.feed(topics.notifications, '1', notice('1', { email: 'a@refused.example' }));
    driver.feed(topics.notifications, '1', notice('1', { email: 'a@busy.example' }));
    await driver.run();
    expect(driver.deadLetters().map(({ code }) => code)).toEqual([
      'bad_address',
      'bad_address',
      'unknown_template',
      'missing_data',
      'undeliverable',
    ]);
    expect(test.server.mails().map(({ to }) => to)).toEqual([['a@busy.example']]);
  });
});
