/** What the merchant's people did with orders while shoppers shopped, flow by flow: whether each came to the end it calls for. */
import type { Deed } from '../../sandbox/shopper/merchant.ts';
import { openShop } from '../../../services/cli/shop.ts';
import { openStripe } from '../../../services/cli/stripe.ts';
import type { CliConfig } from '../../../services/cli/environment.ts';
import type { Payment, ShopOrder } from '../../../services/cli/verify/facts.ts';
import { type LedgerOrder, readLedger } from '../../../services/erp-ledger/read.ts';
import type { Played } from './play.ts';

export type Done = Readonly<{ order: number; deed: Deed }>;

export type Sides = Readonly<{ shop: ShopOrder; payment: Payment; ledger: LedgerOrder }>;

const flowOf: Readonly<Record<Deed, string>> = {
  'refunds a part in the shop': 'refund begun in the shop',
  'refunds all in the shop': 'refund begun in the shop',
  'refunds a part at Stripe': 'refund begun at Stripe, of what is paid',
  'refunds all at Stripe': 'refund begun at Stripe, of what is paid',
  'wins a dispute': 'dispute, won or lost',
  'loses a dispute': 'dispute, won or lost',
  'ships what is held': 'authorised, captured when shipped',
  'ships less than is held': 'authorised, captured when shipped',
  'voids what is paid': 'ended after payment or authorisation',
  'voids what is held': 'ended after payment or authorisation',
  'cancels what is held at Stripe': 'ended after payment or authorisation',
};

const returned = ({ refunds }: Payment): bigint =>
  refunds.reduce((sum, { amount, failureBalanceTransactionId: back }) => (back === null ? sum + amount : sum), 0n);

const memos = ({ creditMemos }: LedgerOrder): bigint =>
  creditMemos.reduce((sum, { amount, reversedBy }) => (reversedBy === null ? sum + amount : sum), 0n);

/** The end that a deed calls for, on every side of the order. @returns what is not so, or undefined */
export const unmet = (deed: Deed, { shop, payment, ledger }: Sides): string | undefined => {
  const { state } = shop;
  const [back, credited] = [returned(payment), memos(ledger)];
  const refunded = (all: boolean): string | undefined => {
    if (back === 0n || (all && back !== payment.received)) return `Stripe paid ${back} of ${payment.received} back`;
    return credited === back ? undefined : `Stripe paid ${back} back, credit memos are over ${credited}`;
  };
  const unpaid = (): string | undefined => {
    if (payment.status !== 'canceled') return `${payment.id} is ${payment.status} at Stripe`;
    return state === 'VOIDED' ? undefined : `it is ${String(state)} in the shop`;
  };
  switch (deed) {
    case 'refunds a part in the shop':
    case 'refunds a part at Stripe':
      return refunded(false);
    case 'refunds all in the shop':
    case 'refunds all at Stripe':
      return refunded(true) ?? (state === 'REFUNDED' ? undefined : `it is ${String(state)} in the shop`);
    case 'voids what is paid':
      return refunded(true) ?? (state === 'VOIDED' ? undefined : `it is ${String(state)} in the shop`);
    case 'wins a dispute':
    case 'loses a dispute': {
      const wanted = deed === 'wins a dispute' ? 'won' : 'lost';
      const found = payment.disputes.map(({ status }) => status).join();
      return found === wanted ? undefined : `Stripe's disputes are: ${found === '' ? 'none' : found}`;
    }
    case 'ships what is held':
    case 'ships less than is held': {
      if (payment.status !== 'succeeded') return `${payment.id} is ${payment.status} at Stripe`;
      if (payment.received !== shop.total - shop.giftCard)
        return `Stripe captured ${payment.received} of ${shop.total - shop.giftCard}`;
      return state === 'CAPTURED' ? undefined : `it is ${String(state)} in the shop`;
    }
    case 'voids what is held':
    case 'cancels what is held at Stripe':
      return unpaid();
  }
};

/** @param found what verify says, by order; it counts against the flow that the order went through */
export const merchantPlayed = async (
  done: readonly Done[],
  config: CliConfig,
  found: readonly Readonly<{ orderId: string | null; message: string }>[],
): Promise<readonly Played[]> => {
  const reader = await openShop(config);
  const books = readLedger(config.MILLRACE_LEDGER_DB);
  try {
    const orders = new Map(
      (await reader.orders()).flatMap((order) => ('unreadable' in order ? [] : [[order.orderId, order]])),
    );
    const { payments } = await openStripe(config).everything();
    const paid = new Map(payments.map((payment) => [payment.orderId, payment]));
    const judge = ({ order, deed }: Done): readonly string[] => {
      const orderId = String(order);
      const [shop, payment, ledger] = [orders.get(orderId), paid.get(orderId), books.order(orderId)];
      if (shop === undefined || payment === undefined || ledger === undefined)
        return [
          `order ${orderId} is missing in ${shop === undefined ? 'the shop' : payment === undefined ? 'Stripe' : 'the ledger'}`,
        ];
      const missed = unmet(deed, { shop, payment, ledger });
      return [
        ...(missed === undefined ? [] : [`order ${orderId}, ${deed}: ${missed}`]),
        ...found.flatMap((finding) => (finding.orderId === orderId ? [finding.message] : [])),
      ];
    };
    return [...Map.groupBy(done, ({ deed }) => flowOf[deed])].map(([name, deeds]) => {
      const judged = deeds.map(judge);
      return {
        name,
        started: deeds.length,
        completed: judged.filter((findings) => findings.length === 0).length,
        findings: judged.flat(),
      };
    });
  } finally {
    books.close();
    reader.close();
  }
};
