/** What a workflow says about one state: the commands it calls for, and why it goes no further where it does not. */
import type { AdnsfCommand, ErpCommand, Notification, StripeCommand } from '../../../schemas/topics.ts';

export type Command = StripeCommand | AdnsfCommand | ErpCommand | Notification;

/** Why the next step may not be taken: a person has to look. `key`: it is told once. */
export type Hold = Readonly<{ key: string; code: string; message: string }>;

/** What is gathered while the steps are taken. */
export type Plan = Readonly<{
  commands: Command[];
  holds: Hold[];
  /** Commands that nobody wants again; their payload is not made. */
  skip: (commandId: string) => boolean;
}>;
