/** What the shoppers have told so far, counted by stage. Pure. */
import { z } from 'zod';
import { type Deed, deeds } from '../sandbox/shopper/merchant.ts';

export type Progress = Readonly<{
  carts: number;
  abandoned: number;
  placed: number;
  payable: number;
  confirmed: number;
  declines: number;
  paid: number;
  refused: number;
  failed: number;
  firstPaid: number | undefined;
  firstRefused: number | undefined;
  /** What the merchant did with paid orders. */
  deeds: readonly Readonly<{ order: number; deed: Deed }>[];
  /** The shoppers have said that they are done, and how. */
  done: Readonly<{ failed: number }> | undefined;
}>;

export const noProgress: Progress = {
  carts: 0,
  abandoned: 0,
  placed: 0,
  payable: 0,
  confirmed: 0,
  declines: 0,
  paid: 0,
  refused: 0,
  failed: 0,
  firstPaid: undefined,
  firstRefused: undefined,
  deeds: [],
  done: undefined,
};

const eventSchema = z.object({
  event: z.string(),
  order: z.number().optional(),
  failed: z.number().optional(),
  deed: z.enum(deeds).optional(),
});

/** Counts one line of a shopper's output; lines that are no events are left alone. */
export const withLine = (progress: Progress, line: string): Progress => {
  if (!line.startsWith('{')) return progress;
  let told: unknown;
  try {
    told = JSON.parse(line);
  } catch {
    return progress;
  }
  const parsed = eventSchema.safeParse(told);
  if (!parsed.success) return progress;
  const { event, order, failed, deed } = parsed.data;
  switch (event) {
    case 'cart':
      return { ...progress, carts: progress.carts + 1 };
    case 'abandoned':
      return { ...progress, abandoned: progress.abandoned + 1 };
    case 'placed':
      return { ...progress, placed: progress.placed + 1 };
    case 'payable':
      return { ...progress, payable: progress.payable + 1 };
    case 'confirmed':
      return { ...progress, confirmed: progress.confirmed + 1 };
    case 'declined':
      return { ...progress, declines: progress.declines + 1 };
    case 'paid':
      return { ...progress, paid: progress.paid + 1, firstPaid: progress.firstPaid ?? order };
    case 'refused':
      return { ...progress, refused: progress.refused + 1, firstRefused: progress.firstRefused ?? order };
    case 'merchant':
      return order === undefined || deed === undefined
        ? progress
        : { ...progress, deeds: [...progress.deeds, { order, deed }] };
    case 'failed':
      return { ...progress, failed: progress.failed + 1 };
    case 'done':
      return { ...progress, done: { failed: failed ?? 0 } };
    default:
      return progress;
  }
};

/** One line for a person. `salesOrders`: in the ERP, of this run. */
export const progressText = (progress: Progress, salesOrders: number): string =>
  [
    `placed ${progress.placed}`,
    `payment intents ${progress.payable}`,
    `confirmed ${progress.confirmed}`,
    `paid in the shop ${progress.paid}`,
    `ERP sales orders ${salesOrders}`,
    `declines ${progress.declines}`,
    `refused ${progress.refused}`,
    `abandoned ${progress.abandoned}`,
    ...(progress.failed > 0 ? [`FAILED ${progress.failed}`] : []),
  ].join(' · ');
