import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';

/** A connector as its file holds it: secrets and hosts are placeholders that the worker resolves. */
export interface ConnectorFile {
  readonly name: string;
  readonly config: Readonly<Record<string, string>>;
}

export interface ConnectorState {
  readonly connector: string;
  readonly tasks: readonly { readonly id: number; readonly state: string; readonly trace?: string | undefined }[];
}

/** What Connect itself says about one setting that it refuses. */
export interface ConfigProblem {
  readonly setting: string;
  readonly errors: readonly string[];
}

/** Connect refused the request or the connector failed. `trace` is the worker's, where it gave one. */
export class ConnectError extends Error {
  readonly status: number | undefined;
  readonly trace: string | undefined;

  constructor(message: string, details: { status?: number; trace?: string | undefined; cause?: unknown } = {}) {
    super(message, { cause: details.cause });
    this.name = 'ConnectError';
    this.status = details.status;
    this.trace = details.trace;
  }
}

const fileSchema = z.object({ name: z.string().min(1), config: z.record(z.string(), z.string()) });
const statusSchema = z.object({
  connector: z.object({ state: z.string(), trace: z.string().optional() }),
  tasks: z.array(z.object({ id: z.int(), state: z.string(), trace: z.string().optional() })),
});
const validationSchema = z.object({
  error_count: z.int(),
  configs: z.array(z.object({ value: z.object({ name: z.string(), errors: z.array(z.string()) }) })),
});

/** Reads a connector file. @throws when it is not `{ name, config: { string: string } }` */
export async function readConnector(path: string): Promise<ConnectorFile> {
  return fileSchema.parse(JSON.parse(await readFile(path, 'utf8')));
}

/**
 * Asks the worker to check a config. For this connector that includes a login to the database.
 * @returns the settings it refuses; none when all is well
 */
export async function validateConnector(
  connectUrl: string,
  name: string,
  config: Readonly<Record<string, string>>,
): Promise<ConfigProblem[]> {
  const plugin = config['connector.class'];
  if (plugin === undefined) return [{ setting: 'connector.class', errors: ['is missing'] }];
  const short = plugin.slice(plugin.lastIndexOf('.') + 1);
  const path = `/connector-plugins/${encodeURIComponent(short)}/config/validate`;
  const answer = validationSchema.parse(await call(connectUrl, 'PUT', path, { ...config, name }));
  return answer.configs
    .map(({ value }) => ({ setting: value.name, errors: value.errors }))
    .filter(({ errors }) => errors.length > 0);
}

export interface PutOptions {
  /** How long the connector and its task may take to run. Default 60 s. */
  readonly deadlineMs?: number;
}

/**
 * Creates the connector or updates its config, and waits until it and all its tasks run. A repetition changes nothing.
 * @throws {ConnectError} with the worker's trace when the connector or a task fails
 */
export async function putConnector(
  connectUrl: string,
  name: string,
  config: Readonly<Record<string, string>>,
  options: PutOptions = {},
): Promise<ConnectorState> {
  const deadline = performance.now() + (options.deadlineMs ?? 60_000);
  const before = await connectorState(connectUrl, name);
  const changes = before !== undefined && !(await hasConfig(connectUrl, name, config));
  await settled(deadline, () => call(connectUrl, 'PUT', `/connectors/${encodeURIComponent(name)}/config`, config));
  // A config that is the same as before restarts nothing, and a failure of before is on show until a restart has begun.
  const hadFailed = before !== undefined && failureIn(before) !== undefined;
  if (hadFailed) await settled(deadline, () => restartFailed(connectUrl, name));
  // A changed config restarts everything, some moments after the answer: until then the old tasks are seen running.
  const staleUntil = performance.now() + (hadFailed || changes ? STALE_STATUS_MS : 0);
  for (;;) {
    const state = await connectorState(connectUrl, name);
    if (state !== undefined) {
      const failed = failureIn(state);
      if (failed !== undefined && performance.now() >= staleUntil) {
        throw new ConnectError(`connector ${name} failed: ${firstLine(failed.trace)}`, { trace: failed.trace });
      }
      const running = [state.connector, ...state.tasks].every((part) => part.state === 'RUNNING');
      const settledNow = !changes || performance.now() >= staleUntil;
      if (running && settledNow && state.tasks.length > 0)
        return { connector: state.connector.state, tasks: state.tasks };
    }
    if (performance.now() > deadline) {
      const seen = state === undefined ? 'no status' : JSON.stringify(state);
      throw new ConnectError(`connector ${name} does not run in time: ${seen}`);
    }
    await pause(150);
  }
}

/** How long the status of before may still be shown after a change or a restart was asked for. */
const STALE_STATUS_MS = 3_000;

type Status = z.infer<typeof statusSchema>;

async function hasConfig(connectUrl: string, name: string, wanted: Readonly<Record<string, string>>): Promise<boolean> {
  const path = `/connectors/${encodeURIComponent(name)}/config`;
  const has = z.record(z.string(), z.string()).parse(await call(connectUrl, 'GET', path));
  // Connect adds the name to what it was given.
  return isDeepStrictEqual({ ...has, name }, { ...wanted, name });
}

function failureIn(status: Status): Status['connector'] | undefined {
  return [status.connector, ...status.tasks].find((part) => part.state === 'FAILED');
}

/** State of a connector and its tasks, or undefined when there is none of this name. */
export async function connectorState(connectUrl: string, name: string): Promise<Status | undefined> {
  try {
    return statusSchema.parse(await call(connectUrl, 'GET', `/connectors/${encodeURIComponent(name)}/status`));
  } catch (error) {
    if (error instanceof ConnectError && error.status === 404) return undefined;
    throw error;
  }
}

/** Restarts the failed parts of a connector: what a person does once the reason is mended. */
export async function restartFailed(connectUrl: string, name: string): Promise<void> {
  const path = `/connectors/${encodeURIComponent(name)}/restart?includeTasks=true&onlyFailed=true`;
  await call(connectUrl, 'POST', path);
}

/** Removes a connector; one that is not there is no error. Its offsets and topics stay. */
export async function deleteConnector(connectUrl: string, name: string): Promise<void> {
  try {
    await call(connectUrl, 'DELETE', `/connectors/${encodeURIComponent(name)}`);
  } catch (error) {
    if (!(error instanceof ConnectError && error.status === 404)) throw error;
  }
}

/** Repeats a request while the worker rebalances (409), which it does at each change. */
async function settled<T>(deadline: number, request: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await request();
    } catch (error) {
      if (!(error instanceof ConnectError && error.status === 409) || performance.now() > deadline) throw error;
    }
    await pause(200);
  }
}

async function call(connectUrl: string, method: string, path: string, body?: unknown): Promise<unknown> {
  const url = `${connectUrl.replace(/\/$/, '')}${path}`;
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(90_000),
    });
  } catch (error) {
    throw new ConnectError(`Kafka Connect does not answer at ${connectUrl}`, { cause: error });
  }
  const text = await response.text();
  if (!response.ok) {
    throw new ConnectError(`${method} ${path}: ${response.status} ${text.slice(0, 2_000)}`, {
      status: response.status,
    });
  }
  return text === '' ? undefined : (JSON.parse(text) as unknown);
}

function firstLine(trace: string | undefined): string {
  return trace?.split('\n', 1)[0] ?? 'no trace';
}
