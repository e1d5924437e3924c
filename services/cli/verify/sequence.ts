/** Whether things happened in the order in which they must, as far as one partition can tell. */
import { explainedBy } from '../replay/audit.ts';
import { topics } from '../../../schemas/topics.ts';
import type { Facts, SeenChange, SeenCommand } from './facts.ts';
import type { Finding } from './judge.ts';

/** What must have been sent before, in the same topic: a later step on its own would act on nothing. */
const before: Readonly<Record<string, readonly string[]>> = {
  CreatePaymentIntent: ['EnsureCustomer'],
  RecordPaymentDecline: ['LinkPayment'],
  CreateSalesOrder: ['UpsertCustomer'],
  DecrementInventory: ['CreateSalesOrder'],
  RecordPayment: ['CreateSalesOrder'],
  RecordProcessingFee: ['RecordPayment'],
  IssueCreditMemo: ['RecordPayment'],
  ReverseCreditMemo: ['IssueCreditMemo'],
  ReverseRefund: ['RecordRefund'],
  OpenDispute: ['RecordPayment'],
  BookDisputeMovement: ['OpenDispute'],
  CloseDispute: ['OpenDispute'],
  ReversePayoutJournal: ['PostPayoutJournal'],
  RecordReturn: ['CreateSalesOrder'],
  ReceiveReturn: ['RecordReturn'],
  ReverseReturnRefund: ['RecordReturnRefunded'],
};

/** And of an invoice. */
const beforeOfInvoice: Readonly<Record<string, readonly string[]>> = {
  ScheduleRevenue: ['PostInvoice'],
  RecordFailedCollection: ['PostInvoice'],
  RecordInvoicePayment: ['PostInvoice'],
  VoidInvoice: ['PostInvoice'],
  WriteOffInvoice: ['PostInvoice'],
  ReverseWriteOff: ['WriteOffInvoice'],
  IssueCreditMemo: ['RecordInvoicePayment'],
  ReverseCreditMemo: ['IssueCreditMemo'],
};

const isOfInvoice = (orderId: string): boolean => orderId.startsWith('invoice:');

/** The same for orders that the product collects: of others Stripe's part is not ours, and nobody marks them as paid. */
const beforeWhenCollected: Readonly<Record<string, readonly string[]>> = {
  FetchBalanceTransaction: ['CreatePaymentIntent'],
  MarkOrderAuthorized: ['LinkPayment'],
  MarkOrderPaid: ['LinkPayment'],
  CapturePaymentIntent: ['CreatePaymentIntent'],
  CancelPaymentIntent: ['CreatePaymentIntent'],
  VoidOrder: ['LinkPayment'],
  RecordRefund: ['MarkOrderPaid'],
  RecordDispute: ['MarkOrderPaid'],
  CreateRefund: ['CreatePaymentIntent'],
};

const byOffset = (left: SeenCommand, right: SeenCommand): number =>
  left.offset < right.offset ? -1 : left.offset > right.offset ? 1 : 0;

const at = ({ topic, partition, offset }: SeenCommand | SeenChange): string => `${topic}-${partition}@${offset}`;

const lifecycleFindings = (facts: Facts): Finding[] => {
  const found: Finding[] = [];
  const having = (type: string): ReadonlySet<string> =>
    new Set(facts.commands.filter((command) => command.type === type).map(({ orderId }) => orderId));
  const collected = having('LinkPayment');
  const authorised = having('MarkOrderAuthorized');
  for (const [, commands] of Map.groupBy(facts.commands, ({ topic, orderId }) => `${topic} ${orderId}`)) {
    const partitions = new Set(commands.map(({ partition }) => partition));
    const { orderId, topic } = commands[0]!;
    if (partitions.size > 1)
      found.push({
        kind: 'reordered',
        orderId,
        message: `its commands lie in ${partitions.size} partitions of ${topic}`,
      });
    const sent = new Set<string>();
    for (const command of commands.toSorted(byOffset)) {
      const needed = [
        ...((isOfInvoice(orderId) ? beforeOfInvoice : before)[command.type] ?? []),
        ...(collected.has(orderId) ? (beforeWhenCollected[command.type] ?? []) : []),
        // What is captured when it is shipped is sold after that.
        ...(command.type === 'RequestShippingLabel' && !authorised.has(orderId) ? ['CreateSalesOrder'] : []),
      ];
      for (const type of needed)
        if (!sent.has(type))
          found.push({
            kind: 'reordered',
            orderId,
            message: `${command.commandId} (${at(command)}) was sent before ${type}`,
          });
      sent.add(command.type);
    }
  }
  return found;
};

/** A command about money that moved must name an event that told of it. */
const causeFindings = (facts: Facts): Finding[] => {
  // One event may tell several facts.
  const told = Map.groupBy(facts.facts, (fact) => `${fact.orderId} ${fact.factId}`);
  const ofInvoices: Readonly<Record<string, string>> = {
    PostInvoice: 'invoice.',
    ScheduleRevenue: 'invoice.',
    RecordFailedCollection: 'invoice.',
    NotifyCustomer: 'invoice.',
    VoidInvoice: 'invoice.void',
    WriteOffInvoice: 'invoice.uncollectible',
    RecordInvoicePayment: 'invoice_payment.paid',
    IssueCreditMemo: 'refund.',
    ReverseCreditMemo: 'refund.',
  };
  const ofOrders: Readonly<Record<string, string>> = {
    RecordSubscription: 'subscription.',
    MarkOrderAuthorized: 'payment.authorized',
    VoidOrder: 'payment.canceled',
    MarkOrderPaid: 'payment.succeeded',
    RecordPayment: 'payment.succeeded',
    RecordPaymentDecline: 'payment.failed',
    NotifyCustomer: 'payment.failed',
    RecordRefund: 'refund.',
    RecordReturnRefunded: 'refund.',
    ReverseReturnRefund: 'refund.',
    ReverseRefund: 'refund.',
    IssueCreditMemo: 'refund.',
    ReverseCreditMemo: 'refund.',
    RecordDispute: 'dispute.',
    OpenDispute: 'dispute.',
    BookDisputeMovement: 'dispute.',
    CloseDispute: 'dispute.',
  };
  return facts.commands.flatMap((command): Finding[] => {
    const kind = command.commandId.includes('/notify-return-refunded/')
      ? 'refund.'
      : (isOfInvoice(command.orderId) ? ofInvoices : ofOrders)[command.type];
    if (kind === undefined || !command.causationId.startsWith('evt_')) return [];
    const { orderId, commandId, causationId } = command;
    const causes = told.get(`${orderId} ${causationId}`)?.map((fact) => fact.kind) ?? [];
    const isCause = causes.some((cause) => (kind.endsWith('.') ? cause.startsWith(kind) : cause === kind));
    if (isCause && facts.events.has(causationId)) return [];
    const why = causes.length === 0 ? 'which no topic of facts has' : `which told of ${causes.join(', ')}`;
    return [
      {
        kind: 'reordered',
        orderId,
        message: `${commandId} was caused by ${causationId}, ${isCause ? 'which stripe.events does not have' : why}`,
      },
    ];
  });
};

/** One partition of a captured table holds its changes in the order of the log, each once. */
const changeFindings = (facts: Facts): Finding[] => {
  const found: Finding[] = [];
  const seen = new Map<string, SeenChange>();
  const last = new Map<string, SeenChange>();
  for (const change of facts.changes) {
    const id = `${change.topic} ${change.commit} ${change.change} ${change.serial} ${change.op}`;
    const twin = seen.get(id);
    if (twin)
      found.push({ kind: 'doubled', orderId: null, message: `the change at ${at(twin)} is at ${at(change)} again` });
    else seen.set(id, change);
    const partition = `${change.topic}-${change.partition}`;
    const previous = last.get(partition);
    if (previous && `${previous.commit} ${previous.change}` > `${change.commit} ${change.change}`)
      found.push({
        kind: 'reordered',
        orderId: null,
        message: `${at(change)} is older in the shop's log than ${at(previous)}`,
      });
    last.set(partition, change);
  }
  return found;
};

/**
 * The same image of an order, twice in a row, and no replay has said it again. Of snapshots that is nothing: they say
 * what there is whenever they are asked for.
 */
const imageFindings = (facts: Facts): Finding[] => {
  const found: Finding[] = [];
  const explain = explainedBy(facts.replays);
  const last = new Map<string, Readonly<{ text: string; offset: bigint }>>();
  for (const { orderId, text, topic, partition, offset } of facts.images) {
    if (topic === topics.adnsfSnapshots.name) continue;
    const previous = last.get(orderId);
    if (previous?.text === text && !explain(topic, partition, previous.offset, offset))
      found.push({ kind: 'doubled', orderId, message: `${topic}-${partition}@${offset} repeats what was said before` });
    last.set(orderId, { text, offset });
  }
  return found;
};

export const sequenceFindings = (facts: Facts): Finding[] => [
  ...lifecycleFindings(facts),
  ...causeFindings(facts),
  ...changeFindings(facts),
  ...imageFindings(facts),
];
