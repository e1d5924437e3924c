import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLogger } from '../../../services/platform/logger.ts';
import { keepConnector } from '../../../services/connector-keeper/keep.ts';

type Answer = Readonly<{ status: number; body?: unknown }>;

const state = (connector: string, task: string): Answer => ({
  status: 200,
  body: {
    connector: { state: connector },
    tasks: [{ id: 0, state: task, ...(task === 'FAILED' && { trace: 'java.lang.Boom: no database\n\tat x' }) }],
  },
});
const running = state('RUNNING', 'RUNNING');
const failed = state('RUNNING', 'FAILED');
const RESTART = 'POST /connectors/shop/restart?includeTasks=true&onlyFailed=true';

/** A worker that tells one state after another, and a clock that jumps over pauses until the script is over. */
describe('the keeper of a connector', () => {
  let server: Server;
  let url: string;
  let script: Answer[];
  let refusals: number;
  let asked: string[];
  let lines: string[];

  beforeEach(async () => {
    [script, asked, lines, refusals] = [[], [], [], 0];
    server = createServer((request, response) => {
      const line = `${String(request.method)} ${String(request.url)}`;
      asked.push(line);
      let answer = script[0];
      if (line === RESTART) answer = { status: refusals-- > 0 ? 409 : 204 };
      else script.shift();
      response.writeHead(answer?.status ?? 500, { 'content-type': 'application/json' });
      response.end(answer?.body === undefined ? '' : JSON.stringify(answer.body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  /** Keeps until the script has been played. Returns the pauses between looks. */
  const keep = async (): Promise<number[]> => {
    const ending = new AbortController();
    const pauses: number[] = [];
    let now = 0;
    await keepConnector({
      connectUrl: url,
      connector: 'shop',
      logger: openLogger({ service: 'test', level: 'info', write: (line) => lines.push(line) }),
      scheduler: {
        now: () => now,
        sleep: (ms) => {
          pauses.push(ms);
          now += ms;
          if (script.length === 0) ending.abort();
          return Promise.resolve();
        },
      },
      signal: ending.signal,
    });
    return pauses;
  };
  const restarts = (): number => asked.filter((line) => line === RESTART).length;

  it('restarts a task or a connector that failed, says why, and leaves alone what runs', async () => {
    script = [running, failed, running, state('FAILED', 'RUNNING'), running];
    await keep();
    expect(asked.filter((line) => line !== RESTART)).toHaveLength(5);
    expect(restarts()).toBe(2);
    expect(asked[2]).toBe(RESTART);
    expect(lines[0]).toContain('java.lang.Boom: no database');
  });

  it('waits longer each time it fails again, and not once it has run for a minute', async () => {
    script = [...Array.from({ length: 7 }, () => failed), ...Array.from({ length: 32 }, () => running), failed];
    const pauses = await keep();
    expect(pauses.slice(0, 7)).toEqual([2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    expect(pauses.at(-1)).toBe(2_000);
  });

  it('goes on when Connect is away, rebalances, or does not know the connector yet', async () => {
    refusals = 1;
    script = [{ status: 500 }, { status: 404 }, failed, failed, running];
    await keep();
    expect(restarts()).toBe(2);
    expect(script).toEqual([]);
  });
});
