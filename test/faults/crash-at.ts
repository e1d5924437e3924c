/**
 * Loaded into a service before its own code (`node --import`): ends the process as `kill -9` does, from within, at the
 * moment its trap names. The trap is looked for at start and at SIGUSR2. The service knows nothing of it: it tells what
 * it passes on a diagnostics channel, as it does for whoever listens.
 */
import { observe } from '../../services/runtime/observe.ts';
import { markSprung, readTrap, type Trap, TRAP_FILE } from './trap.ts';

const file = process.env[TRAP_FILE];
if (file === undefined) throw new Error(`${TRAP_FILE} is not set`);

let trap: Trap | undefined;
let left = 0;
const look = (): void => {
  trap = readTrap(file);
  left = trap?.skip ?? 0;
};
look();
process.on('SIGUSR2', look);

observe.passing.subscribe(({ point, stage }) => {
  if (trap?.point !== point || (trap.stage !== undefined && trap.stage !== stage)) return;
  if (left-- > 0) return;
  markSprung(file);
  process.kill(process.pid, 'SIGKILL');
});
