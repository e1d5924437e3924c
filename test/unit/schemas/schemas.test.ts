import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseAvro, readSchema } from '../../../schemas/avro.ts';
import { allSchemas, generate } from '../../../schemas/generate.ts';
import { stores, type TopicDefinition, topics } from '../../../schemas/topics.ts';

const definitions: readonly TopicDefinition[] = Object.values(topics);

type Field = { name: string; type: unknown };
const fieldsOf = (schema: string): Field[] => (JSON.parse(schema) as { fields: Field[] }).fields;

describe('schemas', () => {
  it('every one is Avro and belongs to a topic or a store', () => {
    const used = new Set([...definitions.flatMap(({ records }) => records), ...Object.values(stores)].map(readSchema));
    for (const schema of allSchemas()) {
      expect(() => parseAvro(schema)).not.toThrow();
      expect(used, (JSON.parse(schema) as { name: string }).name).toContain(schema);
    }
  });

  it('generated types are what the schemas say', () => {
    const committed = readFileSync(new URL('../../../schemas/generated/types.ts', import.meta.url), 'utf8');
    expect(committed).toBe(generate(allSchemas()));
  });

  it('all commands wear one envelope', () => {
    const commands = definitions.flatMap(({ records }) => records).filter((record) => record.startsWith('commands/'));
    const envelope = (record: string) =>
      fieldsOf(readSchema(record))
        .filter(({ name }) => name !== 'payload')
        .map(({ name, type }) => ({ name, type }));
    expect(commands.length).toBeGreaterThan(10);
    for (const command of commands) expect(envelope(command), command).toEqual(envelope(commands[0]!));
  });

  it('money is never a floating-point number', () => {
    for (const schema of allSchemas()) expect(schema).not.toMatch(/"(float|double)"/);
  });

  it('no topic has a place for card data', () => {
    for (const schema of allSchemas()) expect(schema).not.toMatch(/card_?number|cvv|cvc|card_?exp|last4|track_?data/i);
  });
});
