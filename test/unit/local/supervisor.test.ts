import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { appendFile, mkdir } from 'node:fs/promises';
import type { Child, Exit } from '../../../infra/local/child.ts';
import { readJson, stateLayout } from '../../../infra/local/state.ts';
import {
  type ServiceDefinition,
  startSupervisor,
  type Supervisor,
  type SupervisorOptions,
} from '../../../infra/local/supervisor.ts';

/** A process that ends when told. */
class FakeChild implements Child {
  static pids = 1_000;
  readonly pid = FakeChild.pids++;
  readonly since = new Date();
  readonly signals: string[] = [];
  readonly exited: Promise<Exit>;
  alive = true;
  #end: (exit: Exit) => void = () => undefined;

  constructor() {
    this.exited = new Promise((resolve) => (this.#end = resolve));
  }

  end(exit: Exit): void {
    this.alive = false;
    this.#end(exit);
  }

  signal(signal: NodeJS.Signals): void {
    this.signals.push(signal);
    this.end({ code: null, signal });
  }

  stop(): Promise<Exit> {
    this.signal('SIGTERM');
    return this.exited;
  }
}

describe('supervisor', () => {
  let stateDir: string;
  let children: FakeChild[];
  let supervisor: Supervisor | undefined;

  beforeEach(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'millrace-supervisor-test-'));
    children = [];
  });

  afterEach(async () => {
    await supervisor?.stop();
    supervisor = undefined;
    await rm(stateDir, { recursive: true, force: true });
  });

  const definition = (name: string): ServiceDefinition => ({ name, launch: { command: 'none', args: [], env: {} } });
  const last = (): FakeChild => children[children.length - 1]!;
  const start = async (
    names: string[],
    extra: Partial<Pick<SupervisorOptions, 'onRestart' | 'spawn' | 'later'>> = {},
  ): Promise<Supervisor> => {
    supervisor = await startSupervisor({
      stateDir,
      services: names.map(definition),
      backoff: { firstMs: 4, maxMs: 16, healthyMs: 60_000 },
      random: () => 0.5,
      spawn: () => {
        const child = new FakeChild();
        children.push(child);
        return Promise.resolve(child);
      },
      ...extra,
    });
    return supervisor;
  };

  it('starts again what dies, and says why and how often', async () => {
    const why: [string, string, number][] = [];
    const running = await start(['ledger'], { onRestart: (...said) => why.push(said) });
    last().end({ code: 1, signal: null });
    await vi.waitFor(() => expect(children).toHaveLength(2));
    last().signal('SIGKILL');
    await vi.waitFor(() => expect(children).toHaveLength(3));
    await vi.waitFor(() =>
      expect(running.status()[0]).toMatchObject({ state: 'running', pid: last().pid, restarts: 2 }),
    );
    expect(why).toEqual([
      ['ledger', 'code 1', 3],
      ['ledger', 'signal SIGKILL', 6],
    ]);
  });

  it('publishes the pids, so that another terminal can kill one', async () => {
    await start(['ledger', 'webhooks']);
    expect(await readJson(stateLayout(stateDir).services)).toMatchObject({
      supervisor: process.pid,
      services: { ledger: { pid: children[0]!.pid, state: 'running' }, webhooks: { pid: children[1]!.pid } },
    });
  });

  it('leaves for later what is to be started later', async () => {
    const running = await start(['ledger', 'ledger-2'], { later: ['ledger-2'] });
    expect(children).toHaveLength(1);
    expect(running.status()[1]).toMatchObject({ name: 'ledger-2', state: 'stopped', pid: undefined });
    await running.start('ledger-2');
    expect(children).toHaveLength(2);
    expect(running.status()[1]).toMatchObject({ state: 'running', pid: last().pid });
  });

  it('does not start again what was ended on purpose', async () => {
    const running = await start(['ledger']);
    await running.end('ledger');
    expect(running.status()[0]).toMatchObject({ state: 'stopped', pid: undefined, restarts: 0 });
    expect(children).toHaveLength(1);
    await running.start('ledger');
    expect(running.status()[0]).toMatchObject({ state: 'running', pid: last().pid });
  });

  it('can be stopped during the pause before a restart', async () => {
    supervisor = await startSupervisor({
      stateDir,
      services: [definition('ledger')],
      backoff: { firstMs: 3_600_000, maxMs: 3_600_000, healthyMs: 1 },
      spawn: () => {
        const child = new FakeChild();
        children.push(child);
        return Promise.resolve(child);
      },
    });
    last().end({ code: 0, signal: null });
    await vi.waitFor(() => expect(supervisor?.status()[0]?.state).toBe('waiting'));
    await supervisor.stop();
    expect(children).toHaveLength(1);
    expect(supervisor.status()[0]?.state).toBe('stopped');
  });

  it('keeps trying when the start itself fails', async () => {
    let attempts = 0;
    const child = new FakeChild();
    const running = await start(['ledger'], {
      spawn: () => {
        attempts++;
        if (attempts === 1) return Promise.resolve(child);
        return attempts < 4 ? Promise.reject(new Error('no such file')) : Promise.resolve(new FakeChild());
      },
    });
    child.end({ code: 1, signal: null });
    await vi.waitFor(() => expect(running.status()[0]).toMatchObject({ state: 'running', restarts: 1 }));
    expect(attempts).toBe(4);
  });

  it('ends services in reverse order', async () => {
    const order: number[] = [];
    const running = await start(['first', 'second']);
    for (const child of children) void child.exited.then(() => order.push(child.pid));
    await running.stop();
    expect(order).toEqual([children[1]!.pid, children[0]!.pid]);
  });

  it('believes only a ready line of the latest start', async () => {
    const running = await start(['ledger']);
    const log = running.logFile('ledger');
    await mkdir(join(stateDir, 'logs'), { recursive: true });
    await appendFile(log, '{"level":30,"msg":"starting"}\n{"ready":true}\n');
    await running.ready('ledger', 2_000);
    last().end({ code: 1, signal: null });
    await vi.waitFor(() => expect(running.status()[0]).toMatchObject({ state: 'running', restarts: 1 }));
    await expect(running.ready('ledger', 300)).rejects.toThrow('has not said that it is ready');
    await appendFile(log, '{"ready":true}\n');
    await running.ready('ledger', 2_000);
  });
});
