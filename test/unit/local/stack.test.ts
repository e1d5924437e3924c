import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { lastLines, startChild } from '../../../infra/local/child.ts';
import { tcpProbe, waitHealthy } from '../../../infra/local/health.ts';
import { newClusterId } from '../../../infra/local/kafka.ts';
import { metadataRequest, parseBrokerPorts } from '../../../infra/local/kafka-probe.ts';
import { aliveProcess, waitGone } from '../../../infra/local/processes.ts';
import { withNeeds } from '../../../infra/local/stack.ts';

describe('parts of a stack', () => {
  it('brings what a part needs, in starting order', () => {
    expect(withNeeds(['connect'])).toEqual(['kafka', 'connect']);
    expect(withNeeds(['registry', 'kafka'])).toEqual(['kafka', 'registry']);
  });
});

describe('cluster id', () => {
  it('never looks like an option', () => {
    const drawn = [Buffer.alloc(16, 0xfb), Buffer.alloc(16, 1)];
    expect(drawn[0]!.toString('base64url')).toMatch(/^-/);
    expect(newClusterId(() => drawn.shift()!)).toBe(Buffer.alloc(16, 1).toString('base64url'));
  });
});

describe('health', () => {
  it('waits for a listener and tells how long', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    await expect(waitHealthy(tcpProbe(address.port), { deadlineMs: 2_000 })).resolves.toBeLessThan(2_000);
    await new Promise((resolve) => server.close(resolve));
    await expect(waitHealthy(tcpProbe(address.port), { deadlineMs: 150, everyMs: 20 })).rejects.toThrow('ECONNREFUSED');
  });

  it('gives up at once when the process has ended', async () => {
    const gaveUp = Promise.reject(new Error('ended with code 3'));
    const never = () => Promise.reject(new Error('not yet'));
    await expect(waitHealthy(never, { deadlineMs: 60_000, gaveUp })).rejects.toThrow('ended with code 3');
  });

  it('reads the registered brokers out of a Metadata answer', () => {
    const request = metadataRequest();
    expect(request.readInt32BE(0)).toBe(request.length - 4);
    const string = (text: string): Buffer => Buffer.concat([int16(text.length), Buffer.from(text)]);
    const answer = Buffer.concat([
      ...[int32(1), int32(0), int32(2)],
      ...[int32(1), string('127.0.0.1'), int32(19_092), int16(-1)],
      ...[int32(2), string('b'), int32(29_092), string('rack')],
      Buffer.alloc(12),
    ]);
    expect(parseBrokerPorts(answer)).toEqual([19_092, 29_092]);
  });
});

describe('child processes', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'millrace-child-test-'));
  });

  afterEach(() => rm(directory, { recursive: true, force: true }));

  const node = (script: string) => ({ command: process.execPath, args: ['-e', script], env: {} });

  it('logs to a file and tells how it ended', async () => {
    const log = join(directory, 'a.log');
    const child = await startChild(node('console.log("one\\ntwo"); process.exit(7)'), log);
    expect(await child.exited).toEqual({ code: 7, signal: null });
    expect(child.alive).toBe(false);
    expect(await lastLines(log, 1)).toBe('two');
  });

  it('kills what does not end in its grace', async () => {
    const log = join(directory, 'b.log');
    const child = await startChild(
      node('process.on("SIGTERM", () => console.log("no")); console.log("up"); setInterval(() => {}, 1e3)'),
      log,
    );
    await vi.waitFor(async () => expect(await readFile(log, 'utf8')).toContain('up'));
    expect(await child.stop(200)).toEqual({ code: null, signal: 'SIGKILL' });
    expect(await readFile(log, 'utf8')).toContain('no');
  });

  it('ends with a parent that is killed by kill -9', async () => {
    const local = join(import.meta.dirname, '../../../infra/local');
    const script = `
      import { startGuard } from ${JSON.stringify(join(local, 'guard.ts'))};
      import { startChild } from ${JSON.stringify(join(local, 'child.ts'))};
      const launch = { command: process.execPath, args: ['-e', 'setInterval(() => {}, 1e3)'], env: {} };
      const child = await startChild(launch, ${JSON.stringify(join(directory, 'c.log'))}, startGuard());
      console.log(child.pid);
      setInterval(() => {}, 1e3);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pid = await new Promise<number>((resolve) =>
      parent.stdout.once('data', (line: Buffer) => resolve(Number(line))),
    );
    expect(aliveProcess(pid)).toBe(true);
    parent.kill('SIGKILL');
    expect(await waitGone(pid, 10_000)).toBe(true);
  });
});

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
