import { invalidParameter } from './errors.ts';
import type { Params, ParamValue } from './form.ts';

/** `undefined`: not sent. `null`: sent empty, which clears the field. */
export type Cleared<T> = T | null | undefined;

/** Reads the parameters of one call, and refuses those that nobody asked for. */
export interface Reader {
  text(name: string): Cleared<string>;
  required(name: string): string;
  integer(name: string): number | undefined;
  flag(name: string): boolean | undefined;
  choice<T extends string>(name: string, allowed: readonly T[]): T | undefined;
  texts(name: string): string[] | undefined;
  record(name: string): Cleared<Params>;
  /** Parameters that are understood but change nothing here. */
  ignore(...names: string[]): void;
  /** @throws ApiError when a parameter was sent that the call does not have. */
  end(): void;
}

const wholeNumber = /^-?\d{1,15}$/;

/** @throws ApiError unless `text` is a whole number. */
export const parseInteger = (text: string, param: string): number => {
  if (!wholeNumber.test(text)) throw invalidParameter(`Invalid integer: ${text}`, param, 'parameter_invalid_integer');
  return Number(text);
};

/** The values of a parameter that is an array. */
export const elements = (value: ParamValue): ParamValue[] =>
  typeof value === 'string' ? [value] : Object.values(value);

const asText = (value: ParamValue, name: string): string => {
  if (typeof value === 'string') return value;
  throw invalidParameter(`Invalid string: ${name} is a hash`, name, 'parameter_invalid_string');
};

/** Starts reading. Call `end` once everything has been read. */
export const reading = (params: Params): Reader => {
  const seen = new Set<string>();
  const take = (name: string): ParamValue | undefined => {
    seen.add(name);
    return params[name];
  };
  const text = (name: string): Cleared<string> => {
    const value = take(name);
    if (value === undefined) return undefined;
    const read = asText(value, name);
    return read === '' ? null : read;
  };
  return {
    text,
    required: (name) => {
      const value = text(name);
      if (value == null) throw invalidParameter(`Missing required param: ${name}.`, name, 'parameter_missing');
      return value;
    },
    integer: (name) => {
      const value = text(name);
      return value == null ? undefined : parseInteger(value, name);
    },
    flag: (name) => {
      const value = text(name);
      if (value == null) return undefined;
      if (value === 'true' || value === 'false') return value === 'true';
      throw invalidParameter(`Invalid boolean: ${value}`, name, 'parameter_invalid_boolean');
    },
    choice: (name, allowed) => {
      const value = text(name);
      if (value == null) return undefined;
      const found = allowed.find((option) => option === value);
      if (found === undefined)
        throw invalidParameter(`Invalid ${name}: must be one of ${allowed.join(', ')}`, name, 'parameter_invalid_enum');
      return found;
    },
    texts: (name) => {
      const value = take(name);
      return value === undefined ? undefined : elements(value).map((element) => asText(element, name));
    },
    record: (name) => {
      const value = take(name);
      if (value === undefined || typeof value === 'object') return value;
      if (value === '') return null;
      throw invalidParameter(`Invalid object: ${name}`, name, 'parameter_invalid_object');
    },
    ignore: (...names) => {
      for (const name of names) seen.add(name);
    },
    end: () => {
      const unknown = Object.keys(params).find((name) => !seen.has(name));
      if (unknown !== undefined)
        throw invalidParameter(`Received unknown parameter: ${unknown}`, unknown, 'parameter_unknown');
    },
  };
};
