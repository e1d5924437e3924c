/** Tells people what the order stream decided that they should know. */
import { join } from 'node:path';
import { z } from 'zod';
import { runService } from '../platform/service.ts';
import { count, milliseconds, secret, secretList } from '../platform/variables.ts';
import { startEffects } from '../runtime/effect-task.ts';
import { openSender } from './sender.ts';
import { paymentLinks } from './payment-link.ts';
import { openSent } from './sent.ts';
import { notifierStage } from './stage.ts';
import { readTemplates } from './templates.ts';

const VERSION = '1';

const variables = {
  /** smtp(s)://user:password@host:port for e-mail; http(s)://… for a service that takes signed JSON. Holds a password. */
  MILLRACE_NOTIFY_URL: z.url({ protocol: /^(smtps?|https?)$/ }),
  MILLRACE_NOTIFY_FROM: z.string().regex(/@/, 'an e-mail address, with or without a name before it'),
  /** Who hears of disputes, and of what support has to put right; the sender when left out. */
  MILLRACE_NOTIFY_FINANCE: z.email().optional(),
  MILLRACE_NOTIFY_SUPPORT: z.email().optional(),
  MILLRACE_NOTIFY_SECRET: secret().optional(),
  MILLRACE_NOTIFY_TEMPLATES: z.string().default(join(import.meta.dirname, 'templates')),
  /** Where customers reach the payment page, and what signs their links; both, when customers are asked to pay. */
  MILLRACE_PAYMENTS_URL: z.url({ protocol: /^https?$/ }).optional(),
  MILLRACE_PAYMENT_LINK_SECRETS: secretList().optional(),
  MILLRACE_PAYMENT_LINK_DAYS: count().default(14),
  MILLRACE_NOTIFY_TIMEOUT_MS: milliseconds().default(20_000),
  MILLRACE_NOTIFY_CONCURRENCY: count().default(4),
} as const;

/** `Shop <shop@shop.example>` → `shop@shop.example`. */
const addressIn = (from: string): string => /<([^>]+)>/.exec(from)?.[1] ?? from.trim();

await runService({ service: 'notifier', variables }, async (platform) => {
  const { config, schemas, logger, cluster } = platform;
  const url = new URL(config.MILLRACE_NOTIFY_URL);
  const sender = openSender({
    url,
    from: config.MILLRACE_NOTIFY_FROM,
    secret: config.MILLRACE_NOTIFY_SECRET,
    timeoutMs: config.MILLRACE_NOTIFY_TIMEOUT_MS,
  });
  const [base, signing] = [config.MILLRACE_PAYMENTS_URL, config.MILLRACE_PAYMENT_LINK_SECRETS?.[0]];
  const results = schemas.topic('notificationResults');
  const sent = await openSent(cluster, results, platform.stateDir);
  const stage = notifierStage({
    sender,
    sent,
    templates: readTemplates(config.MILLRACE_NOTIFY_TEMPLATES),
    merchant: {
      finance: config.MILLRACE_NOTIFY_FINANCE ?? addressIn(config.MILLRACE_NOTIFY_FROM),
      support: config.MILLRACE_NOTIFY_SUPPORT ?? addressIn(config.MILLRACE_NOTIFY_FROM),
    },
    paymentLinks:
      base === undefined || signing === undefined
        ? undefined
        : paymentLinks({ base, secret: signing, days: config.MILLRACE_PAYMENT_LINK_DAYS }),
    version: VERSION,
    concurrency: config.MILLRACE_NOTIFY_CONCURRENCY,
    notifications: schemas.topic('notifications'),
    results,
    deadLetters: schemas.topic('deadLetters'),
  });
  const effects = await startEffects(stage, { cluster, logger });
  platform.onStop(async () => {
    await effects.stop();
    sender.close();
    await sent.close();
  });
  effects.crashed.catch(platform.fail);
  platform.ready({ carrier: `${url.protocol}//${url.host}` });
});
