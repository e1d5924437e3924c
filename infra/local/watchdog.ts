import { createInterface } from 'node:readline';
import { signalProcess, waitGone } from './processes.ts';

/**
 * Ends what a stack started when the stack itself is killed, so that no process and no port stays behind. Its parent
 * writes `+<pid>` and `-<pid>` on our standard input as children come and go; the end of that input is the parent's
 * death, however it died. Children lead process groups of their own, and the whole group is ended.
 */
const GRACE_MS = 8_000;
const pids = new Set<number>();

// A terminal's Ctrl-C reaches the stack, which then stops its parts in order; we only act when it is gone.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);

for await (const line of createInterface({ input: process.stdin })) {
  const pid = Number(line.slice(1));
  if (line.startsWith('+')) pids.add(pid);
  else pids.delete(pid);
}

await Promise.all(
  [...pids].map(async (pid) => {
    signalProcess(pid, 'SIGTERM');
    if (!(await waitGone(pid, GRACE_MS))) signalProcess(pid, 'SIGKILL', true);
  }),
);
