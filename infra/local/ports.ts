import { mkdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { claim } from './claim.ts';

/** Every listening socket of a stack, with the port it has when nobody else wants it. */
export const DEFAULT_PORTS = {
  kafka: 19092,
  kafkaController: 19093,
  registry: 18081,
  connect: 18083,
  sqlserver: 11433,
  stripe: 12111,
  webhooks: 18080,
  adnsf: 18082,
  payments: 18084,
  smtp: 12525,
  mail: 18085,
} as const;

export type PortName = keyof typeof DEFAULT_PORTS;
export type Ports = { readonly [Name in PortName]: number };

/** Ports taken for this process until released. */
export interface ClaimedPorts {
  readonly ports: Ports;
  release(): Promise<void>;
}

export interface ClaimOptions {
  /** Where claims are kept; shared by all checkouts of a user. */
  readonly directory?: string;
}

/**
 * Chooses a port per name: the wanted one when it is free, else one the system picks. A claim file per port, named for
 * it and holding our pid, keeps two stacks that start together from choosing the same: a JVM binds seconds after the
 * choice, and a free port would look free to both.
 */
export async function claimPorts(
  wanted: Partial<Record<PortName, number>>,
  options: ClaimOptions = {},
): Promise<ClaimedPorts> {
  const directory = options.directory ?? join(tmpdir(), `millrace-ports-${String(userInfo().uid)}`);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const files: string[] = [];
  const release = async (): Promise<void> => {
    await Promise.all(files.splice(0).map((file) => rm(file, { force: true })));
  };
  const take = async (port: number): Promise<boolean> => {
    const file = join(directory, String(port));
    if ((await claim(file)) !== undefined) return false;
    files.push(file);
    return true;
  };
  try {
    const chosen: [PortName, number][] = [];
    for (const name of Object.keys(DEFAULT_PORTS) as PortName[]) {
      const first = wanted[name] ?? DEFAULT_PORTS[name];
      let port = (await freePort(first)) && (await take(first)) ? first : 0;
      while (port === 0) {
        const candidate = await systemPort();
        if (await take(candidate)) port = candidate;
      }
      chosen.push([name, port]);
    }
    return { ports: Object.fromEntries(chosen) as Ports, release };
  } catch (error) {
    await release();
    throw error;
  }
}

/** True when 127.0.0.1:port can be bound now. */
export async function freePort(port: number): Promise<boolean> {
  return (await bind(port)) !== undefined;
}

async function systemPort(): Promise<number> {
  const port = await bind(0);
  if (port === undefined) throw new Error('the system has no free port on 127.0.0.1');
  return port;
}

async function bind(port: number): Promise<number | undefined> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(undefined);
      else reject(error);
    });
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : undefined;
      server.close(() => resolve(bound));
    });
  });
}
