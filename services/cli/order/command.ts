import type { CliConfig } from '../environment.ts';
import { openTopics } from '../kafka.ts';
import { openLedger } from '../ledger.ts';
import { openShop } from '../shop.ts';
import { openStripe } from '../stripe.ts';
import { collectStory } from './collect.ts';
import type { Story } from './story.ts';

/** The story of one order; undefined when no side knows it. */
export const storyOf = async (config: CliConfig, orderId: string): Promise<Story | undefined> => {
  const topics = await openTopics(config);
  const ledger = openLedger(config.MILLRACE_LEDGER_DB);
  try {
    const shop = await openShop(config);
    try {
      return await collectStory({ topics, shop, stripe: openStripe(config), ledger }, orderId);
    } finally {
      shop.close();
    }
  } finally {
    ledger.close();
    await topics.close();
  }
};
