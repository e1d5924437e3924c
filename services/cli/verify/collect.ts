/** Asks all sides. What comes back is compact: a few hundred bytes a record. */
import { createHash } from 'node:crypto';
import type { CommandResult } from '../../../schemas/generated/types.ts';
import type { AdnsfCommand, ErpCommand, Notification, StripeCommand } from '../../../schemas/topics.ts';
import { afterAction, letterId, needsPerson, type Standing, untouched } from '../../dead-letters/letter.ts';
import { readReplays } from '../replay/audit.ts';
import { ORDER_STREAM } from '../../order-stream/topology.ts';
import type { Read, Topics } from '../kafka.ts';
import type { LedgerReader } from '../ledger.ts';
import type { ShopReader } from '../shop.ts';
import type { StripeReader } from '../stripe.ts';
import type { Facts, SeenChange, SeenCommand, SeenResult, ShopOrder, UnreadableOrder } from './facts.ts';

export type Sides = Readonly<{ topics: Topics; shop: ShopReader; stripe: StripeReader; ledger: LedgerReader }>;

type Command = StripeCommand | AdnsfCommand | ErpCommand | Notification;

const place = ({
  topic,
  partition,
  offset,
}: Read<unknown>): Readonly<{ topic: string; partition: number; offset: bigint }> => ({
  topic,
  partition,
  offset,
});

/** The bigints of a payload by name, and what it says of currency and PaymentIntent. */
const moneyIn = (
  payload: Readonly<Record<string, unknown>>,
): Pick<SeenCommand, 'amounts' | 'currency' | 'reference'> => {
  const text = (name: string): string | null => {
    const value = payload[name];
    return typeof value === 'string' ? value : null;
  };
  const amounts = ['amount', 'subtotal', 'tax', 'shipping', 'total', 'gross', 'fee', 'net'].flatMap((name) => {
    const value = payload[name];
    return typeof value === 'bigint' ? [[name, value] as const] : [];
  });
  return {
    amounts: Object.fromEntries(amounts),
    currency: text('currency')?.toUpperCase() ?? null,
    reference: text('paymentIntentId'),
  };
};

const seenCommand = (record: Read<Command>, command: Command): SeenCommand => ({
  ...place(record),
  commandId: command.commandId,
  orderId: command.orderId,
  type: command.type,
  target: command.target,
  causationId: command.causationId,
  digest: createHash('sha256').update(json(command)).digest('base64'),
  ...moneyIn(command.payload),
});

const seenResult = (record: Read<CommandResult>, result: CommandResult): SeenResult => ({
  ...place(record),
  commandId: result.commandId,
  orderId: result.orderId,
  type: result.type,
  status: result.status,
  ...(record.repair === undefined ? {} : { repair: record.repair }),
  objectId: result.objectId,
  error: result.errorCode === null ? null : `${result.errorCode}: ${result.errorMessage ?? ''}`,
});

/**
 * A redriven record is no second command or result but what the first one says by now: it stands in the first one's
 * place. So does one that is told again to repair what the first one had done. Of an undecodable first one there is
 * nothing: it is the first then.
 */
const saidAgain = <S extends SeenCommand | SeenResult>(seen: S[], record: Read<unknown>, said: S): void => {
  const first =
    record.redriven === undefined && record.repair === undefined
      ? -1
      : seen.findIndex((other) => other.commandId === said.commandId && other.topic === said.topic);
  if (first < 0) seen.push(said);
  else {
    const { offset, partition } = seen[first]!;
    seen[first] = { ...said, offset, partition, latest: place(record) };
  }
};

const isUnreadable = (order: ShopOrder | UnreadableOrder): order is UnreadableOrder => 'unreadable' in order;

const json = (value: unknown): string =>
  JSON.stringify(value, (_name, part: unknown) => (typeof part === 'bigint' ? String(part) : part));

/** `unroutedBefore`: facts without an order that are younger may still find it, and are left out. Epoch milliseconds. */
export const collectFacts = async (
  sides: Sides,
  stripeMethods: readonly string[],
  unroutedBefore?: bigint,
): Promise<Facts> => {
  const { topics, shop, stripe, ledger } = sides;
  const { schemas } = topics;
  const undecodable: Facts['deadLetters'][number][] = [];
  /** Values of a topic; what cannot be read is a finding of its own. */
  async function* values<V>(
    topic: Parameters<Topics['read']>[0] & { value: { decode(bytes: Buffer): V } },
  ): AsyncGenerator<[Read<V>, V]> {
    for await (const record of topics.read<V>(topic)) {
      if (record.broken !== undefined)
        undecodable.push({ ...place(record), code: 'undecodable', message: record.broken });
      else if (record.value !== null) yield [record, record.value];
    }
  }

  // Causes first, effects after: what was caused by then has had the longest time to take effect.
  const inShop = await shop.orders();
  const returns = await shop.returns();
  const shoppers = await shop.people();
  const commands: SeenCommand[] = [];
  for (const key of ['stripeCommands', 'adnsfCommands', 'erpCommands', 'notifications'] as const)
    for await (const [record, command] of values<Command>(schemas.topic(key)))
      saidAgain(commands, record, seenCommand(record, command));

  const images: Facts['images'][number][] = [];
  for (const key of ['assembledOrders', 'adnsfSnapshots'] as const)
    for await (const [record, { orderId, total, giftCard, currency, ...rest }] of values(schemas.topic(key)))
      images.push({
        ...place(record),
        orderId,
        total,
        giftCard,
        currency,
        text: json({ total, giftCard, currency, ...rest }),
      });

  const facts: Facts['facts'][number][] = [];
  for await (const [record, { factId, orderId, kind }] of values(schemas.topic('orderPayments')))
    facts.push({ ...place(record), factId, orderId, kind });
  for await (const [record, { factId, kind }] of values(schemas.topic('billingFacts')))
    facts.push({ ...place(record), factId, orderId: record.key ?? '', kind });

  const events = new Set<string>();
  for await (const [, event] of values(schemas.topic('stripeEvents'))) events.add(event.id);

  const changes: SeenChange[] = [];
  for (const key of ['orders', 'customers', 'addresses', 'carts', 'orderLines', 'returns'] as const)
    for await (const [record, { source, op }] of values(schemas.topic(key)))
      // A snapshot has no places of its own: all its rows are as of one moment.
      // A redriven change is told again by a person, not by the shop.
      if (op !== 'r' && record.redriven === undefined)
        changes.push({
          ...place(record),
          commit: source.commit_lsn ?? '',
          change: source.change_lsn ?? '',
          serial: source.event_serial_no ?? 0n,
          op,
        });

  const results: SeenResult[] = [];
  for (const key of ['stripeResults', 'adnsfResults', 'notificationResults'] as const)
    for await (const [record, result] of values(schemas.topic(key)))
      saidAgain(results, record, seenResult(record, result));

  const atStripe = await stripe.everything();
  const customers = await stripe.people();
  const books = ledger.everything();
  const people = { ...shoppers, customers, ...ledger.people() };

  const standings = new Map<string, Standing>();
  for await (const [, action] of values(schemas.topic('deadLetterActions')))
    standings.set(action.letter, afterAction(standings.get(action.letter) ?? untouched, { ...action, value: null }));
  const deadLetters: Facts['deadLetters'][number][] = [];
  /** Where the originals of letters lie: what becomes of those is decided at the letter. */
  const originals = new Set<string>();
  for await (const [record, letter] of values(schemas.topic('deadLetters'))) {
    originals.add(`${letter.sourceTopic}-${letter.sourcePartition}@${letter.sourceOffset}`);
    // What came of a redriven letter is judged like everything else, and of a discarded one nothing shall come.
    if (needsPerson(standings.get(letterId(record)) ?? untouched))
      deadLetters.push({
        ...place(record),
        code: letter.code,
        source: { topic: letter.sourceTopic, partition: letter.sourcePartition, offset: letter.sourceOffset },
        message: `${letter.message} (${letter.stage}: ${letter.sourceTopic}-${letter.sourcePartition}@${letter.sourceOffset})`,
      });
  }

  const unrouted = new Map<string, Facts['unrouted']>();
  const { value } = schemas.store(ORDER_STREAM, 'unrouted');
  for await (const record of topics.read({ name: `${ORDER_STREAM}-unrouted-changelog`, value }))
    if (record.key !== null)
      unrouted.set(
        record.key,
        (record.value?.facts ?? []).flatMap(({ objectId, kind, amount, currency, occurredAt: at }) =>
          unroutedBefore === undefined || at <= unroutedBefore ? [{ objectId, kind, amount, currency, at }] : [],
        ),
      );

  return {
    stripeMethods,
    shop: inShop.filter((order): order is ShopOrder => !isUnreadable(order)),
    unreadable: inShop.filter(isUnreadable),
    returns,
    payments: atStripe.payments,
    invoices: atStripe.invoices,
    subscriptions: atStripe.subscriptions,
    stripeNet: atStripe.net,
    stripeOpen: atStripe.open,
    stripeBalance: atStripe.balance,
    payouts: atStripe.payouts,
    commands,
    results,
    images,
    changes,
    facts,
    events,
    ledger: books,
    people,
    deadLetters: [
      ...deadLetters,
      ...undecodable.filter(({ topic, partition, offset }) => !originals.has(`${topic}-${partition}@${offset}`)),
    ],
    replays: await readReplays(topics),
    unrouted: [...unrouted.values()].flat(),
  };
};
