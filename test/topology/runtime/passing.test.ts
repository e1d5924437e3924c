/** The moments that the fault harness ends processes at are told, and told when it is they. */
import { afterEach, describe, expect, it } from 'vitest';
import type { EffectStage } from '../../../services/runtime/effects.ts';
import { observe, type Passing } from '../../../services/runtime/observe.ts';
import { json, jsonDeadLetters } from '../../../services/runtime/serde.ts';
import { openDriver, type TopologyDriver } from '../../../services/runtime/testing/driver.ts';
import { bank, deposits, notes } from './fixture.ts';

let driver: TopologyDriver | undefined;
let stopListening: () => void = () => undefined;
afterEach(async () => {
  stopListening();
  await driver?.close();
});

const listen = (): Passing[] => {
  const passed: Passing[] = [];
  stopListening = observe.passing.subscribe((passing) => passed.push(passing));
  return passed;
};

const pointsOf = (passed: readonly Passing[], stage: string): string[] =>
  passed.filter((passing) => passing.stage === stage).map(({ point }) => point);

describe('moments between two steps', () => {
  it('of a stage: it begins, works off a batch, and commits', async () => {
    const passed = listen();
    driver = await openDriver(bank);
    await driver.pipe(deposits, 'ann', { id: 'd1', amount: 1n });
    const points = pointsOf(passed, 'sum');
    const sent = ['after-offsets', 'after-produce'];
    // Its changelog gets a name first.
    expect(points.slice(0, 3)).toEqual(['before-fence', 'after-fence', 'before-transaction']);
    expect(points.slice(3, 5).toSorted()).toEqual(sent);
    expect(points.slice(5, 10)).toEqual([
      'before-commit',
      'after-commit',
      'after-restore',
      'mid-batch',
      'before-transaction',
    ]);
    expect(points.slice(10, 12).toSorted()).toEqual(sent);
    expect(points.slice(12, 15)).toEqual(['before-commit', 'after-commit', 'after-promote']);
    expect(passed[0]).toMatchObject({ application: 'bank', partition: 0 });
  });

  it('of a stage: what it wrote is with the brokers before its commit, and to be read after it', async () => {
    const opened = await openDriver(bank);
    driver = opened;
    await opened.run();
    const log = () => opened.broker.log({ topic: notes.name, partition: 0 });
    const seen: [string, bigint, number][] = [];
    stopListening = observe.passing.subscribe(({ stage, point }) => {
      if (stage === 'sum' && (point === 'after-produce' || point === 'after-commit'))
        seen.push([point, log().high, log().read(0n, Infinity).records.length]);
    });
    await opened.pipe(deposits, 'ann', { id: 'd1', amount: 1n });
    expect(seen).toEqual([
      ['after-produce', 1n, 0],
      ['after-commit', 2n, 1],
    ]);
  });

  it('of an effect: before it, and between it and the transaction with its result', async () => {
    const passed = listen();
    const happened: string[] = [];
    const commands = { name: 'commands', value: json<string>() };
    const results = { name: 'results', value: json<string>() };
    const stage: EffectStage<string> = {
      application: 'shop',
      version: '1',
      name: 'execute',
      input: commands,
      outputs: [results],
      deadLetters: { name: 'dead-letters', value: jsonDeadLetters },
      concurrency: 1,
      effect: ({ key, value }) => {
        happened.push(...pointsOf(passed, 'execute').slice(-1));
        return Promise.resolve([{ topic: results, key, value }]);
      },
    };
    driver = await openDriver(
      { application: 'test', version: '1', stages: [], deadLetters: stage.deadLetters },
      { effects: [stage as unknown as EffectStage<never>] },
    );
    await driver.pipe(commands, 'k', 'do it');
    expect(happened).toEqual(['before-effect']);
    const points = pointsOf(passed, 'execute');
    expect(points.indexOf('after-effect')).toBe(points.indexOf('before-effect') + 1);
    expect(points.indexOf('before-transaction')).toBe(points.indexOf('after-effect') + 1);
    expect(points).toContain('after-produce');
  });
});
