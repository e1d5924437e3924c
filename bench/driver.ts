/** The peer's build, and runs of the driver that measures it and us. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Guard } from '../infra/local/guard.ts';
import { resultIn, type Result } from './results.ts';

const home = join(import.meta.dirname, 'kafka-streams');
const target = join(home, 'target');
const jar = join(target, 'bench-kafka-streams-1.jar');

const changedAt = async (path: string): Promise<number> => (await stat(path)).mtimeMs;

/** Whether the jar is there and newer than everything it is made of. */
const isBuilt = async (): Promise<boolean> => {
  try {
    const built = await changedAt(jar);
    await stat(join(target, 'dependency'));
    const sources = await readdir(join(home, 'src'), { recursive: true, withFileTypes: true });
    const paths = sources.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
    const times = await Promise.all([...paths, join(home, 'pom.xml')].map(changedAt));
    return times.every((time) => time <= built);
  } catch {
    return false;
  }
};

/** A child process in a group of its own, which the guard ends when we are gone. Rejects unless it ends with code 0. */
const runGuarded = async (
  command: string,
  args: readonly string[],
  guard: Guard,
  signal: AbortSignal,
  onLine: (line: string) => void,
): Promise<void> => {
  signal.throwIfAborted();
  const child = spawn(command, args, { cwd: home, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const exit = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  const { pid } = child;
  if (pid !== undefined) guard.watch(pid);
  const end = () => child.kill('SIGTERM');
  signal.addEventListener('abort', end);
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-4000)));
  createInterface({ input: child.stdout }).on('line', onLine);
  try {
    const [code, by] = await exit;
    signal.throwIfAborted();
    if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${by ?? code ?? 'nothing'}\n${errors}`);
  } finally {
    signal.removeEventListener('abort', end);
    if (pid !== undefined) guard.forget(pid);
  }
};

/** Compiles peer and driver unless that is done. Needs a JDK and Maven. */
export const buildDriver = async (guard: Guard, signal: AbortSignal): Promise<void> => {
  if (await isBuilt()) return;
  const lines: string[] = [];
  await runGuarded('mvn', ['-q', '-B', '-DskipTests', 'package'], guard, signal, (line) => lines.push(line)).catch(
    (error: unknown) => {
      throw new Error(`the peer cannot be built:\n${lines.slice(-20).join('\n')}`, { cause: error });
    },
  );
};

export type Driver = Readonly<{
  /** One run. Options become `--name value`. */
  run(job: Result['kind'], options: Readonly<Record<string, string | number>>): Promise<Result>;
}>;

/** A driver for one broker. `work`: directory of the applications' output and state. */
export const openDriver = (
  broker: Readonly<{ bootstrap: string; pid: number }>,
  work: string,
  guard: Guard,
  signal: AbortSignal,
): Driver => ({
  run: async (job, options) => {
    const all = { bootstrap: broker.bootstrap, 'broker-pid': broker.pid, work, ...options };
    const flags = Object.entries(all).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const classPath = [join(target, 'classes'), join(target, 'dependency', '*')].join(':');
    const results: Result[] = [];
    const jvm = ['-Xmx512m', '-XX:TieredStopAtLevel=1', '-cp', classPath];
    await runGuarded('java', [...jvm, 'bench.Driver', job, ...flags], guard, signal, (line) => {
      const result = resultIn(line);
      if (result !== undefined) results.push(result);
    });
    const [result] = results;
    if (result === undefined) throw new Error(`the driver had no result of ${job}; see ${work}/app.log`);
    return result;
  },
});
