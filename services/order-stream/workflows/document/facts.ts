/** Values of a document as values of a type: examples tell facts, and payloads they expect. */
import { hint } from '../expression/hint.ts';
import { present, show, type Type } from '../expression/types.ts';
import type { Path, Problem, Source } from './source.ts';

type Reading = Readonly<{
  source: Source;
  problems: Problem[];
  /** Fields may be missing everywhere: what is told is all that counts. */
  partial: boolean;
}>;

const isRecord = (raw: unknown): raw is Readonly<Record<string, unknown>> =>
  typeof raw === 'object' && raw !== null && !Array.isArray(raw);

/** The value, or undefined with a problem told. */
export const valueAs = (reading: Reading, path: Path, raw: unknown, type: Type): unknown => {
  const wrong = (message = `needs ${show(type)}`): unknown => {
    reading.problems.push(reading.source.problem(path, message));
    return undefined;
  };
  if (raw === null) return type.kind === 'nullable' ? null : wrong();
  const wanted = present(type);
  switch (wanted.kind) {
    case 'text':
      return typeof raw === 'string' && (wanted.symbols?.includes(raw) ?? true) ? raw : wrong();
    case 'bool':
      return typeof raw === 'boolean' ? raw : wrong();
    case 'whole':
      return Number.isSafeInteger(raw) ? raw : wrong();
    case 'units':
      return Number.isSafeInteger(raw) ? BigInt(raw as number) : wrong();
    case 'time': {
      if (Number.isSafeInteger(raw)) return BigInt(raw as number);
      const instant = typeof raw === 'string' && /(Z|[+-]\d{2}:\d{2})$/.test(raw) ? Date.parse(raw) : NaN;
      return Number.isNaN(instant) ? wrong('needs a time such as 2026-03-01T12:00:00Z') : BigInt(instant);
    }
    case 'list':
      return Array.isArray(raw)
        ? raw.map((item, index) => valueAs(reading, [...path, index], item, wanted.of))
        : wrong();
    case 'map':
      if (!isRecord(raw)) return wrong();
      return Object.fromEntries(
        Object.entries(raw).map(([key, item]) => [key, valueAs(reading, [...path, key], item, wanted.of)]),
      );
    case 'record':
      return isRecord(raw) ? recordAs(reading, path, raw, wanted) : wrong();
    default:
      return wrong(`cannot be told in a document: ${show(type)}`);
  }
};

const recordAs = (
  reading: Reading,
  path: Path,
  raw: Readonly<Record<string, unknown>>,
  type: Type & { kind: 'record' },
): Record<string, unknown> => {
  const { source, problems, partial } = reading;
  const made: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(raw)) {
    const field = type.fields.get(name);
    if (field === undefined)
      problems.push(
        source.problem([...path, name], `${type.name} has no field '${name}'${hint(name, type.fields.keys())}`),
      );
    else made[name] = valueAs(reading, [...path, name], value, field.type);
  }
  if (partial) return made;
  for (const [name, field] of type.fields) {
    if (name in made) continue;
    if (field.fallback !== undefined) made[name] = field.fallback.value;
    else if (!(name in raw)) problems.push(source.problem(path, `lacks '${name}' (${show(field.type)})`));
  }
  return made;
};

/** A value as people write it in a document. */
export const writtenOf = (value: unknown, type: Type): unknown => {
  if (value === null || value === undefined) return null;
  const own = present(type);
  switch (own.kind) {
    case 'units':
      return Number(value);
    case 'time':
      return new Date(Number(value)).toISOString();
    case 'list':
      return (value as unknown[]).map((item) => writtenOf(item, own.of));
    case 'map':
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, writtenOf(item, own.of)]));
    case 'record':
      return Object.fromEntries(
        Object.entries(value).flatMap(([name, item]) => {
          const field = own.fields.get(name);
          return field === undefined ? [] : [[name, writtenOf(item, field.type)]];
        }),
      );
    default:
      return value;
  }
};
