/** Who carries a message to a person. Chosen by the scheme of one address, so that a shop can put in its own. */
import { httpSender } from './http-sender.ts';
import { smtpSender } from './smtp-sender.ts';
import type { Message } from './templates.ts';

/** `id` is the command's: whoever can tell messages apart by it delivers each once. */
export type Envelope = Message &
  Readonly<{ id: string; to: string; name: string | null; template: string; data: Readonly<Record<string, string>> }>;

export interface Sender {
  /**
   * Resolves with what the carrier, or whoever gets it, knows it by.
   *
   * @throws RetriableError when the carrier is away or busy; PoisonError `undeliverable` when it will never take this one
   */
  send(envelope: Envelope): Promise<string>;
  close(): void;
}

export type SenderOptions = Readonly<{
  /** smtp:, smtps: (user and password in it), http: or https: */
  url: URL;
  /** Whom messages are from. */
  from: string;
  /** Signs what is posted to http: and https:. */
  secret: string | undefined;
  timeoutMs: number;
}>;

export const openSender = (options: SenderOptions): Sender =>
  options.url.protocol.startsWith('smtp') ? smtpSender(options) : httpSender(options);
