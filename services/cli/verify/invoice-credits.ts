/** What invoices are less by than what Stripe received, at Stripe and in the ledger. */
import type { Billed, CreditNoted, LedgerInvoice } from './facts.ts';
import type { Finding } from './judge.ts';

const PARTS = ['amount', 'tax', 'offInvoice', 'refunded', 'toBalance', 'outside'] as const;

const partsText = (note: CreditNoted): string => PARTS.map((part) => `${part} ${note[part]}`).join(', ');

/** What credit notes that stand have taken back of an invoice, without tax. */
export const creditedNet = ({ creditNotes }: Pick<Billed, 'creditNotes'>): bigint =>
  creditNotes.reduce((sum, note) => (note.voided ? sum : sum + note.amount - note.tax), 0n);

const noteFindings = (invoice: Billed, own: LedgerInvoice): readonly Finding[] => {
  const { orderId } = invoice;
  const say = (kind: Finding['kind'], message: string): readonly Finding[] => [{ kind, orderId, message }];
  const booked = new Map(own.creditNotes.map((note) => [note.id, note]));
  const atStripe = new Set(invoice.creditNotes.map(({ id }) => id));
  return [
    ...invoice.creditNotes.flatMap((note): readonly Finding[] => {
      const mine = booked.get(note.id);
      if (mine === undefined) return say('lost', `credit note ${note.id} over ${note.amount} is not in the ledger`);
      if (PARTS.some((part) => mine[part] !== note[part]))
        return say(
          'mismatched',
          `credit note ${note.id} is ${partsText(note)} at Stripe, and ${partsText(mine)} in the ledger (minor units)`,
        );
      if (note.voided && !mine.voided)
        return say('lost', `credit note ${note.id} is void at Stripe, and stands in the ledger`);
      return note.voided === mine.voided
        ? []
        : say('mismatched', `credit note ${note.id} is void in the ledger, and stands at Stripe`);
    }),
    ...own.creditNotes
      .filter(({ id }) => !atStripe.has(id))
      .flatMap(({ id }) => say('mismatched', `the ledger has credit note ${id}, which Stripe has not`)),
  ];
};

const outsideFindings = (invoice: Billed, own: LedgerInvoice): readonly Finding[] => {
  const { orderId, currency } = invoice;
  const sum = (payments: Billed['outside']): bigint => payments.reduce((all, { amount }) => all + amount, 0n);
  const [told, booked] = [sum(invoice.outside), sum(own.outside)];
  if (told === booked) return [];
  const message = `${told} ${currency} was paid by other means, as Stripe was told; the ledger has ${booked} (minor units)`;
  return [{ kind: booked < told ? 'lost' : 'mismatched', orderId, message }];
};

/** What is still asked for; of what is void, paid or given up, nothing. */
const asked = ({ status, remaining }: Billed): bigint => (status === 'open' ? remaining : 0n);

export const invoiceCreditFindings = (invoice: Billed, own: LedgerInvoice): readonly Finding[] => {
  const { orderId, currency, creditUsed } = invoice;
  const say = (message: string): Finding => ({ kind: 'mismatched', orderId, message });
  return [
    ...noteFindings(invoice, own),
    ...outsideFindings(invoice, own),
    ...(own.creditUsed === creditUsed
      ? []
      : [
          say(
            `it took ${creditUsed} ${currency} of its customer's credit at Stripe, and ${own.creditUsed} in the ledger (minor units)`,
          ),
        ]),
    ...(own.owed === asked(invoice)
      ? []
      : [
          say(
            `the ledger says that ${own.owed} ${currency} of it is owed, Stripe asks for ${asked(invoice)} (minor units)`,
          ),
        ]),
  ];
};
