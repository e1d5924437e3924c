/** One order as all sides tell it: plain data that can be printed or sent on. Amounts are minor units. */
import type { PaymentStory } from '../stripe-story.ts';
import type { LedgerEntry } from '../ledger.ts';
import type { ShopRow } from '../shop.ts';

export type Entry = Readonly<{
  /** Epoch milliseconds of the record in Kafka: the order in which things were written down. */
  at: bigint;
  system: 'adnsf' | 'stripe' | 'erp' | 'customer' | 'stream';
  /** Topic-partition@offset. */
  place: string;
  what: string;
  commandId: string | null;
  causationId: string | null;
  /** What comes first of what was written down in one millisecond: causes before effects. */
  rank: number;
  /** Worth a second look. */
  trouble: boolean;
}>;

export type Story = Readonly<{
  orderId: string;
  shop: ShopRow | undefined;
  entries: readonly Entry[];
  /** Row images of the order that change nothing of meaning. */
  quietImages: number;
  payment: PaymentStory | undefined;
  ledger: readonly LedgerEntry[];
}>;
