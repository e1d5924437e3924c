import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { REPOSITORY } from './state.ts';

/** Where the resolved JVM parts are. */
export interface Artifacts {
  /** Jars of broker and Connect worker. */
  readonly kafka: string;
  /** Connect's plugin.path: one folder per plugin below it. */
  readonly plugins: string;
  /** The registry application, unpacked. */
  readonly registry: string;
}

const POM = join(import.meta.dirname, 'pom.xml');

/**
 * Resolves Kafka, Connect, Debezium, the Avro converter and the registry by Maven into `.cache/stack/<hash of pom>`.
 * The folder appears whole or not at all (two starts at once do no harm), and once it is there Maven is not asked again.
 * @param say receives progress, one line at a time
 */
export async function resolveArtifacts(say: (line: string) => void): Promise<Artifacts> {
  const hash = createHash('sha256')
    .update(await readFile(POM))
    .digest('hex')
    .slice(0, 16);
  const cache = join(REPOSITORY, '.cache', 'stack', hash);
  if (!existsSync(cache)) await fill(cache, say);
  return { kafka: join(cache, 'kafka'), plugins: join(cache, 'plugins'), registry: join(cache, 'registry') };
}

async function fill(cache: string, say: (line: string) => void): Promise<void> {
  const draft = `${cache}.${String(process.pid)}.tmp`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(join(draft, 'plugins'), { recursive: true });
  try {
    say('resolving Apache Kafka and Connect');
    await maven('kafka', 'copy-dependencies', join(draft, 'kafka'));
    say('resolving the Debezium SQL Server connector');
    await maven('debezium', 'copy-dependencies', join(draft, 'plugins', 'debezium'));
    say('resolving the Avro converter');
    await maven('converter', 'copy-dependencies', join(draft, 'plugins', 'converter'));
    say('resolving Apicurio Registry');
    await maven('registry', 'unpack', join(draft, 'registry'));
    await refuseKafkaJars(join(draft, 'plugins'));
    await declarePlugins(draft);
    await rename(draft, cache).catch((error: unknown) => {
      if (!existsSync(cache)) throw error;
    });
    say(`resolved into ${cache}`);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function maven(profile: string, goal: string, output: string): Promise<void> {
  // Maven remembers what it has unpacked, not where to: its markers must go wherever the folder goes.
  const places = [`-DoutputDirectory=${output}`, `-DmarkersDirectory=${output}/.markers`];
  await run('mvn', ['-q', '-B', '-f', POM, '-P', profile, `dependency:${goal}`, ...places]);
}

/** A second copy of Kafka's API in a plugin's class loader makes the worker's own JsonConverter unloadable. */
async function refuseKafkaJars(plugins: string): Promise<void> {
  for (const plugin of await readdir(plugins)) {
    const bad = (await readdir(join(plugins, plugin))).filter((jar) => /^(kafka-|connect-)/.test(jar));
    if (bad.length > 0) throw new Error(`plugin ${plugin} must not bring Kafka's own jars: ${bad.join(', ')}`);
  }
}

/**
 * Apicurio's converter has no service manifest, and a worker that scans classes instead starts seconds later. Kafka's
 * own tool writes the manifest as a jar beside it.
 */
async function declarePlugins(draft: string): Promise<void> {
  const quiet = join(draft, 'log4j2.properties');
  await writeFile(quiet, 'rootLogger.level = off\n');
  const classPath = join(draft, 'kafka', '*');
  const tool = 'org.apache.kafka.tools.ConnectPluginPath';
  const location = join(draft, 'plugins', 'converter');
  await run('java', [
    `-Dlog4j2.configurationFile=${quiet}`,
    '-cp',
    classPath,
    tool,
    'sync-manifests',
    '--plugin-location',
    location,
  ]);
  const made = (await readdir(location)).some((jar) => jar.startsWith('connect-plugin-path-shim'));
  if (!made) throw new Error(`${tool} wrote no service manifest for the Avro converter`);
}

/** Runs to the end; the output is shown only when it fails. */
async function run(command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const collect = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-8_000);
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} failed with code ${String(code)}\n${output}`);
}
