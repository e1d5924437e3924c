import Table from 'cli-table3';
import colors from 'picocolors';
import { shownMoney } from '../money.ts';
import type { FindingKind, Verdict } from './judge.ts';

const meaning: Readonly<Record<FindingKind, string>> = {
  lost: 'said somewhere, and nothing came of it',
  doubled: 'sent, charged or booked more than once',
  reordered: 'before its time, or without a cause',
  mismatched: 'sides that differ, by a cent or a state',
  'dead-letter': 'could not be processed; waits for a person',
  unrouted: 'Stripe objects without an order',
};

const SHOWN = 40;

/** The verdict as a table, with the findings below it. */
export const verdictText = (verdict: Verdict): string => {
  const { seen, counts, findings, clearing } = verdict;
  const table = new Table({ head: ['finding', 'count', 'meaning'], style: { head: [], border: [] } });
  for (const kind of Object.keys(meaning) as FindingKind[]) {
    const count = counts[kind];
    table.push([
      kind,
      { hAlign: 'right', content: count === 0 ? colors.green('0') : colors.red(String(count)) },
      meaning[kind],
    ]);
  }
  const looked = [
    `${seen.orders} orders in the shop: ${seen.paid} paid, ${seen.declined} declined, ${seen.open} open`,
    `${seen.paymentIntents} PaymentIntents · ${seen.events} Stripe events · ${seen.changes} row changes · ${seen.commands} commands · ${seen.results} results · ${seen.salesOrders} sales orders · ${seen.payouts} payouts`,
    ...clearing.map(
      ({ currency, books, balance, waiting }) =>
        `Stripe's balance ${shownMoney(balance, currency)}: clearing account ${shownMoney(books, currency)}${waiting === 0n ? '' : `, and ${shownMoney(waiting, currency)} that waits for a payout`}`,
    ),
  ];
  const list = findings
    .slice(0, SHOWN)
    .map(({ kind, orderId, message }) => `  ${colors.red(kind.padEnd(11))} ${(orderId ?? '').padEnd(8)} ${message}`);
  const more = findings.length > SHOWN ? [`  … and ${findings.length - SHOWN} more (--json has them all)`] : [];
  return [...looked, table.toString(), ...list, ...more].join('\n');
};
