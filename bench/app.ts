/**
 * The engine as an application under test: keeps the contract in `kafka-streams/README.md`. THREADS is the number of
 * processes; they share the work as members of the same groups. EXTRA=stats prints where the time of each stage went.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { z } from 'zod';
import { startApplication } from '../services/runtime/application.ts';
import { kafkajsCluster } from '../services/runtime/kafkajs/cluster.ts';
import { observe } from '../services/runtime/observe.ts';
import { requiredTopics } from '../services/runtime/topics.ts';
import { orderJob, topics } from './order-job.ts';

const config = z
  .object({
    BOOTSTRAP: z.string().default('127.0.0.1:19092'),
    APP_ID: z.string().min(1),
    STATE_DIR: z.string().min(1),
    THREADS: z.coerce.number().int().min(1).default(1),
    EXTRA: z.string().default(''),
  })
  .parse(process.env);

/** Set for the processes that the first one starts. */
const member = z.coerce.number().int().default(0).parse(process.env['BENCH_MEMBER']);
const first = member === 0;
const topology = orderJob(config.APP_ID);
const cluster = kafkajsCluster({ brokers: config.BOOTSTRAP.split(','), clientId: `${config.APP_ID}-${member}` });

/** Makes what belongs to the application: changelogs and dead letters, with as many partitions as its inputs. */
const createOwnTopics = async (): Promise<number> => {
  const admin = await cluster.admin();
  try {
    const counts = await admin.partitions([topics.orders.name]);
    const partitions = counts.get(topics.orders.name);
    if (partitions === undefined) throw new Error(`${topics.orders.name} does not exist`);
    const own = requiredTopics(topology).filter(({ role }) => role === 'changelog' || role === 'dead-letters');
    await admin.createTopics(
      own.map(({ topic, cleanup }) => ({
        topic,
        partitions,
        replication: 1,
        config: cleanup === 'compact' ? { 'cleanup.policy': 'compact' } : {},
      })),
    );
    return partitions;
  } finally {
    await admin.close();
  }
};

/** Tells how many tasks of this process are running, whenever that changes. */
const watchTasks = (told: (running: number) => void): void => {
  let running = 0;
  observe.task.subscribe(({ from, to }) => {
    running += Number(to === 'RUNNING') - Number(from === 'RUNNING');
    told(running);
  });
  observe.trouble.subscribe(({ stage, partition, error, action }) =>
    console.error(`${stage}-${partition ?? '*'}: ${action}:`, error),
  );
};

/** Sums over all transactions of a stage, printed at the end. */
const printStats = (): void => {
  const stages = new Map<
    string,
    { transactions: number; records: number; outputs: number; changes: number; processMs: number; commitMs: number }
  >();
  observe.batch.subscribe(({ stage, records, outputs, changes, processMs, commitMs }) => {
    const sum = stages.get(stage) ?? {
      transactions: 0,
      records: 0,
      outputs: 0,
      changes: 0,
      processMs: 0,
      commitMs: 0,
    };
    stages.set(stage, {
      transactions: sum.transactions + 1,
      records: sum.records + records,
      outputs: sum.outputs + outputs,
      changes: sum.changes + changes,
      processMs: sum.processMs + processMs,
      commitMs: sum.commitMs + commitMs,
    });
  });
  process.on('exit', () => console.log(JSON.stringify(Object.fromEntries(stages))));
};

const startMembers = (told: (member: number, running: number) => void): readonly ChildProcess[] =>
  Array.from({ length: config.THREADS - 1 }, (_, index) => {
    const child = fork(import.meta.filename, { env: { ...process.env, BENCH_MEMBER: String(index + 1) } });
    child.on('message', (running) => told(index + 1, Number(running)));
    return child;
  });

const stopMembers = async (children: readonly ChildProcess[]): Promise<void> => {
  await Promise.all(
    children.map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    }),
  );
};

/** What ends with this process. */
const closers: (() => Promise<void>)[] = [];
let stopping: Promise<void> | undefined;
const stop = (code: number): void => {
  stopping ??= Promise.all(closers.map((close) => close())).then(
    () => process.exit(code),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
};
process.on('SIGTERM', () => stop(0));
// A member without the process that started it has nobody to work for.
process.on('disconnect', () => stop(0));

if (config.EXTRA.split(',').includes('stats')) printStats();
if (first) {
  const partitions = await createOwnTopics();
  const running = new Map<number, number>();
  let announced = false;
  const told = (from: number, tasks: number): void => {
    running.set(from, tasks);
    const all = [...running.values()].reduce((sum, each) => sum + each, 0);
    if (announced || all < topology.stages.length * partitions) return;
    announced = true;
    console.log(`BENCH_RUNNING ${Date.now()}`);
  };
  watchTasks((tasks) => told(0, tasks));
  const children = startMembers(told);
  closers.push(() => stopMembers(children));
} else watchTasks((tasks) => process.send?.(tasks));

const application = await startApplication(topology, { cluster, stateDir: config.STATE_DIR });
closers.push(() => application.stop());
application.crashed.catch((error: unknown) => {
  console.error(error);
  stop(1);
});
