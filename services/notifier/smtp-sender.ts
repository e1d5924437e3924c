/**
 * E-mail by SMTP. SMTP knows no idempotency: when we die between the server's yes and our commit, it is sent again. The
 * Message-ID is made of the command's id, so that servers and mail programs see that it is the same one.
 */
import nodemailer from 'nodemailer';
import { PoisonError, RetriableError } from '../runtime/errors.ts';
import type { Envelope, Sender, SenderOptions } from './sender.ts';

type SmtpError = Error & { responseCode?: number; code?: string };

const domainOf = (address: string): string => address.split('@').at(-1)!.replace('>', '').trim();

export const messageIdOf = (id: string, from: string): string => `<${encodeURIComponent(id)}@${domainOf(from)}>`;

export const smtpSender = ({ url, from, timeoutMs }: SenderOptions): Sender => {
  const transport = nodemailer.createTransport({
    host: url.hostname,
    port: url.port === '' ? (url.protocol === 'smtps:' ? 465 : 587) : Number(url.port),
    secure: url.protocol === 'smtps:',
    pool: true,
    ...(url.username !== '' && {
      auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) },
    }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
  });
  return {
    async send({ id, to, name, subject, text }: Envelope) {
      try {
        const { messageId } = await transport.sendMail({
          from,
          // An address of its own, never parsed out of text: a comma in a name must not add a recipient.
          to: { name: name ?? '', address: to },
          subject,
          text,
          messageId: messageIdOf(id, from),
          headers: { 'X-Millrace-Command': id },
          disableFileAccess: true,
          disableUrlAccess: true,
        });
        return messageId;
      } catch (error) {
        const { responseCode, code, message } = error as SmtpError;
        // 5xx is the server's no to this message; a login that it refuses is about us, and heals.
        const isFinal = responseCode === undefined ? code === 'EENVELOPE' : responseCode >= 500;
        if (isFinal && code !== 'EAUTH')
          throw new PoisonError('undeliverable', `mail to ${to}: ${message}`, { cause: error });
        throw new RetriableError(`mail: ${message}`, { cause: error });
      }
    },
    close: () => {
      transport.close();
    },
  };
};
