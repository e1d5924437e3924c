import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** Asks once whether a part works. Rejects with the reason when it does not (yet). */
export type Probe = (signal: AbortSignal) => Promise<void>;

export interface WaitOptions {
  readonly deadlineMs: number;
  /** Rejects when waiting has become pointless, for example because the process ended. */
  readonly gaveUp?: Promise<never>;
  readonly everyMs?: number;
  readonly attemptMs?: number;
}

/**
 * Repeats a probe until it succeeds.
 * @returns milliseconds waited
 * @throws the last reason when the deadline passes, or what `gaveUp` rejects with
 */
export async function waitHealthy(probe: Probe, options: WaitOptions): Promise<number> {
  const started = performance.now();
  const { everyMs = 100, attemptMs = 5_000 } = options;
  const gaveUp = options.gaveUp ?? new Promise<never>(() => undefined);
  let reason: unknown;
  while (performance.now() - started < options.deadlineMs) {
    try {
      await Promise.race([probe(AbortSignal.timeout(attemptMs)), gaveUp]);
      return performance.now() - started;
    } catch (error) {
      reason = error;
    }
    await Promise.race([pause(everyMs), gaveUp]);
  }
  throw new Error(`not healthy after ${Math.round(options.deadlineMs / 1000)} s: ${describe(reason)}`, {
    cause: reason,
  });
}

/** Healthy when something accepts connections on 127.0.0.1:port. */
export function tcpProbe(port: number): Probe {
  return (signal) =>
    new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', signal });
      socket.once('connect', () => {
        socket.destroy();
        resolve();
      });
      socket.once('error', reject);
    });
}

/** Healthy when a GET answers with a status that `accepts` (default: 2xx). */
export function httpProbe(url: string, accepts: (status: number) => boolean = (status) => status < 300): Probe {
  return async (signal) => {
    const response = await fetch(url, { signal });
    await response.arrayBuffer();
    if (!accepts(response.status)) throw new Error(`${url} answered ${response.status}`);
  };
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}
