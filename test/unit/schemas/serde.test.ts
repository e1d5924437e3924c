import { describe, expect, it } from 'vitest';
import { parseAvro, readSchema } from '../../../schemas/avro.ts';
import { memoryRegistry } from '../../../schemas/registry.ts';
import { openSchemas, subjectsOf } from '../../../schemas/serde.ts';
import { topics } from '../../../schemas/topics.ts';
import { PoisonError } from '../../../services/runtime/errors.ts';
import { paymentFact, assembledOrder, ordersRow } from '../order-stream/fixtures.ts';

const wire = (id: number, body: Buffer): Buffer => {
  const header = Buffer.alloc(5);
  header.writeInt32BE(id, 1);
  return Buffer.concat([header, body]);
};

describe('values on topics', () => {
  it('come back as they were, longs exact', async () => {
    const schemas = openSchemas(memoryRegistry());
    const serde = schemas.topic('orderPayments').value;
    await serde.open?.();
    const fact = paymentFact({ amount: 9_007_199_254_740_993n });
    expect(serde.decode(serde.encode(fact))).toEqual(fact);
  });

  it('records of several types share a topic, each under its own subject', async () => {
    const schemas = openSchemas(memoryRegistry());
    const serde = schemas.topic('stripeCommands').value;
    await serde.open?.();
    const command = {
      commandId: '1/fetch-balance-transaction/txn_1',
      orderId: '1',
      type: 'FetchBalanceTransaction',
      target: 'stripe',
      causationId: 'evt_1',
      occurredAt: 1n,
      workflow: 'w@1',
      payload: { balanceTransactionId: 'txn_1', chargeId: null },
    } as const;
    expect(serde.decode(serde.encode(command))).toEqual(command);
    expect(subjectsOf(topics.stripeCommands).map(({ subject }) => subject)).toContain(
      'stripe.commands-millrace.stripe.FetchBalanceTransaction',
    );
  });

  it('a column the shop added, and one it dropped, do not matter', async () => {
    const registry = memoryRegistry();
    const written = JSON.parse(readSchema('adnsf/Orders')) as { fields: { name: string; type: unknown[] }[] };
    const row = (written.fields[0]!.type[1] as { fields: { name: string }[] }).fields;
    row.push({ name: 'MerchantColumn', type: ['null', 'string'], default: null } as never);
    const dropped = row.findIndex((field) => field.name === 'ShippingTrackingNumber');
    row.splice(dropped, 1);
    const schema = JSON.stringify(written);
    const id = registry.register(schema);
    const bytes = wire(
      id,
      parseAvro(schema).toBuffer({
        before: null,
        after: { ...ordersRow(), MerchantColumn: 'new' },
        source: { ts_ms: 1n, snapshot: 'false', change_lsn: null, commit_lsn: '1', event_serial_no: 1n },
        op: 'c',
      }),
    );
    const serde = openSchemas(registry).topic('orders').value;
    await serde.prepare?.([bytes]);
    expect(serde.decode(bytes).after).toEqual({ ...ordersRow(), ShippingTrackingNumber: null });
  });

  it('what cannot be read is poison with a reason, never an exception of another kind', async () => {
    const registry = memoryRegistry();
    const serde = openSchemas(registry).topic('orderPayments').value;
    await serde.open?.();
    const foreign = registry.register(readSchema('AssembledOrder'));
    const own = serde.encode(paymentFact());
    const cases: readonly (readonly [string, Buffer])[] = [
      ['not_avro', Buffer.from('{"json":true}')],
      ['not_avro', Buffer.alloc(0)],
      ['not_avro', Buffer.from([0, 0, 0])],
      ['unknown_schema', wire(9999, Buffer.from([1]))],
      ['unknown_record', wire(foreign, Buffer.from([1]))],
      ['undecodable', own.subarray(0, own.length - 3)],
      ['undecodable', Buffer.concat([own, Buffer.from([1, 2, 3])])],
    ];
    for (const [code, bytes] of cases) {
      await serde.prepare?.([bytes]);
      const refusal = (() => {
        try {
          return serde.decode(bytes);
        } catch (error) {
          return error;
        }
      })();
      expect(refusal).toBeInstanceOf(PoisonError);
      expect((refusal as PoisonError).code).toBe(code);
    }
  });

  it('state that an older version wrote is read after a restart without a fetch', async () => {
    const registry = memoryRegistry();
    const older = JSON.parse(readSchema('state/OrderProgress')) as { fields: unknown[] };
    older.fields.pop();
    const id = registry.register(JSON.stringify(older));
    const serde = openSchemas(registry).store('order-stream', 'order-progress').value;
    await serde.open?.();
    const bytes = wire(id, parseAvro(JSON.stringify(older)).toBuffer({ sent: assembledOrder(), refusal: null }));
    expect(serde.decode(bytes)).toEqual({ sent: assembledOrder(), refusal: null, image: null });
  });
});
