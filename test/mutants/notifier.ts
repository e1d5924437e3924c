/** Guards of what customers are told: one address, one message, and nothing dropped while the mail server is busy. */
import type { Mutant } from './mutant.ts';

const stage = 'services/notifier/stage.ts';
const smtp = 'services/notifier/smtp-sender.ts';
const inTheEngine = ['test/topology/executors/notifier.test.ts'];
const senders = ['test/unit/notifier/senders.test.ts'];

export const notifierMutants: readonly Mutant[] = [
  {
    guard: 'mail-goes-to-one-address',
    why: 'an address with a comma would be two recipients, and one order would be told to a stranger',
    file: stage,
    edits: [{ find: 'if (!isAddress(to))', replace: "if (to === '')" }],
    tests: inTheEngine,
  },
  {
    guard: 'mail-is-sent-once',
    why: "a replay would send every customer last year's mail again",
    file: stage,
    edits: [{ find: 'before ?? (await sentBy(options, command))', replace: 'await sentBy(options, command)' }],
    tests: inTheEngine,
  },
  {
    guard: 'sent-mail-is-read-from-the-results',
    why: 'a notifier on a new machine would take every repeated command for a new one',
    file: 'services/notifier/sent.ts',
    edits: [{ find: 'reading = reading.then(catchUp, catchUp);', replace: '' }],
    tests: inTheEngine,
  },
  {
    guard: 'mail-has-the-command-id',
    why: 'nobody could see that a mail sent again is the same one',
    file: smtp,
    edits: [
      { find: 'messageId: messageIdOf(id, from),', replace: 'messageId: messageIdOf(crypto.randomUUID(), from),' },
    ],
    tests: [...senders, ...inTheEngine],
  },
  {
    guard: 'busy-mail-server-is-asked-again',
    why: 'a server that says "later" would make a dead letter of every message',
    file: smtp,
    edits: [
      {
        find: "responseCode === undefined ? code === 'EENVELOPE' : responseCode >= 500",
        replace: "code === 'EENVELOPE'",
      },
    ],
    tests: senders,
  },
];
