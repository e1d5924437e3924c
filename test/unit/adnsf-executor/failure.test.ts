import { ConnectionError, RequestError } from 'tedious';
import { describe, expect, it } from 'vitest';
import { CommandKnownError } from '../../../services/adnsf-executor/shop.ts';
import { isDuplicateKey, meaningOf } from '../../../services/adnsf-executor/sql/failure.ts';
import { FatalError, PoisonError, RetriableError } from '../../../services/runtime/errors.ts';

const failure = (number: number): RequestError => Object.assign(new RequestError('no', 'EREQUEST'), { number });

describe('what errors of SQL Server mean', () => {
  it.each([1205, 1222, 3960, 4060, 18456, 9002, 701, 40613])('again later: %i', (number) => {
    const error = failure(number);
    expect(meaningOf(error)).toMatchObject({ name: 'RetriableError', cause: error });
  });

  it.each([
    new ConnectionError('cannot reach', 'ESOCKET'),
    new RequestError('took too long', 'ETIMEOUT'),
    // A request under way is given the socket's own error.
    Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' }),
  ])('again later: %s', (error) => {
    expect(meaningOf(error)).toBeInstanceOf(RetriableError);
  });

  it.each([
    [208, /Millrace_AppliedCommand/],
    [229, /lacks a permission/],
    [230, /column/],
  ])('stop and say so: %i', (number, text) => {
    const meaning = meaningOf(failure(number));
    expect(meaning).toBeInstanceOf(FatalError);
    expect((meaning as FatalError).message).toMatch(text);
  });

  it('about this command: anything else', () => {
    expect(meaningOf(failure(2628))).toMatchObject({ name: 'PoisonError', code: 'sql_2628' });
  });

  it('leaves alone what is not of the database', () => {
    for (const error of [
      new PoisonError('x', 'y'),
      new RetriableError('x'),
      new CommandKnownError('x'),
      new TypeError('a bug'),
      'text',
    ])
      expect(meaningOf(error)).toBe(error);
  });

  it('knows a duplicate key', () => {
    expect([2627, 2601, 1205].map((number) => isDuplicateKey(failure(number)))).toEqual([true, true, false]);
  });
});
