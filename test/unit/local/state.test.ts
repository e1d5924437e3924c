import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { processIdentity } from '../../../infra/local/processes.ts';
import { loadSecrets } from '../../../infra/local/secrets.ts';
import { createState, lockState, readJson, writeJson } from '../../../infra/local/state.ts';

describe('state directory of a stack', () => {
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'millrace-state-test-'));
  });

  afterEach(() => rm(root, { recursive: true, force: true }));

  const mode = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

  it('keeps its secrets over a restart, each for its owner only', async () => {
    const layout = await createState(root);
    const first = await loadSecrets(layout);
    expect(await loadSecrets(layout)).toEqual(first);
    expect(new Set(Object.values(first)).size).toBe(Object.keys(first).length);
    expect(await mode(layout.secrets)).toBe(0o700);
    expect(await mode(join(layout.secrets, 'stripe-secret-key'))).toBe(0o600);
    expect(first.stripeSecretKey).toMatch(/^sk_test_[0-9a-f]{48}$/);
  });

  it('gives two directories different secrets', async () => {
    const one = await loadSecrets(await createState(join(root, 'one')));
    const two = await loadSecrets(await createState(join(root, 'two')));
    expect(one.sqlServerSa).not.toBe(two.sqlServerSa);
  });

  it('writes JSON whole and with the mode asked for', async () => {
    const path = join(root, 'deep', 'env.json');
    await writeJson(path, { a: 1 }, 0o600);
    await writeJson(path, { a: 2 }, 0o600);
    expect(await readJson(path)).toEqual({ a: 2 });
    expect(await mode(path)).toBe(0o600);
  });

  it('reads a missing file as undefined and a broken one as an error', async () => {
    expect(await readJson(join(root, 'none.json'))).toBeUndefined();
    await writeFile(join(root, 'broken.json'), '{"a":');
    await expect(readJson(join(root, 'broken.json'))).rejects.toThrow(SyntaxError);
  });

  it('refuses a second stack while the process that holds the first lives', async () => {
    const layout = await createState(root);
    await writeFile(layout.lock, await processIdentity(process.ppid));
    await expect(lockState(layout)).rejects.toThrow(`in use by process ${process.ppid}`);
  });

  it('refuses a second stack in the same process', async () => {
    const layout = await createState(root);
    const release = await lockState(layout);
    await expect(lockState(layout)).rejects.toThrow('in use');
    await release();
    await (
      await lockState(layout)
    )();
  });

  it('takes over the lock of a process that is gone, and releases only its own', async () => {
    const layout = await createState(root);
    await writeFile(layout.lock, '99999999');
    const release = await lockState(layout);
    expect(await readFile(layout.lock, 'utf8')).toBe(await processIdentity(process.pid));
    await release();
    await writeFile(layout.lock, '4711');
    await release();
    expect(await readFile(layout.lock, 'utf8')).toBe('4711');
  });
});
