import type { CommandResult, DeadLetter } from '../../../schemas/generated/types.ts';
import { memoryRegistry } from '../../../schemas/registry.ts';
import { openSchemas } from '../../../schemas/serde.ts';
import { assembledOrder, orderReturn } from '../../unit/order-stream/fixtures.ts';
import type { EffectStage } from '../../../services/runtime/effects.ts';
import type { CrashPoint } from '../../../services/runtime/task.ts';
import { openDriver } from '../../../services/runtime/testing/driver.ts';
import type { Topic } from '../../../services/runtime/topology.ts';

/** Moments at which the effect has happened and its result may not have. */
export const crashPoints: readonly CrashPoint[] = [
  'before-transaction',
  'after-produce',
  'after-offsets',
  'before-commit',
  'after-commit',
  'after-promote',
];

const someResult: CommandResult = {
  commandId: '',
  orderId: '',
  type: '',
  target: '',
  status: '',
  objectId: null,
  objectStatus: null,
  errorCode: null,
  errorMessage: null,
  requestId: null,
  replayed: false,
  detail: {},
  balanceTransactions: [],
  invoiceLines: [],
  completedAt: 0n,
};
const someLetter: DeadLetter = {
  application: '',
  stage: '',
  version: '',
  code: '',
  message: '',
  sourceTopic: '',
  sourcePartition: 0,
  sourceOffset: 0n,
  sourceTimestamp: 0n,
  key: null,
  value: null,
  headers: {},
};

/** A schema is fetched before the first record of it is decoded; here that is done once for all. */
const ready = async <V>(topic: Topic<V>, some: V): Promise<Topic<V>> => {
  await topic.value.open?.();
  await topic.value.prepare?.([topic.value.encode(some)]);
  return topic;
};

/** Schemas over memory, with the topics of results and dead letters ready to be read. */
export const openTopics = async () => {
  const schemas = openSchemas(memoryRegistry());
  const [stripeCommands, adnsfCommands] = [schemas.topic('stripeCommands'), schemas.topic('adnsfCommands')];
  await stripeCommands.value.open?.();
  await adnsfCommands.value.open?.();
  const notifications = schemas.topic('notifications');
  await notifications.value.open?.();
  const adnsfWebhooks = schemas.topic('adnsfWebhooks');
  await adnsfWebhooks.value.open?.();
  return {
    stripeCommands,
    stripeObjects: schemas.topic('stripeObjects'),
    adnsfCommands,
    adnsfWebhooks,
    notifications,
    notificationResults: await ready(schemas.topic('notificationResults'), someResult),
    adnsfSnapshots: await ready(schemas.topic('adnsfSnapshots'), assembledOrder()),
    adnsfReturns: await ready(schemas.topic('adnsfReturns'), orderReturn()),
    stripeResults: await ready(schemas.topic('stripeResults'), someResult),
    adnsfResults: await ready(schemas.topic('adnsfResults'), someResult),
    deadLetters: await ready(schemas.topic('deadLetters'), someLetter),
  };
};

/** The real engine around one executor, over in-memory brokers. */
export const driveExecutor = <V>(stage: EffectStage<V>) =>
  openDriver(
    { application: 'test', version: '1', stages: [], deadLetters: stage.deadLetters },
    { partitions: 2, startMs: Date.now(), effects: [stage as unknown as EffectStage<never>] },
  );
