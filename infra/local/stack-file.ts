import { z } from 'zod';
import { readJson, type StateLayout, writeJson } from './state.ts';

const schema = z.object({
  /** Pid of the process that holds the stack: SIGTERM to it stops everything. */
  host: z.int().positive(),
  stateDir: z.string(),
  ports: z.record(z.string(), z.int()),
  urls: z.object({ kafka: z.string(), registry: z.string(), connect: z.string(), stripe: z.string() }),
  parts: z.record(
    z.string(),
    z.object({
      pid: z.int().positive(),
      /** Tells this process from a later one of the same pid. */
      identity: z.string().default(''),
      since: z.string(),
      startedInMs: z.number().optional(),
      log: z.string(),
    }),
  ),
});

/** What `stack.json` says of a running stack. */
export type StackDescription = z.infer<typeof schema>;

/** The description in a state directory; undefined when there is none. */
export async function readStack(layout: StateLayout): Promise<StackDescription | undefined> {
  const text = await readJson(layout.stack);
  return text === undefined ? undefined : schema.parse(text);
}

export async function writeStack(layout: StateLayout, description: StackDescription): Promise<void> {
  await writeJson(layout.stack, description);
}
