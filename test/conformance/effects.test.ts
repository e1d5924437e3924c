/** Stages with effects: what is tried again, what is refused, in which order, and what a crash repeats. */
import { afterEach, describe, expect, it } from 'vitest';
import type { EffectContext, EffectStage } from '../../services/runtime/effects.ts';
import { FatalError, PoisonError, RetriableError, TaskMigratedError } from '../../services/runtime/errors.ts';
import { MemoryBroker } from '../../services/runtime/memory/broker.ts';
import { json, jsonDeadLetters } from '../../services/runtime/serde.ts';
import { memoryBackends } from '../../services/runtime/store.ts';
import type { CrashPoint } from '../../services/runtime/task.ts';
import { SimulatedCrash, TestProcess } from '../../services/runtime/testing/process.ts';
import type { StageRecord, Topic } from '../../services/runtime/topology.ts';

type Command = Readonly<{ id: string }>;
type Result = Readonly<{ id: string; attempt: number }>;
const commands: Topic<Command> = { name: 'commands', value: json<Command>() };
const results: Topic<Result> = { name: 'results', value: json<Result>() };
const deadLetters = { name: 'dead-letters', value: jsonDeadLetters };

/** A clock that jumps over every pause. */
const scheduler = () => {
  let time = Date.UTC(2026, 0, 1);
  const pauses: number[] = [];
  return {
    pauses,
    now: () => time,
    sleep: (ms: number) => {
      time += ms;
      pauses.push(ms);
      return Promise.resolve();
    },
  };
};

type Effect = (command: Command, context: EffectContext) => Promise<void>;

const world = (effect: Effect, concurrency = 4) => {
  const clock = scheduler();
  const broker = new MemoryBroker(clock.now);
  for (const topic of ['commands', 'results', 'dead-letters'])
    broker.createTopic({ topic, partitions: 1, replication: 1, config: {} });
  const stage: EffectStage<Command> = {
    application: 'shop',
    version: '1',
    name: 'execute',
    input: commands,
    outputs: [results],
    deadLetters,
    concurrency,
    effect: async ({ key, value }: StageRecord<Command>, context) => {
      await effect(value!, context);
      return [
        {
          topic: results,
          key,
          value: { id: value!.id, attempt: context.attempt },
        },
      ];
    },
  };
  let crash: CrashPoint | undefined;
  return {
    clock,
    broker,
    crashNextAt: (point: CrashPoint) => {
      crash = point;
    },
    feed: (key: string, id: string) => {
      const value = commands.value.encode({ id });
      const log = broker.log({ topic: 'commands', partition: 0 });
      broker.append(log, { key: Buffer.from(key), value, headers: {}, timestamp: undefined });
    },
    feedBytes: (value: Buffer) => {
      const log = broker.log({ topic: 'commands', partition: 0 });
      broker.append(log, { key: Buffer.from('k'), value, headers: {}, timestamp: undefined });
    },
    start: () =>
      TestProcess.start({
        broker,
        scheduler: clock,
        effects: [stage as unknown as EffectStage<never>],
        openBackend: memoryBackends(),
        crashAt: (point) => {
          if (point !== crash) return false;
          crash = undefined;
          return true;
        },
      }),
    told: () =>
      broker
        .log({ topic: 'results', partition: 0 })
        .read(0n, Infinity)
        .records.map(({ value }) => results.value.decode(value!)),
    refused: () =>
      broker
        .log({ topic: 'dead-letters', partition: 0 })
        .read(0n, Infinity)
        .records.map(({ value }) => deadLetters.value.decode(value!)),
  };
};

const running: TestProcess[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((process) => process.kill()));
});
const settle = async (process: TestProcess): Promise<void> => {
  running.push(process);
  while (await process.step());
};

describe('a stage with effects', () => {
  it('tells what came of each command once, in the order of the commands', async () => {
    const { feed, start, told, broker } = world(() => Promise.resolve());
    for (let n = 0; n < 50; n++) feed(`k${n % 7}`, `c${n}`);
    await settle(await start());
    expect(told().map(({ id }) => id)).toEqual(Array.from({ length: 50 }, (_, n) => `c${n}`));
    expect(broker.committed('shop-execute', { topic: 'commands', partition: 0 })).toBe(50n);
  });

  it('runs one key in order and several keys side by side, never more than allowed', async () => {
    const active = new Map<string, number>();
    let most = 0;
    const order: string[] = [];
    const { feed, start, told } = world(async ({ id }) => {
      const key = id.slice(0, 1);
      active.set(key, (active.get(key) ?? 0) + 1);
      expect(active.get(key)).toBe(1);
      most = Math.max(
        most,
        [...active.values()].reduce((sum, each) => sum + each, 0),
      );
      for (let turn = 0; turn < (id.endsWith('0') ? 9 : 2); turn++) await Promise.resolve();
      order.push(id);
      active.set(key, 0);
    }, 3);
    for (let n = 0; n < 4; n++) for (const key of 'abcde') feed(key, `${key}${n}`);
    await settle(await start());
    expect(most).toBe(3);
    for (const key of 'abcde')
      expect(order.filter((id) => id.startsWith(key))).toEqual([0, 1, 2, 3].map((n) => `${key}${n}`));
    expect(told()).toHaveLength(20);
  });

  it('lets a command wait for the one before it of its key, while other keys go on', async () => {
    const others = Promise.withResolvers<undefined>();
    const order: string[] = [];
    const { feed, start } = world(async ({ id }) => {
      if (id === 'a0') await others.promise;
      order.push(id);
      if (id === 'b1') others.resolve(undefined);
    });
    for (const id of ['a0', 'a1', 'b0', 'b1']) feed(id.slice(0, 1), id);
    await settle(await start());
    expect(order).toEqual(['b0', 'b1', 'a0', 'a1']);
  });

  it('tries again without end, waiting as long as it was asked to', async () => {
    const { feed, start, told, clock } = world((_, { attempt }) =>
      attempt < 30
        ? Promise.reject(
            attempt === 3 ? new RetriableError('slow down', { retryAfterMs: 7777 }) : new RetriableError('away'),
          )
        : Promise.resolve(),
    );
    feed('k', 'c0');
    await settle(await start());
    expect(told()).toEqual([{ id: 'c0', attempt: 30 }]);
    expect(clock.pauses[3]).toBe(7777);
    expect(Math.max(...clock.pauses)).toBeLessThanOrEqual(30_000);
  });

  it('refuses what can never succeed, and what it cannot read, and goes on', async () => {
    const { feed, feedBytes, start, told, refused } = world(({ id }) => {
      if (id === 'bad') return Promise.reject(new PoisonError('no_such_order', 'there is no such order'));
      if (id === 'bug') return Promise.reject(new TypeError('undefined is not a function'));
      return Promise.resolve();
    });
    feed('k', 'c0');
    feed('k', 'bad');
    feedBytes(Buffer.from('{'));
    feed('k', 'bug');
    feed('k', 'c1');
    await settle(await start());
    expect(told().map(({ id }) => id)).toEqual(['c0', 'c1']);
    expect(refused().map(({ code }) => code)).toEqual(['no_such_order', 'undecodable', 'unexpected_error']);
    expect(refused()[1]?.value).toEqual(Buffer.from('{'));
  });

  it.each<CrashPoint>(['after-fence', 'before-transaction', 'before-commit', 'after-commit'])(
    'repeats the effect but not the result when it dies at %s',
    async (point) => {
      const effects: string[] = [];
      const { feed, start, told, crashNextAt } = world(({ id }) => {
        effects.push(id);
        return Promise.resolve();
      });
      feed('k', 'c0');
      feed('k', 'c1');
      crashNextAt(point);
      const first = await start();
      await expect(settle(first)).rejects.toBeInstanceOf(SimulatedCrash);
      await first.kill();
      await settle(await start());
      expect(told().map(({ id }) => id)).toEqual(['c0', 'c1']);
      expect(new Set(effects)).toEqual(new Set(['c0', 'c1']));
    },
  );

  it('commits what is finished when asked to stop, and gives up waiting for the rest', async () => {
    let tries = 0;
    let stopping: Promise<void> | undefined;
    const started: { process?: TestProcess } = {};
    const { feed, start, told, broker } = world(({ id }, { signal }) => {
      if (id !== 'stuck') return Promise.resolve();
      if (++tries === 5) stopping = started.process?.stop();
      return Promise.reject(new RetriableError(signal.aborted ? 'stopping' : 'away'));
    });
    feed('a', 'c0');
    feed('b', 'stuck');
    feed('c', 'c2');
    started.process = await start();
    await settle(started.process);
    await stopping;
    expect(told().map(({ id }) => id)).toEqual(['c0']);
    expect(broker.committed('shop-execute', { topic: 'commands', partition: 0 })).toBe(1n);
  });

  it('ends with a fatal error', async () => {
    const { feed, start, told } = world(({ id }) =>
      id === 'c1' ? Promise.reject(new FatalError('wrong key')) : Promise.resolve(),
    );
    feed('k', 'c0');
    feed('k', 'c1');
    const process = await start();
    await expect(settle(process)).rejects.toBeInstanceOf(FatalError);
    expect(told().map(({ id }) => id)).toEqual(['c0']);
  });

  it('does not tell a result after somebody else took over', async () => {
    const { feed, start, told, clock } = world(() => Promise.resolve());
    const old = await start();
    await settle(old);
    old.isolate();
    const fresh = await start();
    await settle(fresh);
    feed('k', 'c0');
    await expect(
      (async () => {
        await old.step();
        await clock.sleep(5000);
        await old.step();
      })(),
    ).rejects.toBeInstanceOf(TaskMigratedError);
    await settle(fresh);
    expect(told()).toEqual([{ id: 'c0', attempt: 0 }]);
  });
});
