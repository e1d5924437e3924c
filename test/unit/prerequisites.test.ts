import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const script = new URL('../../infra/prerequisites.sh', import.meta.url).pathname;

/** A PATH with just what the script itself is written in, and the programs that a test gives. */
describe('prerequisites', () => {
  let bin: string;
  beforeEach(() => {
    bin = join(mkdtempSync(join(tmpdir(), 'millrace-prerequisites-')), 'bin');
    mkdirSync(bin);
    for (const tool of ['bash', 'env', 'printf', 'sort', 'head', 'sed']) {
      const found = spawnSync('which', [tool], { encoding: 'utf8' }).stdout.trim();
      if (found !== '') symlinkSync(found, join(bin, tool));
    }
  });
  afterEach(() => rmSync(join(bin, '..'), { recursive: true }));

  const program = (name: string, says: string): void => {
    writeFileSync(join(bin, name), `#!/bin/sh\necho '${says}'\n`);
    chmodSync(join(bin, name), 0o755);
  };
  const check = () => spawnSync('bash', [script], { env: { PATH: bin }, encoding: 'utf8' });

  const everything = (): void => {
    program('git', 'git version 2.39.5');
    program('npm', '11.0.0');
    program('node', '20.11.0');
    program('java', 'openjdk version "17.0.15" 2025-04-15');
    program('mvn', 'Apache Maven 3.8.7');
  };

  it('are silent when all are there', () => {
    everything();
    expect(check()).toMatchObject({ status: 0, stderr: '' });
  });

  it('are named all at once, with what to install', () => {
    const { status, stderr } = check();
    expect(status).toBe(1);
    for (const name of ['git', 'Node.js', 'npm', 'Java 17', 'Maven 3.8']) expect(stderr).toContain(`missing: ${name}`);
    expect(stderr.match(/install: /g)).toHaveLength(5);
  });

  it('are named when they are too old, by number and not by spelling', () => {
    everything();
    program('java', 'openjdk version "11.0.2" 2019-01-15');
    program('mvn', 'Apache Maven 3.10.1');
    program('node', '18.19.0');
    const { status, stderr } = check();
    expect(status).toBe(1);
    expect(stderr).toContain('Java 17 or newer (found 11.0.2)');
    expect(stderr).toContain('Node.js 20 or newer (found 18.19.0)');
    expect(stderr).not.toContain('Maven');
  });
});
