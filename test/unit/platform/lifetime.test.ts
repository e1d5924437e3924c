import { describe, expect, it } from 'vitest';
import { openLifetime } from '../../../services/platform/lifetime.ts';
import { openLogger } from '../../../services/platform/logger.ts';

const open = (deadlineMs = 5_000) => {
  const codes: number[] = [];
  const logger = openLogger({ service: 'test', level: 'silent' });
  return { codes, lifetime: openLifetime({ logger, deadlineMs, exit: (code) => codes.push(code) }) };
};

describe('lifetime', () => {
  it('closes in reverse order, once, and exits with 0', async () => {
    const { lifetime, codes } = open();
    const closed: string[] = [];
    lifetime.onStop(() => void closed.push('first opened'));
    lifetime.onStop(async () => {
      await Promise.resolve();
      closed.push('last opened');
    });
    await Promise.all([lifetime.stop('SIGTERM'), lifetime.stop('SIGINT')]);
    expect(closed).toEqual(['last opened', 'first opened']);
    expect(lifetime.signal.aborted).toBe(true);
    expect(codes).toEqual([0]);
  });

  it('closes the rest when one cannot be closed, and says so with 1', async () => {
    const { lifetime, codes } = open();
    let closed = false;
    lifetime.onStop(() => {
      closed = true;
    });
    lifetime.onStop(() => {
      throw new Error('stuck');
    });
    await lifetime.stop('SIGTERM');
    expect([closed, codes]).toEqual([true, [1]]);
  });

  it('does not wait for ever', async () => {
    const { lifetime, codes } = open(10);
    lifetime.onStop(() => new Promise(() => undefined));
    await lifetime.stop('SIGTERM');
    expect(codes).toEqual([1]);
  });

  it('fails at once without closing anything in peace', () => {
    const { lifetime, codes } = open();
    let closed = false;
    lifetime.onStop(() => {
      closed = true;
    });
    lifetime.fail(new Error('broken'));
    expect([closed, codes]).toEqual([false, [1]]);
  });
});
