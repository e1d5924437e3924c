/** The reference ERP subscriber: books erp.commands in an embedded ledger. */
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import { countService } from '../platform/counts.ts';
import { runService } from '../platform/service.ts';
import { flag, port } from '../platform/variables.ts';
import { openAnswers } from './answers.ts';
import { ledgerApi } from './http.ts';
import { openLedger } from './ledger.ts';
import { readLedger } from './read.ts';
import { subscribe } from './subscribe.ts';

const SERVICE = 'erp-ledger';

const variables = {
  MILLRACE_LEDGER_DB: z.string().optional(),
  /** 0: any free port, which the ready line tells. */
  MILLRACE_LEDGER_PORT: port().default(0),
  /** Whether it tells in erp.results what became of commands. A second ledger beside this one must not. */
  MILLRACE_LEDGER_RESULTS: flag().default(true),
} as const;

await runService({ service: SERVICE, variables }, async (platform) => {
  const { config, cluster, logger, schemas } = platform;
  const path = config.MILLRACE_LEDGER_DB ?? join(platform.stateDir, 'ledger.db');
  const ledger = openLedger(path);
  platform.onStop(() => ledger.close());
  const reader = readLedger(path);
  platform.onStop(() => reader.close());

  const api = ledgerApi(reader);
  platform.onStop(() => api.close());
  await api.listen({ host: '127.0.0.1', port: config.MILLRACE_LEDGER_PORT });

  const topic = schemas.topic('erpCommands');
  const results = schemas.topic('erpResults');
  if (config.MILLRACE_LEDGER_RESULTS) await results.value.open?.();
  const subscription = subscribe({
    cluster,
    ledger,
    topic,
    logger,
    ...(config.MILLRACE_LEDGER_RESULTS && { answers: openAnswers({ cluster, ledger, commands: topic, results }) }),
    onBooked: (booked) => {
      for (const [name, amount] of Object.entries(booked)) countService(SERVICE, 'command', name, amount);
    },
  });
  platform.onStop(() => subscription.stop());
  subscription.crashed.catch(platform.fail);
  platform.ready({ ledger: path, port: (api.server.address() as AddressInfo).port });
});
