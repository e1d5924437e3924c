/** Services that die at named moments, at random times, or that stop and come back as zombies. */
import type { ServiceName } from '../../infra/local/supervisor.ts';
import type { Fault } from './fault.ts';
import { clearTrap, hasSprung, setTrap, type Trap } from './trap.ts';

/** Longer than the session of a group member, which is 10 s, and than the broker takes to notice. */
const FROZEN_MS = 13_000;
const READY_SECONDS = 90;
/** A kill in a burst comes this soon after the one before, milliseconds. */
const BETWEEN_KILLS: readonly [number, number] = [100, 1_000];
export const KILLS_IN_A_BURST = 20;

type Moment = Readonly<{
  service: ServiceName;
  point: string;
  what: string;
  /** One of these stages; any when left out. */
  stages?: readonly string[];
  /** Passed only while a task begins: the process is killed first, and dies again on its way back. */
  atStart?: true;
  /** Most passings to let by. A stage begins once per partition, and there are four. */
  skip: number;
  short?: true;
}>;

const streamStages = ['assembly', 'routing', 'people', 'orders'];

const moments: readonly Moment[] = [
  {
    service: 'order-stream',
    point: 'after-fence',
    what: 'after fencing',
    atStart: true,
    skip: 3,
    stages: streamStages,
  },
  {
    service: 'order-stream',
    point: 'after-restore',
    what: 'after restore',
    atStart: true,
    skip: 3,
    stages: streamStages,
  },
  { service: 'order-stream', point: 'mid-batch', what: 'mid-batch', skip: 5, stages: streamStages, short: true },
  { service: 'order-stream', point: 'after-produce', what: 'after produce', skip: 3, stages: streamStages },
  {
    service: 'order-stream',
    point: 'after-offsets',
    what: 'after offsets',
    skip: 3,
    stages: streamStages,
    short: true,
  },
  {
    service: 'order-stream',
    point: 'after-commit',
    what: 'after commit before promote',
    skip: 3,
    stages: streamStages,
    short: true,
  },
  { service: 'order-stream', point: 'after-promote', what: 'after promote', skip: 3, stages: streamStages },
  { service: 'stripe-executor', point: 'before-effect', what: 'before the call', skip: 2 },
  { service: 'stripe-executor', point: 'after-effect', what: 'after the call before the result', skip: 2, short: true },
  { service: 'stripe-executor', point: 'after-produce', what: 'after the result before commit', skip: 2 },
  { service: 'adnsf-executor', point: 'before-effect', what: 'before the call', skip: 2 },
  { service: 'adnsf-executor', point: 'after-effect', what: 'after the call before the result', skip: 2 },
  { service: 'adnsf-executor', point: 'after-produce', what: 'after the result before commit', skip: 2, short: true },
  { service: 'webhooks', point: 'after-keep', what: 'after produce before the answer', skip: 4, short: true },
  { service: 'erp-ledger', point: 'before-book', what: 'before booking', skip: 3 },
  { service: 'erp-ledger', point: 'after-book', what: 'after booking, before it asks for more', skip: 3, short: true },
];

const crash = (moment: Moment): Fault => ({
  name: `crash-${moment.service}-${moment.point}`,
  what: `kill -9 of ${moment.service} ${moment.what}`,
  ...(moment.short && { short: moment.short }),
  inject: async (world, chance) => {
    const { service, point } = moment;
    const { supervisor } = world;
    const file = world.trapOf(service);
    await supervisor.ready(service, READY_SECONDS * 1_000);
    const trap: Trap = {
      point,
      skip: chance.int(0, moment.skip),
      ...(moment.stages !== undefined && { stage: chance.pick(moment.stages) }),
    };
    setTrap(file, trap);
    const armed = Date.now();
    try {
      if (moment.atStart) {
        supervisor.kill(service, 'SIGKILL');
        world.killed();
      } else supervisor.kill(service, 'SIGUSR2');
      await world.until(`${service} passes ${point} ${trap.stage ?? ''}`, 90, () => hasSprung(file));
      world.killed();
    } finally {
      clearTrap(file);
    }
    return { at: moment.atStart ? armed : Date.now() };
  },
});

/** Services that an order's records go through. */
const onTheWay = ['order-stream', 'webhooks', 'stripe-executor', 'adnsf-executor', 'erp-ledger'] as const;

/** While it is stopped its twin takes over; then it wakes up and believes that it is what it was. */
const freeze = (service: (typeof onTheWay)[number]): Fault => ({
  name: `freeze-${service}`,
  what: `SIGSTOP of ${service} past its session, then SIGCONT`,
  ...(service === 'order-stream' && { short: true as const }),
  inject: async (world) => {
    const { supervisor } = world;
    const twin = service === 'webhooks' ? undefined : `${service}-2`;
    await supervisor.ready(service, READY_SECONDS * 1_000);
    if (twin !== undefined) {
      await supervisor.start(twin);
      await supervisor.ready(twin, READY_SECONDS * 1_000);
    }
    const at = Date.now();
    supervisor.kill(service, 'SIGSTOP');
    try {
      await world.sleep(FROZEN_MS);
    } finally {
      supervisor.kill(service, 'SIGCONT');
    }
    return { at, ...(twin !== undefined && { undo: () => supervisor.end(twin) }) };
  },
});

const burst: Fault = {
  name: 'random-kills',
  what: `${KILLS_IN_A_BURST} kill -9 of any service at random times`,
  short: true,
  inject: async (world, chance) => {
    const { supervisor } = world;
    // Half of the time partitions have somewhere else to go.
    const second = chance.happens(0.5) ? 'order-stream-2' : undefined;
    if (second !== undefined) {
      await supervisor.start(second);
      await supervisor.ready(second, READY_SECONDS * 1_000);
    }
    const at = Date.now();
    for (let kills = 0; kills < KILLS_IN_A_BURST; kills++) {
      const running = () => supervisor.status().filter(({ state }) => state === 'running');
      await world.until('some service runs', READY_SECONDS, () => running().length > 0);
      supervisor.kill(chance.pick(running()).name, 'SIGKILL');
      world.killed();
      await world.sleep(chance.int(...BETWEEN_KILLS));
    }
    return { at, ...(second !== undefined && { undo: () => supervisor.end(second) }) };
  },
};

/** 1, 3, 2 workers of the order stream, each change while orders flow. */
const scale: Fault = {
  name: 'scale-order-stream',
  what: 'order-stream from 1 to 3 to 2 workers',
  inject: async (world) => {
    const { supervisor } = world;
    await supervisor.ready('order-stream', READY_SECONDS * 1_000);
    const at = Date.now();
    const others = ['order-stream-2', 'order-stream-3'];
    for (const name of others) await supervisor.start(name);
    for (const name of others) await supervisor.ready(name, READY_SECONDS * 1_000);
    const scaled = Date.now();
    await world.until('an order goes all the way with three workers', 120, async () =>
      (await world.orders.look()).some(({ placedAt, endedAt }) => placedAt > scaled && endedAt !== undefined),
    );
    await supervisor.end('order-stream-3');
    return { at, undo: () => supervisor.end('order-stream-2') };
  },
};

export const crashes: readonly Fault[] = [...moments.map(crash), ...onTheWay.map(freeze), scale];
export const randomKills: Fault = burst;
