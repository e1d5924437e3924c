/** The engine's ports over the in-memory brokers, for one process: each request is a step, and so may be its answer. */
import { RetriableError } from '../../services/runtime/errors.ts';
import { decodeHistory, encodeHistory } from '../../services/runtime/history.ts';
import type { MemoryBroker } from '../../services/runtime/memory/broker.ts';
import { memoryCluster } from '../../services/runtime/memory/cluster.ts';
import type {
  Admin,
  GroupMetadata,
  GroupPosition,
  IdempotentProducer,
  KafkaCluster,
  PartitionReader,
  ProducedRecord,
  TopicPartition,
  Transaction,
  TransactionalProducer,
} from '../../services/runtime/ports.ts';
import type { Disk } from './disk.ts';
import { simulatedConsumer, type SimulatedConsumer } from './consumer.ts';
import { uncertain, type FaultKind, type Uncertain } from './fault-kinds.ts';
import { never, type Process, type World } from './world.ts';

type Ends = readonly (TopicPartition & { offset: bigint })[];

export type ProcessPorts = KafkaCluster & { readonly consumers: readonly SimulatedConsumer[] };

const names = Object.fromEntries(
  uncertain.map((kind) => [kind, { before: `${kind}:before`, after: `${kind}:after`, late: `${kind}:late` }] as const),
) as Readonly<Record<Uncertain, Readonly<Record<'before' | 'after' | 'late', FaultKind>>>>;

const sessionTimeoutMs = 10_000;

const failed = (label: string): RetriableError => new RetriableError(`simulated: ${label}`);

export const simulatedCluster = (
  world: World,
  broker: MemoryBroker,
  process: Process,
  disk: Disk | undefined,
): ProcessPorts => {
  const { faults, chance, without } = world;
  const inner = memoryCluster(broker, world.scheduler(process), world.scenario.pageSize);
  const consumers: SimulatedConsumer[] = [];
  /** Positions as they were when partitions were assigned. */
  const atAssignment = new Map<string, bigint | undefined>();
  let opened = 0;

  /** Does it when it is its turn, and tells how it went; `act` begins at once when called. */
  const request = <T>(label: string, act: () => Promise<T>, kind?: Uncertain): Promise<T> => {
    if (process.state === 'dead') return never();
    return new Promise<T>((resolve, reject) => {
      const told = `${process.name}: ${label}`;
      const refuse = (error: unknown) =>
        world.answer(process, `${told} is answered`, () =>
          reject(error instanceof Error ? error : failed(String(error))),
        );
      world.later(process, true, told, () => {
        if (kind !== undefined) {
          if (faults.strikes(names[kind].before)) {
            world.say(() => `  ✗ ${label} fails`);
            refuse(failed(`${label} failed`));
            return;
          }
          if (faults.strikes(names[kind].late)) {
            world.say(() => `  ✗ ${label} is not answered, and will happen later`);
            world.later(undefined, true, `${told} (late)`, () => void act().catch(() => undefined));
            refuse(failed(`${label}: no answer`));
            return;
          }
        }
        const lost = kind !== undefined && faults.strikes(names[kind].after);
        if (lost) world.say(() => `  ✗ ${label} happens, its answer is lost`);
        act().then(
          (value) => {
            if (lost) refuse(failed(`${label}: answer lost`));
            else world.answer(process, `${told} is answered`, () => resolve(value));
          },
          (error: unknown) => {
            world.say(() => `  ! ${label}: ${String(error)}`);
            refuse(error);
          },
        );
      });
    });
  };

  const asked = <T>(
    fault: 'committed-offsets-fail' | 'end-offsets-fail' | 'restore-fails',
    label: string,
    act: () => Promise<T>,
  ): Promise<T> => request(label, () => (faults.strikes(fault) ? Promise.reject(failed(`${label} failed`)) : act()));

  const transaction = (real: Transaction, id: string): Transaction => {
    let over = false;
    const step = <T>(label: string, act: () => Promise<T>, kind?: Uncertain): Promise<T> =>
      over
        ? Promise.reject(failed('the transaction is over'))
        : request(`${label} ${id}`, act, kind).catch((error: unknown) => {
            over = true;
            throw error;
          });
    /** Leaders of partitions append at different times: what one transaction sends lies between what others send. */
    const sendParts = async (records: readonly ProducedRecord[]): Promise<Ends> => {
      const cut = records.length > 1 && chance.flip(0.3) ? 1 + chance.below(records.length - 1) : records.length;
      const first = await step('send', () => real.send(records.slice(0, cut)), 'send');
      if (cut === records.length) return first;
      const second = await step('send', () => real.send(records.slice(cut)), 'send');
      const later = new Set(second.map(({ topic, partition }) => `${topic}/${partition}`));
      return [...first.filter(({ topic, partition }) => !later.has(`${topic}/${partition}`)), ...second];
    };
    return {
      send: async (records) => {
        const ends = await sendParts(records);
        if (without === 'promote-after-commit' && disk !== undefined) await promoteEarly(disk, id, records, ends);
        return ends;
      },
      sendOffsets: (group: GroupMetadata, offsets) => {
        if (without === 'generation-check')
          return step('offsets', () => real.sendOffsets(presentMember(broker, group), offsets), 'offsets');
        if (without !== 'offsets-in-transaction')
          return step('offsets', () => real.sendOffsets(group, offsets), 'offsets');
        return step(
          'offsets',
          async () => {
            const other = await inner.transactionalProducer(`${id}-offsets-${process.name}-${opened++}`);
            const alone = await other.begin();
            await alone.sendOffsets(group, offsets);
            await alone.commit();
          },
          'offsets',
        );
      },
      commit: () => step('commit', () => real.commit(), 'commit'),
      abort: () => step('abort', () => real.abort()),
    };
  };

  const producer = (real: TransactionalProducer, id: string): TransactionalProducer => ({
    begin: async () => (process.state === 'dead' ? never() : transaction(await real.begin(), id)),
    close: () => (process.state === 'dead' ? never() : real.close()),
  });

  const idempotent = (real: IdempotentProducer): IdempotentProducer => ({
    send: (records) => request('produce', () => real.send(records), 'produce'),
    close: () => (process.state === 'dead' ? never() : real.close()),
  });

  const admin = (real: Admin): Admin => ({
    ...real,
    committedOffsets: (groupId, sources) =>
      asked('committed-offsets-fail', `committed offsets of ${groupId}`, async () => {
        if (without === 'changelog-note')
          return (await real.committedOffsets(groupId, sources)).map(({ topic, partition, offset }) => ({
            topic,
            partition,
            offset,
          }));
        if (without === 'changelog-name')
          return (await real.committedOffsets(groupId, sources)).map((position) => nameless(position));
        if (without !== 'offsets-after-fence') return real.committedOffsets(groupId, sources);
        return Promise.resolve(
          sources.flatMap((source) => {
            const offset = atAssignment.get(`${groupId} ${source.topic}/${source.partition}`);
            return offset === undefined ? [] : [{ ...source, offset }];
          }),
        );
      }),
    endOffsets: (sources) => asked('end-offsets-fail', 'end offsets', () => real.endOffsets(sources)),
  });

  const reader = (real: PartitionReader): PartitionReader => ({
    async *read(source, from, to) {
      if (without === 'restore-to-end') {
        yield { records: [], position: to ?? broker.log(source).stable };
        return;
      }
      const pages = real.read(source, from, to)[Symbol.asyncIterator]();
      for (;;) {
        const page = await asked('restore-fails', `reads ${source.topic}/${source.partition}`, () => pages.next());
        if (page.done === true) return;
        yield page.value;
      }
    },
    close: () => real.close(),
  });

  /** The group hears of a death at once (the connection broke), or when the session has timed out. */
  const mourn = (consumer: SimulatedConsumer) => {
    if (chance.flip(0.5)) consumer.evict();
    else world.timer(undefined, sessionTimeoutMs, () => consumer.evict());
  };
  process.onDeath.push(() => consumers.forEach(mourn));

  return {
    consumers,
    consumer: ({ groupId, topics }) =>
      request(`joins ${groupId}`, () => {
        const consumer = simulatedConsumer(world, broker, process, groupId, topics, (partitions) => {
          for (const source of partitions)
            atAssignment.set(`${groupId} ${source.topic}/${source.partition}`, broker.committed(groupId, source));
        });
        consumers.push(consumer);
        // The request of a process that died meanwhile.
        if (process.state === 'dead') mourn(consumer);
        return Promise.resolve(consumer);
      }),
    transactionalProducer: async (id) => {
      const own = without === 'fencing' ? `${id}-${process.name}-${opened++}` : id;
      world.transactionalIds.add(own);
      return producer(await request(`init ${id}`, () => inner.transactionalProducer(own), 'init'), id);
    },
    idempotentProducer: async () => idempotent(await inner.idempotentProducer()),
    reader: async () => reader(await inner.reader()),
    admin: async () => admin(await inner.admin()),
  };
};

/** As versions noted it that gave changelogs no names. */
const nameless = (position: GroupPosition): GroupPosition => {
  const history = decodeHistory(position.note);
  if (history === undefined) return position;
  const reaches = [...history.reaches].map(([store, reach]) => [store, { ...reach, named: undefined }] as const);
  return { ...position, note: encodeHistory({ ...history, reaches: new Map(reaches) }) };
};

/** Somebody whom the group knows at present, in whose name anything is taken. */
const presentMember = (broker: MemoryBroker, group: GroupMetadata): GroupMetadata => {
  const [member] = broker.members(group.groupId);
  if (member === undefined) return group;
  return { ...group, generation: member.pending?.generation ?? member.generation, memberId: member.id };
};

/** What must not be: state on disk that Kafka has not committed. */
const promoteEarly = async (disk: Disk, id: string, records: readonly ProducedRecord[], ends: Ends): Promise<void> => {
  const name = id.split('-').slice(-2).join('-');
  const changes = records.filter(({ topic }) => topic.endsWith('-changelog'));
  if (changes.length === 0) return;
  const storeOf = (topic: string): string => /^order-stream-(.+)-changelog$/.exec(topic)?.[1] ?? topic;
  const kept = disk.kept(name);
  await kept.write(
    changes.map(({ topic, key, value }) => ({
      store: storeOf(topic),
      key: key?.toString() ?? '',
      value: value ?? undefined,
    })),
    new Map(
      ends
        .filter(({ topic }) => topic.endsWith('-changelog'))
        .map(({ topic, offset }) => {
          const store = storeOf(topic);
          // Of the history that the disk is of: of another it would not be believed.
          return [store, { since: 0, writtenAt: Date.UTC(2026, 8, 1), ...kept.checkpoint(store), position: offset }];
        }),
    ),
  );
};
