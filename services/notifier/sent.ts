/**
 * What was told already, by command id, as the results say. A replay sends commands again under their ids, and nobody
 * wants last year's mail a second time. It is a cache of the results' topic: lost, it is read anew from there.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { CommandResult } from '../../schemas/generated/types.ts';
import type { KafkaCluster } from '../runtime/ports.ts';
import type { Topic } from '../runtime/topology.ts';

export interface SentMessages {
  /** What the carrier called the message of this command; undefined when no result up to now tells of one. */
  reference(commandId: string): Promise<string | undefined>;
  close(): Promise<void>;
}

/** @param directory of the cache; undefined keeps it in memory */
export const openSent = async (
  cluster: KafkaCluster,
  results: Topic<CommandResult>,
  directory?: string,
): Promise<SentMessages> => {
  if (directory !== undefined) mkdirSync(directory, { recursive: true });
  const database = new Database(directory === undefined ? ':memory:' : join(directory, 'sent.db'));
  database.exec(`
    CREATE TABLE IF NOT EXISTS sent (command_id TEXT PRIMARY KEY, reference TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS positions (partition INTEGER PRIMARY KEY, next TEXT NOT NULL);`);
  const add = database.prepare('INSERT OR IGNORE INTO sent VALUES (?, ?)');
  const find = database.prepare<[string], string>('SELECT reference FROM sent WHERE command_id = ?').pluck();
  const move = database.prepare('INSERT INTO positions VALUES (?, ?) ON CONFLICT DO UPDATE SET next = excluded.next');
  const place = database.prepare<[number], string>('SELECT next FROM positions WHERE partition = ?').pluck();
  const [reader, admin] = [await cluster.reader(), await cluster.admin()];
  const topic = results.name;

  /** Reads on to where the results end now. */
  const catchUp = async (): Promise<void> => {
    const partitions = (await admin.partitions([topic])).get(topic) ?? 0;
    const sources = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
    const [begins, ends] = await Promise.all([admin.beginningOffsets(sources), admin.endOffsets(sources)]);
    for (const [partition, source] of sources.entries()) {
      const begin = begins.find((each) => each.partition === partition)?.offset ?? 0n;
      const end = ends.find((each) => each.partition === partition)?.stable ?? begin;
      const known = BigInt(place.get(partition) ?? '0');
      // A topic that ends before where we were is another one.
      const from = known > end || known < begin ? begin : known;
      for await (const { records, position } of reader.read(source, from, end)) {
        const values = records.flatMap(({ value }) => value ?? []);
        await results.value.prepare?.(values);
        const told = values.map((value) => results.value.decode(value));
        database.transaction(() => {
          for (const { commandId, objectId } of told) add.run(commandId, objectId ?? commandId);
          move.run(partition, String(position));
        })();
      }
    }
  };

  let reading: Promise<void> = Promise.resolve();
  return {
    async reference(commandId) {
      const known = find.get(commandId);
      if (known !== undefined) return known;
      // One after another: what is looked for may be in what was written since the last one looked.
      reading = reading.then(catchUp, catchUp);
      await reading;
      return find.get(commandId);
    },
    async close() {
      await reading.catch(() => undefined);
      await Promise.all([reader.close(), admin.close()]);
      database.close();
    },
  };
};
