import { setTimeout as sleep } from 'node:timers/promises';
import { kafkajsCluster } from '../../runtime/kafkajs/cluster.ts';
import { cleanPaymentMethod } from '../../order-stream/domain/shop.ts';
import type { CliConfig } from '../environment.ts';
import { openTopics } from '../kafka.ts';
import { openLedger } from '../ledger.ts';
import { openShop } from '../shop.ts';
import { openStripe } from '../stripe.ts';
import { collectFacts } from './collect.ts';
import { judge, standingIn, type Verdict } from './judge.ts';
import { waitUntilQuiet } from './quiet.ts';

/** Longer than anything takes that is on its way in a healthy system. */
const LOOK_AGAIN_AFTER_MS = 15_000;

export type Verification = Readonly<{
  verdict: Verdict;
  /** What was under way when it judged. */ unsettled: readonly string[];
}>;

/** Looks at every order from all sides, once all is quiet or time is up. */
export const verify = async (
  config: CliConfig,
  options: Readonly<{ waitSeconds: number; say?: (text: string) => void }>,
): Promise<Verification> => {
  const topics = await openTopics(config);
  const reader = await kafkajsCluster({ brokers: config.MILLRACE_KAFKA_BROKERS, clientId: 'millrace-cli' }).reader();
  const ledger = openLedger(config.MILLRACE_LEDGER_DB);
  try {
    const unsettled = await waitUntilQuiet(config, topics, reader, ledger, {
      seconds: options.waitSeconds,
      ...(options.say && { say: options.say }),
    });
    const shop = await openShop(config);
    try {
      const methods = config.MILLRACE_STRIPE_METHODS.split(',').map(cleanPaymentMethod);
      const sides = { topics, shop, stripe: openStripe(config), ledger };
      const look = async (): Promise<Verdict> => {
        const unroutedBefore = BigInt(Date.now() - config.MILLRACE_UNROUTED_AFTER_MS);
        return judge(await collectFacts(sides, methods, unroutedBefore));
      };
      const first = await look();
      if (first.findings.length === 0) return { verdict: first, unsettled };
      options.say?.(`${first.findings.length} findings; looking again whether they stand`);
      await sleep(LOOK_AGAIN_AFTER_MS);
      return { verdict: standingIn(first, await look()), unsettled };
    } finally {
      shop.close();
    }
  } finally {
    ledger.close();
    await reader.close();
    await topics.close();
  }
};
