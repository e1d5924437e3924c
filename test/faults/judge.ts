/** What is wrong by now: `millrace verify`'s judgement of all sides, and the oracle's of every sequence. */
import { openTopics } from '../../services/cli/kafka.ts';
import { openLedger } from '../../services/cli/ledger.ts';
import { openShop } from '../../services/cli/shop.ts';
import { openStripe } from '../../services/cli/stripe.ts';
import { collectFacts } from '../../services/cli/verify/collect.ts';
import { verify } from '../../services/cli/verify/command.ts';
import { type Finding, judge } from '../../services/cli/verify/judge.ts';
import type { CliConfig } from '../../services/cli/environment.ts';
import { loadWorkflows } from '../../services/order-stream/workflows/directory.ts';
import { cleanPaymentMethod, paymentMethodsIn } from '../../services/order-stream/domain/shop.ts';
import { type EvidenceReader, evidenceReader } from './evidence.ts';
import { type Agreed, sequenceFindings } from './sequence.ts';

/** Longer than anything takes that is on its way while orders flow. */
const LOOK_AGAIN_MS = 5_000;

export interface Judge {
  /** While orders flow: what is wrong with orders that have come to their end, and what can never be right again. */
  underLoad(ended: ReadonlySet<string>): Promise<readonly Finding[]>;
  /** Once everything is quiet: everything. */
  atRest(waitSeconds: number): Promise<readonly Finding[]>;
}

export const identityOf = ({ kind, orderId, message }: Finding): string => `${kind} ${orderId ?? ''} ${message}`;

/** Totals differ while money is under way; a Stripe object without an order waits for one. */
const passes = ({ kind, orderId }: Finding): boolean =>
  orderId === null && (kind === 'mismatched' || kind === 'unrouted' || kind === 'lost');

export const openJudge = (config: CliConfig, sleep: (ms: number) => Promise<void>): Judge => {
  const stripeMethods = config.MILLRACE_STRIPE_METHODS.split(',').map(cleanPaymentMethod);
  const captureOnShipment = paymentMethodsIn(config.MILLRACE_STRIPE_CAPTURE_ON_SHIPMENT);
  const offSession = paymentMethodsIn(config.MILLRACE_STRIPE_OFF_SESSION);
  const policy = {
    stores: config.MILLRACE_STORES,
    stripeMethods,
    captureOnShipment,
    offSession,
    shippedWithFirst: false,
    livemode: false,
  };
  const evidence: EvidenceReader = evidenceReader(config);
  const workflows = { current: loadWorkflows() };
  const agreed: Agreed = new Map();

  const sequences = async (complete: boolean): Promise<readonly Finding[]> =>
    sequenceFindings(await evidence.look(), { schemas: evidence.schemas, policy, workflows, agreed }, complete);

  const sides = async (): Promise<readonly Finding[]> => {
    const topics = await openTopics(config);
    const ledger = openLedger(config.MILLRACE_LEDGER_DB);
    try {
      const shop = await openShop(config);
      try {
        return judge(await collectFacts({ topics, shop, stripe: openStripe(config), ledger }, stripeMethods)).findings;
      } finally {
        shop.close();
      }
    } finally {
      ledger.close();
      await topics.close();
    }
  };

  return {
    underLoad: async (ended) => {
      const look = async (): Promise<readonly Finding[]> =>
        [...(await sides()), ...(await sequences(false))].filter(
          (finding) => !passes(finding) && (finding.orderId === null || ended.has(finding.orderId)),
        );
      const first = await look();
      if (first.length === 0) return [];
      await sleep(LOOK_AGAIN_MS);
      const standing = new Set((await look()).map(identityOf));
      return first.filter((finding) => standing.has(identityOf(finding)));
    },
    atRest: async (waitSeconds) => {
      const { verdict, unsettled } = await verify(config, { waitSeconds });
      const stuck = unsettled.map((message): Finding => ({
        kind: 'lost',
        orderId: null,
        message: `never ends: ${message}`,
      }));
      return [...verdict.findings, ...stuck, ...(await sequences(true))];
    },
  };
};
