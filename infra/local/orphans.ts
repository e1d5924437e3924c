import { aliveProcess, processIdentity, signalProcess, waitGone } from './processes.ts';
import { readStack } from './stack-file.ts';
import type { StateLayout } from './state.ts';

/**
 * Ends parts that an earlier stack on this directory left behind, which takes the death of both stack and watchdog. A
 * process is ended only when it is the one that was started, not a later one with its pid.
 */
export async function endOrphans(layout: StateLayout, say: (line: string) => void): Promise<void> {
  const left = await readStack(layout);
  for (const [name, { pid, identity }] of Object.entries(left?.parts ?? {})) {
    if (!aliveProcess(pid) || (await processIdentity(pid)) !== identity) continue;
    say(`${name}: ending process ${pid}, left over from an earlier start`);
    signalProcess(pid, 'SIGTERM');
    if (!(await waitGone(pid, 10_000))) signalProcess(pid, 'SIGKILL');
  }
}
