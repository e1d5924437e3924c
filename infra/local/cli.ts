import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { lastLines } from './child.ts';
import { type PartName, PARTS } from './part.ts';
import { aliveProcess, signalProcess, waitGone } from './processes.ts';
import { startStack } from './stack.ts';
import { readStack, type StackDescription } from './stack-file.ts';
import { createState, defaultStateDir, stateLayout } from './state.ts';

const USAGE = `Usage: node infra/local/cli.ts <up|down|status> [options]
  up      start the stack and leave it running; with --foreground stay until Ctrl-C
  down    stop it; its data stays
  status  what runs, where
Options:
  --name <name>     state directory below .state (default demo)
  --state <dir>     another state directory
  --parts <a,b>     of ${PARTS.join(', ')} (default all)
  --foreground`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    name: { type: 'string', default: 'demo' },
    state: { type: 'string' },
    parts: { type: 'string' },
    foreground: { type: 'boolean', default: false },
  },
});
const stateDir = values.state ?? defaultStateDir(values.name);
const layout = stateLayout(stateDir);

switch (positionals[0]) {
  case 'up':
    process.exitCode = await up();
    break;
  case 'down':
    process.exitCode = await down();
    break;
  case 'status':
    process.exitCode = await status();
    break;
  case undefined:
  default:
    console.error(USAGE);
    process.exitCode = 2;
}

async function up(): Promise<number> {
  const parts = parseParts(values.parts);
  if (values.foreground) {
    try {
      await startStack({ stateDir, parts, onLost: (part, why) => console.error(`${part} is lost: ${why}`) });
    } catch (error) {
      console.error(error instanceof Error ? error.message : error);
      return 1;
    }
    console.error('ready; Ctrl-C stops the stack');
    // A stack whose parts are all detached has nothing that keeps this process alive.
    await new Promise(() => setInterval(() => undefined, 60_000));
  }
  const running = await readStack(layout);
  if (running !== undefined && aliveProcess(running.host)) {
    console.error(`a stack is up already on ${stateDir}`);
    return 0;
  }
  return await startHost();
}

/** Starts a process of its own that holds the stack, and waits until the stack is up or that process has ended. */
async function startHost(): Promise<number> {
  await createState(stateDir);
  const logFile = join(layout.logs, 'host.log');
  const log = await open(logFile, 'w', 0o600);
  const args = [join(import.meta.dirname, 'cli.ts'), 'up', '--foreground', '--state', stateDir];
  if (values.parts !== undefined) args.push('--parts', values.parts);
  const host = spawn(process.execPath, args, { detached: true, stdio: ['ignore', log.fd, log.fd] });
  await log.close();
  while (host.exitCode === null && host.signalCode === null) {
    const stack = await readStack(layout);
    if (stack !== undefined && stack.host === host.pid) {
      show(stack);
      host.unref();
      return 0;
    }
    await pause(100);
  }
  console.error(`the stack did not start; ${logFile} ends:\n${await lastLines(logFile, 40)}`);
  return 1;
}

async function down(): Promise<number> {
  const stack = await readStack(layout);
  if (stack === undefined || !aliveProcess(stack.host)) {
    console.error(`no stack is up on ${stateDir}`);
    return 0;
  }
  signalProcess(stack.host, 'SIGTERM');
  if (await waitGone(stack.host, 60_000)) return 0;
  console.error(`process ${stack.host} did not end in a minute`);
  return 1;
}

async function status(): Promise<number> {
  const stack = await readStack(layout);
  if (stack === undefined || !aliveProcess(stack.host)) {
    console.log(`no stack is up on ${stateDir}`);
    return 3;
  }
  show(stack);
  return Object.values(stack.parts).every((part) => aliveProcess(part.pid)) ? 0 : 1;
}

function show(stack: StackDescription): void {
  for (const [name, part] of Object.entries(stack.parts)) {
    const state = aliveProcess(part.pid) ? 'up' : 'DOWN';
    console.log(
      `${name.padEnd(10)} ${state.padEnd(5)} pid ${String(part.pid).padEnd(8)} port ${portOf(stack, name)}  ${part.log}`,
    );
  }
  console.log(`environment for services: ${layout.env}`);
}

function portOf(stack: StackDescription, part: string): string {
  return String(stack.ports[part] ?? '');
}

function parseParts(text: string | undefined): readonly PartName[] {
  if (text === undefined) return PARTS;
  return text.split(',').map((name) => {
    const part = PARTS.find((candidate) => candidate === name.trim());
    if (part === undefined) throw new Error(`no part ${name}; there are ${PARTS.join(', ')}`);
    return part;
  });
}
