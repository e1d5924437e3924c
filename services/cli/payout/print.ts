import Table from 'cli-table3';
import colors from 'picocolors';
import { shownMoney } from '../money.ts';
import type { PayoutRow } from './collect.ts';
import type { Entry, PayoutProof } from './proof.ts';

const plain = { head: [], border: [] };
const day = (at: bigint | null): string => (at === null ? '' : new Date(Number(at)).toISOString().slice(0, 10));
const shownOrders = 12;

const entryText = (what: string, entry: Entry, currency: string): readonly string[] => {
  const where = entry.document ?? (entry.refusal === null ? 'the ERP has not answered' : 'put aside by the ERP');
  return [
    `\n  ${what} ${colors.bold(where)}${colors.dim(`  ${entry.commandId}`)}`,
    ...entry.postings.map(({ account, line, debit, credit, transactions, known }) => {
      const [side, amount] = debit > 0n ? ['debit ', debit] : ['credit', credit];
      const note = known ? '' : colors.red('  no account of its own: to be looked at');
      return `    ${side} ${account}  ${shownMoney(amount, currency).padStart(18)}  ${line}${transactions > 1n ? ` (${transactions})` : ''}${note}`;
    }),
  ];
};

/** The proof as a person reads it. */
export const proofText = (proof: PayoutProof): string => {
  const { payout, categories, pages, orders, entry, reversal } = proof;
  const currency = payout?.currency ?? '';
  const money = (units: bigint, of = currency): string => (of === '' ? String(units) : shownMoney(units, of));
  const lines: string[] = [colors.bold(`Payout ${proof.payoutId}`)];
  if (payout !== null)
    lines.push(
      `  Stripe  ${payout.status} · ${money(payout.amount)} · ${payout.manual ? 'by hand' : 'automatic'} · made ${day(payout.at)}, at the bank ${day(payout.arrivalDate)}`,
    );
  if (categories.length > 0) {
    const table = new Table({
      head: ['category', 'type', 'count', 'amount', 'fee', 'net', 'booked by'],
      style: plain,
      colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'left'],
    });
    for (const sum of categories) {
      const { category, type, transactions, amount, fee, net, booked } = sum;
      const of = sum.currency;
      const who = !booked ? 'this payout' : category.startsWith('payout') ? 'another payout' : 'orders';
      table.push([category, type, String(transactions), money(amount, of), money(fee, of), money(net, of), who]);
    }
    lines.push(table.toString());
    for (const [index, { transactions, net }] of pages.entries())
      lines.push(
        net === null
          ? `  page ${String(index + 1).padStart(4)}  not read yet`
          : `  page ${String(index + 1).padStart(4)}  ${String(transactions).padStart(4)} transactions  ${money(net).padStart(18)}`,
      );
    const due = payout?.amount ?? 0n;
    const isDue = proof.sum === due;
    lines.push(
      `  Σ of ${proof.transactions} transactions ${money(proof.sum)} ${isDue ? colors.green('= paid out, to the cent') : colors.red(`≠ ${money(due)} paid out`)}`,
    );
    const some = orders.slice(0, shownOrders).map(({ orderId }) => orderId);
    const more = orders.length > some.length ? ', …' : '';
    const which = some.length === 0 ? '' : ` (${some.join(', ')}${more})`;
    lines.push(`  ${orders.length} orders${which}, ${proof.untied} transactions of no order`);
  }
  if (entry !== null) lines.push(...entryText('Journal entry', entry, currency));
  for (const { balanceTransactionId, owner, net, commandId } of proof.claims)
    lines.push(`  claimed since: ${balanceTransactionId} over ${money(net)} is of ${owner}, taken off by ${commandId}`);
  if (reversal !== null) lines.push(...entryText('Taken back by', reversal, currency));
  if (proof.unknown.length > 0)
    lines.push(
      colors.red(
        `\n  Unknown: ${proof.unknown.map(({ line, account }) => `${line} on account ${account}`).join(', ')}`,
      ),
    );
  for (const letter of proof.letters) lines.push(colors.red(`  waits for a person: ${letter}`));
  const paint = proof.standing === 'held' ? colors.red : colors.bold;
  lines.push('', paint(`${proof.standing[0]!.toUpperCase()}${proof.standing.slice(1)}: ${proof.because}`));
  return lines.join('\n');
};

export const rowsText = (rows: readonly PayoutRow[]): string => {
  if (rows.length === 0) return 'Stripe has told of no payout';
  const table = new Table({
    head: ['payout', 'made', 'amount', 'status', '', 'journal entry'],
    style: plain,
    colAligns: ['left', 'left', 'right', 'left', 'left', 'left'],
  });
  for (const { payoutId, createdAt, amount, currency, status, automatic, entry, reversal } of rows)
    table.push([
      payoutId,
      day(createdAt),
      shownMoney(amount, currency),
      status,
      automatic ? 'automatic' : 'by hand',
      entry === null ? 'none yet' : reversal === null ? 'sent' : 'sent and taken back',
    ]);
  return table.toString();
};
