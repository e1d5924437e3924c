import { describe as suite, expect, it } from 'vitest';
import { isName } from '../../../services/runtime/changelog-name.ts';
import { openDriver } from '../../../services/runtime/testing/driver.ts';
import { describe, requiredTopics } from '../../../services/runtime/topics.ts';
import { input } from '../../../services/runtime/topology.ts';
import { alarms, balances, balanceStore, bank, countStore, deposits, notes } from './fixture.ts';

suite('a topology in the driver', () => {
  it('carries a record through both stages', async () => {
    const driver = await openDriver(bank, { partitions: 2 });
    await driver.pipe(deposits, 'ann', { id: 'd1', amount: 4n });
    await driver.pipe(deposits, 'ann', { id: 'd2', amount: 6n });
    expect(driver.read(balances).map(({ value }) => value?.total)).toEqual([4n, 10n]);
    expect(driver.read(balances)).toEqual([]);
    expect(driver.readAll(alarms).map(({ value }) => value)).toEqual([{ account: 'ann', id: 'd2', total: 10n }]);
    expect(driver.store('sum', balanceStore).get('ann')).toEqual({ total: 10n, deposits: 2, seen: ['d1', 'd2'] });
    expect(driver.store('watch', countStore).entries()).toEqual([['ann', 2]]);
    await driver.close();
  });

  it('takes back everything a refused record did, and nothing of its neighbours', async () => {
    const driver = await openDriver(bank);
    driver.feed(deposits, 'ann', { id: 'd1', amount: 1n });
    driver.feed(deposits, 'ann', { id: 'bad', amount: -5n });
    driver.feed(deposits, 'ann', { id: 'd2', amount: 2n });
    await driver.run();
    expect(driver.readAll(notes).map(({ value }) => value?.id)).toEqual(['d1', 'd2']);
    expect(driver.store('sum', balanceStore).get('ann')?.total).toBe(3n);
    const [letter, ...more] = driver.deadLetters();
    expect(more).toEqual([]);
    expect(letter).toMatchObject({ code: 'negative', stage: 'sum', sourceTopic: 'deposits', sourceOffset: 1n });
    expect(deposits.value.decode(letter!.value!)).toEqual({ id: 'bad', amount: -5n });
    await driver.close();
  });

  it.each([
    ['bytes that cannot be decoded', Buffer.from('ann'), Buffer.from('{'), 'undecodable'],
    ['no key', null, Buffer.from('{}'), 'invalid_key'],
    ['a key that is not text', Buffer.from([0xff, 0xfe]), Buffer.from('{}'), 'invalid_key'],
  ])('refuses %s with its original bytes and goes on', async (_, key, value, code) => {
    const driver = await openDriver(bank);
    await driver.pipeBytes('deposits', key, value, { headers: { trace: Buffer.from('t1') } });
    await driver.pipe(deposits, 'ann', { id: 'd1', amount: 1n });
    expect(driver.deadLetters()).toEqual([
      expect.objectContaining({ code, key, value, headers: { trace: Buffer.from('t1') } }),
    ]);
    expect(driver.readAll(notes)).toHaveLength(1);
    await driver.close();
  });

  it('passes over what is of no concern to an input, unread', async () => {
    const names: string[] = [];
    const picky = {
      ...bank,
      stages: [
        {
          name: 'picky',
          inputs: [
            input({
              topic: deposits,
              concerns: (key) => key.startsWith('ann'),
              process: ({ key }) => void names.push(key),
            }),
          ],
          stores: [],
          outputs: [],
        },
      ],
    };
    const driver = await openDriver(picky);
    await driver.pipe(deposits, 'bob', { id: 'd1', amount: 1n });
    await driver.pipeBytes(deposits.name, Buffer.from('bob'), Buffer.from('{'));
    await driver.pipeBytes(deposits.name, null, Buffer.from('{'));
    await driver.pipe(deposits, 'ann', { id: 'd2', amount: 1n });
    expect(names).toEqual(['ann']);
    expect(driver.deadLetters()).toEqual([]);
    await driver.pipeBytes(deposits.name, Buffer.from('ann'), Buffer.from('{'));
    expect(driver.deadLetters()).toHaveLength(1);
    await driver.close();
  });

  it('deletes with a tombstone, in the changelog too', async () => {
    const driver = await openDriver(bank);
    await driver.pipe(deposits, 'ann', { id: 'd1', amount: 1n });
    await driver.pipe(deposits, 'ann', null);
    expect(driver.store('sum', balanceStore).get('ann')).toBeUndefined();
    await driver.restart({ wipe: true });
    await driver.pipe(deposits, 'ann', { id: 'd2', amount: 2n });
    expect(driver.store('sum', balanceStore).get('ann')?.total).toBe(2n);
    await driver.close();
  });

  it('writes the changelog once per key and transaction', async () => {
    const driver = await openDriver(bank);
    for (let n = 0; n < 10; n++) driver.feed(deposits, n % 2 === 0 ? 'ann' : 'bob', { id: `d${n}`, amount: 1n });
    await driver.run();
    const changelog = driver.broker.log({ topic: 'bank-balances-by-account-changelog', partition: 0 });
    const [name, ...written] = changelog.read(0n, 100).records;
    expect(isName(name!)).toBe(true);
    expect(written.map(({ key }) => key?.toString())).toEqual(['ann', 'bob']);
    await driver.close();
  });

  it('continues from its disk after a restart, and from the changelog without it', async () => {
    const driver = await openDriver(bank);
    await driver.pipe(deposits, 'ann', { id: 'd1', amount: 1n });
    await driver.restart();
    await driver.pipe(deposits, 'ann', { id: 'd2', amount: 1n });
    await driver.restart({ wipe: true });
    await driver.pipe(deposits, 'ann', { id: 'd3', amount: 1n });
    expect(driver.readAll(notes).map(({ value }) => value?.total)).toEqual([1n, 2n, 3n]);
    await driver.close();
  });
});

suite('what a topology says of itself', () => {
  it('is readable', () => {
    expect(describe(bank)).toMatchInlineSnapshot(`
      "application bank 1
      stage sum
        reads   deposits
        keeps   balances-by-account (bank-balances-by-account-changelog)
        writes  balances, notes
        group   bank-sum
      stage watch
        reads   notes
        keeps   notes-by-account (bank-notes-by-account-changelog)
        writes  alarms
        group   bank-watch
      dead letters dead-letters
      "
    `);
  });
  it('names every topic it needs', () => {
    expect(requiredTopics(bank)).toMatchInlineSnapshot(`
      [
        {
          "cleanup": "compact",
          "role": "changelog",
          "topic": "bank-balances-by-account-changelog",
        },
        {
          "cleanup": "owner",
          "role": "output",
          "topic": "balances",
        },
        {
          "cleanup": "owner",
          "role": "output",
          "topic": "notes",
        },
        {
          "cleanup": "compact",
          "role": "changelog",
          "topic": "bank-notes-by-account-changelog",
        },
        {
          "cleanup": "owner",
          "role": "output",
          "topic": "alarms",
        },
        {
          "cleanup": "owner",
          "role": "input",
          "topic": "deposits",
        },
        {
          "cleanup": "delete",
          "role": "dead-letters",
          "topic": "dead-letters",
        },
      ]
    `);
  });
});
