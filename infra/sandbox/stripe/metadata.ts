import { invalidParameter } from './errors.ts';
import type { Params } from './form.ts';
import type { Cleared } from './params.ts';

const limits = { keys: 50, key: 40, value: 500 };

/**
 * Merges sent metadata into what is there: an empty value removes a key, an empty parameter removes all.
 * At most 50 keys of 40 characters with values of 500. @throws ApiError beyond that.
 */
export const mergeMetadata = (present: Record<string, string>, sent: Cleared<Params>): Record<string, string> => {
  if (sent === undefined) return present;
  if (sent === null) return {};
  const merged = new Map(Object.entries(present));
  for (const [key, value] of Object.entries(sent)) {
    if (typeof value !== 'string')
      throw invalidParameter('Metadata values must be strings.', `metadata[${key}]`, 'parameter_invalid_string');
    if (key.length > limits.key)
      throw invalidParameter(`Metadata keys can have up to ${limits.key} characters.`, `metadata[${key}]`);
    if (value.length > limits.value)
      throw invalidParameter(`Metadata values can have up to ${limits.value} characters.`, `metadata[${key}]`);
    if (value === '') merged.delete(key);
    else merged.set(key, value);
  }
  if (merged.size > limits.keys)
    throw invalidParameter(`Metadata can have up to ${limits.keys} keys, ${merged.size} given.`, 'metadata');
  return Object.fromEntries(merged);
};
