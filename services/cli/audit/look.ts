/** Looks at all sides as verify does, twice, and says how far those who carry out commands have read. */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { topics as definitions } from '../../../schemas/topics.ts';
import { cleanPaymentMethod } from '../../order-stream/domain/shop.ts';
import { groupId } from '../../runtime/topics.ts';
import type { CliConfig } from '../environment.ts';
import { openLedger } from '../ledger.ts';
import type { Topics } from '../kafka.ts';
import { openShop } from '../shop.ts';
import { openStripe } from '../stripe.ts';
import { collectFacts, type Sides } from '../verify/collect.ts';
import { confirmed, type Finding, judge } from '../verify/judge.ts';
import type { Looked } from './remedies.ts';

export type Look = Readonly<{
  looked: Looked;
  /** Everything that the later look found, whether it stood before or not. */
  all: readonly Finding[];
}>;

const EXECUTORS: ReadonlyMap<string, string> = new Map([
  [definitions.stripeCommands.name, groupId('stripe-executor', 'stripe')],
  [definitions.adnsfCommands.name, groupId('adnsf-executor', 'adnsf')],
]);

const positionsIn = async ({ topics, ledger }: Pick<Sides, 'topics' | 'ledger'>): Promise<Looked['readUpTo']> => {
  const known = new Map<string, bigint>();
  const keep = (topic: string, partition: number, offset: bigint): void =>
    void known.set(`${topic}-${partition}`, offset);
  for (const [topic, group] of EXECUTORS) {
    const count = (await topics.admin.partitions([topic])).get(topic) ?? 0;
    const partitions = Array.from({ length: count }, (_, partition) => ({ topic, partition }));
    for (const { partition, offset } of await topics.admin.committedOffsets(group, partitions))
      keep(topic, partition, offset);
  }
  for (const { topic, partition, offset } of ledger.positions()) keep(topic, partition, offset);
  return (topic, partition) => known.get(`${topic}-${partition}`);
};

export const lookOnce = async (sides: Sides, methods: readonly string[], books: boolean): Promise<Looked> => {
  // First: what was carried out after that has a result to be seen.
  const readUpTo = await positionsIn(sides);
  const facts = await collectFacts(sides, methods);
  return { facts, readUpTo, findings: judge(facts).findings.filter((finding) => books || finding.books !== true) };
};

/** What stands after a while, so that nothing is taken for lost which is under way. */
export const lookTwice = async (
  sides: Sides,
  methods: readonly string[],
  options: Readonly<{ books: boolean; afterMs: number }>,
): Promise<Look> => {
  const first = await lookOnce(sides, methods, options.books);
  if (first.findings.length === 0) return { looked: first, all: [] };
  await sleep(options.afterMs);
  const later = await lookOnce(sides, methods, options.books);
  return { looked: { ...later, findings: confirmed(first.findings, later.findings) }, all: later.findings };
};

/** Longer than anything takes that is on its way in a healthy system. */
const LOOK_AGAIN_AFTER_MS = 15_000;

/** Looks with what the configuration names. `say` hears what could not be looked at. */
export const lookAround = async (config: CliConfig, topics: Topics, say: (text: string) => void): Promise<Look> => {
  const books = existsSync(config.MILLRACE_LEDGER_DB);
  if (!books) say(`there is no ledger at ${config.MILLRACE_LEDGER_DB}: the ERP's side is not looked at`);
  const ledger = openLedger(config.MILLRACE_LEDGER_DB);
  try {
    const shop = await openShop(config);
    try {
      const methods = config.MILLRACE_STRIPE_METHODS.split(',').map(cleanPaymentMethod);
      const sides = { topics, shop, stripe: openStripe(config), ledger };
      return await lookTwice(sides, methods, { books, afterMs: LOOK_AGAIN_AFTER_MS });
    } finally {
      shop.close();
    }
  } finally {
    ledger.close();
  }
};
