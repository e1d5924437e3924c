/** The machines of a deployment and the programs on them: the real ones, started as their own main files start them. */
import type { Schemas } from '../../schemas/serde.ts';
import { adnsfStage } from '../../services/adnsf-executor/stage.ts';
import type { Policy } from '../../services/order-stream/domain/policy.ts';
import { orderTopology } from '../../services/order-stream/topology.ts';
import { loadWorkflows } from '../../services/order-stream/workflows/directory.ts';
import { startApplication, type Application } from '../../services/runtime/application.ts';
import { startEffects } from '../../services/runtime/effect-task.ts';
import type { MemoryBroker } from '../../services/runtime/memory/broker.ts';
import type { TaskName } from '../../services/runtime/observe.ts';
import type { EffectStage } from '../../services/runtime/effects.ts';
import type { CrashPoint } from '../../services/runtime/task.ts';
import type { Topology } from '../../services/runtime/topology.ts';
import { stripeStage } from '../../services/stripe-executor/stage.ts';
import { subscribe } from '../../services/erp-ledger/subscribe.ts';
import { Disk } from './disk.ts';
import { LedgerBooks } from './ledger-books.ts';
import { simulatedCluster, type ProcessPorts } from './kafka.ts';
import type { SimulatedShop } from './shop.ts';
import type { SimulatedStripe } from './stripe.ts';
import { webhookReceiver, type Receiver } from './webhooks.ts';
import { Process, SimulatedCrash, type World } from './world.ts';

export type Role = 'stream' | 'stripe' | 'adnsf' | 'webhooks' | 'ledger';

/** As much of a program as is needed to end it. */
type Running = Pick<Application, 'stop' | 'crashed'> & Partial<Pick<Application, 'status'>>;

export const policy: Policy = {
  stores: { '1': { currency: 'USD', timeZone: 'America/New_York' } },
  stripeMethods: ['STRIPE'],
  captureOnShipment: [],
  offSession: [],
  shippedWithFirst: false,
  livemode: false,
};

export class Machine {
  readonly role: Role;
  readonly name: string;
  readonly disk = new Disk();
  process: Process | undefined;
  ports: ProcessPorts | undefined;
  application: Running | undefined;
  receiver: Receiver | undefined;
  /** Whether a program should be running here. */
  wanted = true;
  /** Asked to end in order, and not yet gone. */
  leaving = false;
  lives = 0;

  constructor(role: Role, index: number) {
    this.role = role;
    this.name = `${role}${index}`;
  }

  get up(): boolean {
    return this.process !== undefined && this.process.state !== 'dead';
  }
}

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

export class Machines {
  readonly ledger = new LedgerBooks();
  readonly all: Machine[] = [];
  readonly crashPointsHit = new Map<CrashPoint, number>();
  readonly #world: World;
  readonly #broker: MemoryBroker;
  readonly #schemas: Schemas;
  readonly #stripe: SimulatedStripe;
  readonly #shop: SimulatedShop;
  readonly #topology: Topology;

  constructor(world: World, broker: MemoryBroker, schemas: Schemas, stripe: SimulatedStripe, shop: SimulatedShop) {
    this.#world = world;
    this.#broker = broker;
    this.#schemas = schemas;
    this.#stripe = stripe;
    this.#shop = shop;
    this.#topology = topologyOf(world, schemas);
  }

  add(role: Role): Machine {
    const machine = new Machine(role, this.of(role).length + 1);
    this.all.push(machine);
    this.start(machine);
    return machine;
  }

  of(role: Role): readonly Machine[] {
    return this.all.filter((machine) => machine.role === role);
  }

  receivers(): readonly Receiver[] {
    return this.of('webhooks').flatMap(({ receiver, process }) =>
      receiver !== undefined && process?.state === 'running' ? [receiver] : [],
    );
  }

  /** Starts the program of a machine. */
  start(machine: Machine): void {
    const world = this.#world;
    machine.lives++;
    const weight = world.chance.pick([1, 1, 1, 0.3, 0.1]);
    const process = new Process(`${machine.name}.${machine.lives}`, weight);
    const ports = simulatedCluster(world, this.#broker, process, machine.disk);
    machine.process = process;
    machine.ports = ports;
    machine.application = undefined;
    machine.receiver = undefined;
    machine.leaving = false;
    world.say(() => `${process.name} starts`);
    this.#run(machine, process, ports).then(
      (application) => {
        machine.application = application;
        application?.crashed.catch((error: unknown) => this.#ended(process, error));
      },
      (error: unknown) => this.#ended(process, error),
    );
  }

  /** Ends a program in order. */
  stop(machine: Machine): void {
    const { process, application } = machine;
    if (process === undefined || application === undefined) return;
    machine.leaving = true;
    machine.wanted = false;
    void application.stop().then(() => this.#world.kill(process, 'it has ended in order'));
  }

  async #run(machine: Machine, process: Process, ports: ProcessPorts): Promise<Running | undefined> {
    const world = this.#world;
    const common = {
      cluster: ports,
      scheduler: world.scheduler(process),
      limits: { batchRecords: world.scenario.batchRecords },
      at: (point: CrashPoint, task: TaskName) => this.#at(process, point, task),
    };
    const executor = {
      version: 'simulated',
      concurrency: 4,
      deadLetters: this.#schemas.topic('deadLetters'),
    };
    const chance = () => world.chance.next();
    switch (machine.role) {
      case 'stream':
        return startApplication(this.#topology, {
          ...common,
          stateDir: '',
          openBackend: machine.disk.for(world, process),
        });
      case 'stripe': {
        const stage = stripeStage({
          ...executor,
          api: this.#stripe.api(process),
          commands: this.#schemas.topic('stripeCommands'),
          objects: this.#schemas.topic('stripeObjects'),
          results: this.#schemas.topic('stripeResults'),
        });
        return startEffects(world.without === 'key-age' ? clockless(stage, world.now) : stage, { ...common, chance });
      }
      case 'adnsf':
        return startEffects(
          adnsfStage({
            ...executor,
            shop: this.#shop.port(process),
            stores: policy.stores,
            commands: this.#schemas.topic('adnsfCommands'),
            results: this.#schemas.topic('adnsfResults'),
          }),
          { ...common, chance },
        );
      case 'ledger':
        return Promise.resolve(
          subscribe({
            cluster: ports,
            ledger: this.ledger.open(),
            topic: this.#schemas.topic('erpCommands'),
            logger: silent,
            scheduler: common.scheduler,
          }),
        );
      case 'webhooks':
        machine.receiver = webhookReceiver(world, process, ports, this.#schemas);
        return Promise.resolve(undefined);
    }
  }

  /** A moment between two steps of a task: a process may end here. */
  #at(process: Process, point: CrashPoint, task: TaskName): void {
    if (process.state === 'dead') throw new SimulatedCrash('dead');
    this.crashPointsHit.set(point, (this.crashPointsHit.get(point) ?? 0) + 1);
    if (!this.#world.faults.strikes(`crash:${point}`)) return;
    this.#world.kill(process, `at ${point} of ${task.stage}-${task.partition}`);
    throw new SimulatedCrash(`at ${point}`);
  }

  #ended(process: Process, error: unknown): void {
    if (process.state === 'dead') return;
    this.#world.violated(
      `${process.name} ended by itself: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    this.#world.kill(process, 'it ended by itself');
  }

  /** Machines whose program should run and does not. */
  down(): readonly Machine[] {
    return this.all.filter((machine) => machine.wanted && !machine.up);
  }

  anyDown(): boolean {
    for (const machine of this.all) if (machine.wanted && !machine.up) return true;
    return false;
  }

  anyPaused(): boolean {
    for (const { process } of this.all) if (process?.state === 'paused') return true;
    return false;
  }

  anyEstranged(): boolean {
    for (const { process, ports } of this.all)
      if (process?.state === 'running' && ports !== undefined)
        for (const consumer of ports.consumers) if (consumer.estranged) return true;
    return false;
  }

  paused(): readonly Machine[] {
    return this.all.filter(({ process }) => process?.state === 'paused');
  }

  running(): readonly Machine[] {
    return this.all.filter(({ process }) => process?.state === 'running');
  }
}

/** By a clock that stands still no key ever grows old. */
const clockless = <V>(stage: EffectStage<V>, began: number): EffectStage<V> => ({
  ...stage,
  effect: (record, context) => stage.effect(record, { ...context, now: () => began }),
});

/** Compiled once for all runs: they are functions of the state alone. */
export const workflows = { current: loadWorkflows() };

/** The topology, or the one that reads its inputs in any order when that guard is off. */
const topologyOf = (world: World, schemas: Schemas): Topology => {
  const topology = orderTopology(schemas, policy, 'simulated', workflows);
  if (world.without !== 'merge-by-place') return topology;
  return {
    ...topology,
    stages: topology.stages.map((stage) => ({
      ...stage,
      inputs: stage.inputs.map(({ topic, process }) => ({ topic, process })),
    })),
  };
};
