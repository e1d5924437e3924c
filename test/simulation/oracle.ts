/** Judges a schedule once it has come to rest: everything that must be, is, once; and nothing else is. */
import { isDeepStrictEqual } from 'node:util';
import type { CommandResult } from '../../schemas/generated/types.ts';
import type { Schemas } from '../../schemas/serde.ts';
import { topics } from '../../schemas/topics.ts';
import { ORDER_STREAM, orderTopology } from '../../services/order-stream/topology.ts';
import { isName } from '../../services/runtime/changelog-name.ts';
import { decodeHistory, type History } from '../../services/runtime/history.ts';
import type { MemoryBroker } from '../../services/runtime/memory/broker.ts';
import type { ConsumedRecord } from '../../services/runtime/ports.ts';
import type { StoreBackend } from '../../services/runtime/store.ts';
import { groupId } from '../../services/runtime/topics.ts';
import type { DeadLetter, Topic } from '../../services/runtime/topology.ts';
import { expectedCommands, expectedOfPayout, expectedState, mustFollow, type Expected } from './expectation.ts';
import { type Machines, policy, workflows } from './machines.ts';
import type { PoisonLetter } from './poison.ts';
import { openValueTable } from './serde.ts';
import { emailOf, type Shopper } from './shopper.ts';
import type { CustomerRecord, SimulatedShop } from './shop.ts';
import type { SimulatedStripe } from './stripe.ts';

export type Evidence = Readonly<{
  broker: MemoryBroker;
  schemas: Schemas;
  machines: Machines;
  stripe: SimulatedStripe;
  shop: SimulatedShop;
  shoppers: readonly Shopper[];
  poison: readonly PoisonLetter[];
  /** Whether compaction has dropped tombstones. */
  forgotten: boolean;
}>;

type Seen = Readonly<{ commandId: string; orderId: string; causationId: string }>;

const show = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? `${each}n` : each));

const readAll = <V>(broker: MemoryBroker, topic: Topic<V>): { value: V; partition: number; key: string }[] =>
  Array.from({ length: broker.partitionCount(topic.name) ?? 0 }, (_, partition) =>
    broker
      .log({ topic: topic.name, partition })
      .read(0n, Infinity)
      .records.flatMap(({ key, value }) => {
        if (value === null) return [];
        try {
          return [{ value: topic.value.decode(value), partition, key: key?.toString() ?? '' }];
        } catch {
          return [];
        }
      }),
  ).flat();

const checkCommands = (evidence: Evidence, say: (what: string) => void): void => {
  const { broker, schemas, stripe, shoppers } = evidence;
  const wanted = new Map<string, Expected>();
  for (const { order, completed } of shoppers) {
    const intent = stripe.intents.find(({ metadata }) => metadata['order_id'] === String(order.orderNumber));
    const facts = {
      completed,
      customer: stripe.customers.find(({ email }) => email === emailOf(order).toLowerCase())?.id,
      intent: intent && { id: intent.id, createdAt: BigInt(intent.created) * 1000n },
      payments: stripe.payments.get(order.orderNumber) ?? [],
    };
    for (const each of expectedCommands(order, facts)) wanted.set(each.commandId, each);
  }
  for (const payout of stripe.payouts) for (const each of expectedOfPayout(payout)) wanted.set(each.commandId, each);
  const seen = new Set<string>();
  const results = new Map<string, CommandResult[]>();
  for (const key of ['stripeResults', 'adnsfResults'] as const)
    for (const { value } of readAll(broker, schemas.topic(key)))
      results.set(value.commandId, [...(results.get(value.commandId) ?? []), value]);
  const answered = (commandId: string): void => {
    const found = results.get(commandId) ?? [];
    if (found.length !== 1) say(`${commandId} has ${found.length} results`);
    for (const { status, errorCode } of found)
      if (status !== 'succeeded') say(`${commandId} was refused: ${errorCode ?? ''}`);
  };
  for (const key of ['stripeCommands', 'adnsfCommands', 'erpCommands', 'notifications'] as const) {
    const before = new Map<string, Set<string>>();
    for (const { value, key: recordKey } of readAll<Seen>(broker, schemas.topic(key))) {
      const { causationId, ...command } = value as Seen & { occurredAt?: bigint };
      const { commandId, orderId } = command;
      const expected = wanted.get(commandId);
      if (recordKey !== orderId) say(`${commandId} lies under key ${recordKey}`);
      if (seen.has(commandId)) say(`${commandId} was sent twice`);
      seen.add(commandId);
      if (expected === undefined) {
        // What people's changes call for depends on when they were heard; what it comes to is judged in the end.
        if (!orderId.startsWith('customer:')) say(`${commandId} was sent and should not have been`);
        else if (key === 'stripeCommands' || key === 'adnsfCommands') answered(commandId);
        continue;
      }
      // A balance fact may come under several events, at several times.
      if (!('occurredAt' in expected.command)) delete command.occurredAt;
      if (expected.topic !== key) say(`${commandId} was sent to ${key}`);
      if (!isDeepStrictEqual(command, expected.command))
        say(`${commandId} is ${show(command)} and should be ${show(expected.command)}`);
      if (expected.causes.length > 0 && !expected.causes.includes(causationId))
        say(`${commandId} came of ${causationId}, not of ${expected.causes.join(' or ')}`);
      const intentName = commandId.split('/')[1] ?? '';
      const done = before.get(orderId) ?? new Set();
      before.set(orderId, done.add(intentName));
      for (const [later, earlier] of mustFollow)
        if (later === intentName && wanted.get(`${orderId}/${earlier}/1`)?.topic === key && !done.has(earlier))
          say(`${commandId} came before ${earlier}`);
      if (key === 'stripeCommands' || key === 'adnsfCommands') answered(commandId);
    }
  }
  for (const commandId of wanted.keys()) if (!seen.has(commandId)) say(`${commandId} was never sent`);
  for (const commandId of results.keys()) if (!seen.has(commandId)) say(`a result without a command: ${commandId}`);
};

const checkStripe = ({ stripe, shoppers }: Evidence, say: (what: string) => void): void => {
  const people = new Map<string, number>();
  for (const { email } of stripe.customers) people.set(email, (people.get(email) ?? 0) + 1);
  for (const [email, count] of people) if (count > 1) say(`${email} is ${count} customers at Stripe`);
  for (const { order, completed } of shoppers) {
    const orderId = String(order.orderNumber);
    const intents = stripe.intents.filter(({ metadata }) => metadata['order_id'] === orderId);
    const due = order.total - order.giftCard;
    const wanted = completed !== undefined && order.kind === 'stripe' && due > 0 ? 1 : 0;
    if (intents.length !== wanted)
      say(`order ${orderId} has ${intents.length} PaymentIntents, and should have ${wanted}`);
    for (const { amount, id } of intents) if (amount !== due) say(`${id} is of ${amount} and should be of ${due}`);
    if (wanted === 1 && (stripe.payments.get(order.orderNumber)?.length ?? 0) !== order.attempts.length)
      say(`order ${orderId}: the shopper could not pay`);
  }
};

/** The account that speaks for each person, by the customer key. */
const accountsOf = (shop: SimulatedShop): ReadonlyMap<string, CustomerRecord> => {
  const accounts = new Map<string, CustomerRecord>();
  for (const row of [...shop.customers.values()].toSorted((left, right) => right.CustomerID - left.CustomerID))
    if (row.Email !== '' && row.IsRegistered === 1) accounts.set(row.Email.toLowerCase(), row);
  return accounts;
};

/** People are the same in the shop and at Stripe. */
const checkPeople = ({ shop, stripe }: Evidence, say: (what: string) => void): void => {
  const accounts = accountsOf(shop);
  for (const customer of stripe.customers) {
    const key = customer.metadata['customer_key'];
    if (key === undefined) continue;
    const account = accounts.get(key);
    if (account === undefined) {
      say(`${customer.id} (${key}) is nobody in the shop`);
      continue;
    }
    const name = [account.FirstName, account.LastName].filter((part) => part !== null).join(' ') || null;
    if (customer.name !== name) say(`${customer.id} is ${show(customer.name)} at Stripe and ${show(name)} in the shop`);
    if (customer.phone !== account.Phone)
      say(`${customer.id} has phone ${show(customer.phone)} at Stripe and ${show(account.Phone)} in the shop`);
  }
};

const checkShop = ({ shop, stripe, shoppers }: Evidence, say: (what: string) => void): void => {
  for (const { order } of shoppers) {
    const row = shop.orders.get(order.orderNumber);
    const wanted = expectedState(order);
    if (row?.TransactionState !== wanted)
      say(`order ${order.orderNumber} is ${row?.TransactionState ?? 'not there'} in the shop and should be ${wanted}`);
    const intent = stripe.intents.find(({ metadata }) => metadata['order_id'] === String(order.orderNumber));
    if (intent !== undefined && row?.AuthorizationPNREF !== intent.id)
      say(`order ${order.orderNumber} is linked to ${row?.AuthorizationPNREF ?? 'nothing'}`);
    const notes = shop.notes.get(order.orderNumber) ?? [];
    if (new Set(notes).size !== notes.length) say(`order ${order.orderNumber} has the same note twice`);
    const declines = order.attempts.filter((attempt) => attempt === 'declined').length;
    if (!order.attempts.includes('succeeds') && notes.length !== declines)
      say(`order ${order.orderNumber} has ${notes.length} notes of ${declines} declines`);
    if (notes.length > declines) say(`order ${order.orderNumber} has more notes than declines`);
  }
};

const checkLetters = ({ broker, schemas, poison, shoppers }: Evidence, say: (what: string) => void): void => {
  // Each group that reads a topic tells of what it cannot read in it. Of results [routing] reads those of payouts only.
  const results = schemas.topic('stripeResults').name;
  const readers = (topic: string): number =>
    groupInputs.filter(
      ([group, inputs]) => inputs.includes(topic) && !(topic === results && group.endsWith('-routing')),
    ).length;
  const wanted = poison.flatMap(({ code, topic, offset, partition }) =>
    Array.from({ length: Math.max(1, readers(topic)) }, () => `${code} ${topic}/${partition}@${offset}`),
  );
  const nameless = shoppers.filter(({ order, completed }) => order.kind === 'nameless' && completed !== undefined);
  for (const { order } of nameless) wanted.push(`missing_email ${order.orderNumber}`);
  const letters = readAll<DeadLetter>(broker, schemas.topic('deadLetters'));
  for (const { value: letter } of letters) {
    // Whether two people changed one thing without knowing of each other is up to the schedule.
    if (letter.code === 'customer_conflict') continue;
    const about =
      letter.code === 'missing_email'
        ? `missing_email ${/order (\d+)/.exec(letter.message)?.[1] ?? '?'}`
        : `${letter.code} ${letter.sourceTopic}/${letter.sourcePartition}@${letter.sourceOffset}`;
    const index = wanted.indexOf(about);
    if (index < 0) say(`a dead letter too many: ${about}: ${letter.message}`);
    else wanted.splice(index, 1);
  }
  for (const about of wanted) say(`a dead letter is missing: ${about}`);
};

/** What was sent to the ERP is in its books, once. */
const checkLedger = ({ broker, schemas, machines }: Evidence, say: (what: string) => void): void => {
  const { ledger, booked } = machines.ledger;
  if (ledger === undefined) return;
  const topic = schemas.topic('erpCommands');
  const sent = readAll(broker, topic as unknown as Topic<Seen>).length;
  if (booked.applied !== sent) say(`the ledger booked ${booked.applied} of ${sent} commands`);
  if (booked.repeated > 0) say(`the ledger was given ${booked.repeated} commands again`);
  if (booked.conflicts > 0) say(`the ledger put ${booked.conflicts} commands aside`);
  for (let partition = 0; partition < (broker.partitionCount(topic.name) ?? 0); partition++) {
    const source = { topic: topic.name, partition };
    const at = ledger.position(source) ?? 0n;
    if (at !== broker.log(source).stable) say(`the ledger is at ${at} of ${broker.log(source).stable}`);
  }
};

/** Everything was read, nothing is left open, and disks hold what changelogs say. */
const checkRest = (evidence: Evidence, say: (what: string) => void): void => {
  const { broker, machines } = evidence;
  for (const topic of broker.topics())
    for (let partition = 0; partition < (broker.partitionCount(topic) ?? 0); partition++) {
      const log = broker.log({ topic, partition });
      if (log.stable !== log.high) say(`a transaction is still open on ${topic}/${partition}`);
    }
  for (const [group, inputs] of groupInputs)
    for (const topic of inputs)
      for (let partition = 0; partition < (broker.partitionCount(topic) ?? 0); partition++) {
        const source = { topic, partition };
        const { stable, start } = broker.log(source);
        const at = broker.committed(group, source) ?? start;
        if (at !== stable) say(`${group} is at ${at} of ${stable} of ${source.topic}/${partition}`);
      }
  for (const machine of machines.of('stream')) {
    if (machine.up)
      for (const { stage, tasks } of machine.application?.status?.() ?? [])
        for (const { partition, state } of tasks)
          if (state !== 'RUNNING') say(`${stage}-${partition} on ${machine.name} is ${state}`);
    for (const [name, backend] of machine.disk.backends()) checkDisk(evidence, machine.name, name, backend, say);
  }
};

/** What is noted of a task's changelogs beside its positions. */
const historyOf = (broker: MemoryBroker, stage: string, partition: number): History | undefined => {
  const group = `order-stream-${stage}`;
  const first = groupInputs.find(([name]) => name === group)?.[1][0];
  return first === undefined ? undefined : decodeHistory(broker.position(group, { topic: first, partition })?.note);
};

/** Up to where a store says it is, it holds what its changelog says: nothing older, nothing that was never committed. */
const checkDisk = (
  { broker, forgotten }: Evidence,
  machine: string,
  task: string,
  backend: StoreBackend,
  say: (what: string) => void,
): void => {
  const [stage = '', partition = '0'] = task.split('-');
  const history = historyOf(broker, stage, Number(partition));
  for (const store of storesOf.get(stage) ?? []) {
    const checkpoint = backend.checkpoint(store);
    // A disk that slept through the loss of a changelog is of no use to anybody.
    if (checkpoint === undefined || checkpoint.since !== (history?.since ?? 0)) continue;
    const { position } = checkpoint;
    const from = history?.reaches.get(store)?.from ?? 0n;
    const last = new Map<string, ConsumedRecord>();
    const log = broker.log({ topic: `order-stream-${store}-changelog`, partition: Number(partition) });
    for (const record of log.read(from, Infinity).records)
      if (!isName(record)) last.set(record.key?.toString() ?? '', record);
    const wrong = (key: string) =>
      say(`${key} in store ${store} of ${task} on ${machine} is not what its changelog says`);
    for (const [key, { offset, value }] of last) {
      // What came later says nothing of what was then: compaction may have removed that.
      if (offset >= position) continue;
      const kept = backend.get(store, key);
      if (value === null ? kept !== undefined : kept === undefined || !value.equals(kept)) wrong(key);
    }
    // Of old deletions nothing is left to compare with.
    if (!forgotten) for (const [key] of backend.entries(store)) if (!last.has(key)) wrong(key);
  }
};

const { stages } = orderTopology(openValueTable().schemas, policy, 'simulated', workflows);

/** The topics that each group reads. */
const groupInputs: readonly (readonly [string, readonly string[]])[] = [
  ...stages.map(({ name, inputs }) => [groupId(ORDER_STREAM, name), inputs.map(({ topic }) => topic.name)] as const),
  ['stripe-executor-stripe', [topics.stripeCommands.name]],
  ['adnsf-executor-adnsf', [topics.adnsfCommands.name]],
];

export const storesOf: ReadonlyMap<string, readonly string[]> = new Map(
  stages.map(({ name, stores }) => [name, stores.map((store) => store.name)]),
);

/** Says everything that is wrong. */
export const judge = (evidence: Evidence, say: (what: string) => void): void => {
  checkCommands(evidence, say);
  checkStripe(evidence, say);
  checkPeople(evidence, say);
  checkShop(evidence, say);
  checkLetters(evidence, say);
  checkLedger(evidence, say);
  checkRest(evidence, say);
};
