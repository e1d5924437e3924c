/** Keeps the capture going: restarts the connector's tasks when they failed. */
import { z } from 'zod';
import { runService } from '../platform/service.ts';
import { systemScheduler } from '../runtime/scheduler.ts';
import { keepConnector } from './keep.ts';

const variables = {
  MILLRACE_CONNECT_URL: z.url(),
  MILLRACE_CONNECTOR: z.string().min(1).default('adnsf-sqlserver'),
} as const;

await runService({ service: 'connector-keeper', variables }, async (platform) => {
  const { config, logger, signal } = platform;
  const keeping = keepConnector({
    connectUrl: config.MILLRACE_CONNECT_URL,
    connector: config.MILLRACE_CONNECTOR,
    logger,
    scheduler: systemScheduler,
    signal,
  });
  platform.onStop(() => keeping);
  keeping.catch(platform.fail);
  platform.ready({ connector: config.MILLRACE_CONNECTOR });
  return Promise.resolve();
});
