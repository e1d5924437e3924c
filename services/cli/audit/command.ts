/** `millrace audit`: what verify finds, and what is done about it. */
import { kafkajsCluster } from '../../runtime/kafkajs/cluster.ts';
import type { CliConfig } from '../environment.ts';
import { openTopics } from '../kafka.ts';
import { atDesk, type Auditor, type Done, type Orders } from './desk.ts';
import { lookAround } from './look.ts';
import { driftId } from './remedies.ts';

/** Looks, decides, does what it is told to, and tells what became of each drift. */
export async function* audit(
  config: CliConfig,
  orders: Orders,
  auditor: Auditor,
  say: (text: string) => void,
): AsyncGenerator<Done> {
  const cluster = kafkajsCluster({ brokers: config.MILLRACE_KAFKA_BROKERS, clientId: 'millrace-audit' });
  const topics = await openTopics(config);
  const reader = await cluster.reader();
  try {
    const { looked, all } = await lookAround(config, topics, say);
    yield* atDesk({ cluster, topics, reader }, looked, new Set(all.map(driftId)), orders, auditor);
  } finally {
    await reader.close();
    await topics.close();
  }
}
