import { describe, expect, it } from 'vitest';
import type { Flow, FlowWorld, PaidOrder } from '../../../infra/demo/flows/flow.ts';
import { giverOf, isWell, play, playedText } from '../../../infra/demo/flows/play.ts';

const order = (orderId: string): PaidOrder => ({
  orderId,
  paymentIntentId: `pi_${orderId}`,
  total: 900n,
  currency: 'USD',
});

const world = (take: FlowWorld['take'], signal = new AbortController().signal): FlowWorld =>
  ({ take, signal, seed: 's' }) as unknown as FlowWorld;

const flow = (name: string, log: string[], more: Partial<Flow> = {}): Flow => ({
  name,
  start: ({ take }) => {
    log.push(`${name} starts with ${take(1)[0]!.orderId}`);
    return Promise.resolve(() => {
      log.push(`${name} is judged`);
      return Promise.resolve({ started: 1, completed: 1, findings: [] });
    });
  },
  ...more,
});

describe('flows', () => {
  it('are judged when all is quiet, those that come last after the others', async () => {
    const log: string[] = [];
    const flows = [flow('payout', log, { last: true }), flow('refund', log), flow('dispute', log)];
    const settle = (): Promise<void> => Promise.resolve(void log.push('quiet'));
    const rows = await play(flows, world(giverOf(['1', '2', '3'].map(order))), settle);
    expect(log).toEqual([
      'refund starts with 1',
      'dispute starts with 2',
      'quiet',
      'refund is judged',
      'dispute is judged',
      'payout starts with 3',
      'quiet',
      'payout is judged',
    ]);
    expect(rows.map(({ name }) => name)).toEqual(['payout', 'refund', 'dispute']);
    expect(rows.every(isWell)).toBe(true);
  });

  it('that cannot start or be judged say why, and the others go on', async () => {
    const log: string[] = [];
    const unjudged: Flow = { name: 'torn', start: () => Promise.resolve(() => Promise.reject(new Error('no ledger'))) };
    const rows = await play([flow('refund', log), flow('late', log), unjudged], world(giverOf([order('1')])), () =>
      Promise.resolve(),
    );
    expect(rows.map(isWell)).toEqual([true, false, false]);
    expect(playedText(rows)).toContain('torn: no ledger');
    expect(playedText(rows)).toContain('late: the flows need more paid orders than the 1 there are');
  });

  it('of which one did not complete, or never started, are not well', () => {
    expect(isWell({ started: 2, completed: 1, findings: [] })).toBe(false);
    expect(isWell({ started: 0, completed: 0, findings: [] })).toBe(false);
    expect(isWell({ started: 1, completed: 1, findings: ['a cent'] })).toBe(false);
  });
});
