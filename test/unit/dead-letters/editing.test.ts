import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAvro, readSchema } from '../../../schemas/avro.ts';
import { memoryRegistry } from '../../../schemas/registry.ts';
import { fromText, textSchema, toText } from '../../../schemas/text.ts';
import { editedBytes, readable, withField } from '../../../services/dead-letters/editing.ts';
import { payoutFact } from '../order-stream/payout-fixtures.ts';
import { assembledOrder, commandResult, ordersRow, paymentFact, stripeEvent } from '../order-stream/fixtures.ts';

const wire = (id: number, body: Buffer): Buffer => {
  const header = Buffer.alloc(5);
  header.writeInt32BE(id, 1);
  return Buffer.concat([header, body]);
};

const ORDERS = 'adnsf.AspDotNetStorefront.dbo.Orders';

const image = async () => {
  const registry = memoryRegistry();
  const schema = readSchema('adnsf/Orders');
  const source = { ts_ms: 1n, snapshot: 'false', change_lsn: 'b', commit_lsn: 'a', event_serial_no: 1n };
  const value = { before: null, after: ordersRow({ Email: null }), source, op: 'c' };
  const bytes = wire(registry.register(schema), parseAvro(schema).toBuffer(value));
  const present = (await readable(registry, bytes))!;
  const letter = { sourceTopic: ORDERS, key: Buffer.from('58001') };
  return {
    registry,
    bytes,
    present,
    edit: (path: string, to: string) => editedBytes(registry, letter, present, withField(present.json, path, to)),
    whole: (json: unknown, key: string | null = '58001') =>
      editedBytes(registry, { ...letter, key: key === null ? null : Buffer.from(key) }, present, json),
  };
};

describe('values as text', () => {
  it.each([
    ['AssembledOrder', assembledOrder()],
    ['PaymentFact', paymentFact()],
    ['CommandResult', commandResult({ detail: { gross: '1' } })],
    ['StripeEvent', stripeEvent('x', { id: 'pi_1' })],
  ] as const)('%s comes back as it was', (file, value) => {
    const schema = textSchema(readSchema(file));
    const json = JSON.parse(JSON.stringify(toText(schema, value))) as unknown;
    expect(fromText(schema, json)).toEqual(value);
  });

  it('decimals and bytes of any kind come back as they were', () => {
    const schema = textSchema(
      JSON.stringify({
        type: 'record',
        name: 'R',
        fields: [
          { name: 'money', type: { type: 'bytes', scale: 4, precision: 19, logicalType: 'decimal' } },
          { name: 'blob', type: 'bytes' },
        ],
      }),
    );
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.uint8Array(), (unscaled, blob) => {
        const sign = unscaled < 0n ? '-' : '';
        const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(5, '0');
        const text = `${sign}${digits.slice(0, -4)}.${digits.slice(-4)}`;
        const value = fromText(schema, { money: text, blob: { $bytes: Buffer.from(blob).toString('base64') } });
        const { money } = value as { money: Buffer };
        expect(BigInt.asIntN(8 * money.length, BigInt(`0x${money.toString('hex')}`))).toBe(unscaled);
        const json = toText(schema, value) as { money: string };
        expect(json.money).toBe(text);
        expect(fromText(schema, json)).toEqual(value);
      }),
    );
  });
});

describe('an edit', () => {
  it('changes what it names and nothing else, under the schema the record was written with', async () => {
    const { edit, bytes, present, registry } = await image();
    const edited = await edit('after.Email', 'ana@example.com');
    expect(edited.subarray(0, 5)).toEqual(bytes.subarray(0, 5));
    const after = (await readable(registry, edited))!.json as { after: Record<string, unknown> };
    expect(after).toEqual(withField(present.json, 'after.Email', 'ana@example.com'));
    expect(after.after['OrderTotal']).toBe('37.4400');
  });

  it.each([
    ['after.Emial', 'x', 'after.Emial: there is no such field'],
    ['after.OrderNumber', 'x', 'after.OrderNumber: expected a whole number of 32 bits, got "x"'],
    ['after.OrderTotal', '19.99999', 'after.OrderTotal: expected a decimal of at most 4 places'],
    ['after.Email', '5', 'after.Email: expected text, got 5'],
    ['after.OrderDate', 'today', 'after.OrderDate: expected a whole number'],
    ['after.LastName', '4242-4242-4242-4242', 'after.LastName: looks like a card number'],
    ['source.commit_lsn', 'z', 'source: says what the record is'],
    ['op', 'd', 'op: says what the record is'],
    ['after.CustomerID', '58002', 'the record would be about 58002, but its key is 58001'],
  ])('%s = %s is refused: %s', async (path, to, why) => {
    const { edit } = await image();
    await expect((async () => edit(path, to))()).rejects.toThrow(why);
  });

  it('of a whole value misses no field and has none too many', async () => {
    const { whole, present } = await image();
    const json = present.json as Record<string, Record<string, unknown>>;
    const rest = Object.fromEntries(Object.entries(json['after']!).filter(([name]) => name !== 'Email'));
    await expect(whole({ ...json, after: rest })).rejects.toThrow('after.Email: the field is missing');
    await expect(whole({ ...json, after: { ...json['after'], CardNumber: '1' } })).rejects.toThrow(
      'after.CardNumber: there is no such field',
    );
    await expect(whole([])).rejects.toThrow();
    expect((await whole(json)).length).toBeGreaterThan(100);
  });

  it("a fact's amount may be put right, and neither what it is about nor which event told it", async () => {
    const registry = memoryRegistry();
    const schema = readSchema('PayoutFact');
    const bytes = wire(registry.register(schema), parseAvro(schema).toBuffer(payoutFact()));
    const present = (await readable(registry, bytes))!;
    const letter = { sourceTopic: 'payout.facts', key: Buffer.from('payout:po_1') };
    const edit = (path: string, to: string) =>
      editedBytes(registry, letter, present, withField(present.json, path, to));
    await expect(edit('amount', '1')).resolves.toBeInstanceOf(Buffer);
    for (const path of ['factId', 'payoutId'])
      await expect(edit(path, 'other')).rejects.toThrow(`${path}: says what the record is`);
  });

  it('brings no card data in, not even inside a body', async () => {
    const registry = memoryRegistry();
    const schema = readSchema('StripeEvent');
    const bytes = wire(registry.register(schema), parseAvro(schema).toBuffer(stripeEvent('x', {})));
    const present = (await readable(registry, bytes))!;
    const letter = { sourceTopic: 'stripe.events', key: Buffer.from('100123') };
    const body = JSON.stringify({ data: { object: { card: { number: '4242424242424242' } } } });
    const json = { ...(present.json as object), body: { $text: body } };
    await expect(editedBytes(registry, letter, present, json)).rejects.toThrow('looks like card data');
    const live = { ...(present.json as object), livemode: true };
    await expect(editedBytes(registry, letter, present, live)).rejects.toThrow('livemode: says what the record is');
  });

  it('of bytes that nobody can read is the whole value, under the schema of today', async () => {
    const registry = memoryRegistry();
    expect(await readable(registry, Buffer.from('not avro'))).toBeUndefined();
    expect(await readable(registry, wire(999, Buffer.from('x')))).toBeUndefined();
    const letter = { sourceTopic: 'stripe.results', key: Buffer.from('100123') };
    const json = toText(textSchema(readSchema('CommandResult')), commandResult());
    const bytes = await editedBytes(registry, letter, undefined, json);
    expect((await readable(registry, bytes))?.json).toEqual(json);
    const other = toText(textSchema(readSchema('CommandResult')), commandResult({ orderId: '100124' }));
    await expect(editedBytes(registry, letter, undefined, other)).rejects.toThrow(
      'the record would be about 100124, but its key is 100123',
    );
  });
});
