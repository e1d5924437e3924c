/**
 * The real parts, for the tests that need them: in containers when a container engine answers, else the local stack.
 * As vitest's global set-up it starts them once for all tiers; `stackEnvironment()` is how a test reaches them.
 */
import { rmSync } from 'node:fs';
import { startStack } from '../infra/local/stack.ts';

const VARIABLE = 'MILLRACE_TEST_STACK';

export type StackEnvironment = Readonly<Record<string, string>>;

/** Environment of services against the running stack, as in `env.json`. */
export const stackEnvironment = (): StackEnvironment => {
  const text = process.env[VARIABLE];
  if (text === undefined) throw new Error('no stack: run this tier by vitest, whose global set-up starts one');
  return JSON.parse(text) as StackEnvironment;
};

const engineAnswers = async (): Promise<boolean> => {
  try {
    const { getContainerRuntimeClient } = await import('testcontainers');
    await getContainerRuntimeClient();
    return true;
  } catch {
    return false;
  }
};

const containers = async (): Promise<{ env: StackEnvironment; stop: () => Promise<void> }> => {
  const { startContainers } = await import('../infra/docker/containers.ts');
  return startContainers();
};

const local = async (): Promise<{ env: StackEnvironment; stop: () => Promise<void> }> => {
  rmSync(new URL('../.state/test', import.meta.url), { recursive: true, force: true });
  const stack = await startStack({ name: 'test' });
  return { env: stack.env, stop: () => stack.stop() };
};

export default async function setup(): Promise<() => Promise<void>> {
  if (process.env[VARIABLE] !== undefined) return () => Promise.resolve();
  const inContainers = await engineAnswers();
  console.log(inContainers ? 'stack: containers' : 'stack: local processes (no container engine answers)');
  const { env, stop } = inContainers ? await containers() : await local();
  process.env[VARIABLE] = JSON.stringify(env);
  process.env['MILLRACE_TEST_BROKERS'] = env['MILLRACE_KAFKA_BROKERS'];
  return stop;
}
