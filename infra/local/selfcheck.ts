import { spawn } from 'node:child_process';
import { strict as assert } from 'node:assert';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitHealthy } from './health.ts';
import { type PartName, PARTS } from './part.ts';
import { freePort, type Ports } from './ports.ts';
import { aliveProcess, waitGone } from './processes.ts';
import { readStack } from './stack-file.ts';
import { startStack, type Stack } from './stack.ts';
import { stateLayout } from './state.ts';

/**
 * Starts the stack, kills parts of it, stops it, starts it again and kills its parent, and says what held.
 * Usage: node infra/local/selfcheck.ts [--parts a,b]; ends with code 1 at the first thing that does not hold.
 */
const parts = asked();
const stateDir = await mkdtemp(join(tmpdir(), 'millrace-selfcheck-'));
const begun = performance.now();

try {
  const first = await timed('cold start', () => startStack({ stateDir, parts, handleSignals: false }));
  const schemaId = has('registry') ? await registerSchema(first) : undefined;
  if (has('connect')) await checkPlugins(first);
  for (const part of parts) await checkRestart(first, part);
  const used = first.ports;
  await timed('stop', () => first.stop());
  await checkNothingLeft(used, []);

  const second = await timed('warm start', () => startStack({ stateDir, parts, handleSignals: false }));
  assert.deepEqual(second.ports, used, 'a start after a stop uses the same ports');
  report(second);
  if (schemaId !== undefined) {
    assert.equal(await registerSchema(second), schemaId, 'a schema keeps its id over a restart');
    say('the registry kept its schema ids');
  }
  await second.stop();

  await checkParentKilled();
  await checkSecrets();
  say(`all held, in ${seconds(performance.now() - begun)}`);
} finally {
  await rm(stateDir, { recursive: true, force: true });
}

/** `kill -9` of a part, and back to health on the same port. */
async function checkRestart(stack: Stack, part: PartName): Promise<void> {
  await stack.kill(part, 'SIGKILL');
  assert.equal(stack.alive(part), false);
  await timed(`${part} back after kill -9`, () => stack.restart(part));
}

/** The stack's own process is killed: its parts must end, and their ports be free again. */
async function checkParentKilled(): Promise<void> {
  const layout = stateLayout(stateDir);
  const host = spawn(
    process.execPath,
    [join(import.meta.dirname, 'cli.ts'), 'up', '--foreground', '--state', stateDir, '--parts', parts.join(',')],
    { stdio: 'ignore' },
  );
  const started = async (): Promise<void> => {
    const stack = await readStack(layout);
    assert.equal(stack?.host, host.pid, 'the stack is up');
  };
  await waitHealthy(started, { deadlineMs: 120_000 });
  const stack = await readStack(layout);
  assert(stack !== undefined && host.pid !== undefined);
  process.kill(host.pid, 'SIGKILL');
  const ports = stack.ports as unknown as Ports;
  await timed('nothing left after kill -9 of the parent', () =>
    checkNothingLeft(
      ports,
      Object.values(stack.parts).map((part) => part.pid),
    ),
  );
}

async function checkNothingLeft(ports: Ports, pids: readonly number[]): Promise<void> {
  for (const pid of pids) assert(await waitGone(pid, 20_000), `process ${String(pid)} is left`);
  for (const [name, port] of Object.entries(ports)) assert(await freePort(port), `port ${port} of ${name} is left`);
  assert(!pids.some(aliveProcess));
}

async function registerSchema(stack: Stack): Promise<number> {
  const response = await fetch(`${String(stack.env['MILLRACE_REGISTRY_URL'])}/subjects/selfcheck-value/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ schema: JSON.stringify({ type: 'record', name: 'Selfcheck', fields: [] }) }),
  });
  const answer = (await response.json()) as { id?: unknown };
  assert.equal(typeof answer.id, 'number', `the registry answered ${JSON.stringify(answer)}`);
  return answer.id as number;
}

async function checkPlugins(stack: Stack): Promise<void> {
  const response = await fetch(`${String(stack.env['MILLRACE_CONNECT_URL'])}/connector-plugins?connectorsOnly=false`);
  const classes = ((await response.json()) as { class: string }[]).map((plugin) => plugin.class);
  for (const wanted of [
    'io.debezium.connector.sqlserver.SqlServerConnector',
    'io.apicurio.registry.utils.converter.AvroConverter',
    'org.apache.kafka.connect.json.JsonConverter',
    'org.apache.kafka.connect.transforms.ExtractField$Key',
    'org.apache.kafka.connect.transforms.predicates.TopicNameMatches',
  ]) {
    assert(classes.includes(wanted), `Connect has no ${wanted}`);
  }
}

/** No secret may stand in a log or in Kafka's data: both are shown around and copied. */
async function checkSecrets(): Promise<void> {
  const layout = stateLayout(stateDir);
  const files = await readdir(layout.secrets);
  const secrets = await Promise.all(
    files.map(async (file) => (await readFile(join(layout.secrets, file), 'utf8')).trim()),
  );
  const logs = (await readdir(layout.logs)).map((file) => join(layout.logs, file));
  const kafka = has('kafka') ? await filesBelow(layout.data('kafka')) : [];
  for (const file of [...logs, ...kafka]) {
    const content = await readFile(file);
    const found = secrets.findIndex((secret) => content.includes(secret));
    assert.equal(found, -1, `${file} holds the secret ${String(files[found])}`);
  }
  say(`no secret in ${logs.length + kafka.length} log and data files`);
}

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !/index$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

function report(stack: Stack): void {
  for (const [part, ms] of Object.entries(stack.startedIn)) say(`  ${part.padEnd(10)} ${seconds(ms)}`);
}

async function timed<T>(what: string, action: () => Promise<T>): Promise<T> {
  const from = performance.now();
  const result = await action();
  say(`${what}: ${seconds(performance.now() - from)}`);
  return result;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function say(line: string): void {
  console.log(line);
}

function has(part: PartName): boolean {
  return parts.includes(part);
}

function asked(): readonly PartName[] {
  const at = process.argv.indexOf('--parts');
  const names = at < 0 ? PARTS : (process.argv[at + 1] ?? '').split(',');
  return PARTS.filter((part) => names.includes(part));
}
