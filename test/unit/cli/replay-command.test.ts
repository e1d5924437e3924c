import { describe, expect, it } from 'vitest';
import { reportText } from '../../../services/cli/replay/print.ts';
import { replayCommand } from '../../../services/cli/replay/program.ts';
import type { ReplayReport } from '../../../services/cli/replay/replay.ts';

/** What comes of the arguments before anything is asked of a cluster. */
const run = (...args: readonly string[]): Promise<unknown> =>
  replayCommand({
    configured: () => Promise.reject(new Error('would begin')),
    out: () => undefined,
    err: () => undefined,
  })
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .parseAsync(args, { from: 'user' });

describe('the options of a replay', () => {
  it.each([
    [[]],
    [['--dry-run']],
    [['--from-offset', '0', '--dry-run', '--json']],
    [['--from-timestamp', '2026-01-02T03:04:05Z', '--stage', 'orders']],
    [['--from-timestamp', '1767323045000']],
    [['--order', '100123']],
    [['--order', '100123', '--execute', '--reason', 'support asked']],
    [['--from-offset', '12', '--execute', '--reason', 'a lost command']],
  ])('%j begins', async (args) => {
    await expect(run(...args)).rejects.toThrow('would begin');
  });

  it.each([
    [['--from-offset', '-1'], /from 0/],
    [['--from-offset', '1.5'], /whole number/],
    [['--from-timestamp', 'yesterday'], /ISO 8601/],
    [['--order', '100123', '--from-offset', '0'], /from its beginning/],
    [['--execute', '--dry-run'], /cannot be used with/],
    [['--execute', '--reason', 'because'], /from where/],
    [['--execute', '--from-offset', '0'], /say why/],
    [['--execute', '--from-offset', '0', '--reason', '  '], /say why/],
  ])('%j does not', async (args, why) => {
    await expect(run(...args)).rejects.toThrow(why);
  });
});

describe('what a replay says', () => {
  const report: ReplayReport = {
    stages: [
      {
        stage: 'orders',
        compared: { 'erp.commands': 3 },
        counts: { add: 0, omit: 0, change: 1 },
        repeated: 2,
        forgotten: [],
      },
    ],
    total: 1,
    differences: [
      {
        ...{ stage: 'orders', kind: 'change', topic: 'erp.commands', key: '1', identity: '1/record-payment/1' },
        ...{ at: 'erp.commands-0@7', fields: [{ field: 'payload.tax', found: '247', computed: '248' }] },
      },
    ],
    replayed: [],
    left: 0,
  };

  it('names the command, where it lies and what differs', () => {
    const text = reportText({ from: { offset: 0n } }, report);
    expect(text).toMatch(/from offset 0/);
    expect(text).toMatch(/1 differences/);
    expect(text).toMatch(
      /would change.*erp\.commands 1\/record-payment\/1 \(erp\.commands-0@7\)\n\s+payload\.tax: 247 → 248/,
    );
    expect(text).toMatch(/2 copies were sent by earlier replays/);
  });

  it('says 0 differences when there are none', () => {
    expect(reportText({ from: { offset: 0n } }, { ...report, total: 0, differences: [] })).toMatch(/0 differences/);
  });
});
