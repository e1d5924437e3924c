/** Serves the shop's REST API over the sandbox database. Says on stdout when it listens; SIGTERM stops it. */
import { z } from 'zod';
import { flag, port, readVariables, secret, secretList } from '../../../services/platform/variables.ts';
import { startAdnsf } from './server.ts';

const variables = {
  ADNSF_API_HOST: z.string().default('127.0.0.1'),
  ADNSF_API_PORT: port().default(0),
  ADNSF_API_KEYS: secretList(),
  ADNSF_API_READ_KEYS: secretList(),
  /** Where webhooks go, with the secret that signs them; without it, only where the API was told. */
  ADNSF_WEBHOOK_URL: z.url().optional(),
  ADNSF_WEBHOOK_SECRET: secret().optional(),
  MILLRACE_ADNSF_SQL_HOST: z.string().default('127.0.0.1'),
  MILLRACE_ADNSF_SQL_PORT: port().default(1433),
  MILLRACE_ADNSF_SQL_DATABASE: z.string().default('AspDotNetStorefront'),
  MILLRACE_ADNSF_SQL_ENCRYPT: flag().default(false),
  MILLRACE_SHOP_SQL_USER: z.string(),
  MILLRACE_SHOP_SQL_PASSWORD: secret(),
};

const { config } = readVariables(variables, process.env);
const { ADNSF_WEBHOOK_URL: url, ADNSF_WEBHOOK_SECRET: webhookSecret } = config;
if (url !== undefined && webhookSecret === undefined) throw new Error('ADNSF_WEBHOOK_URL needs ADNSF_WEBHOOK_SECRET');
const server = await startAdnsf({
  tellEveryMs: 250,
  ...(url !== undefined && webhookSecret !== undefined && { webhook: { url, secret: webhookSecret } }),
  host: config.ADNSF_API_HOST,
  port: config.ADNSF_API_PORT,
  keys: { write: config.ADNSF_API_KEYS, read: config.ADNSF_API_READ_KEYS },
  database: {
    host: config.MILLRACE_ADNSF_SQL_HOST,
    port: config.MILLRACE_ADNSF_SQL_PORT,
    name: config.MILLRACE_ADNSF_SQL_DATABASE,
    user: config.MILLRACE_SHOP_SQL_USER,
    password: config.MILLRACE_SHOP_SQL_PASSWORD,
    encrypt: config.MILLRACE_ADNSF_SQL_ENCRYPT,
  },
});
process.stdout.write(`${JSON.stringify({ ready: true, port: server.port })}\n`);

let stopping = false;
const stop = (): void => {
  if (stopping) return;
  stopping = true;
  void server.close().then(() => process.exit(0));
};
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
