import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseAvro, readSchema } from '../../../schemas/avro.ts';
import { allSchemas, generate } from '../../../schemas/generate.ts';
import { stores, type TopicDefinition, topics } from '../../../schemas/topics.ts';
import { initialOrder } from '../../../services/order-stream/domain/order.ts';
import { paymentFact } from '../order-stream/fixtures.ts';

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

  it('what was written before a field came is read, with its default', () => {
    type Record = { fields: (Field & { default?: unknown })[] };
    const only = (record: Record, names: readonly string[]): Record => ({
      ...record,
      fields: record.fields.filter(({ name }) => names.includes(name)),
    });
    const parsed = (file: string) => JSON.parse(readSchema(file)) as Record;
    const fact = paymentFact();
    const before = only(
      parsed('PaymentFact'),
      `factId orderId kind objectId status paymentIntentId chargeId balanceTransactionId amount currency failureCode declineCode
       failureMessage occurredAt livemode`.split(/\s+/),
    );
    const [facts] = parsed('state/Unrouted').fields;
    const unrouted = { ...parsed('state/Unrouted'), fields: [{ ...facts!, type: { type: 'array', items: before } }] };
    // Null says that it is from before versions of workflows were kept.
    const state = { ...initialOrder('100123'), workflows: null };
    const order = only(
      parsed('state/OrderState'),
      'orderId placed stripeCustomer paymentIntent paid declines balance fee issued refusals'.split(' '),
    );
    for (const [file, old, value] of [
      ['PaymentFact', before, fact],
      ['state/Unrouted', unrouted, { facts: [fact] }],
      ['state/OrderState', order, state],
    ] as const) {
      const [writer, reader] = [parseAvro(JSON.stringify(old)), parseAvro(readSchema(file))];
      expect(reader.fromBuffer(writer.toBuffer(value), reader.createResolver(writer)), file).toEqual(value);
    }
  });
});
