import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claimPorts, DEFAULT_PORTS, freePort, type PortName } from '../../../infra/local/ports.ts';

describe('ports of a stack', () => {
  let directory: string;
  const servers: Server[] = [];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'millrace-ports-test-'));
  });

  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
    await rm(directory, { recursive: true, force: true });
  });

  const listen = async (): Promise<number> => {
    const server = createServer();
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return address.port;
  };

  /** Wanted ports nobody listens on, so that the test does not depend on what else this machine runs. */
  const quiet = async (): Promise<Record<PortName, number>> => {
    const claimed = await claimPorts(Object.fromEntries(Object.keys(DEFAULT_PORTS).map((name) => [name, 1])), {
      directory,
    });
    await claimed.release();
    return { ...claimed.ports };
  };

  it('takes the wanted port when it is free', async () => {
    const wanted = await quiet();
    const claimed = await claimPorts(wanted, { directory });
    expect(claimed.ports).toEqual(wanted);
  });

  it('takes another when somebody listens on the wanted one', async () => {
    const taken = await listen();
    expect(await freePort(taken)).toBe(false);
    const claimed = await claimPorts({ ...(await quiet()), kafka: taken }, { directory });
    expect(claimed.ports.kafka).not.toBe(taken);
    expect(await freePort(claimed.ports.kafka)).toBe(true);
  });

  it('gives two stacks that start together different ports, though nobody listens yet', async () => {
    const wanted = await quiet();
    const [one, two] = await Promise.all([claimPorts(wanted, { directory }), claimPorts(wanted, { directory })]);
    const all = [...Object.values(one.ports), ...Object.values(two.ports)];
    expect(new Set(all).size).toBe(all.length);
  });

  it('gives a released port to the next', async () => {
    const wanted = await quiet();
    const one = await claimPorts(wanted, { directory });
    await one.release();
    expect(await readdir(directory)).toEqual([]);
    expect((await claimPorts(wanted, { directory })).ports).toEqual(wanted);
  });

  it('takes over the claim of a process that is gone', async () => {
    const wanted = await quiet();
    // Above the largest pid that Linux or macOS hands out.
    await writeFile(join(directory, String(wanted.kafka)), '99999999');
    expect((await claimPorts(wanted, { directory })).ports.kafka).toBe(wanted.kafka);
  });
});
