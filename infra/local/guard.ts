import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** Tells the watchdog which processes must not outlive this one. */
export interface Guard {
  watch(pid: number): void;
  forget(pid: number): void;
  /** Lets the watchdog go. It still ends whatever is being watched. */
  close(): Promise<void>;
}

/** Starts a watchdog: a process of its own, outside our process group, that notices even our `kill -9`. */
export function startGuard(): Guard {
  const watchdog = spawn(process.execPath, [join(import.meta.dirname, 'watchdog.ts')], {
    stdio: ['pipe', 'ignore', 'inherit'],
    detached: true,
  });
  const ended = new Promise<void>((resolve) => {
    watchdog.once('exit', () => resolve());
    watchdog.once('error', () => resolve());
  });
  // Writing to a watchdog that is gone must not take the stack down with it: its parts still run.
  watchdog.stdin.on('error', () => undefined);
  watchdog.unref();
  return {
    watch: (pid) => void watchdog.stdin.write(`+${pid}\n`),
    forget: (pid) => void watchdog.stdin.write(`-${pid}\n`),
    close: async () => {
      watchdog.ref();
      watchdog.stdin.end();
      await ended;
    },
  };
}
