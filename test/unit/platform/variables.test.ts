import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  commonVariables,
  count,
  flag,
  port,
  readVariables,
  secret,
  secretList,
} from '../../../services/platform/variables.ts';
import { FatalError } from '../../../services/runtime/errors.ts';

const directory = mkdtempSync(join(tmpdir(), 'millrace-variables-'));
afterAll(() => {
  rmSync(directory, { recursive: true });
});
const file = (name: string, text: string): string => {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
};

describe('variables', () => {
  it('gives typed values and defaults', () => {
    const { config } = readVariables(
      { PORT: port(), LIMIT: count().default(5), ON: flag(), NOTE: z.string().optional() },
      { PORT: '8080', ON: 'true', NOTE: '' },
    );
    expect(config).toEqual({ PORT: 8080, LIMIT: 5, ON: true, NOTE: undefined });
  });

  it('names every variable that is missing or wrong, and never shows a value', () => {
    const read = () =>
      readVariables({ KEY: secret(), PORT: port(), LIST: secretList() }, { PORT: 'hunter2', LIST: ' , ' });
    expect(read).toThrow(FatalError);
    expect(read).toThrow(/KEY is not set.*PORT.*LIST/);
    expect(read).not.toThrow(/hunter2/);
  });

  it('reads a value from the file that <NAME>_FILE names, without the newline at its end', () => {
    const { config, secrets } = readVariables({ KEY: secret() }, { KEY_FILE: file('key', 'sk_test_from_file\n') });
    expect(config.KEY).toBe('sk_test_from_file');
    expect(secrets).toContain('sk_test_from_file');
  });

  it('refuses a file that cannot be read, and a variable given twice', () => {
    expect(() => readVariables({ KEY: secret() }, { KEY_FILE: join(directory, 'absent') })).toThrow(/KEY_FILE/);
    expect(() => readVariables({ KEY: secret() }, { KEY: 'a', KEY_FILE: file('twice', 'b') })).toThrow(/both KEY/);
  });

  it('tells secrets one by one, those behind optional ones too', () => {
    const { secrets } = readVariables(
      { LIST: secretList(), MAYBE: secret().optional(), PLAIN: z.string() },
      { LIST: 'whsec_1, whsec_2', MAYBE: 'abc', PLAIN: 'seen' },
    );
    expect(secrets).toEqual(expect.arrayContaining(['whsec_1', 'whsec_2', 'abc']));
    expect(secrets).not.toContain('seen');
  });

  it('reads what every service has', () => {
    const base = {
      MILLRACE_KAFKA_BROKERS: '127.0.0.1:1, b:2',
      MILLRACE_REGISTRY_URL: 'http://127.0.0.1:3/apis',
      MILLRACE_STATE_DIR: '/tmp/x',
    };
    const { config } = readVariables(commonVariables, base);
    expect(config.MILLRACE_KAFKA_BROKERS).toEqual(['127.0.0.1:1', 'b:2']);
    expect(config.MILLRACE_STORES['1']).toEqual({ currency: 'USD', timeZone: 'America/New_York' });

    const stores = '{"2":{"currency":"GBP","timeZone":"Europe/London"}}';
    expect(readVariables(commonVariables, { ...base, MILLRACE_STORES: stores }).config.MILLRACE_STORES).toEqual({
      '2': { currency: 'GBP', timeZone: 'Europe/London' },
    });
    for (const wrong of ['{', '{"1":{"currency":"USD","timeZone":"Mars/Base"}}', '{"x":{}}'])
      expect(() => readVariables(commonVariables, { ...base, MILLRACE_STORES: wrong })).toThrow(/MILLRACE_STORES/);
    expect(() => readVariables(commonVariables, { ...base, MILLRACE_KAFKA_BROKERS: 'nowhere' })).toThrow(/BROKERS/);
  });
});
