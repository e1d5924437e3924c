/** Does in the shop's database what the order stream decided. */
import { z } from 'zod';
import { runService } from '../platform/service.ts';
import { count, flag, milliseconds, port, secret } from '../platform/variables.ts';
import { startEffects } from '../runtime/effect-task.ts';
import { openShop } from './sql/shop.ts';
import { adnsfStage } from './stage.ts';

const VERSION = '1';

const variables = {
  MILLRACE_ADNSF_SQL_HOST: z.string().min(1),
  MILLRACE_ADNSF_SQL_PORT: port().default(1433),
  MILLRACE_ADNSF_SQL_DATABASE: z.string().min(1),
  MILLRACE_ADNSF_SQL_USER: z.string().min(1),
  MILLRACE_ADNSF_SQL_PASSWORD: secret(),
  MILLRACE_ADNSF_SQL_ENCRYPT: flag().default(true),
  MILLRACE_ADNSF_SQL_TRUST_SERVER_CERTIFICATE: flag().default(false),
  MILLRACE_ADNSF_SQL_CONNECTIONS: count().default(4),
  MILLRACE_ADNSF_SQL_TIMEOUT_MS: milliseconds().default(15_000),
} as const;

await runService({ service: 'adnsf-executor', variables }, async (platform) => {
  const { config, schemas, logger, cluster } = platform;
  const shop = openShop({
    host: config.MILLRACE_ADNSF_SQL_HOST,
    port: config.MILLRACE_ADNSF_SQL_PORT,
    database: config.MILLRACE_ADNSF_SQL_DATABASE,
    user: config.MILLRACE_ADNSF_SQL_USER,
    password: config.MILLRACE_ADNSF_SQL_PASSWORD,
    encrypt: config.MILLRACE_ADNSF_SQL_ENCRYPT,
    trustServerCertificate: config.MILLRACE_ADNSF_SQL_TRUST_SERVER_CERTIFICATE,
    connections: config.MILLRACE_ADNSF_SQL_CONNECTIONS,
    timeoutMs: config.MILLRACE_ADNSF_SQL_TIMEOUT_MS,
  });
  platform.onStop(() => shop.close());
  const stage = adnsfStage({
    shop,
    stores: config.MILLRACE_STORES,
    version: VERSION,
    concurrency: config.MILLRACE_ADNSF_SQL_CONNECTIONS,
    commands: schemas.topic('adnsfCommands'),
    results: schemas.topic('adnsfResults'),
    deadLetters: schemas.topic('deadLetters'),
  });
  const effects = await startEffects(stage, { cluster, logger });
  platform.onStop(() => effects.stop());
  effects.crashed.catch(platform.fail);
  platform.ready({ database: `${config.MILLRACE_ADNSF_SQL_HOST}:${config.MILLRACE_ADNSF_SQL_PORT}` });
});
