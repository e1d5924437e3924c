/**
 * Why kafkajs is corrected: what it does as it comes. When one of these fails because a later version behaves, the
 * correction can go.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { kafkajsCluster } from '../../services/runtime/kafkajs/cluster.ts';
import { testBrokers } from './brokers.ts';

describe.skipIf(testBrokers === undefined)('kafkajs as it comes', () => {
  let seen: { values: string[]; zombie: string };
  const corrected: string[] = [];

  beforeAll(async () => {
    const brokers = testBrokers ?? [];
    const cluster = kafkajsCluster({ brokers, clientId: 'uncorrected' });
    const name = `uncorrected-${Date.now()}`;
    const [topic, offsetTopic] = [`${name}-read`, `${name}-offsets`];
    const admin = await cluster.admin();
    await admin.createTopics(
      [topic, offsetTopic].map((each) => ({ topic: each, partitions: 1, replication: 1, config: {} })),
    );
    await admin.close();
    const record = (value: string) => ({ topic, partition: 0, key: Buffer.from('k'), value: Buffer.from(value) });
    const [one, two, three] = await Promise.all(
      ['1', '2', '3'].map((id) => cluster.transactionalProducer(`${name}-${id}`)),
    );
    // The second to begin is the first to abort: the brokers list aborted transactions in the order of their ends.
    const [first, second, third] = [await one!.begin(), await two!.begin(), await three!.begin()];
    await first.send([record('aborted-b0')]);
    await second.send([record('aborted-a0')]);
    await first.send([record('aborted-b1')]);
    await second.abort();
    // An abort is answered before its markers are written; the producer's next transaction begins when they are.
    const next = await two!.begin();
    await next.send([{ ...record('next'), topic: offsetTopic }]);
    await next.commit();
    await first.send([record('aborted-b2')]);
    await first.abort();
    await third.send([record('committed')]);
    await third.commit();
    await Promise.all([one, two, three].map((producer) => producer!.close()));
    const reader = await cluster.reader();
    for (const deadline = Date.now() + 10_000; corrected.length === 0 && Date.now() < deadline;)
      for await (const { records } of reader.read({ topic, partition: 0 }, 0n))
        corrected.push(...records.map(({ value }) => String(value)));
    await reader.close();
    const script = new URL('uncorrected-client.ts', import.meta.url).pathname;
    const { stdout } = await promisify(execFile)(process.execPath, [script, brokers.join(','), topic, offsetTopic]);
    seen = JSON.parse(stdout) as typeof seen;
  });

  it('shows aborted records to a read_committed consumer; corrected, it does not', () => {
    expect(seen.values.filter((value) => value.startsWith('aborted'))).not.toEqual([]);
    expect(corrected).toEqual(['committed']);
  });

  it('lets a zombie with another transactional id move the committed offset back', () => {
    expect(seen.zombie).toBe('5');
  });
});
