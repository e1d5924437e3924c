/**
 * Values by number instead of by bytes: `encode` keeps the value and gives bytes that name it, `decode` finds it again.
 * The engine handles bytes as ever; only Avro's own work is left out, which has tests of its own.
 */
import type { Schemas } from '../../schemas/serde.ts';
import { topics } from '../../schemas/topics.ts';
import { PoisonError } from '../../services/runtime/errors.ts';
import type { Serde, Topic } from '../../services/runtime/topology.ts';

const BYTES = 5;
const MAGIC = 0;

export type ValueTable = Readonly<{
  serde: <T>() => Serde<T>;
  schemas: Schemas;
}>;

export const openValueTable = (): ValueTable => {
  const values: unknown[] = [];
  const shared: Serde<unknown> = {
    encode: (value) => {
      const bytes = Buffer.allocUnsafe(BYTES);
      bytes[0] = MAGIC;
      bytes.writeUInt32BE(values.push(value) - 1, 1);
      return bytes;
    },
    decode: (bytes) => {
      if (bytes.length !== BYTES || bytes[0] !== MAGIC) throw new PoisonError('undecodable', 'bytes of nobody');
      const index = bytes.readUInt32BE(1);
      if (index >= values.length) throw new PoisonError('undecodable', `no value ${index}`);
      return values[index];
    },
  };
  const serde = <T>(): Serde<T> => shared as Serde<T>;
  const made = new Map<string, Topic<unknown>>();
  const once = (key: string, name: string): Topic<unknown> => {
    let topic = made.get(key);
    if (topic === undefined) made.set(key, (topic = { name, value: shared }));
    return topic;
  };
  return {
    serde,
    schemas: {
      topic: (key) => once(`topic ${key}`, topics[key].name) as never,
      store: (_application, name) => once(`store ${name}`, name) as never,
    },
  };
};
