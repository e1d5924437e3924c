import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The release whose bundled schema is of our API version. */
const release = 'github.com/stripe/stripe-mock@v0.203.0';
const cache = join(import.meta.dirname, '../../../.cache/bin');

/** A running stripe-mock: stateless, but it refuses requests that Stripe's schema does not allow. */
export interface StripeMock {
  url: string;
  close(): Promise<void>;
}

/** Where stripe-mock is, or why there is none. */
export type Located = { path: string } | { missing: string };

/** Looks in STRIPE_MOCK and in .cache/bin, and builds it there when Go is installed (about a minute, once). */
export const locateStripeMock = (): Located => {
  const given = process.env['STRIPE_MOCK'];
  if (given !== undefined && given !== '')
    return existsSync(given) ? { path: given } : { missing: `STRIPE_MOCK=${given} does not exist` };
  const path = join(cache, 'stripe-mock');
  if (existsSync(path)) return { path };
  const build = spawnSync('go', ['install', release], {
    env: { ...process.env, GOBIN: cache },
    encoding: 'utf8',
    timeout: 300_000,
  });
  if (build.error !== undefined) return { missing: `no STRIPE_MOCK, no .cache/bin/stripe-mock, and no Go to build it` };
  return build.status === 0 ? { path } : { missing: `go install ${release} failed: ${build.stderr}` };
};

const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

/** Starts it on free ports. @throws when it has not answered after 25 seconds */
export const startStripeMock = async (path: string): Promise<StripeMock> => {
  const [http, https] = [await freePort(), await freePort()];
  // With only one address given it would open its default for the other, on all interfaces.
  const child = spawn(path, ['-http-addr', `127.0.0.1:${http}`, '-https-addr', `127.0.0.1:${https}`], {
    stdio: 'ignore',
  });
  const ended = new Promise<void>((resolve) => {
    for (const event of ['exit', 'error'])
      child.once(event, () => {
        resolve();
      });
  });
  const url = `http://127.0.0.1:${http}`;
  const close = async (): Promise<void> => {
    child.kill();
    await ended;
  };
  const deadline = Date.now() + 25_000;
  while (Date.now() < deadline && child.exitCode === null) {
    const answered = await fetch(url).then(
      () => true,
      () => false,
    );
    if (answered) return { url, close };
    await sleep(50);
  }
  await close();
  throw new Error(`stripe-mock at ${path} did not start on ${url}`);
};
