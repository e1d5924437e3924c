/**
 * A mail server that delivers to nobody: it keeps what it is given, each Message-ID once as good servers do, and shows
 * it over HTTP. Addresses at `refused.example` it refuses for good, at `busy.example` once.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { DatabaseSync } from 'node:sqlite';
import { SMTPServer } from 'smtp-server';

export type Mail = Readonly<{
  messageId: string;
  to: readonly string[];
  subject: string;
  command: string | null;
  raw: string;
  times: number;
}>;

export interface RunningMail {
  readonly smtpPort: number;
  readonly httpPort: number;
  /** Oldest first. */
  mails(): readonly Mail[];
  close(): Promise<void>;
}

const headerOf = (raw: string, name: string): string | null => {
  const head = raw.slice(0, raw.indexOf('\r\n\r\n')).replaceAll(/\r\n[ \t]+/g, ' ');
  const line = head.split('\r\n').find((each) => each.toLowerCase().startsWith(`${name}:`));
  return line?.slice(name.length + 1).trim() ?? null;
};

const refusal = (responseCode: number, message: string): Error => Object.assign(new Error(message), { responseCode });

/** @param file of its database; `:memory:` forgets everything */
export const startMail = async (
  options: Readonly<{ file: string; smtpPort: number; httpPort: number }>,
): Promise<RunningMail> => {
  const database = new DatabaseSync(options.file);
  database.exec(`CREATE TABLE IF NOT EXISTS mails (
    seq INTEGER PRIMARY KEY, message_id TEXT UNIQUE NOT NULL, recipients TEXT NOT NULL, raw TEXT NOT NULL, times INTEGER NOT NULL)`);
  const keep = database.prepare(
    `INSERT INTO mails (message_id, recipients, raw, times) VALUES (?, ?, ?, 1) ON CONFLICT (message_id) DO UPDATE SET times = times + 1`,
  );
  const all = database.prepare('SELECT * FROM mails ORDER BY seq');
  const mails = (): readonly Mail[] =>
    (all.all() as { message_id: string; recipients: string; raw: string; times: number }[]).map((row) => ({
      messageId: row.message_id,
      to: JSON.parse(row.recipients) as string[],
      subject: headerOf(row.raw, 'subject') ?? '',
      command: headerOf(row.raw, 'x-millrace-command'),
      raw: row.raw,
      times: row.times,
    }));

  const toldToWait = new Set<string>();
  const smtp = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    logger: false,
    onRcptTo: ({ address }, _session, done) => {
      if (address.endsWith('@refused.example')) done(refusal(550, 'no such mailbox'));
      else if (address.endsWith('@busy.example') && !toldToWait.has(address)) {
        toldToWait.add(address);
        done(refusal(451, 'later, please'));
      } else done();
    },
    onData: (stream, session, done) => {
      const take = async (): Promise<void> => {
        const raw = await text(stream as Readable);
        const recipients = session.envelope.rcptTo.map(({ address }) => address);
        keep.run(headerOf(raw, 'message-id') ?? `none-${session.id}`, JSON.stringify(recipients), raw);
      };
      take().then(() => done(), done);
    },
  });
  const http = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(mails()));
  });
  await Promise.all([
    new Promise<void>((resolve, reject) => {
      smtp.once('error', reject);
      smtp.listen(options.smtpPort, '127.0.0.1', resolve);
    }),
    new Promise<void>((resolve, reject) => {
      http.once('error', reject);
      http.listen(options.httpPort, '127.0.0.1', resolve);
    }),
  ]);
  // A client that breaks off is no reason to end.
  smtp.removeAllListeners('error');
  smtp.on('error', () => undefined);
  return {
    smtpPort: (smtp.server.address() as AddressInfo).port,
    httpPort: (http.address() as AddressInfo).port,
    mails,
    close: async () => {
      http.closeAllConnections();
      await Promise.all([
        new Promise<void>((resolve) => smtp.close(() => resolve())),
        new Promise<void>((resolve) => http.close(() => resolve())),
      ]);
      database.close();
    },
  };
};
