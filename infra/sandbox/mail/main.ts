/** Runs the mail sandbox. Says on stdout when it listens; SIGTERM stops it. */
import { z } from 'zod';
import { port, readVariables } from '../../../services/platform/variables.ts';
import { startMail } from './server.ts';

const { config } = readVariables(
  {
    MAIL_SMTP_PORT: port().default(0),
    MAIL_HTTP_PORT: port().default(0),
    MAIL_DATABASE: z.string().default(':memory:'),
  },
  process.env,
);
const server = await startMail({
  file: config.MAIL_DATABASE,
  smtpPort: config.MAIL_SMTP_PORT,
  httpPort: config.MAIL_HTTP_PORT,
});
process.stdout.write(`${JSON.stringify({ ready: true, smtp: server.smtpPort, http: server.httpPort })}\n`);

let stopping = false;
const stop = (): void => {
  if (stopping) return;
  stopping = true;
  void server.close().then(() => process.exit(0));
};
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
