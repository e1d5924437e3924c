/** Small ready serdes. */
import { PoisonError } from './errors.ts';
import type { DeadLetter, Serde } from './topology.ts';

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Text out of bytes. Throws `PoisonError` (`code`) when they are not UTF-8. */
export const decodeText = (bytes: Buffer, code: string): string => {
  try {
    return strictUtf8.decode(bytes);
  } catch (cause) {
    throw new PoisonError(code, 'not valid UTF-8', { cause });
  }
};

export const utf8: Serde<string> = {
  decode: (bytes) => decodeText(bytes, 'undecodable'),
  encode: (value) => Buffer.from(value, 'utf8'),
};

/** JSON that keeps bigint (`{"$bigint":"1"}`) and Buffer (`{"$bytes":"base64"}`) what they are. */
export const json = <T>(): Serde<T> => ({
  decode: (bytes) => {
    try {
      return JSON.parse(decodeText(bytes, 'undecodable'), (_, value: unknown) => {
        if (typeof value === 'object' && value !== null) {
          if ('$bigint' in value && typeof value.$bigint === 'string') return BigInt(value.$bigint);
          if ('$bytes' in value && typeof value.$bytes === 'string') return Buffer.from(value.$bytes, 'base64');
        }
        return value;
      }) as T;
    } catch (cause) {
      if (cause instanceof PoisonError) throw cause;
      throw new PoisonError('undecodable', 'not valid JSON', { cause });
    }
  },
  encode: (value) =>
    Buffer.from(
      JSON.stringify(value, function (this: Record<string, unknown>, name, plain: unknown) {
        // Buffer.toJSON has run by the time the replacer sees the value: look at the holder.
        const original = this[name];
        if (typeof original === 'bigint') return { $bigint: original.toString() };
        if (Buffer.isBuffer(original)) return { $bytes: original.toString('base64') };
        return plain;
      }),
    ),
});

/** Dead letters as JSON, for topologies that have no registry at hand. */
export const jsonDeadLetters: Serde<DeadLetter> = json<DeadLetter>();
