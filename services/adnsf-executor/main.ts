/** Does in the shop what the order stream decided: in its database, or through its REST API. */
import { runService } from '../platform/service.ts';
import { startEffects } from '../runtime/effect-task.ts';
import { openConfiguredShop, shopVariables } from './adapter.ts';
import { adnsfStage } from './stage.ts';

const VERSION = '1';

await runService({ service: 'adnsf-executor', variables: shopVariables }, async (platform) => {
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
  platform.ready({ adapter: config.MILLRACE_ADNSF_ADAPTER, shop: address });
});
