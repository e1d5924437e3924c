/**
 * Everything that is under way, and the one place where it is decided what happens next. Nothing in a simulation moves
 * by itself: each request, answer, delivery and statement waits here until it is chosen; then all that follows from it
 * runs to its end, and the next is chosen. Time is a number that grows with the steps.
 */
import type { Scheduler } from '../../services/runtime/scheduler.ts';
import { chanceOf, seedOf, type Chance } from './chance.ts';
import { Faults } from './faults.ts';
import type { Scenario } from './scenario.ts';
import type { Guard } from './guards.ts';

/** Something that a process has asked for, or that is told to it. */
type Pending = {
  readonly is: 'pending';
  readonly process: Process | undefined;
  /** Whether it is out of the process's hands, and so happens though the process stands still or is dead. */
  readonly onItsWay: boolean;
  readonly label: string;
  readonly run: () => void;
  ghost: boolean;
};

type Timer = {
  readonly is: 'timer';
  readonly process: Process | undefined;
  readonly at: number;
  readonly fire: () => void;
};

/** Somebody who waits for news, and is asked again only when something has changed. */
export type Listener = {
  readonly is: 'listener';
  readonly process: Process;
  readonly label: string;
  /** Undefined while nobody listens; else until when. */
  deadline: number | undefined;
  hasNews(): boolean;
  /** Hands out the news; called with none when the deadline has passed. */
  tell(): void;
  seen: number;
  news: boolean;
};

/** A part of the outside world that acts by itself. */
export type Actor = Readonly<{ is: 'actor'; label: string; weight: number; enabled: () => boolean; act: () => void }>;

export type ProcessState = 'running' | 'paused' | 'dead';

export class Process {
  readonly name: string;
  /** How often it gets its turn, compared to others. */
  readonly weight: number;
  state: ProcessState = 'running';
  readonly onDeath: (() => void)[] = [];
  constructor(name: string, weight: number) {
    this.name = name;
    this.weight = weight;
  }
}

/** What was promised to a dead process is never kept. */
export const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

export class SimulatedCrash extends Error {
  override readonly name = 'SimulatedCrash';
}

type Candidate = Pending | Timer | Listener | Actor;

const pausedWeight = 0.05;
const ghostWeight = 0.2;
/** Of a poll whose time is over without news. */
const emptyHandedWeight = 0.02;

export class World {
  readonly scenario: Scenario;
  readonly chance: Chance;
  readonly faults: Faults;
  /** What is switched off in this run, to see whether anybody notices. */
  readonly without: Guard | undefined;
  readonly trace: ((line: string) => void) | undefined;
  now = Date.UTC(2026, 8, 1, 12);
  steps = 0;
  /** Grows whenever somebody who waits for news may have some. */
  version = 0;
  #pending: Pending[] = [];
  #timers: Timer[] = [];
  readonly listeners: Listener[] = [];
  readonly actors: Actor[] = [];
  readonly #candidates: Candidate[] = [];
  readonly #weights: number[] = [];
  readonly violations: string[] = [];
  readonly ghosts = { run: 0 };
  /** Of every producer that was ever opened. */
  readonly transactionalIds = new Set<string>();

  constructor(scenario: Scenario, without?: Guard, trace?: (line: string) => void) {
    this.scenario = scenario;
    this.chance = chanceOf(seedOf(scenario.seed, 1));
    this.faults = new Faults(scenario.faults, () => this.steps);
    this.without = without;
    this.trace = trace;
  }

  say(line: () => string): void {
    if (this.trace === undefined) return;
    this.trace(`${String(this.steps).padStart(5)} ${new Date(this.now).toISOString().slice(11, 23)} ${line()}`);
  }

  violated(what: string): void {
    this.violations.push(what);
    this.say(() => `VIOLATION ${what}`);
  }

  // What is under way

  later(process: Process | undefined, onItsWay: boolean, label: string, run: () => void): void {
    if (process?.state === 'dead') return;
    this.#pending.push({ is: 'pending', process, onItsWay, label, run, ghost: false });
  }

  /** Tells a process something: mostly at once, sometimes later, never when it is dead. */
  answer(process: Process, label: string, deliver: () => void): void {
    if (process.state === 'dead') return;
    if (process.state === 'running' && this.chance.flip(0.9)) deliver();
    else this.later(process, false, label, deliver);
  }

  /** A timer of a process, or of the outside world. Returns how to call it off. */
  timer(process: Process | undefined, ms: number, fire: () => void): () => void {
    const timer: Timer = { is: 'timer', process, at: Math.ceil(this.now + ms), fire };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** The engine's clock in one process. */
  scheduler(process: Process): Scheduler {
    return {
      now: () => this.now,
      sleep: (ms, signal) => {
        if (process.state === 'dead') return never();
        return new Promise((resolve) => {
          if (signal?.aborted === true) {
            resolve();
            return;
          }
          const done = () => {
            cancel();
            signal?.removeEventListener('abort', done);
            resolve();
          };
          const cancel = this.timer(process, ms, done);
          signal?.addEventListener('abort', done, { once: true });
        });
      },
    };
  }

  /** Ends a process as `kill -9` does. Some of what it had sent may still arrive. */
  kill(process: Process, why: string): void {
    if (process.state === 'dead') return;
    this.say(() => `${process.name} dies: ${why}`);
    process.state = 'dead';
    this.#timers = this.#timers.filter((timer) => timer.process !== process);
    this.#pending = this.#pending.filter((pending) => {
      if (pending.process !== process) return true;
      pending.ghost = true;
      return pending.onItsWay && this.chance.flip(0.4);
    });
    for (let index = this.listeners.length - 1; index >= 0; index--)
      if (this.listeners[index]!.process === process) this.listeners.splice(index, 1);
    for (const then of process.onDeath) then();
    this.version++;
  }

  // What happens next

  /** One step. False when nothing can happen any more before time passes. */
  step(): boolean {
    this.#gather();
    const count = this.#candidates.length;
    if (count === 0) return false;
    this.steps++;
    const chosen = this.#candidates[this.steps > this.scenario.chanceUntil ? 0 : this.#choose(count)]!;
    this.now += 1 + (this.steps % 3);
    switch (chosen.is) {
      case 'pending':
        this.#pending.splice(this.#pending.indexOf(chosen), 1);
        if (chosen.ghost) this.ghosts.run++;
        this.version++;
        this.say(() => `${chosen.label}${chosen.ghost ? ' (late)' : ''}`);
        chosen.run();
        break;
      case 'timer':
        this.#timers.splice(this.#timers.indexOf(chosen), 1);
        this.version++;
        this.say(() => `${chosen.process?.name ?? 'world'}: timer`);
        chosen.fire();
        break;
      case 'listener':
        this.say(() => chosen.label);
        chosen.tell();
        break;
      case 'actor':
        this.say(() => chosen.label);
        chosen.act();
        break;
    }
    return true;
  }

  /** Lets time pass to the first thing that waits for it. False when nothing does. */
  passTime(): boolean {
    let first: Timer | undefined;
    for (const timer of this.#timers)
      if (timer.process?.state !== 'paused' && (first === undefined || timer.at < first.at)) first = timer;
    if (first === undefined) return false;
    if (first.at > this.now) this.now = first.at;
    return true;
  }

  /** Tells everybody who listens that nothing came. Returns how many there were. */
  timeOut(afterMs: number): number {
    this.now += afterMs;
    let told = 0;
    for (const listener of [...this.listeners]) {
      if (listener.deadline === undefined || listener.process.state !== 'running') continue;
      told++;
      listener.tell();
    }
    return told;
  }

  /** How much is under way, for a person who wonders why it does not end. */
  underWay(): readonly string[] {
    return [
      ...this.#pending.map(({ label }) => label),
      ...this.#timers.map(({ at, process }) => `timer of ${process?.name ?? 'the world'} in ${at - this.now} ms`),
      ...this.listeners.filter(({ news }) => news).map(({ label }) => `${label} with news`),
      ...this.actors.filter(({ enabled }) => enabled()).map(({ label }) => label),
    ].slice(0, 12);
  }

  /** Whatever may happen now, with how likely it is to. */
  #gather(): void {
    const candidates = this.#candidates;
    const weights = this.#weights;
    let count = 0;
    for (const each of this.#pending) {
      const { process } = each;
      const awake = process === undefined || process.state === 'running';
      if (!awake && !each.onItsWay) continue;
      weights[count] = each.ghost ? ghostWeight : awake ? (process?.weight ?? 1) : pausedWeight;
      candidates[count++] = each;
    }
    for (const listener of this.listeners) {
      if (listener.deadline === undefined || listener.process.state !== 'running') continue;
      if (listener.seen !== this.version) {
        listener.seen = this.version;
        listener.news = listener.hasNews();
      }
      if (!listener.news && listener.deadline > this.now) continue;
      weights[count] = (listener.news ? 1 : emptyHandedWeight) * listener.process.weight;
      candidates[count++] = listener;
    }
    for (const timer of this.#timers) {
      if (timer.at > this.now || timer.process?.state === 'paused') continue;
      weights[count] = timer.process?.weight ?? 1;
      candidates[count++] = timer;
    }
    for (const actor of this.actors) {
      if (!actor.enabled()) continue;
      weights[count] = actor.weight;
      candidates[count++] = actor;
    }
    candidates.length = count;
  }

  #choose(count: number): number {
    const weights = this.#weights;
    let total = 0;
    for (let index = 0; index < count; index++) total += weights[index]!;
    let at = this.chance.next() * total;
    for (let index = 0; index < count; index++) {
      at -= weights[index]!;
      if (at < 0) return index;
    }
    return count - 1;
  }
}
