import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { setTimeout as pause } from 'node:timers/promises';

const run = promisify(execFile);

/** True while a process with this pid exists (also one that we may not signal). */
export function aliveProcess(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Signals a process, or its whole group when `group`; one that is gone already is no error. */
export function signalProcess(pid: number, signal: NodeJS.Signals, group = false): void {
  try {
    process.kill(group ? -pid : pid, signal);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM')) return;
    throw error;
  }
}

/** Pid and start time: the same for one process only, as pids come round again after a reboot. Pid alone without `ps`. */
export async function processIdentity(pid: number): Promise<string> {
  return `${String(pid)} ${await ps('lstart', pid)}`.trim();
}

/** One column of `ps`, which macOS has as well as Linux; '' when the process is gone. */
async function ps(column: string, pid: number): Promise<string> {
  try {
    const env = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', TZ: 'UTC' };
    const { stdout } = await run('ps', ['-ww', '-o', `${column}=`, '-p', String(pid)], { env });
    return stdout.trim();
  } catch {
    return '';
  }
}

/** Resolves once the process is gone; false when it still lives after `timeoutMs`. */
export async function waitGone(pid: number, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (aliveProcess(pid)) {
    if (performance.now() > deadline) return false;
    await pause(25);
  }
  return true;
}
