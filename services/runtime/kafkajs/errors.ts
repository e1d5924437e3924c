/** What kafkajs throws, by what is to be done about it. The only place that knows error codes. */
import { FatalError, PoisonError, RetriableError, TaskCorruptedError, TaskMigratedError } from '../errors.ts';

type Thrown = Readonly<{ name?: string; type?: string; code?: number | string; message?: string; cause?: unknown }>;

const migrated: ReadonlySet<string> = new Set([
  'INVALID_PRODUCER_EPOCH',
  'PRODUCER_FENCED',
  'TRANSACTION_COORDINATOR_FENCED',
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'FENCED_INSTANCE_ID',
  'FENCED_MEMBER_EPOCH',
]);

const fatal: ReadonlySet<string> = new Set([
  'UNSUPPORTED_VERSION',
  'UNSUPPORTED_SASL_MECHANISM',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
  'UNSUPPORTED_COMPRESSION_TYPE',
  'SASL_AUTHENTICATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  'INVALID_TOPIC_EXCEPTION',
  'INVALID_TRANSACTION_TIMEOUT',
  'INVALID_CONFIG',
  'INVALID_REPLICATION_FACTOR',
  'POLICY_VIOLATION',
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_TIMESTAMP',
  'OFFSET_OUT_OF_RANGE',
  'INCONSISTENT_GROUP_PROTOCOL',
]);

const fatalNames: ReadonlySet<string> = new Set([
  'KafkaJSServerDoesNotSupportApiKey',
  'KafkaJSSASLAuthenticationError',
  'KafkaJSNotImplemented',
  'KafkaJSUnsupportedMagicByteInMessageSet',
  'KafkaJSOffsetOutOfRange',
  'TypeError',
  'RangeError',
  'ReferenceError',
]);

const own = [FatalError, PoisonError, RetriableError, TaskCorruptedError, TaskMigratedError];

/** The error with a protocol type among an error and its causes; the error itself when none has one. */
const root = (error: Thrown, depth = 0): Thrown => {
  if (error.type !== undefined && error.type !== '') return error;
  const { cause } = error;
  if (typeof cause !== 'object' || cause === null || depth > 8) return error;
  return root(cause, depth + 1);
};

/** Codes newer than kafkajs's table, which ends at 88. */
const newerTypes: Readonly<Record<string, string>> = { '90': 'PRODUCER_FENCED', '110': 'FENCED_MEMBER_EPOCH' };

const typeOf = ({ type = '', message = '' }: Thrown): string =>
  type === 'KAFKAJS_UNKNOWN_ERROR_CODE' ? (newerTypes[/(\d+)$/.exec(message)?.[1] ?? ''] ?? type) : type;

/** `inTransaction`: an answer nobody understands is taken for being fenced, because going on could be wrong. */
export const translate = (thrown: unknown, inTransaction = false): Error => {
  if (own.some((kind) => thrown instanceof kind)) return thrown as Error;
  const error: Thrown = typeof thrown === 'object' && thrown !== null ? thrown : { message: String(thrown) };
  const origin = root(error);
  const type = typeOf(origin);
  const told = [type, origin.message ?? error.message ?? 'unknown'].filter((text) => text !== '').join(': ');
  const options = { cause: thrown };
  if (migrated.has(type)) return new TaskMigratedError(told, options);
  if (fatal.has(type) || fatalNames.has(origin.name ?? '')) return new FatalError(told, options);
  if (inTransaction && (type === 'KAFKAJS_UNKNOWN_ERROR_CODE' || type === 'UNKNOWN'))
    return new TaskMigratedError(told, options);
  return new RetriableError(told, options);
};

/** Runs and translates what is thrown. */
export const translated = async <T>(run: () => Promise<T>, inTransaction = false): Promise<T> => {
  try {
    return await run();
  } catch (error) {
    throw translate(error, inTransaction);
  }
};

/** Whether the coordinator is only busy ending the transaction before, or was just elected. */
export const isBusy = (error: unknown): boolean => {
  const type = typeOf(root(error as Thrown));
  return (
    type === 'CONCURRENT_TRANSACTIONS' || type === 'COORDINATOR_LOAD_IN_PROGRESS' || type === 'GROUP_LOAD_IN_PROGRESS'
  );
};
