import { open, stat } from 'node:fs/promises';
import type { Probe } from './health.ts';
import { isErrno } from './errno.ts';

/** Bytes in a log so far: where a start's own lines begin. */
export async function logEnd(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return 0;
    throw error;
  }
}

/** Healthy once the log holds, after byte `from`, the JSON line `{"ready":true,…}` that a service prints when it works. */
export function readyProbe(log: string, from: number): Probe {
  let offset = from;
  return async () => {
    const file = await open(log, 'r');
    try {
      const { size } = await file.stat();
      const fresh = Buffer.alloc(Math.max(0, size - offset));
      await file.read(fresh, 0, fresh.length, offset);
      const text = fresh.toString('utf8');
      const whole = text.lastIndexOf('\n') + 1;
      if (text.slice(0, whole).split('\n').some(isReadyLine)) return;
      offset += Buffer.byteLength(text.slice(0, whole));
    } finally {
      await file.close();
    }
    throw new Error('has not said that it is ready');
  };
}

export function isReadyLine(line: string): boolean {
  if (!line.startsWith('{') || !line.includes('"ready"')) return false;
  try {
    const said: unknown = JSON.parse(line);
    return typeof said === 'object' && said !== null && 'ready' in said && said.ready === true;
  } catch {
    return false;
  }
}
