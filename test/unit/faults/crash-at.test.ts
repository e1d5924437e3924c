import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hasSprung, readTrap, setTrap, TRAP_FILE } from '../../faults/trap.ts';

const preload = new URL('../../faults/crash-at.ts', import.meta.url).pathname;
const observe = new URL('../../../services/runtime/observe.ts', import.meta.url).href;

/** Passes three moments whenever it is told to, and says how often it did. */
const program = `
import { observe } from '${observe}';
process.stdin.on('data', () => {
  for (const [stage, point] of [['a', 'mid-batch'], ['b', 'mid-batch'], ['b', 'after-commit']]) {
    observe.passing.publish({ application: 'test', stage, partition: 0, point });
    process.stdout.write(stage + ' ' + point + '\\n');
  }
});
process.stdout.write('ready\\n');
`;

describe('a process with a trap', () => {
  let directory: string;
  let trap: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'millrace-trap-'));
    trap = join(directory, 'trap.json');
    writeFileSync(join(directory, 'program.ts'), program);
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const start = () => {
    const child = spawn(process.execPath, ['--import', preload, join(directory, 'program.ts')], {
      env: { ...process.env, [TRAP_FILE]: trap },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    // It may be gone while it is being asked.
    child.stdin.on('error', () => undefined);
    let output = '';
    let look: () => void = () => undefined;
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      look();
    });
    const ended = new Promise<NodeJS.Signals | null>((resolve) => child.once('exit', (_, signal) => resolve(signal)));
    const says = (text: string): Promise<void> =>
      new Promise((resolve) => {
        look = () => {
          if (output.includes(text)) resolve();
        };
        look();
      });
    return { child, ended, says, output: () => output };
  };

  it('dies at the chosen passing of the chosen moment, and leaves word of it', async () => {
    setTrap(trap, { point: 'mid-batch', stage: 'b', skip: 1 });
    const { child, ended, says, output } = start();
    await says('ready');
    child.stdin.write('x');
    await says('after-commit');
    child.stdin.write('x');
    expect(await ended).toBe('SIGKILL');
    expect(output().trim().split('\n')).toEqual([
      'ready',
      'a mid-batch',
      'b mid-batch',
      'b after-commit',
      'a mid-batch',
    ]);
    expect(hasSprung(trap)).toBe(true);
    expect(existsSync(trap)).toBe(false);
  });

  it('hears of a trap while it runs, and lives without one', async () => {
    const { child, ended, says } = start();
    await says('ready');
    child.stdin.write('x');
    await says('after-commit');
    setTrap(trap, { point: 'after-commit', skip: 0 });
    expect(readTrap(trap)).toEqual({ point: 'after-commit', skip: 0 });
    child.kill('SIGUSR2');
    // The signal has been seen when nothing but the trap is left to happen: ask until it has.
    const asking = setInterval(() => child.stdin.write('x'), 20);
    expect(await ended).toBe('SIGKILL');
    clearInterval(asking);
    expect(hasSprung(trap)).toBe(true);
  });
});
