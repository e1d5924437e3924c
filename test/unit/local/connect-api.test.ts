import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConnectError, putConnector, validateConnector } from '../../../connectors/connect-api.ts';

type Reply = readonly [status: number, body?: unknown];

/** A Connect worker that answers what each test scripts: replies per request line, the last one again and again. */
describe('client of Kafka Connect', () => {
  let server: Server;
  let url: string;
  let script: Record<string, Reply[]>;
  let asked: string[];

  beforeEach(async () => {
    script = {};
    asked = [];
    server = createServer((request, response) => {
      const line = `${String(request.method)} ${String(request.url)}`;
      asked.push(line);
      const replies = script[line] ?? [];
      const [status, body] = (replies.length > 1 ? replies.shift() : replies[0]) ?? [404, { message: 'none' }];
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(body === undefined ? '' : JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    url = `http://127.0.0.1:${address.port}`;
  });

  afterEach(() => new Promise((resolve) => server.close(resolve)));

  const PUT = 'PUT /connectors/shop/config';
  const STATUS = 'GET /connectors/shop/status';
  const RESTART = 'POST /connectors/shop/restart?includeTasks=true&onlyFailed=true';
  const status = (connector: string, ...tasks: string[]): Reply => [
    200,
    {
      connector: { state: connector },
      tasks: tasks.map((state, id) => ({
        id,
        state,
        ...(state === 'FAILED' ? { trace: 'java.lang.Boom: no login\n\tat x' } : {}),
      })),
    },
  ];

  it('waits until the connector and its tasks run', async () => {
    script = {
      [PUT]: [[201, {}]],
      [STATUS]: [[404], [404], status('RUNNING'), status('RUNNING', 'UNASSIGNED'), status('RUNNING', 'RUNNING')],
    };
    expect(await putConnector(url, 'shop', {})).toEqual({ connector: 'RUNNING', tasks: [{ id: 0, state: 'RUNNING' }] });
    expect(asked).not.toContain(RESTART);
  });

  it('repeats the request while the worker rebalances', async () => {
    script = { [PUT]: [[409], [409], [200, {}]], [STATUS]: [[404], status('RUNNING', 'RUNNING')] };
    await putConnector(url, 'shop', {});
    expect(asked.filter((line) => line === PUT)).toHaveLength(3);
  });

  it('reports the trace of a task that fails', async () => {
    script = { [PUT]: [[201, {}]], [STATUS]: [[404], status('RUNNING', 'FAILED')] };
    const error = await putConnector(url, 'shop', {}).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConnectError);
    expect(error).toMatchObject({
      message: 'connector shop failed: java.lang.Boom: no login',
      trace: 'java.lang.Boom: no login\n\tat x',
    });
  });

  it('restarts what had failed before, and does not take the old failure for a new one', async () => {
    const failed = status('RUNNING', 'FAILED');
    script = {
      'GET /connectors/shop/config': [[200, { name: 'shop' }]],
      [PUT]: [[200, {}]],
      [RESTART]: [[202, {}]],
      [STATUS]: [failed, failed, status('RUNNING', 'RUNNING')],
    };
    await putConnector(url, 'shop', {});
    expect(asked).toContain(RESTART);
  });

  it('does not take the old tasks for those of a changed config', async () => {
    const failed = status('RUNNING', 'FAILED');
    script = {
      'GET /connectors/shop/config': [[200, { name: 'shop', port: '1' }]],
      [PUT]: [[200, {}]],
      [STATUS]: [status('RUNNING', 'RUNNING'), status('RUNNING', 'RUNNING'), failed],
    };
    await expect(putConnector(url, 'shop', { port: '2' })).rejects.toThrow('no login');
  });

  it('is done at once when a running connector has this config already', async () => {
    script = {
      'GET /connectors/shop/config': [[200, { name: 'shop', port: '1' }]],
      [PUT]: [[200, {}]],
      [STATUS]: [status('RUNNING', 'RUNNING')],
    };
    const begun = performance.now();
    await putConnector(url, 'shop', { port: '1' });
    expect(performance.now() - begun).toBeLessThan(2_000);
  });

  it('gives up at the deadline, saying what it saw', async () => {
    script = { [PUT]: [[201, {}]], [STATUS]: [[404], status('RUNNING', 'UNASSIGNED')] };
    await expect(putConnector(url, 'shop', {}, { deadlineMs: 200 })).rejects.toThrow(
      /does not run in time.*UNASSIGNED/,
    );
  });

  it('fails at once when Connect refuses the config', async () => {
    script = { [PUT]: [[400, { message: 'bad' }]], [STATUS]: [[404]] };
    await expect(putConnector(url, 'shop', {})).rejects.toMatchObject({ status: 400 });
  });

  it('says that Connect does not answer', async () => {
    await expect(putConnector('http://127.0.0.1:1', 'shop', {})).rejects.toThrow(
      'does not answer at http://127.0.0.1:1',
    );
  });

  it('names the settings that Connect refuses', async () => {
    script['PUT /connector-plugins/Shop/config/validate'] = [
      [
        200,
        {
          error_count: 1,
          configs: [{ value: { name: 'host', errors: ['is empty'] } }, { value: { name: 'port', errors: [] } }],
        },
      ],
    ];
    expect(await validateConnector(url, 'shop', { 'connector.class': 'io.example.Shop' })).toEqual([
      { setting: 'host', errors: ['is empty'] },
    ]);
    expect(await validateConnector(url, 'shop', {})).toEqual([{ setting: 'connector.class', errors: ['is missing'] }]);
  });
});
