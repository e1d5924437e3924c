/** One schedule from its beginning to its judgement. */
import { topics } from '../../schemas/topics.ts';
import { MemoryBroker } from '../../services/runtime/memory/broker.ts';
import { observe } from '../../services/runtime/observe.ts';
import type { CrashPoint } from '../../services/runtime/task.ts';
import { Connector } from './connector.ts';
import type { FaultKind } from './fault-kinds.ts';
import type { FaultPlan, Scenario } from './scenario.ts';
import type { Guard } from './guards.ts';
import { Machines, type Machine, type Role } from './machines.ts';
import { checkCertificates } from './certificates.ts';
import { judge, storesOf } from './oracle.ts';
import { checkReplays } from './replays.ts';
import { addPoison, type PoisonLetter } from './poison.ts';
import { openValueTable } from './serde.ts';
import { SimulatedShop } from './shop.ts';
import { Shopper } from './shopper.ts';
import { SimulatedStripe } from './stripe.ts';
import { Deliveries } from './webhooks.ts';
import { World } from './world.ts';

export type Outcome = Readonly<{
  violations: readonly string[];
  steps: number;
  injected: ReadonlyMap<FaultKind, number>;
  crashPointsHit: ReadonlyMap<CrashPoint, number>;
  /** Requests that arrived after their process was dead. */
  ghosts: number;
}>;

const maxSteps = 30_000;
const maxRestless = 60;
/** Nothing may come of so many rounds of waiting before a schedule counts as at rest. */
const roundsOfRest = 3;
const hourMs = 3_600_000;

/**
 * Lets everything that follows from a step run to its end: a tick that is asked for in a microtask comes when no
 * microtask is left. No turn of the event loop is needed, for nothing here waits for anything outside.
 */
const settle = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

/** Between schedules the event loop has its turn. */
const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const createTopics = (broker: MemoryBroker, partitions: number): void => {
  const create = (topic: string) => broker.createTopic({ topic, partitions, replication: 1, config: {} });
  for (const { name } of Object.values(topics)) create(name);
  for (const stores of storesOf.values()) for (const store of stores) create(`order-stream-${store}-changelog`);
};

/** Another chance out of the one that a fault has. */
const fractionOf = (pick: number, scale: number): number => (pick * scale) % 1;

/** Deletes a topic and makes it anew; `filled`: late writes of the dead come to it, as far as it had reached before. */
const remakeTopic = (broker: MemoryBroker, topic: string, filled: boolean): void => {
  const sources = Array.from({ length: broker.partitionCount(topic) ?? 0 }, (_, partition) => ({ topic, partition }));
  const highs = sources.map((source) => broker.log(source).high);
  broker.recreateTopic(topic);
  if (!filled) return;
  for (const [partition, source] of sources.entries()) {
    const log = broker.log(source);
    const { epoch } = broker.initProducerId('the dead');
    const late = { key: Buffer.from('late'), value: null, headers: {}, timestamp: 0n };
    while (log.high + 1n < highs[partition]!) broker.appendInTransaction('the dead', epoch, log, late);
    broker.endTransaction('the dead', epoch, false);
  }
};

/** Takes guarantees of the brokers away. */
const weaken = (broker: MemoryBroker, guard: Guard | undefined): void => {
  if (guard !== 'aborted-hidden' && guard !== 'stable-end') return;
  for (const topic of broker.topics())
    for (let partition = 0; partition < (broker.partitionCount(topic) ?? 0); partition++) {
      const log = broker.log({ topic, partition });
      if (guard === 'aborted-hidden') {
        const end = log.end.bind(log);
        log.end = (producerId) => end(producerId, true);
      } else Object.defineProperty(log, 'stable', { get: () => log.high });
    }
};

export const runScenario = async (
  scenario: Scenario,
  without?: Guard,
  trace?: (line: string) => void,
): Promise<Outcome> => {
  await breathe();
  const world = new World(scenario, without, trace);
  const { chance } = world;
  const stopListening = listenIn(world);
  const broker = new MemoryBroker(() => world.now);
  const { schemas } = openValueTable();
  createTopics(broker, scenario.partitions);
  weaken(broker, without);

  const deliveries = new Deliveries(world, () => machines.receivers());
  const stripe = new SimulatedStripe(world, (delivery) => deliveries.add(delivery));
  const shop = new SimulatedShop(world);
  const connector = new Connector(world, broker, shop, schemas);
  const machines = new Machines(world, broker, schemas, stripe, shop);
  const known = new Set<number>();
  const shoppers = scenario.orders.map((order) => new Shopper(order, shop, stripe, known));
  const poison: PoisonLetter[] = [];
  let forgotten = false;
  /** A changelog was made anew under running tasks: those that write no more find out when they are started again. */
  let unnoticed = false as boolean;

  const begin = (role: Role, count: number) => {
    for (let index = 0; index < count; index++) machines.add(role);
  };
  begin('stream', scenario.streams);
  begin('stripe', scenario.executors);
  begin('adnsf', scenario.executors);
  begin('webhooks', scenario.webhooks);
  if (scenario.ledger) begin('ledger', 1);

  const pace = () => chance.pick([1, 1, 0.3, 3]);
  for (const shopper of shoppers)
    world.actors.push({
      is: 'actor',
      label: `shopper of ${shopper.order.orderNumber}`,
      weight: pace(),
      enabled: () => shopper.ready,
      act: () => shopper.act(),
    });
  world.actors.push(
    { is: 'actor', label: 'connector', weight: pace(), enabled: () => connector.busy, act: () => connector.act() },
    {
      is: 'actor',
      label: 'Stripe delivers',
      weight: pace(),
      enabled: () => deliveries.waiting,
      act: () => deliveries.deliver(),
    },
    {
      is: 'actor',
      label: 'Stripe pays out',
      weight: 0.1,
      enabled: () => stripe.payouts.length < scenario.payouts && stripe.hasEarned,
      act: () => stripe.payOut(),
    },
    {
      is: 'actor',
      label: 'a program is started again',
      weight: 0.15,
      enabled: () => machines.anyDown(),
      act: () => machines.start(chance.pick(machines.down())),
    },
    {
      is: 'actor',
      label: 'a process wakes up',
      weight: 0.03,
      enabled: () => machines.anyPaused(),
      act: () => {
        const { process } = chance.pick(machines.paused());
        world.say(() => `  ${process!.name}`);
        process!.state = 'running';
        world.version++;
      },
    },
    {
      is: 'actor',
      label: 'a member notices that the group has gone on',
      weight: 0.1,
      enabled: () => machines.anyEstranged(),
      act: () => chance.pick(estranged()).notice(),
    },
  );
  const left = [...scenario.poisons];
  world.actors.push({
    is: 'actor',
    label: 'a bad record',
    weight: 0.1,
    enabled: () => left.length > 0,
    act: () => {
      const kind = left.shift()!;
      world.say(() => `  ${kind}`);
      poison.push(addPoison(world, broker, schemas, kind));
    },
  });

  const estranged = () =>
    machines.running().flatMap(({ ports }) => ports?.consumers.filter((consumer) => consumer.estranged) ?? []);

  const afflict = ({ kind, pick }: FaultPlan): void => {
    const among = <T>(all: readonly T[]): T | undefined => all[Math.floor(pick * all.length)];
    const struck = (then: () => boolean) => {
      world.say(() => `FAULT ${kind}`);
      if (then()) world.faults.happened(kind);
      world.version++;
    };
    const toProcess = (then: (machine: Machine) => void) => {
      const machine = among(machines.running());
      if (machine === undefined) return;
      struck(() => {
        then(machine);
        return true;
      });
    };
    const evict = (machine: Machine) => {
      for (const consumer of machine.ports?.consumers ?? []) consumer.evict();
    };
    switch (kind) {
      case 'kill':
        toProcess(({ process }) => world.kill(process!, 'killed'));
        return;
      case 'day-off':
        toProcess(({ process }) => {
          world.kill(process!, 'its day off');
          world.now += Math.floor((24.5 + pick) * hourMs);
        });
        return;
      case 'lose-disk': {
        const machine = among(machines.of('stream').filter(({ up }) => up));
        if (machine === undefined) return;
        struck(() => {
          world.kill(machine.process!, 'its machine is gone');
          machine.disk.wipe();
          return true;
        });
        return;
      }
      case 'pause':
      case 'zombie':
        toProcess((machine) => {
          world.say(() => `  ${machine.process!.name} stands still`);
          machine.process!.state = 'paused';
          if (kind === 'zombie') evict(machine);
        });
        // Somebody has to take over.
        if (kind === 'zombie' && pick * 10 > 5)
          scaleOut(among([...new Set(machines.paused().map(({ role }) => role))]));
        return;
      case 'expire-session':
        toProcess(evict);
        return;
      case 'scale-out':
        struck(() => scaleOut(among<Role>(['stream', 'stream', 'stripe', 'adnsf', 'webhooks'])));
        return;
      case 'scale-in': {
        const machine = among(
          machines
            .running()
            .filter(
              ({ role, application, leaving }) =>
                application !== undefined && !leaving && machines.of(role).filter((other) => other.wanted).length > 1,
            ),
        );
        if (machine === undefined) return;
        struck(() => {
          machines.stop(machine);
          return true;
        });
        return;
      }
      case 'expire-transaction':
        struck(() => {
          const id = among([...world.transactionalIds]);
          if (id !== undefined) broker.expireTransaction(id);
          return true;
        });
        return;
      case 'compact':
        struck(() => {
          for (const topic of broker.topics())
            if (topic.endsWith('-changelog') || topic === topics.stripeObjects.name)
              for (let partition = 0; partition < scenario.partitions; partition++)
                broker.log({ topic, partition }).compact(false);
          return true;
        });
        return;
      case 'lose-changelog':
        struck(() => {
          const topic = among(broker.topics().filter((name) => name.endsWith('-changelog')));
          if (topic === undefined) return false;
          world.say(() => `  ${topic}`);
          const running = fractionOf(pick, 100) < 0.25;
          if (running) unnoticed = true;
          else killStreams('its changelog is lost');
          // While its task runs nobody else's writes are taken.
          remakeTopic(broker, topic, !running && fractionOf(pick, 1000) < 0.5);
          return true;
        });
        return;
      case 'corrupt-disk': {
        const machine = among(machines.of('stream'));
        if (machine === undefined) return;
        struck(() => (machine.disk.damaged = true));
        return;
      }
      case 'hours-pass':
        struck(() => {
          world.now += Math.floor((1 + pick * 30) * hourMs);
          return true;
        });
        return;
      case 'week-passes':
        struck(() => {
          // Longer than tombstones are kept.
          forgotten = true;
          world.now += (7 * 24 + 1) * hourMs;
          for (const topic of broker.topics())
            if (topic.endsWith('-changelog'))
              for (let partition = 0; partition < scenario.partitions; partition++)
                broker.log({ topic, partition }).compact(true);
          return true;
        });
        return;
      case 'connector-restart':
        struck(() => {
          connector.restart();
          return true;
        });
        return;
      case 'webhook-duplicate':
        struck(() => deliveries.again());
        return;
      default:
        return;
    }
  };
  const killStreams = (why: string): void => {
    for (const { process, up } of machines.of('stream')) if (up) world.kill(process!, why);
  };
  const scaleOut = (role: Role | undefined): boolean => {
    if (role === undefined || machines.of(role).length >= 3) return false;
    machines.add(role);
    return true;
  };

  await settle();
  let idleRounds = 0;
  let restless = 0;
  let encores = 0;
  while (world.steps < maxSteps) {
    for (let fault = world.faults.due(); fault !== undefined; fault = world.faults.due()) {
      afflict(fault);
      await settle();
    }
    if (world.step()) {
      idleRounds = 0;
      await settle();
      continue;
    }
    if (world.passTime()) continue;
    // Nothing is under way and nothing waits for time: the faults that have not come by now do not come.
    world.faults.end();
    // Whoever waits for something that does not come finds out: idle positions are committed, orphans leave, and
    // transactions that nobody ends are ended.
    if (idleRounds++ >= roundsOfRest || restless++ > maxRestless) {
      if (unnoticed && restless <= maxRestless) {
        unnoticed = false;
        killStreams('everybody is started again some day');
        idleRounds = 0;
        continue;
      }
      if (encores++ >= scenario.encores || restless > maxRestless) break;
      world.say(() => 'ENCORE');
      idleRounds = 0;
      for (const shopper of shoppers) shopper.touch();
      deliveries.allAgain();
      continue;
    }
    for (const id of world.transactionalIds) broker.expireTransaction(id);
    world.timeOut(5_500);
    await settle();
  }
  if (world.steps >= maxSteps || restless > maxRestless)
    world.violated(`it does not come to rest: ${world.underWay().join('; ')}`);
  else {
    const evidence = { broker, schemas, machines, stripe, shop, shoppers, poison, forgotten };
    const say = (what: string) => world.violated(what);
    judge(evidence, say);
    checkReplays(evidence, scenario.seed, 2, say);
    if (scenario.certified) await checkCertificates(evidence, say);
  }
  stopListening();
  machines.ledger.close();
  for (const { process } of machines.all) if (process !== undefined) process.state = 'dead';
  return {
    violations: world.violations,
    steps: world.steps,
    injected: world.faults.injected,
    crashPointsHit: machines.crashPointsHit,
    ghosts: world.ghosts.run,
  };
};

/** What the engine says of itself, in a trace. Returns how to stop. */
const listenIn = (world: World): (() => void) => {
  if (world.trace === undefined) return () => undefined;
  const stops = [
    observe.task.subscribe(({ stage, partition, from, to, reason }) =>
      world.say(() => `    ${stage}-${partition} ${from} → ${to}${reason === undefined ? '' : `: ${reason}`}`),
    ),
    observe.deadLetter.subscribe(({ stage, code, topic, offset }) =>
      world.say(() => `    ${stage} refuses ${topic}@${offset}: ${code}`),
    ),
  ];
  return () => {
    for (const stop of stops) stop();
  };
};
