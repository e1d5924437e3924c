/**
 * A letter's value as JSON, and edited JSON as bytes again: written with the very schema the record had, so that what
 * fits is what its readers expect. Identity cannot be edited: it says what a record is about and when it happened.
 */
import { parseAvro } from '../../schemas/avro.ts';
import { type Registry, UnknownSchemaError } from '../../schemas/registry.ts';
import { subjectsOf } from '../../schemas/serde.ts';
import { fromText, MisfitError, textSchema, toText } from '../../schemas/text.ts';
import { type TopicDefinition, topics } from '../../schemas/topics.ts';
import { maxRecordBytes } from '../runtime/stage-run.ts';
import { findCardData, looksLikeCardNumber } from '../webhooks/domain/card-data.ts';
import type { DeadLetter } from '../../schemas/generated/types.ts';

/** Why an edit is refused, in a sentence that names the field. */
export class EditRefusedError extends Error {
  override readonly name = 'EditRefusedError';
}

export type Readable = Readonly<{ schemaId: number; schema: string; json: unknown }>;

const MAGIC = 0;
const HEADER_BYTES = 5;

/** The value as JSON with the schema it was written with; undefined when it cannot be decoded. */
export const readable = async (registry: Registry, bytes: Buffer | null): Promise<Readable | undefined> => {
  if (bytes === null || bytes.length <= HEADER_BYTES || bytes[0] !== MAGIC) return undefined;
  const schemaId = bytes.readInt32BE(1);
  let schema: string;
  try {
    schema = await registry.textOf(schemaId);
  } catch (error) {
    if (error instanceof UnknownSchemaError) return undefined;
    throw error;
  }
  try {
    const value: unknown = parseAvro(schema).fromBuffer(bytes.subarray(HEADER_BYTES));
    return { schemaId, schema, json: toText(textSchema(schema), value) };
  } catch {
    // Bytes that do not fit their schema are shown as they are.
    return undefined;
  }
};

/** Fields that say what a record is, by the topic it belongs to. */
const fixedFields = (topic: string): readonly string[] => {
  if (topic.startsWith('adnsf.') && topic.includes('.dbo.')) return ['source', 'op'];
  switch (topic) {
    case topics.stripeEvents.name:
      return ['id', 'livemode'];
    case topics.orderPayments.name:
      return ['factId', 'orderId', 'objectId', 'livemode'];
    case topics.billingFacts.name:
    case topics.catalogFacts.name:
      return ['factId', 'objectId', 'livemode'];
    case topics.payoutFacts.name:
      return ['factId', 'payoutId', 'livemode'];
    case topics.customerFacts.name:
      return ['factId', 'person', 'customerId', 'livemode'];
    case topics.shopCustomers.name:
      return ['factId', 'person', 'customerId', 'place'];
    case topics.adnsfWebhooks.name:
      return ['id', 'orderNumber'];
    case topics.erpShipments.name:
      return ['orderId', 'shipmentId'];
    case topics.payoutUnclaimed.name:
    case topics.payoutClaims.name:
      return ['payoutId', 'objectId', 'balanceTransactionId'];
    case topics.orderReturns.name:
    case topics.adnsfReturns.name:
      return ['factId', 'orderId', 'orderNumber', 'returnId', 'place'];
    case topics.assembledOrders.name:
      return ['orderId', 'place'];
    case topics.stripeObjects.name:
      return ['objectId'];
    case topics.shopCustomers.name:
    case topics.customerFacts.name:
    case topics.peopleFacts.name:
      return ['factId', 'person', 'customerId', 'place', 'livemode'];
    default:
      return ['commandId', 'orderId', 'type', 'target'];
  }
};

const fieldsOf = (json: unknown): Readonly<Record<string, unknown>> =>
  typeof json === 'object' && json !== null ? (json as Readonly<Record<string, unknown>>) : {};

const same = (left: unknown, right: unknown): boolean => JSON.stringify(left) === JSON.stringify(right);

/** The key a record must have to lie where it does. */
const keyOf = (topic: string, json: unknown): string | undefined => {
  const fields = fieldsOf(json);
  if (topic === topics.stripeObjects.name) return undefined;
  if (!topic.startsWith('adnsf.') || !topic.includes('.dbo.'))
    return typeof fields['orderId'] === 'string' && fields['orderId'] !== '' ? fields['orderId'] : undefined;
  const customer = fieldsOf(fields['after'] ?? fields['before'])['CustomerID'];
  return typeof customer === 'number' ? String(customer) : undefined;
};

/** Text that an edit brings in, with its path. */
function* newText(before: unknown, after: unknown, path = ''): Generator<readonly [path: string, text: string]> {
  if (typeof after === 'string') {
    if (after !== before) yield [path, after];
    return;
  }
  for (const [name, part] of Object.entries(fieldsOf(after)))
    yield* newText(fieldsOf(before)[name], part, path === '' ? name : `${path}.${name}`);
}

/** JSON inside a text, as Stripe's bodies are. */
const innerJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

const refuseCardData = (before: unknown, after: unknown): void => {
  for (const [path, text] of [
    ['', after] as const,
    ...[...newText(before, after)].map(([path, text]) => [path, innerJson(text)] as const),
  ]) {
    const field = findCardData(text);
    if (field !== undefined)
      throw new EditRefusedError(
        `${path === '' ? field : `${path}.${field}`}: looks like card data, which is not stored`,
      );
  }
  for (const [path, text] of newText(before, after))
    if (looksLikeCardNumber(text)) throw new EditRefusedError(`${path}: looks like a card number, which is not stored`);
};

const fits = (schema: string, json: unknown): boolean => {
  try {
    fromText(textSchema(schema), json);
    return true;
  } catch (error) {
    if (error instanceof MisfitError) return false;
    throw error;
  }
};

/** The schema a record of this topic is written with now, for letters whose own bytes say none. */
const writerOf = async (
  registry: Registry,
  topic: string,
  json: unknown,
): Promise<Readonly<{ schemaId: number; schema: string }>> => {
  const definition = (Object.values(topics) as readonly TopicDefinition[]).find(({ name }) => name === topic);
  if (definition === undefined) throw new EditRefusedError(`no schema is known for ${topic}`);
  if (definition.foreign === true) {
    const latest = (await registry.versionsOf(`${topic}-value`)).at(-1);
    if (latest === undefined) throw new EditRefusedError(`the registry has no schema for ${topic}`);
    return { schemaId: latest.id, schema: await registry.textOf(latest.id) };
  }
  const subjects = subjectsOf(definition);
  const type = fieldsOf(json)['type'];
  const chosen =
    subjects.length === 1
      ? subjects[0]
      : subjects.find(({ subject, schema }) =>
          type === undefined ? fits(schema, json) : subject.split('.').at(-1) === type,
        );
  if (chosen === undefined) throw new EditRefusedError(`type: must be one of the records of ${topic}`);
  return { schemaId: await registry.idOf(chosen.subject, chosen.schema), schema: chosen.schema };
};

/**
 * The bytes of an edited value. `present` is the value before.
 * @throws EditRefusedError naming the field: it does not fit, says what the record is, or looks like card data
 */
export const editedBytes = async (
  registry: Registry,
  letter: Pick<DeadLetter, 'sourceTopic' | 'key'>,
  present: Readable | undefined,
  json: unknown,
): Promise<Buffer> => {
  const { sourceTopic: topic } = letter;
  if (present !== undefined) {
    const changed = fixedFields(topic).find((name) => !same(fieldsOf(present.json)[name], fieldsOf(json)[name]));
    if (changed !== undefined) throw new EditRefusedError(`${changed}: says what the record is and cannot be edited`);
  }
  const key = keyOf(topic, json);
  const actual = letter.key?.toString('utf8');
  if (key !== undefined && key !== actual)
    throw new EditRefusedError(`the record would be about ${key}, but its key is ${actual ?? 'missing'}`);
  refuseCardData(present?.json, json);
  const { schemaId, schema } = present ?? (await writerOf(registry, topic, json));
  let body: Buffer;
  try {
    body = parseAvro(schema).toBuffer(fromText(textSchema(schema), json));
  } catch (error) {
    if (error instanceof MisfitError) throw new EditRefusedError(error.message, { cause: error });
    throw error;
  }
  const bytes = Buffer.alloc(HEADER_BYTES + body.length);
  bytes.writeInt32BE(schemaId, 1);
  body.copy(bytes, HEADER_BYTES);
  if (bytes.length > maxRecordBytes)
    throw new EditRefusedError(`the record would have ${bytes.length} bytes; brokers take ${maxRecordBytes}`);
  return bytes;
};

/**
 * JSON with one field set: `after.Email` or `lines[0].sku`. A value that is JSON is taken as such, any other as text.
 * @throws EditRefusedError when the path leads nowhere
 */
export const withField = (json: unknown, path: string, value: string): unknown => {
  const steps = path.split(/[.[\]]+/).filter((step) => step !== '');
  const set = (node: unknown, at: number): unknown => {
    const step = steps[at];
    if (step === undefined) {
      const parsed = innerJson(value);
      // A number stays text where text was: amounts and offsets are text here.
      return parsed === undefined || (typeof node === 'string' && typeof parsed !== 'string') ? value : parsed;
    }
    if (typeof node !== 'object' || node === null || !(step in node))
      throw new EditRefusedError(`${steps.slice(0, at + 1).join('.')}: there is no such field`);
    const inner = set((node as Record<string, unknown>)[step], at + 1);
    return Array.isArray(node) ? node.with(Number(step), inner) : { ...node, [step]: inner };
  };
  if (steps.length === 0) throw new EditRefusedError(`'${path}' names no field`);
  return set(json, 0);
};
