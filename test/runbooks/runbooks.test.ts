/**
 * The commands of docs/runbooks, run as they stand there, in the situations they are for: on a stack of their own, since
 * they take its parts away. Blocks under "How to see that it is over" run when the world is whole again.
 */
import { execFile } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startShoppers } from '../../infra/demo/shoppers.ts';
import { type Guard, startGuard } from '../../infra/local/guard.ts';
import { type Stack, startStack } from '../../infra/local/stack.ts';
import { REPOSITORY } from '../../infra/local/state.ts';
import { ourServices, SERVICES, startSupervisor, type Supervisor } from '../../infra/local/supervisor.ts';
import { int, money, openSql, text } from '../../infra/sandbox/shopper/sql.ts';
import { topics } from '../../schemas/topics.ts';
import { apply } from '../../services/cli/apply/command.ts';
import { certifyOrder } from '../../services/cli/certify/command.ts';
import { chosen, decide, listed, officeOf } from '../../services/cli/dlq/command.ts';
import { type CliConfig, configOf } from '../../services/cli/environment.ts';
import { letterId } from '../../services/dead-letters/letter.ts';
import { kafkajsCluster } from '../../services/runtime/kafkajs/cluster.ts';

const RUNBOOKS = join(REPOSITORY, 'docs/runbooks');
const NAME = 'runbooks';

let stack: Stack;
let env: Readonly<Record<string, string>>;
let config: CliConfig;
let supervisor: Supervisor;
let guard: Guard;
let paidOrder: string;

beforeAll(async () => {
  rmSync(join(REPOSITORY, '.state', NAME), { recursive: true, force: true });
  stack = await startStack({ name: NAME });
  // Short enough that a database that is away is noticed while somebody waits; any free port for metrics.
  env = { ...stack.env, MILLRACE_METRICS_PORT: '0', MILLRACE_ADNSF_SQL_TIMEOUT_MS: '2000' };
  config = configOf(env);
  guard = startGuard();
  await apply(config, { dryRun: false, say: () => undefined });
  const services = ourServices(env);
  const twin = services.find(({ name }) => name === 'order-stream')!;
  const stateDir = `${env['MILLRACE_STATE_DIR']!}/second`;
  supervisor = await startSupervisor({
    stateDir: env['MILLRACE_STATE_DIR']!,
    services: [
      ...services,
      {
        name: 'order-stream-2',
        launch: { ...twin.launch, env: { ...twin.launch.env, MILLRACE_STATE_DIR: stateDir } },
      },
    ],
  });
  await supervisor.end('order-stream-2');
  await Promise.all(SERVICES.map((name) => supervisor.ready(name)));
  const shoppers = await startShoppers({ orders: 3 }, { stateDir: env['MILLRACE_STATE_DIR']!, env, seed: NAME, guard });
  expect(await shoppers.ended, await shoppers.lastWords()).toBe(0);
  paidOrder = String((await shoppers.progress()).firstPaid);
}, 300_000);

afterAll(async () => {
  await supervisor.stop();
  await stack.stop();
  await guard.close();
}, 120_000);

const eventually = async <T>(what: string, look: () => Promise<T | undefined>, seconds = 90): Promise<T> => {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (performance.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`);
    await pause(250);
  }
};

/** An order as it is when checkout is done, without the checkout. */
const place = async (orderNumber: number, email: string | null): Promise<void> => {
  const sql = await openSql({
    host: config.MILLRACE_ADNSF_SQL_HOST,
    port: config.MILLRACE_ADNSF_SQL_PORT,
    database: config.MILLRACE_ADNSF_SQL_DATABASE,
    user: env['MILLRACE_SHOP_SQL_USER']!,
    password: env['MILLRACE_SHOP_SQL_PASSWORD']!,
    encrypt: false,
  });
  try {
    const order = { order: int(orderNumber), total: money(1999n), email: text(email) };
    await sql.run(
      `INSERT INTO dbo.Orders (OrderNumber, OrderGUID, CustomerID, CustomerGUID, Email, OrderSubtotal, OrderTotal, PaymentMethod,
         TransactionState, CartType) VALUES (@order, NEWID(), @order, NEWID(), @email, CAST(@total AS money), CAST(@total AS money), N'Stripe', NULL, 0)`,
      order,
    );
    await sql.run(
      `INSERT INTO dbo.Orders_ShoppingCart (OrderNumber, ShoppingCartRecID, CustomerID, ProductID, VariantID, Quantity, OrderedProductPrice)
       VALUES (@order, @order, @order, 1, 1, 1, CAST(@total AS money))`,
      { order: int(orderNumber), total: money(1999n) },
    );
    await sql.run(`UPDATE dbo.ProductVariant SET Inventory = Inventory - 1 WHERE VariantID = 1`, {});
    await sql.run(
      `UPDATE dbo.Orders SET TransactionState = N'PENDING', InventoryWasReduced = 1 WHERE OrderNumber = @order`,
      { order: int(orderNumber) },
    );
  } finally {
    sql.close();
  }
};

const decided = (orderNumber: number, intent: string): Promise<boolean> =>
  eventually(`${orderNumber} has ${intent}`, async () => {
    const found = await certifyOrder(config, String(orderNumber));
    return found?.decisions.some(({ commandId }) => commandId.includes(`/${intent}/`)) === true ? true : undefined;
  });

/** @param from where in the log that happens which is waited for; `logEnd` tells */
const logHas = (service: string, pattern: RegExp, from: number): Promise<boolean> =>
  eventually(`${service} logs ${String(pattern)}`, () =>
    Promise.resolve(
      pattern.test(readFileSync(supervisor.logFile(service)).subarray(from).toString()) ? true : undefined,
    ),
  );

const logEnd = (service: string): number => statSync(supervisor.logFile(service)).size;

const sandbox = async (method: string, body?: object): Promise<void> => {
  const answer = await fetch(new URL('/_sandbox/faults', env['MILLRACE_STRIPE_API_BASE']), {
    method,
    headers: { authorization: `Bearer ${env['MILLRACE_STRIPE_SECRET_KEY']!}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} faults: ${answer.status} ${await answer.text()}`);
};

const deleteTopic = async (topic: string): Promise<void> => {
  const { NOTHING } = kafkajs.logLevel;
  const admin = new kafkajs.Kafka({ brokers: [...config.MILLRACE_KAFKA_BROKERS], logLevel: NOTHING }).admin();
  await admin.connect();
  await admin.deleteTopics({ topics: [topic] });
  await admin.disconnect();
};

const letterOf = (filter: Parameters<typeof listed>[1]): Promise<string> =>
  eventually('a letter waits', async () => {
    const office = await officeOf(config);
    try {
      for await (const found of listed(office, { ...filter, state: 'waiting' }, 1)) return letterId(found);
      return undefined;
    } finally {
      await office.close();
    }
  });

type Situation = Readonly<{
  /** Whose log and metrics the page speaks of. */
  service: string;
  /** Brings it about. @returns what the page's variables stand for */
  begin: () => Promise<Readonly<{ ORDER?: string; LETTER?: string; CANDIDATE?: string }>>;
  /** The world's part of the remedy. */
  end?: () => Promise<void>;
}>;

const situations: Readonly<Record<string, Situation>> = {
  'lost-disk.md': {
    service: 'order-stream',
    begin: async () => {
      await supervisor.end('order-stream');
      rmSync(join(env['MILLRACE_STATE_DIR']!, 'order-stream'), { recursive: true });
      await supervisor.start('order-stream');
      await supervisor.ready('order-stream');
      return {};
    },
  },
  'lost-broker.md': {
    service: 'order-stream',
    begin: async () => {
      const from = logEnd('order-stream');
      await stack.kill('kafka', 'SIGKILL');
      try {
        await logHas('order-stream', /"action":"(retry|rejoin)"/, from);
      } finally {
        await stack.restart('kafka');
      }
      return {};
    },
  },
  'lost-topic.md': {
    service: 'order-stream',
    begin: async () => {
      await supervisor.end('order-stream');
      await deleteTopic('order-stream-orders-changelog');
      const from = logEnd('order-stream');
      await supervisor.start('order-stream');
      await logHas('order-stream', /topics do not exist: order-stream-orders-changelog/, from);
      await supervisor.end('order-stream');
      return {};
    },
    end: async () => {
      await supervisor.start('order-stream');
      await supervisor.ready('order-stream');
      await place(915_001, 'after-the-loss@example.com');
      await decided(915_001, 'create-payment-intent');
    },
  },
  'poisoned-order.md': {
    service: 'order-stream',
    begin: async () => {
      await place(910_001, null);
      return { ORDER: '910001', LETTER: await letterOf({ order: '910001' }) };
    },
  },
  'stripe-outage.md': {
    service: 'stripe-executor',
    begin: async () => {
      const from = logEnd('stripe-executor');
      await sandbox('POST', { kind: 'error_before_commit', rate: 1 });
      await place(920_001, 'stripe-outage@example.com');
      await logHas('stripe-executor', /"action":"retry".*Stripe: 500/, from);
      return { ORDER: '920001' };
    },
    end: () => sandbox('DELETE'),
  },
  'adnsf-outage.md': {
    service: 'adnsf-executor',
    begin: async () => {
      await supervisor.end('adnsf-executor');
      await place(930_001, 'adnsf-outage@example.com');
      await decided(930_001, 'link-payment');
      await stack.kill('sqlserver', 'SIGSTOP');
      const from = logEnd('adnsf-executor');
      await supervisor.start('adnsf-executor');
      await supervisor.ready('adnsf-executor');
      await logHas('adnsf-executor', /"action":"retry".*SQL Server/, from);
      return { ORDER: '930001' };
    },
    end: () => stack.kill('sqlserver', 'SIGCONT'),
  },
  'fenced-worker.md': {
    service: 'order-stream',
    begin: async () => {
      const orders = Array.from({ length: 8 }, (_, index) => 940_001 + index);
      supervisor.kill('order-stream', 'SIGSTOP');
      try {
        await supervisor.start('order-stream-2');
        await supervisor.ready('order-stream-2');
        // All partitions are the other's: none of these orders waits for the one that stands still.
        for (const order of orders) await place(order, `fenced-${order}@example.com`);
        for (const order of orders) await decided(order, 'ensure-customer');
      } finally {
        supervisor.kill('order-stream', 'SIGCONT');
      }
      return {};
    },
    end: () => supervisor.end('order-stream-2'),
  },
  'schema-break.md': {
    service: 'order-stream',
    begin: async () => {
      const cluster = kafkajsCluster({ brokers: config.MILLRACE_KAFKA_BROKERS, clientId: 'test' });
      const producer = await cluster.idempotentProducer();
      // A record whose schema the registry does not have.
      const value = Buffer.from([0, 0x7f, 0xff, 0xff, 0xff, 1, 2, 3]);
      await producer.send([{ topic: topics.orderPayments.name, key: Buffer.from('950001'), value }]);
      await producer.close();
      return { LETTER: await letterOf({ code: 'unknown_schema' }) };
    },
    end: async () => {
      const office = await officeOf(config);
      try {
        const letters = await chosen(office, [], { code: 'unknown_schema' }, Infinity);
        const person = { by: 'integration', reason: 'written by a test', at: BigInt(Date.now()) };
        for await (const { kind } of decide(office, 'discard', letters, person)) expect(kind).toBe('done');
      } finally {
        await office.close();
      }
    },
  },
  'wrong-deploy.md': {
    service: 'order-stream',
    begin: async () => {
      const candidate = join(env['MILLRACE_STATE_DIR']!, 'candidate');
      cpSync(join(REPOSITORY, 'workflows'), candidate, { recursive: true });
      const file = join(candidate, 'order-to-cash@1.yaml');
      const text = readFileSync(file, 'utf8');
      const changed = text.replace('gateway: STRIPE', 'gateway: STRIPED');
      expect(changed).not.toBe(text);
      writeFileSync(file, changed);
      const verdict = run(`MILLRACE_WORKFLOWS_DIR="${candidate}" ./millrace certify ${paidOrder}`, {});
      // Unless the page's commands saw the difference, they would prove nothing.
      await expect(verdict).rejects.toThrow(
        /changed +command \d+\/link-payment\/1 .* says something else than was decided: payload\.gateway/,
      );
      await supervisor.end('order-stream');
      return { CANDIDATE: candidate };
    },
    end: async () => {
      await supervisor.start('order-stream');
      await supervisor.ready('order-stream');
    },
  },
};

type Block = Readonly<{ script: string; afterwards: boolean }>;

const blocksOf = (page: string): readonly Block[] => {
  const [before, after, ...more] = readFileSync(join(RUNBOOKS, page), 'utf8').split('## How to see that it is over');
  if (after === undefined || more.length > 0) throw new Error(`${page} says not once how to see that it is over`);
  const scripts = (part: string): string[] =>
    [...part.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, script]) => script!);
  return [
    ...scripts(before!).map((script) => ({ script, afterwards: false })),
    ...scripts(after).map((script) => ({ script, afterwards: true })),
  ];
};

/** Runs one block in a shell that stops at the first command that fails. @returns what it wrote */
const run = (script: string, variables: Readonly<Record<string, string | undefined>>): Promise<string> =>
  new Promise((resolve, reject) => {
    const path = `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`;
    const options = {
      cwd: REPOSITORY,
      env: { ...env, ...variables, PATH: path, HOME: process.env['HOME'] },
      timeout: 240_000,
    };
    execFile('sh', ['-eu', '-c', script], options, (error, stdout, stderr) => {
      const said = `${stdout}${stderr}`;
      if (error === null) resolve(said);
      else reject(new Error(`${script}\n${error.message}\n${said.slice(-4_000)}`, { cause: error }));
    });
  });

/** Where the service that runs now serves its metrics. */
const metricsOf = (service: string): string => {
  const ports = [...readFileSync(supervisor.logFile(service), 'utf8').matchAll(/"ready":true.*?"metricsPort":(\d+)/g)];
  return `http://127.0.0.1:${ports.at(-1)![1]!}/metrics`;
};

describe('runbooks', () => {
  it('each page is tried, and each that is tried is there', () => {
    const pages = readdirSync(RUNBOOKS).filter((name) => name !== 'README.md');
    expect(Object.keys(situations).sort()).toEqual(pages.sort());
    const index = readFileSync(join(RUNBOOKS, 'README.md'), 'utf8');
    for (const page of pages) expect(index).toContain(`](${page})`);
  });

  it.each(Object.entries(situations))(
    '%s',
    async (page, { service, begin, end }) => {
      const blocks = blocksOf(page);
      expect(blocks.filter(({ afterwards }) => afterwards).length).toBeGreaterThan(0);
      const variables = { ORDER: paidOrder, ...(await begin()) };
      const runAll = async (afterwards: boolean): Promise<void> => {
        for (const block of blocks.filter((each) => each.afterwards === afterwards))
          await run(block.script, { ...variables, LOG: supervisor.logFile(service), METRICS: metricsOf(service) });
      };
      let failure: unknown;
      try {
        await runAll(false);
      } catch (error) {
        failure = error;
      }
      // Whatever happened, the next page finds the world whole.
      await end?.();
      if (failure !== undefined) throw failure as Error;
      await runAll(true);
    },
    600_000,
  );
});
