import { join } from 'node:path';
import { DATABASE } from './environment.ts';
import { httpProbe } from './health.ts';
import type { Part, StackContext } from './part.ts';
import { REPOSITORY } from './state.ts';

/** The shop's REST API, over the sandbox database. It asks the database only when it is asked. */
export function adnsfPart(context: StackContext): Part {
  const { ports, secrets } = context;
  return {
    name: 'adnsf',
    needs: [],
    prepare: () => Promise.resolve(),
    launch: {
      command: process.execPath,
      args: [join(REPOSITORY, 'infra/sandbox/adnsf/main.ts')],
      env: {
        ADNSF_API_PORT: String(ports.adnsf),
        ADNSF_API_KEYS: secrets.adnsfApiKey,
        ADNSF_API_READ_KEYS: secrets.adnsfApiReadKey,
        // The connector tells of orders already; with SHOP_WEBHOOKS=1 the shop's webhooks do so too.
        ...((process.env['SHOP_WEBHOOKS'] ?? '0') !== '0' && {
          ADNSF_WEBHOOK_URL: `http://127.0.0.1:${ports.webhooks}/webhooks/adnsf`,
          ADNSF_WEBHOOK_SECRET: secrets.adnsfWebhookSecret,
        }),
        MILLRACE_ADNSF_SQL_PORT: String(ports.sqlserver),
        MILLRACE_ADNSF_SQL_DATABASE: DATABASE,
        MILLRACE_SHOP_SQL_USER: 'millrace_shop',
        MILLRACE_SHOP_SQL_PASSWORD: secrets.sqlServerShop,
      },
      cwd: REPOSITORY,
    },
    probe: httpProbe(`http://127.0.0.1:${ports.adnsf}/api/v1/openapi.json`),
    startMs: 30_000,
    graceMs: 5_000,
  };
}
