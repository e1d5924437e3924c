/** Does in the shop what the order stream decided: in its database, or through its REST API. */
import { z } from 'zod';
import { cleanPaymentMethod } from '../order-stream/domain/shop.ts';
import { runService } from '../platform/service.ts';
import { flag } from '../platform/variables.ts';
import { startEffects } from '../runtime/effect-task.ts';
import { openConfiguredClient, openConfiguredShop, shopVariables } from './adapter.ts';
import { readerStage } from './reader/stage.ts';
import { adnsfStage } from './stage.ts';

const VERSION = '1';

const variables = {
  ...shopVariables,
  /** Whether orders that the shop's own webhooks tell of are read through its REST API. */
  MILLRACE_ADNSF_READ_WEBHOOKS: flag().default(false),
  /** As the order stream has it: which orders need an e-mail address. */
  MILLRACE_STRIPE_METHODS: z
    .string()
    .default('Stripe')
    .transform((text) => text.split(',').map(cleanPaymentMethod)),
} as const;

await runService({ service: 'adnsf-executor', variables }, async (platform) => {
  const { config, schemas, logger, cluster } = platform;
  const { shop, concurrency, address } = openConfiguredShop(config);
  platform.onStop(() => shop.close());
  const stage = adnsfStage({
    shop,
    stores: config.MILLRACE_STORES,
    version: VERSION,
    concurrency,
    commands: schemas.topic('adnsfCommands'),
    results: schemas.topic('adnsfResults'),
    deadLetters: schemas.topic('deadLetters'),
  });
  const effects = await startEffects(stage, { cluster, logger });
  platform.onStop(() => effects.stop());
  effects.crashed.catch(platform.fail);
  if (config.MILLRACE_ADNSF_READ_WEBHOOKS) {
    const reader = await startEffects(
      readerStage({
        client: openConfiguredClient(config),
        policy: {
          stores: config.MILLRACE_STORES,
          stripeMethods: config.MILLRACE_STRIPE_METHODS,
          captureOnShipment: [],
          offSession: [],
          shippedWithFirst: false,
          livemode: false,
        },
        version: VERSION,
        concurrency: config.MILLRACE_ADNSF_REST_CONCURRENCY,
        webhooks: schemas.topic('adnsfWebhooks'),
        snapshots: schemas.topic('adnsfSnapshots'),
        returns: schemas.topic('adnsfReturns'),
        deadLetters: schemas.topic('deadLetters'),
      }),
      { cluster, logger },
    );
    platform.onStop(() => reader.stop());
    reader.crashed.catch(platform.fail);
  }
  platform.ready({ adapter: config.MILLRACE_ADNSF_ADAPTER, shop: address });
});
