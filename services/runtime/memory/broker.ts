/**
 * In-memory brokers with what exactly-once rests on: transactions with producer epochs, read_committed, and groups whose
 * old generations are refused. Everything happens at once and in order, so a schedule of calls has one outcome.
 */
import { FatalError, TaskMigratedError } from '../errors.ts';
import type { GroupMetadata, GroupPosition, TopicPartition, TopicSpec } from '../ports.ts';
import { assignPartitions } from '../assignment.ts';
import { PartitionLog, type LoggedRecord } from './log.ts';

/** Where a fault can be put: before the brokers act, except `committed`, which is after they did and before they said so. */
export type BrokerPoint =
  | 'initProducerId'
  | 'send'
  | 'sendOffsets'
  | 'commit'
  | 'committed'
  | 'abort'
  | 'fetch'
  | 'committedOffsets'
  | 'endOffsets';

export type Member = {
  readonly id: string;
  readonly topics: readonly string[];
  owned: readonly number[];
  generation: number;
  /** A rebalance this member has not been told of yet. */
  pending: { partitions: readonly number[]; generation: number } | undefined;
  evicted: boolean;
};

type Position = Readonly<{ offset: bigint; note?: string }>;
type Group = { generation: number; members: Map<string, Member>; committed: Map<string, Position> };

type OpenTransaction = { logs: Set<PartitionLog>; offsets: { group: Group; key: string; position: Position }[] };
type ProducerState = { producerId: bigint; epoch: number; open: OpenTransaction | undefined };

export const sourceKey = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;

export class MemoryBroker {
  readonly #now: () => number;
  readonly #topics = new Map<string, { logs: PartitionLog[]; config: Map<string, string> }>();
  readonly #producers = new Map<string, ProducerState>();
  readonly #groups = new Map<string, Group>();
  readonly #waiters = new Set<() => void>();
  #nextProducerId = 1n;
  #nextMember = 1;
  /** Tests throw in here to make a request fail, or count requests. */
  onRequest: ((point: BrokerPoint, detail: string) => void) | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  request(point: BrokerPoint, detail: string): void {
    this.onRequest?.(point, detail);
  }

  // Topics

  createTopic(spec: TopicSpec): void {
    if (this.#topics.has(spec.topic)) return;
    this.#topics.set(spec.topic, {
      logs: Array.from({ length: spec.partitions }, (_, partition) => new PartitionLog(spec.topic, partition)),
      config: new Map(Object.entries(spec.config)),
    });
  }

  /** Deletes a topic and makes it anew, empty. */
  recreateTopic(topic: string): void {
    const { logs, config } = this.#topic(topic);
    this.#topics.delete(topic);
    this.createTopic({ topic, partitions: logs.length, replication: 1, config: Object.fromEntries(config) });
  }

  topics(): readonly string[] {
    return [...this.#topics.keys()];
  }

  config(topic: string): Map<string, string> {
    return this.#topic(topic).config;
  }

  partitionCount(topic: string): number | undefined {
    return this.#topics.get(topic)?.logs.length;
  }

  log({ topic, partition }: TopicPartition): PartitionLog {
    const log = this.#topic(topic).logs[partition];
    if (log === undefined) throw new FatalError(`no partition ${partition} in topic ${topic}`);
    return log;
  }

  #topic(topic: string): { logs: PartitionLog[]; config: Map<string, string> } {
    const found = this.#topics.get(topic);
    if (found === undefined) throw new FatalError(`no such topic: ${topic}`);
    return found;
  }

  append(log: PartitionLog, record: Omit<LoggedRecord, 'timestamp'> & { timestamp: bigint | undefined }): bigint {
    const offset = log.append({ ...record, timestamp: record.timestamp ?? BigInt(this.#now()) });
    this.#wake();
    return offset;
  }

  // Transactions

  /** Fences every earlier holder of the id and aborts what it left open. */
  initProducerId(transactionalId: string): { epoch: number; producerId: bigint } {
    this.request('initProducerId', transactionalId);
    const known = this.#producers.get(transactionalId);
    if (known === undefined) {
      const fresh: ProducerState = { producerId: this.#nextProducerId++, epoch: 0, open: undefined };
      this.#producers.set(transactionalId, fresh);
      return { epoch: 0, producerId: fresh.producerId };
    }
    known.epoch++;
    this.#finish(known, false);
    return { epoch: known.epoch, producerId: known.producerId };
  }

  appendInTransaction(transactionalId: string, epoch: number, log: PartitionLog, record: LoggedRecord): bigint {
    const producer = this.#producer(transactionalId, epoch);
    producer.open ??= { logs: new Set(), offsets: [] };
    producer.open.logs.add(log);
    return log.append(record, producer.producerId);
  }

  addOffsets(transactionalId: string, epoch: number, metadata: GroupMetadata, offsets: readonly GroupPosition[]): void {
    const producer = this.#producer(transactionalId, epoch);
    const group = this.#group(metadata.groupId);
    this.#refuseZombie(group, metadata);
    producer.open ??= { logs: new Set(), offsets: [] };
    for (const { topic, partition, ...position } of offsets)
      producer.open.offsets.push({ group, key: sourceKey({ topic, partition }), position });
  }

  endTransaction(transactionalId: string, epoch: number, commit: boolean): void {
    this.#finish(this.#producer(transactionalId, epoch), commit);
  }

  /** What the coordinator does when a transaction takes too long: aborts it and fences its producer. */
  expireTransaction(transactionalId: string): void {
    const producer = this.#producers.get(transactionalId);
    if (producer?.open === undefined) return;
    producer.epoch++;
    this.#finish(producer, false);
  }

  #producer(transactionalId: string, epoch: number): ProducerState {
    const producer = this.#producers.get(transactionalId);
    if (producer?.epoch !== epoch) throw new TaskMigratedError(`${transactionalId} is fenced`);
    return producer;
  }

  #finish(producer: ProducerState, commit: boolean): void {
    const open = producer.open;
    producer.open = undefined;
    if (open === undefined) return;
    for (const log of open.logs) log.end(producer.producerId, commit);
    if (commit) for (const { group, key, position } of open.offsets) group.committed.set(key, position);
    this.#wake();
  }

  // Groups

  groups(): readonly string[] {
    return [...this.#groups.keys()];
  }

  committed(groupId: string, source: TopicPartition): bigint | undefined {
    return this.#groups.get(groupId)?.committed.get(sourceKey(source))?.offset;
  }

  position(groupId: string, source: TopicPartition): GroupPosition | undefined {
    const position = this.#groups.get(groupId)?.committed.get(sourceKey(source));
    return position === undefined ? undefined : { ...source, ...position };
  }

  /** An operator moves a group: what was noted with the position is gone. */
  moveGroup(groupId: string, source: TopicPartition, offset: bigint): void {
    this.#group(groupId).committed.set(sourceKey(source), { offset });
  }

  join(groupId: string, topics: readonly string[]): Member {
    const member: Member = {
      id: `member-${this.#nextMember++}`,
      topics,
      owned: [],
      generation: -1,
      pending: undefined,
      evicted: false,
    };
    this.#group(groupId).members.set(member.id, member);
    this.#rebalance(this.#group(groupId));
    return member;
  }

  /** The member is gone: it left, or its session timed out and it does not know yet. */
  leave(groupId: string, member: Member): void {
    member.evicted = true;
    const group = this.#group(groupId);
    if (group.members.delete(member.id)) this.#rebalance(group);
  }

  members(groupId: string): readonly Member[] {
    return [...this.#group(groupId).members.values()];
  }

  /** A member learns its new share when it polls. */
  takeAssignment(member: Member): { partitions: readonly number[]; generation: number } | undefined {
    const { pending } = member;
    if (pending === undefined) return undefined;
    member.pending = undefined;
    member.owned = pending.partitions;
    member.generation = pending.generation;
    return pending;
  }

  #group(groupId: string): Group {
    let group = this.#groups.get(groupId);
    if (group === undefined) {
      group = { generation: 0, members: new Map(), committed: new Map() };
      this.#groups.set(groupId, group);
    }
    return group;
  }

  #refuseZombie(group: Group, { generation, memberId }: GroupMetadata): void {
    if (generation < 0 && memberId === '' && group.members.size === 0) return;
    if (group.generation !== generation || !group.members.has(memberId))
      throw new TaskMigratedError(`generation ${generation} of ${memberId} is over (now ${group.generation})`);
  }

  #rebalance(group: Group): void {
    group.generation++;
    const members = [...group.members.values()];
    const partitions = Math.max(
      0,
      ...members.flatMap(({ topics }) => topics.map((topic) => this.partitionCount(topic) ?? 0)),
    );
    const claims = members.map((member) => ({
      memberId: member.id,
      owned: member.pending?.partitions ?? member.owned,
      generation: member.pending?.generation ?? member.generation,
    }));
    for (const [memberId, share] of assignPartitions(claims, partitions))
      group.members.get(memberId)!.pending = { partitions: share, generation: group.generation };
    this.#wake();
  }

  // Waiting

  /** Resolves when something was appended, decided or rebalanced. `forget` gives the wait up. */
  change(): { happened: Promise<void>; forget: () => void } {
    let wake: () => void = () => undefined;
    const happened = new Promise<void>((resolve) => (wake = resolve));
    this.#waiters.add(wake);
    return {
      happened,
      forget: () => {
        this.#waiters.delete(wake);
        wake();
      },
    };
  }

  #wake(): void {
    for (const wake of this.#waiters) wake();
    this.#waiters.clear();
  }
}
