import { commandLine, signalProcess, waitGone } from './processes.ts';
import { readStack } from './stack-file.ts';
import type { StateLayout } from './state.ts';

/**
 * Ends parts that an earlier stack on this directory left behind, which takes the death of both stack and watchdog. A
 * pid is believed only when its command line still names this directory or one of our sandboxes: pids are reused.
 */
export async function endOrphans(layout: StateLayout, say: (line: string) => void): Promise<void> {
  const left = await readStack(layout);
  for (const [name, { pid }] of Object.entries(left?.parts ?? {})) {
    const command = await commandLine(pid);
    if (!command.includes(`-Dmillrace.part=${layout.root}`) && !command.includes('infra/sandbox/')) continue;
    say(`${name}: ending process ${pid}, left over from an earlier start`);
    signalProcess(pid, 'SIGTERM');
    if (!(await waitGone(pid, 10_000))) signalProcess(pid, 'SIGKILL');
  }
}
