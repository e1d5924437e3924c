import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tuning } from './part.ts';

export interface JvmOptions {
  /** Marks the process for whoever lists processes, and for the check that a pid is still ours. */
  readonly mark: string;
  readonly heap: string;
  readonly tuning: Tuning;
  readonly properties?: Readonly<Record<string, string>>;
}

/** Flags before the class path: small fixed heap, simple collector, and no second compiler when start time counts. */
export function jvmFlags(options: JvmOptions): string[] {
  return [
    `-Dmillrace.part=${options.mark}`,
    `-Xmx${options.heap}`,
    '-XX:+UseSerialGC',
    '-Xshare:auto',
    '-XX:+ExitOnOutOfMemoryError',
    '-Djava.awt.headless=true',
    ...(options.tuning.jvm === 'start' ? ['-XX:TieredStopAtLevel=1'] : []),
    ...Object.entries(options.properties ?? {}).map(([name, value]) => `-D${name}=${value}`),
  ];
}

/** Writes a Java properties file; values are escaped, so that a path or a secret may hold anything. */
export async function writeProperties(
  path: string,
  properties: Readonly<Record<string, string | number | boolean>>,
): Promise<void> {
  const lines = Object.entries(properties).map(([name, value]) => `${name}=${escapeProperty(String(value))}\n`);
  await writeFile(path, lines.join(''), { mode: 0o600 });
}

function escapeProperty(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replace(/^ /, '\\ ');
}

/** Log4j to standard output, which is the part's log file. Returns the path to hand to the JVM. */
export async function writeLogging(directory: string, loggers: Readonly<Record<string, string>>): Promise<string> {
  const path = join(directory, 'log4j2.properties');
  const entries: Record<string, string> = {
    status: 'error',
    'appender.out.type': 'Console',
    'appender.out.name': 'out',
    'appender.out.layout.type': 'PatternLayout',
    'appender.out.layout.pattern': '%d{ISO8601} %-5p %m (%c{1})%n',
    'rootLogger.level': 'warn',
    'rootLogger.appenderRef.out.ref': 'out',
  };
  Object.entries(loggers).forEach(([name, level], i) => {
    entries[`logger.l${String(i)}.name`] = name;
    entries[`logger.l${String(i)}.level`] = level;
  });
  await writeProperties(path, entries);
  return path;
}
