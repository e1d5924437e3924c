/** notifications → e-mail, or whatever the shop has put in its place → notifications.results. */
import type { CommandResult } from '../../schemas/generated/types.ts';
import type { Notification } from '../../schemas/topics.ts';
import type { EffectStage } from '../runtime/effects.ts';
import { PoisonError } from '../runtime/errors.ts';
import { answeringRepair } from '../runtime/repair.ts';
import type { DeadLetter, Topic } from '../runtime/topology.ts';
import type { Sender } from './sender.ts';
import type { SentMessages } from './sent.ts';
import type { PaymentLinks } from './payment-link.ts';
import { fill, type Templates, wants } from './templates.ts';

export type NotifierStageOptions = Readonly<{
  sender: Sender;
  templates: Templates;
  sent: Pick<SentMessages, 'reference'>;
  /** Addresses of the merchant's own people, by audience. */
  merchant: Readonly<Record<string, string>>;
  /** Undefined when nobody has said where the payment page is. */
  paymentLinks?: PaymentLinks | undefined;
  version: string;
  /** Messages under way at one time. */
  concurrency: number;
  notifications: Topic<Notification>;
  results: Topic<CommandResult>;
  deadLetters: Topic<DeadLetter>;
}>;

/** One address, and nothing that a mail server could read as another or as a command. */
const isAddress = (text: string): boolean =>
  /^[^\s@<>,;:"()[\]\\]+@[^\s@<>,;:"()[\]\\]+$/.test(text) && text.length <= 254;

/** Whom a notification is for. @throws PoisonError for people nobody knows */
const recipientOf = (
  command: Notification,
  merchant: NotifierStageOptions['merchant'],
): Readonly<{ to: string; name: string | null }> => {
  if (command.type === 'NotifyCustomer') return { to: command.payload.email, name: command.payload.name };
  const { audience } = command.payload;
  const to = Object.hasOwn(merchant, audience) ? merchant[audience] : undefined;
  if (to === undefined)
    throw new PoisonError('unknown_audience', `${command.commandId}: nobody is named for '${audience}'`);
  return { to, name: null };
};

/** What fills the template: what the notification says, and the link to pay by where that is wanted. @throws PoisonError */
const dataOf = (
  { templates, paymentLinks }: NotifierStageOptions,
  { commandId, orderId, occurredAt, type, payload: { template, data } }: Notification,
): Readonly<Record<string, string>> => {
  if (type !== 'NotifyCustomer' || !wants(templates, template, 'payment_link')) return data;
  if (paymentLinks === undefined)
    throw new PoisonError(
      'no_payment_links',
      `${commandId}: template '${template}' wants a link to pay by; set MILLRACE_PAYMENTS_URL and MILLRACE_PAYMENT_LINK_SECRETS`,
    );
  return { ...data, payment_link: paymentLinks(orderId, occurredAt) };
};

const sentBy = async (options: NotifierStageOptions, command: Notification): Promise<string> => {
  const { sender, templates, merchant } = options;
  const { commandId: id, payload } = command;
  const { template } = payload;
  const data = dataOf(options, command);
  const { to, name } = recipientOf(command, merchant);
  if (!isAddress(to)) throw new PoisonError('bad_address', `${id}: '${to}' is no e-mail address`);
  return sender.send({ id, to, name, template, data, ...fill(templates, template, name, data) });
};

export const notifierStage = (options: NotifierStageOptions): EffectStage<Notification> => ({
  application: 'notifier',
  version: options.version,
  name: 'notifications',
  input: options.notifications,
  outputs: [options.results],
  deadLetters: options.deadLetters,
  concurrency: options.concurrency,
  effect: async ({ key, value: command, timestamp, headers }) => {
    if (command === null) throw new PoisonError('no_command', 'a notification without a value');
    const before = await options.sent.reference(command.commandId);
    const objectId = before ?? (await sentBy(options, command));
    const { commandId, orderId, type, target } = command;
    const result: CommandResult = {
      commandId,
      orderId,
      type,
      target,
      status: 'succeeded',
      objectId,
      objectStatus: null,
      errorCode: null,
      errorMessage: null,
      requestId: null,
      replayed: before !== undefined,
      detail: {},
      balanceTransactions: [],
      invoiceLines: [],
      creditNotes: [],
      // A function of the command, so that repetitions agree.
      completedAt: timestamp,
    };
    return [{ topic: options.results, key, value: result, ...answeringRepair(headers) }];
  },
});
