import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Child, startChild } from '../../../infra/local/child.ts';
import { endOrphans } from '../../../infra/local/orphans.ts';
import { processIdentity } from '../../../infra/local/processes.ts';
import { writeStack } from '../../../infra/local/stack-file.ts';
import { createState, type StateLayout } from '../../../infra/local/state.ts';

describe('parts left over from an earlier start', () => {
  let layout: StateLayout;
  let child: Child;

  beforeEach(async () => {
    layout = await createState(await mkdtemp(join(tmpdir(), 'millrace-orphans-test-')));
    const launch = { command: process.execPath, args: ['-e', 'setInterval(() => {}, 1e3)'], env: {} };
    child = await startChild(launch, join(layout.logs, 'part.log'));
  });

  afterEach(async () => {
    await child.stop(1_000);
    await rm(layout.root, { recursive: true, force: true });
  });

  const leave = (identity: string): Promise<void> =>
    writeStack(layout, {
      host: 99_999_999,
      stateDir: layout.root,
      ports: {},
      urls: { kafka: '', registry: '', connect: '', stripe: '' },
      parts: { kafka: { pid: child.pid, identity, since: '', log: '' } },
    });

  it('are ended', async () => {
    await leave(await processIdentity(child.pid));
    const said: string[] = [];
    await endOrphans(layout, (line) => said.push(line));
    expect(child.alive).toBe(false);
    expect(said).toEqual([`kafka: ending process ${child.pid}, left over from an earlier start`]);
  });

  it('are left alone when the pid is now somebody else’s', async () => {
    await leave(`${child.pid} Mon Jan  1 00:00:00 2024`);
    await endOrphans(layout, () => undefined);
    expect(child.alive).toBe(true);
  });

  it('are none where no stack ran', async () => {
    await endOrphans(layout, () => expect.unreachable());
  });
});
