import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import type { Guard } from './guard.ts';
import { signalProcess } from './processes.ts';

/** What to run. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  /** Added to a small inherited environment (PATH, HOME, JAVA_HOME, …), never the whole of it. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** How a process ended: its code, or the signal that ended it. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running child process whose output goes to a file. */
export interface Child {
  readonly pid: number;
  readonly since: Date;
  readonly exited: Promise<Exit>;
  readonly alive: boolean;
  signal(signal: NodeJS.Signals): void;
  /** SIGTERM, then SIGKILL for its process group after `graceMs`. Resolves when it is gone. */
  stop(graceMs: number): Promise<Exit>;
}

const INHERITED = ['PATH', 'HOME', 'JAVA_HOME', 'TMPDIR', 'LANG', 'LC_ALL', 'TZ', 'USER'];

/**
 * Starts a process that leads its own group (a terminal's Ctrl-C reaches us, and we stop parts in order) and appends
 * to `logFile` directly, so that its last words are there even when we are not.
 */
export async function startChild(launch: Launch, logFile: string, guard?: Guard): Promise<Child> {
  const log = await open(logFile, 'a', 0o600);
  try {
    const child = spawn(launch.command, launch.args, {
      cwd: launch.cwd,
      env: { ...inheritedEnv(), ...launch.env },
      stdio: ['ignore', log.fd, log.fd],
      detached: true,
    });
    let alive = true;
    const exited = new Promise<Exit>((resolve) => {
      child.once('exit', (code, signal) => {
        alive = false;
        if (child.pid !== undefined) guard?.forget(child.pid);
        resolve({ code, signal });
      });
    });
    const pid = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('spawn', () => resolve(child.pid!));
    });
    guard?.watch(pid);
    return {
      pid,
      since: new Date(),
      exited,
      get alive() {
        return alive;
      },
      signal: (signal) => {
        if (alive) signalProcess(pid, signal);
      },
      stop: async (graceMs) => {
        if (alive) signalProcess(pid, 'SIGTERM');
        const timer = setTimeout(() => {
          if (alive) signalProcess(pid, 'SIGKILL', true);
        }, graceMs);
        try {
          return await exited;
        } finally {
          clearTimeout(timer);
        }
      },
    };
  } finally {
    await log.close();
  }
}

/** The last `count` lines of a log, for an error message. */
export async function lastLines(path: string, count: number): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-count).join('\n');
}

/** In words: `code 1` or `signal SIGKILL`. */
export function describeExit(exit: Exit): string {
  return exit.signal === null ? `code ${String(exit.code)}` : `signal ${exit.signal}`;
}

function inheritedEnv(): Record<string, string> {
  const entries = INHERITED.map((name) => [name, process.env[name]] as const);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
