import colors from 'picocolors';
import { shownMoney, shownStripeMoney } from '../money.ts';
import { standingOf } from './standing.ts';
import type { Entry, Story } from './story.ts';

const clock = (at: bigint): string => new Date(Number(at)).toISOString().slice(11, 23);

const shortened = (place: string): string => place.replace('adnsf.AspDotNetStorefront.', '');

const paint: Readonly<Record<Entry['system'], (text: string) => string>> = {
  adnsf: colors.cyan,
  stripe: colors.magenta,
  erp: colors.yellow,
  customer: colors.blue,
  stream: colors.gray,
};

const entryLine = (entry: Entry): string => {
  const told = [
    ...(entry.commandId === null ? [] : [entry.commandId]),
    ...(entry.causationId === null ? [] : [`because of ${entry.causationId}`]),
  ].join(' ');
  const what = entry.trouble ? colors.red(entry.what) : entry.what;
  const where = colors.dim(`${shortened(entry.place)}${told === '' ? '' : `  ${told}`}`);
  return `  ${clock(entry.at)}  ${paint[entry.system](entry.system.padEnd(8))} ${what}\n${' '.repeat(25)}${where}`;
};

/** The timeline as a person reads it, times in UTC. */
export const storyText = (story: Story): string => {
  const { shop, payment, ledger, entries } = story;
  const lines: string[] = [colors.bold(`Order ${story.orderId}`)];
  if (shop) {
    const { order } = shop;
    const parts = `${shownMoney(order.subtotal, order.currency)} + tax ${shownMoney(order.tax, order.currency)} + shipping ${shownMoney(order.shipping, order.currency)}`;
    lines.push(
      `  shop    ${order.state ?? 'no state'} · ${shownMoney(order.total, order.currency)} (${parts})`,
      `          customer ${shop.customerId}${shop.email === null ? '' : ` ${shop.email}`} · paid by ${shop.gateway ?? order.paymentMethod} ${order.reference ?? ''}`,
      `          ordered ${shop.orderDate}${shop.capturedOn === null ? '' : ` · captured ${shop.capturedOn}`} (shop's clock)`,
    );
    for (const note of shop.serviceNotes?.split('\n') ?? [])
      if (note.trim() !== '') lines.push(`          note: ${note.trim()}`);
  } else lines.push('  shop    does not have it');
  lines.push(
    `\n  Timeline (UTC${story.quietImages > 0 ? `; ${story.quietImages} row images that change nothing of meaning left out` : ''})`,
  );
  lines.push(...entries.map(entryLine));
  if (payment) {
    const { paymentIntent, charges, moved, payout, events } = payment;
    const amount = (units: number): string => shownStripeMoney(units, paymentIntent.currency);
    lines.push(`\n  At Stripe`, `    ${paymentIntent.id} ${paymentIntent.status} ${amount(paymentIntent.amount)}`);
    for (const charge of charges)
      lines.push(
        `    ${charge.id} ${charge.status} ${amount(charge.amount)}${charge.failure_message === null ? '' : `: ${charge.failure_message}`}`,
      );
    for (const { by, balanceTransactionId, gross, fee, net, currency } of moved) {
      const shown = (units: bigint): string => shownMoney(units, currency);
      lines.push(`    ${balanceTransactionId} ${by}: gross ${shown(gross)}, fee ${shown(fee)}, net ${shown(net)}`);
    }
    if (payout !== null) lines.push(`    ${payout.id} ${payout.status}: brought the charge to the bank`);
    if (events.length > 0) lines.push(`    events: ${events.map(({ type, id }) => `${type} (${id})`).join(', ')}`);
  }
  if (ledger.length > 0) {
    lines.push(`\n  In the ERP ledger`);
    for (const { what, commandId } of ledger)
      lines.push(`    ${what}${commandId === null ? '' : colors.dim(`  ${commandId}`)}`);
  }
  lines.push('', colors.bold(standingOf(story)));
  return lines.join('\n');
};
