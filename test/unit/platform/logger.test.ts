import { describe, expect, it } from 'vitest';
import { openLogger } from '../../../services/platform/logger.ts';

const capture = (secrets: readonly string[] = []) => {
  const lines: string[] = [];
  const logger = openLogger({ service: 'test', level: 'info', secrets, write: (line) => lines.push(line) });
  return { logger, text: () => lines.join('') };
};

describe('logger', () => {
  it('writes one JSON object a line, with level, service and time', () => {
    const { logger, text } = capture();
    logger.info({ orderId: '100001' }, 'hello');
    expect(JSON.parse(text())).toMatchObject({ level: 'info', service: 'test', msg: 'hello', orderId: '100001' });
  });

  it('hides secrets by shape, however deep', () => {
    const { logger, text } = capture();
    const intent = { id: 'pi_1', client_secret: 'pi_1_secret_Zm9vYmFy' };
    logger.warn(
      { a: { b: { c: { d: { intent } } } }, key: 'Bearer sk_test_4eC39HqLyjWDarjtT1zdp7dc' },
      'whsec_abcDEF1',
    );
    expect(text()).toContain('pi_1');
    for (const secret of ['Zm9vYmFy', '4eC39HqLyjWDarjtT1zdp7dc', 'whsec_abcDEF1'])
      expect(text()).not.toContain(secret);
  });

  it('hides the secrets of this process by value, in errors and their causes too', () => {
    const { logger, text } = capture(['pa"ss\\word!']);
    const cause = new Error('login failed for pa"ss\\word!');
    logger.error({ err: new Error('outer', { cause }), list: ['x pa"ss\\word! y'] });
    expect(text()).toContain('login failed for [redacted]');
    expect(text()).not.toContain('ss\\\\word');
  });

  it('hides fields that are secret by name', () => {
    const { logger, text } = capture();
    logger.info({ request: { headers: { authorization: 'Basic abc' }, password: 'short' } });
    expect(text()).not.toMatch(/abc|short/);
  });
});
