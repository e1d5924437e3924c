import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { startMail } from '../../../infra/sandbox/mail/server.ts';
import { type Envelope, openSender } from '../../../services/notifier/sender.ts';
import { PoisonError, RetriableError } from '../../../services/runtime/errors.ts';

const envelope = (more: Partial<Envelope> = {}): Envelope => ({
  id: '100123/notify-decline/ch_1',
  to: 'ada@example.com',
  name: 'Byron, Ada <b@example.com>',
  template: 'payment_declined',
  data: {},
  subject: 'Your order',
  text: 'Line one\n.\nline two',
  ...more,
});

const options = { from: 'Shop <shop@shop.example>', secret: undefined, timeoutMs: 5_000 };

const mailbox = async () => {
  const server = await startMail({ file: ':memory:', smtpPort: 0, httpPort: 0 });
  const sender = openSender({ ...options, url: new URL(`smtp://127.0.0.1:${server.smtpPort}`) });
  return {
    server,
    sender,
    [Symbol.asyncDispose]: async () => {
      sender.close();
      await server.close();
    },
  };
};

describe('e-mail', () => {
  it('goes to the one address, under an id made of the command, and twice is seen to be the same', async () => {
    await using box = await mailbox();
    const first = await box.sender.send(envelope());
    expect(await box.sender.send(envelope())).toBe(first);
    expect(box.server.mails()).toMatchObject([
      {
        to: ['ada@example.com'],
        subject: 'Your order',
        command: '100123/notify-decline/ch_1',
        messageId: first,
        times: 2,
      },
    ]);
    expect(box.server.mails()[0]!.raw).toContain('line two');
  });

  it('that the server will never take is for a person, and that it takes later is tried again', async () => {
    await using box = await mailbox();
    await expect(box.sender.send(envelope({ to: 'a@refused.example' }))).rejects.toThrow(PoisonError);
    await expect(box.sender.send(envelope({ to: 'a@busy.example' }))).rejects.toThrow(RetriableError);
    await box.sender.send(envelope({ to: 'a@busy.example' }));
    expect(box.server.mails().map(({ to }) => to)).toEqual([['a@busy.example']]);
  });

  it('waits for a server that is away', async () => {
    const server = await startMail({ file: ':memory:', smtpPort: 0, httpPort: 0 });
    await server.close();
    const sender = openSender({ ...options, url: new URL(`smtp://127.0.0.1:${server.smtpPort}`) });
    await expect(sender.send(envelope())).rejects.toThrow(RetriableError);
    sender.close();
  });
});

describe('a service of the shop', () => {
  const answering = async (status: number) => {
    const seen: { headers: Record<string, unknown>; body: string }[] = [];
    const server = createServer((request, response) => {
      void text(request).then((body) => {
        seen.push({ headers: request.headers, body });
        response.writeHead(status, status === 200 ? { 'x-request-id': 'r1' } : {}).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`);
    return {
      seen,
      sender: openSender({ ...options, secret: 'whsec', url }),
      [Symbol.asyncDispose]: async () => {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      },
    };
  };

  it('gets signed JSON with the id to tell it by', async () => {
    await using service = await answering(200);
    expect(await service.sender.send(envelope())).toBe('r1');
    const { headers, body } = service.seen[0]!;
    expect(JSON.parse(body)).toEqual(envelope());
    expect(headers['idempotency-key']).toBe('100123/notify-decline/ch_1');
    expect(headers['millrace-signature']).toBe(createHmac('sha256', 'whsec').update(body).digest('hex'));
  });

  it.each([
    [503, RetriableError],
    [429, RetriableError],
    [401, RetriableError],
    [400, PoisonError],
    [422, PoisonError],
  ])('that answers %i', async (status, kind) => {
    await using service = await answering(status);
    await expect(service.sender.send(envelope())).rejects.toThrow(kind);
  });
});
