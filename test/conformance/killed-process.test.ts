/** The whole engine on real brokers, killed and restarted: every deposit counts once. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import kafkajs from 'kafkajs';
import { afterEach, describe, expect, it } from 'vitest';
import { kafkajsCluster } from '../../services/runtime/kafkajs/cluster.ts';
import { changelogTopic, requiredTopics, transactionalId } from '../../services/runtime/topics.ts';
import type { Store } from '../../services/runtime/topology.ts';
import { balanceStore, bankNamed, deposits, notes, type Note } from '../topology/runtime/fixture.ts';
import { testBrokers } from './brokers.ts';

type Said = Readonly<Record<string, unknown>>;

const partitions = 4;
const accounts = 50;

const deleteTopic = async (topic: string): Promise<void> => {
  const { NOTHING } = kafkajs.logLevel;
  const admin = new kafkajs.Kafka({ brokers: [...testBrokers!], logLevel: NOTHING }).admin();
  await admin.connect();
  await admin.deleteTopics({ topics: [topic] });
  await admin.disconnect();
};

class BankProcess {
  readonly #child: ChildProcess;
  readonly said: Said[] = [];
  readonly ended: Promise<number | null>;

  constructor(application: string, stateDir: string) {
    const script = new URL('bank-process.ts', import.meta.url).pathname;
    this.#child = spawn(process.execPath, [script, testBrokers!.join(','), stateDir, application], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.said.push(JSON.parse(line) as Said));
    this.ended = new Promise((resolve) => this.#child.once('exit', resolve));
  }

  signal(signal: NodeJS.Signals): Promise<number | null> {
    this.#child.kill(signal);
    return this.ended;
  }

  /** Restores that are done. */
  restores(): readonly Said[] {
    return this.said.filter(({ restored }) => restored !== undefined);
  }

  watched(): number {
    return this.said.reduce((sum, { batch, records }) => (batch === 'watch' ? sum + Number(records) : sum), 0);
  }

  processed(): number {
    return this.said.reduce((sum, { batch, records }) => (batch === 'sum' ? sum + Number(records) : sum), 0);
  }
}

describe.skipIf(testBrokers === undefined)('the engine on real brokers', () => {
  const alive = new Set<BankProcess>();
  const directories: string[] = [];
  afterEach(async () => {
    await Promise.all([...alive].map((process) => process.signal('SIGKILL')));
    for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
  });

  const world = async (name: string) => {
    const application = `${name}-${Date.now().toString(36)}`;
    const cluster = kafkajsCluster({ brokers: testBrokers!, clientId: `${application}-test` });
    const admin = await cluster.admin();
    await admin.createTopics(
      requiredTopics(bankNamed(application)).map(({ topic, cleanup }) => ({
        topic,
        partitions,
        replication: 1,
        config: cleanup === 'compact' ? { 'cleanup.policy': 'compact' } : {},
      })),
    );
    const producer = await cluster.idempotentProducer();
    let fed = 0;
    const directory = (): string => {
      const made = mkdtempSync(join(tmpdir(), 'millrace-bank-'));
      directories.push(made);
      return made;
    };
    return {
      cluster,
      start: (stateDir: string) => {
        const process = new BankProcess(application, stateDir);
        alive.add(process);
        return process;
      },
      directory,
      feed: async (count: number) => {
        const records = Array.from({ length: count }, () => {
          const n = fed++;
          return {
            topic: `${application}-${deposits.name}`,
            key: Buffer.from(`account-${n % accounts}`),
            value: deposits.value.encode({ id: `d${n}`, amount: 1n }),
          };
        });
        await producer.send(records);
      },
      told: async (): Promise<readonly Note[]> => {
        const reader = await cluster.reader();
        const all: Note[] = [];
        for (let partition = 0; partition < partitions; partition++)
          for await (const { records } of reader.read({ topic: `${application}-${notes.name}`, partition }, 0n))
            all.push(...records.map(({ value }) => notes.value.decode(value!)));
        await reader.close();
        return all;
      },
      /** Deletes the changelog of a store and makes it anew, as an operator would. */
      recreate: async (store: Store<unknown>) => {
        const topic = changelogTopic(application, store);
        await deleteTopic(topic);
        await expect.poll(async () => (await admin.partitions([topic])).size, { timeout: 20_000 }).toBe(0);
        await admin.createTopics([{ topic, partitions, replication: 1, config: { 'cleanup.policy': 'compact' } }]);
      },
      /** Where the partitions of a store's changelog end. */
      reaches: async (store: Store<unknown>): Promise<readonly bigint[]> => {
        const topic = changelogTopic(application, store);
        const sources = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
        const ends = await admin.endOffsets(sources);
        return sources.map(({ partition }) => ends.find((each) => each.partition === partition)!.stable);
      },
      /** What a task has sent to its changelog and not committed when it dies. */
      late: async (stage: string, store: Store<unknown>, partition: number, count: number) => {
        const dying = await cluster.transactionalProducer(transactionalId(application, stage, partition));
        const transaction = await dying.begin();
        const record = { topic: changelogTopic(application, store), partition, key: Buffer.from('late'), value: null };
        await transaction.send(Array.from({ length: count }, () => record));
        await dying.close();
      },
      close: async () => {
        await producer.close();
        await admin.close();
      },
    };
  };

  /** Each deposit told once, and each account's sums one, two, three … in this order. */
  const expectExactlyOnce = (told: readonly Note[], count: number): void => {
    expect(new Set(told.map(({ id }) => id)).size).toBe(count);
    expect(told).toHaveLength(count);
    for (const [, notesOfOne] of Map.groupBy(told, ({ account }) => account))
      expect(notesOfOne.map(({ total }) => total)).toEqual(notesOfOne.map((_, n) => BigInt(n + 1)));
  };

  it('counts every deposit once although it is killed again and again', async () => {
    const { start, directory, feed, told, close } = await world('killed');
    const stateDir = directory();
    const kills = 4;
    let fed = 0;
    for (let kill = 0; kill < kills; kill++) {
      const process = start(stateDir);
      for (let round = 0; round < 8; round++) {
        await feed(250);
        fed += 250;
      }
      // In the middle of its work: it has committed something and there is more to do.
      await expect.poll(() => process.processed(), { timeout: 40_000, interval: 5 }).toBeGreaterThan(200);
      await process.signal('SIGKILL');
    }
    const last = start(stateDir);
    await expect
      .poll(async () => (await told()).length, { timeout: 60_000, interval: 500 })
      .toBeGreaterThanOrEqual(fed);
    expectExactlyOnce(await told(), fed);
    // Its stores continued from the disk.
    const restoredFrom = () => last.said.flatMap(({ restored, from }) => (restored === undefined ? [] : [from]));
    // The group may still be waiting for the member killed last.
    await expect.poll(restoredFrom, { timeout: 30_000 }).toHaveLength(2 * partitions);
    expect(restoredFrom()).toContainEqual(expect.not.stringMatching(/^0$/));
    expect(await last.signal('SIGTERM')).toBe(0);
    await close();
  }, 300_000);

  it('reads what was committed since the disk was written, not all of its changelogs, after kill -9', async () => {
    const { start, directory, feed, told, close } = await world('tail');
    const [here, elsewhere] = [directory(), directory()];
    const done = async (process: BankProcess, count: number) => {
      await expect.poll(async () => (await told()).length, { timeout: 60_000, interval: 200 }).toBe(count);
      // What is told is on the disk a moment later.
      await expect.poll(() => process.watched(), { timeout: 20_000, interval: 20 }).toBe(process.processed());
    };
    const first = start(here);
    // In many transactions: changelogs are long, for state that is small.
    const rounds = 20;
    for (let round = 1; round <= rounds; round++) {
      await feed(100);
      await done(first, round * 100);
    }
    await first.signal('SIGKILL');
    // Another machine goes on for a while; the changelogs grow by what it changes.
    const other = start(elsewhere);
    await feed(100);
    await expect.poll(async () => (await told()).length, { timeout: 60_000, interval: 200 }).toBe(2100);
    const whole = other.restores();
    await other.signal('SIGTERM');
    const second = start(here);
    await expect.poll(() => second.restores().length, { timeout: 40_000 }).toBe(2 * partitions);
    const records = (restores: readonly Said[]) => restores.reduce((sum, each) => sum + Number(each['records']), 0);
    // The other one had no disk: it read everything there was.
    expect(whole.map(({ from }) => from)).toEqual(whole.map(() => '0'));
    const all = records(whole);
    const tail = records(second.restores());
    expect(tail).toBeGreaterThan(0);
    expect(tail).toBeLessThanOrEqual(Math.min(200, all / 2));
    for (const { from, to } of second.restores()) if (to !== '0') expect(Number(from)).toBeGreaterThan(0);
    await second.signal('SIGTERM');
    expectExactlyOnce(await told(), 2100);
    await close();
  });

  it('notices that a changelog was deleted and made anew, and makes its stores anew from the inputs', async () => {
    const { start, directory, feed, told, recreate, close } = await world('lost');
    const stateDir = directory();
    const first = start(stateDir);
    await feed(600);
    await expect.poll(async () => (await told()).length, { timeout: 60_000, interval: 200 }).toBe(600);
    await first.signal('SIGKILL');
    await recreate(balanceStore);
    const second = start(stateDir);
    await feed(200);
    await expect.poll(async () => (await told()).length, { timeout: 60_000, interval: 200 }).toBe(800);
    expect(second.said.filter(({ trouble, action }) => trouble === 'sum' && action === 'rebuild')).toHaveLength(
      partitions,
    );
    await second.signal('SIGTERM');
    // What was rebuilt is in the new changelog.
    const third = start(directory());
    await feed(200);
    await expect.poll(async () => (await told()).length, { timeout: 60_000, interval: 200 }).toBe(1000);
    expect(third.said.filter(({ action }) => action === 'rebuild')).toEqual([]);
    expectExactlyOnce(await told(), 1000);
    expect(await third.signal('SIGTERM')).toBe(0);
    await close();
  });

  it('tells a changelog that was made anew and reaches as far by late writes of the dead from the one it wrote', async () => {
    const { start, directory, feed, told, recreate, reaches, late, close } = await world('refilled');
    const stateDir = directory();
    const first = start(stateDir);
    await feed(200);
    await expect.poll(async () => (await told()).length, { timeout: 60_000, interval: 200 }).toBe(200);
    await first.signal('SIGKILL');
    const before = await reaches(balanceStore);
    await recreate(balanceStore);
    // On its way when the topic was deleted, and not decided: whoever begins next ends it, with a marker.
    for (const [partition, end] of before.entries()) await late('sum', balanceStore, partition, Number(end) - 1);
    // The disk is as it was: all of it would be believed.
    const second = start(stateDir);
    await feed(200);
    await expect.poll(async () => (await told()).length, { timeout: 60_000, interval: 200 }).toBe(400);
    const noticed = second.said.filter(({ trouble, action }) => trouble === 'sum' && action === 'rebuild');
    expect(noticed.map(({ error }) => error)).toEqual(
      before.map((): unknown => expect.stringMatching(/it has no name instead of \d+/)),
    );
    await second.signal('SIGTERM');
    const third = start(directory());
    await feed(200);
    await expect.poll(async () => (await told()).length, { timeout: 60_000, interval: 200 }).toBe(600);
    expect(third.said.filter(({ action }) => action === 'rebuild')).toEqual([]);
    expectExactlyOnce(await told(), 600);
    expect(await third.signal('SIGTERM')).toBe(0);
    await close();
  });

  it('counts every deposit once while processes come and go', async () => {
    const { start, directory, feed, told, close } = await world('moving');
    let fed = 0;
    // Little at a time: on a slow machine there are many of these before a process has its share.
    const some = async () => {
      await feed(100);
      fed += 100;
    };
    const one = start(directory());
    await some();
    await expect.poll(() => one.processed(), { timeout: 40_000 }).toBeGreaterThan(0);
    const two = start(directory());
    const worksToo = (process: BankProcess) =>
      expect
        .poll(
          async () => {
            await some();
            return process.processed();
          },
          { timeout: 60_000, interval: 200 },
        )
        .toBeGreaterThan(0);
    await worksToo(two);
    expect(await one.signal('SIGTERM')).toBe(0);
    await some();
    const three = start(directory());
    await worksToo(three);
    await two.signal('SIGKILL');
    await some();
    await expect
      .poll(async () => (await told()).length, { timeout: 90_000, interval: 500 })
      .toBeGreaterThanOrEqual(fed);
    expectExactlyOnce(await told(), fed);
    expect(await three.signal('SIGTERM')).toBe(0);
    await close();
  }, 300_000);
});
