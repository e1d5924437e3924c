import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { openLogger } from '../../../services/platform/logger.ts';
import { feedMetrics } from '../../../services/platform/metrics.ts';
import { logRestores } from '../../../services/platform/restores.ts';
import { logTroubles } from '../../../services/platform/troubles.ts';
import { observe } from '../../../services/runtime/observe.ts';

const task = { application: 'a', stage: 's', partition: 2 };
const restore = { ...task, store: 'orders', source: 'changelog', from: 1000n, end: 3000n } as const;

const collect = () => {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>);
  return { lines, logger: openLogger({ service: 'test', level: 'info', write }) };
};

describe('the log of restores', () => {
  it('tells of a long one every few seconds, however often it is told of: percent, records and what is left', () => {
    const { lines, logger } = collect();
    let now = 0;
    const stop = logRestores(logger, () => now);
    observe.restore.publish({ ...restore, position: 1000n, records: 0, done: false });
    for (let page = 1; page <= 200; page++) {
      now += 100;
      const position = 1000n + BigInt(page * 10);
      observe.restore.publish({ ...restore, position, records: page * 9, done: page === 200 });
    }
    stop();
    expect(
      lines.map(({ msg, percent, records, seconds, remainingSeconds }) => [
        msg,
        percent,
        records,
        seconds,
        remainingSeconds,
      ]),
    ).toEqual([
      ['restoring', 25, 450, 5, 15],
      ['restoring', 50, 900, 10, 10],
      ['restoring', 75, 1350, 15, 5],
      ['restored', 100, 1800, 20, 0],
    ]);
    expect(lines[0]).toMatchObject({ ...task, store: 'orders', source: 'changelog' });
  });

  it('says nothing of one that is over at once, unless it was made of the inputs', () => {
    const { lines, logger } = collect();
    const stop = logRestores(logger, () => 0);
    observe.restore.publish({ ...restore, position: 1000n, records: 0, done: false });
    observe.restore.publish({ ...restore, position: 3000n, records: 7, done: true });
    observe.restore.publish({ ...restore, from: 3000n, position: 3000n, records: 0, done: true });
    expect(lines).toEqual([]);
    observe.restore.publish({ ...restore, source: 'inputs', position: 3000n, records: 7, done: true });
    stop();
    expect(lines.map(({ msg }) => msg)).toEqual(['restored']);
  });
});

describe('metrics of restores and disks', () => {
  it('tell what is left, what was read, and which tasks wait for their disk', async () => {
    const registry = new Registry();
    const stop = feedMetrics(registry);
    const labels = 'application="a",stage="s",partition="2"';
    const at = async (line: string) => expect(await registry.metrics()).toContain(line);
    const own = `${labels},store="orders",source="changelog"`;
    observe.restore.publish({ ...restore, position: 2000n, records: 900, done: false });
    observe.disk.publish({ ...task, writable: false, error: new Error('full') });
    await at(`millrace_restore_remaining_offsets{${own}} 1000`);
    await at(`millrace_restored_records_total{${own}} 900`);
    await at(`millrace_disk_unwritable{${labels}} 1`);
    // Given up there, and begun anew from where it was.
    observe.restore.publish({ ...restore, from: 2000n, position: 2000n, records: 0, done: false });
    observe.restore.publish({ ...restore, from: 2000n, position: 3000n, records: 950, done: true });
    observe.restore.publish({ ...restore, from: 3000n, position: 3000n, records: 0, done: true });
    observe.disk.publish({ ...task, writable: true, error: undefined });
    await at(`millrace_restore_remaining_offsets{${own}} 0`);
    await at(`millrace_restored_records_total{${own}} 1850`);
    await at(`millrace_disk_unwritable{${labels}} 0`);
    // Gone while it waited, and while it was restored: nothing is left to wait for here.
    observe.restore.publish({ ...restore, position: 2000n, records: 0, done: false });
    observe.disk.publish({ ...task, writable: false, error: new Error('full') });
    observe.task.publish({ ...task, from: 'SUSPENDED', to: 'CLOSED', reason: undefined });
    const text = await registry.metrics();
    expect(text).not.toContain('millrace_disk_unwritable{');
    expect(text).not.toContain('millrace_restore_remaining_offsets{');
    stop();
  });
});

describe('the log of troubles', () => {
  it('says that a disk is full, and that it is not any more, once each; and that a changelog is lost', () => {
    const { lines, logger } = collect();
    const stop = logTroubles(logger);
    const error = new Error('ENOSPC: no space left on device');
    observe.disk.publish({ ...task, writable: false, error });
    observe.trouble.publish({ ...task, error, action: 'wait' });
    observe.disk.publish({ ...task, writable: true, error: undefined });
    observe.trouble.publish({ ...task, error: new Error('changelog x ends at 0'), action: 'rebuild' });
    stop();
    expect(lines.map(({ level, msg }) => `${String(level)}: ${String(msg)}`)).toEqual([
      'error: the disk takes no writes: the task waits for room, nothing is lost',
      'info: the disk takes writes again: the task goes on',
      'error: a changelog is lost: its stores are made anew from the inputs',
    ]);
  });
});
