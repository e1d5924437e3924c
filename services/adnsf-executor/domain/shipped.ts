/** An order whose goods have left, as ADNSF writes it down; money and states are nothing of it. */
import type { MarkShipped } from '../../../schemas/generated/types.ts';
import { isClosed } from '../../order-stream/domain/shop.ts';
import { type Decision, stateConflict, type StoreFacts } from './decision.ts';
import { type OrderRow, stateOf } from './order-row.ts';
import { wallClock, wallClockText } from './wall-clock.ts';

/** ShippingTrackingNumber and ShippedVIA are nvarchar(100). */
const ROOM = 100;

/** As many of them as there is room for, none of them cut; null when there is none. */
const fitting = (texts: readonly string[]): string | null => {
  let joined: string | null = null;
  for (const text of texts) {
    const longer: string = joined === null ? text : `${joined}, ${text}`;
    if (longer.length <= ROOM) joined = longer;
  }
  return joined;
};

export const markShipped = ({ payload }: MarkShipped, row: OrderRow, store: StoreFacts): Decision => {
  const state = stateOf(row);
  if (row.shipped) return { kind: 'nothing', outcome: 'already' };
  if (isClosed(state)) return stateConflict(row, 'shipped');
  const { carrier, trackingNumbers, shippedAt } = payload;
  const by = carrier === null ? '' : ` by ${carrier}`;
  const with_ = trackingNumbers.length === 0 ? '' : `: ${trackingNumbers.join(', ')}`;
  const note = `${wallClockText(shippedAt, store.timeZone)} Shipped${by}${with_}`.replaceAll(/\s+/g, ' ');
  const on = wallClock(shippedAt, store.timeZone);
  const [via, tracking] = [carrier === null ? null : fitting([carrier]), fitting(trackingNumbers)];
  return { kind: 'apply', change: { kind: 'shipped', on, via, tracking, note }, after: state };
};
