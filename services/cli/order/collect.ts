/** Everything that is written about one order, read from as few partitions as it can lie in. */
import type { CommandResult, OrdersValue } from '../../../schemas/generated/types.ts';
import type { AdnsfCommand, ErpCommand, Notification, StripeCommand } from '../../../schemas/topics.ts';
import { afterAction, letterId, needsPerson, untouched } from '../../dead-letters/letter.ts';
import { AD_HOC_CREDIT } from '../../order-stream/domain/shop.ts';
import type { Read } from '../kafka.ts';
import { shownMoney } from '../money.ts';
import type { Sides } from '../verify/collect.ts';
import type { Entry, Story } from './story.ts';

type Command = StripeCommand | AdnsfCommand | ErpCommand | Notification;

/** The way a cause takes: the shop or Stripe tells, a fact is made of it, something is decided. */
const RANK = { change: 0, webhook: 1, result: 2, fact: 3, image: 4, command: 5 } as const;

const place = ({ topic, partition, offset }: Read<unknown>): string => `${topic}-${partition}@${offset}`;

const entry = (record: Read<unknown>, system: Entry['system'], what: string, more: Partial<Entry> = {}): Entry => ({
  at: record.timestamp,
  system,
  place: place(record),
  what,
  commandId: null,
  causationId: null,
  rank: RANK.change,
  trouble: false,
  ...more,
});

type Scalar = string | number | bigint | boolean | Buffer | null;

const says = (value: Scalar): string => (value === null || value === '' ? 'none' : String(value));

/**
 * What an image changed that somebody would ask about. `before` is the image that was read before it: the one that
 * comes with the record lacks the long columns, as SQL Server's change tables do.
 */
const changeOf = (before: OrdersValue | null, after: OrdersValue | null): string | undefined => {
  if (after === null) return 'the order was deleted';
  if (before === null)
    return `the order was written: ${says(after.PaymentMethod)}, state ${says(after.TransactionState)}`;
  const watched: readonly (keyof OrdersValue)[] = [
    'TransactionState',
    'AuthorizationPNREF',
    'PaymentGateway',
    'InventoryWasReduced',
    'Email',
    'CustomerID',
    'ShippedOn',
    'ShippingTrackingNumber',
  ];
  const changed = watched.filter((column) => says(before[column]) !== says(after[column]));
  return changed.length === 0
    ? undefined
    : changed.map((column) => `${column} ${says(before[column])} → ${says(after[column])}`).join(', ');
};

const commandText = (command: Command): string => {
  const payload = command.payload as Readonly<Record<string, Scalar>>;
  const { currency } = payload;
  const amount = payload['amount'] ?? payload['total'] ?? payload['fee'];
  const money = typeof amount === 'bigint' && typeof currency === 'string' ? ` of ${shownMoney(amount, currency)}` : '';
  const code = 'code' in payload ? ` (${says(payload['declineCode'] ?? payload['code'] ?? null)})` : '';
  return `${command.type}${money}${code}`;
};

const resultText = (result: CommandResult): string => {
  const object =
    result.objectId === null
      ? ''
      : ` ${result.objectId}${result.objectStatus === null ? '' : ` ${result.objectStatus}`}`;
  const again = result.replayed ? ', answered from its idempotency record' : '';
  return result.status === 'succeeded'
    ? `${result.type} done:${object || ' nothing to show'}${again}`
    : `${result.type} ${result.status}: ${result.errorCode ?? 'no code'} ${result.errorMessage ?? ''}`;
};

const systemOf = (target: string): Entry['system'] => {
  switch (target) {
    case 'stripe':
    case 'adnsf':
    case 'erp':
      return target;
    default:
      return 'customer';
  }
};

const chronological = (left: Entry, right: Entry): number =>
  left.at < right.at ? -1 : left.at > right.at ? 1 : left.rank - right.rank;

/** Undefined when no side knows the order. */
export const collectStory = async (sides: Sides, orderId: string): Promise<Story | undefined> => {
  const { topics } = sides;
  const { schemas } = topics;
  const shop = /^\d+$/.test(orderId) ? await sides.shop.order(Number(orderId)) : undefined;
  const entries: Entry[] = [];
  const objects = new Set<string>();
  let customerId = shop?.customerId;

  for await (const record of topics.read(schemas.topic('assembledOrders'), orderId)) {
    if (record.value === null) continue;
    const { lines, total, currency, state, customer, transactionType } = record.value;
    customerId ??= customer.customerId;
    const kind = transactionType === AD_HOC_CREDIT ? 'a credit' : 'assembled';
    entries.push(
      entry(record, 'stream', `${kind}: ${lines.length} lines, ${shownMoney(total, currency)}, ${says(state)}`, {
        rank: RANK.image,
      }),
    );
  }
  for (const key of ['stripeCommands', 'adnsfCommands', 'erpCommands', 'notifications'] as const)
    for await (const record of topics.read<Command>(schemas.topic(key), orderId)) {
      if (record.value === null) continue;
      const { commandId, causationId, target } = record.value;
      entries.push(entry(record, systemOf(target), `→ ${commandText(record.value)}`, { commandId, causationId }));
    }
  for (const key of ['stripeResults', 'adnsfResults', 'notificationResults'] as const)
    for await (const record of topics.read(schemas.topic(key), orderId)) {
      if (record.value === null) continue;
      const { commandId, target, objectId, status, type } = record.value;
      if (objectId !== null && type === 'CreatePaymentIntent') objects.add(objectId);
      entries.push(
        entry(record, systemOf(target), `← ${resultText(record.value)}`, {
          commandId,
          rank: RANK.result,
          trouble: status !== 'succeeded',
        }),
      );
    }
  for await (const record of topics.read(schemas.topic('orderPayments'), orderId)) {
    if (record.value === null) continue;
    const { kind, objectId, amount, currency, factId, declineCode, failureCode, paymentIntentId, chargeId } =
      record.value;
    for (const id of [objectId, paymentIntentId, chargeId]) if (id !== null) objects.add(id);
    const why = declineCode ?? failureCode;
    const text = `${kind} ${objectId} ${shownMoney(amount, currency)}${why === null ? '' : ` (${why})`}`;
    entries.push(entry(record, 'stripe', text, { causationId: factId, rank: RANK.fact }));
  }
  for (const key of ['orderReturns', 'adnsfReturns'] as const)
    for await (const record of topics.read(schemas.topic(key), orderId)) {
      if (record.value === null) continue;
      const { returnId, rmaNumber, state, amount, currency, lines, reference, factId } = record.value;
      const units = lines.reduce((sum, { quantity }) => sum + quantity, 0);
      const money = amount === null ? '' : `, ${shownMoney(amount, currency)} to pay back`;
      const by = reference === null ? '' : ` (${reference})`;
      const told = `return ${returnId} (${rmaNumber}): ${units} units ${state}${money}${by}`;
      entries.push(entry(record, 'stream', told, { causationId: factId, rank: RANK.image }));
    }
  if (shop?.order.reference?.startsWith('pi_') === true) objects.add(shop.order.reference);
  for (const key of [orderId, ...objects])
    for await (const record of topics.read(schemas.topic('stripeEvents'), key))
      if (record.value !== null)
        entries.push(
          entry(record, 'stripe', `webhook ${record.value.type} ${record.value.id}`, { rank: RANK.webhook }),
        );

  let quietImages = 0;
  if (customerId !== undefined) {
    let last: OrdersValue | null = null;
    for await (const record of topics.read(schemas.topic('orders'), String(customerId))) {
      const image = record.value?.after ?? record.value?.before;
      if (record.value === null || String(image?.OrderNumber) !== orderId) continue;
      const what = changeOf(last, record.value.after);
      last = record.value.after;
      if (what === undefined) quietImages += 1;
      else entries.push(entry(record, 'adnsf', what));
    }
    let lines = 0;
    for await (const record of topics.read(schemas.topic('orderLines'), String(customerId))) {
      const { value } = record;
      if (value === null || String((value.after ?? value.before)?.OrderNumber) !== orderId) continue;
      if (value.before === null) {
        lines += 1;
        const { OrderedProductSKU: sku, Quantity: quantity } = value.after ?? {};
        entries.push(entry(record, 'adnsf', `line ${lines}: ${says(quantity ?? null)} × ${says(sku ?? null)}`));
      } else quietImages += 1;
    }
  }
  for (const key of new Set([orderId, ...(customerId === undefined ? [] : [String(customerId)]), ...objects]))
    for await (const record of topics.read(schemas.topic('deadLetters'), key)) {
      const letter = record.value;
      // A customer's dead letters may be about another order of theirs.
      if (letter === null || (key !== orderId && !objects.has(key) && !letter.message.includes(orderId))) continue;
      const from = `${letter.sourceTopic}-${letter.sourcePartition}@${letter.sourceOffset}`;
      const id = letterId(record);
      let standing = untouched;
      for await (const { value: action } of topics.read(schemas.topic('deadLetterActions')))
        if (action?.letter === id) standing = afterAction(standing, action);
      const last = standing.actions.at(-1);
      const then = last === undefined ? '' : `; ${standing.state} by ${last.by}: ${last.reason}`;
      entries.push(
        entry(record, 'stream', `DEAD LETTER ${letter.code}: ${letter.message} (from ${from})${then}`, {
          rank: RANK.command,
          trouble: needsPerson(standing),
        }),
      );
    }

  const paymentIntentId = [...objects].find((id) => id.startsWith('pi_'));
  const story: Story = {
    orderId,
    shop,
    entries: entries.toSorted(chronological),
    quietImages,
    payment: paymentIntentId === undefined ? undefined : await sides.stripe.story(paymentIntentId),
    ledger: sides.ledger.order(orderId),
  };
  return shop === undefined && entries.length === 0 && story.ledger.length === 0 ? undefined : story;
};
