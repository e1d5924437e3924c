/**
 * Whether the shop changed an order after it was complete. What was sent for it is not taken back and not sent again:
 * whether commands went out before or after a change would depend on when Stripe was heard. A person is told.
 */
import type { AssembledOrder } from '../../../schemas/generated/types.ts';
import { AD_HOC_CREDIT } from './shop.ts';

const amounts = ['subtotal', 'tax', 'shipping', 'total', 'giftCard', 'currency'] as const;

/** Lines as money and goods know them: one to a text, in an order of their own. */
const goodsOf = ({ lines }: AssembledOrder): string =>
  lines
    .map(
      ({ cartRecordId, variantId, sku, quantity, extendedPrice }) =>
        `${quantity} × ${sku ?? `variant ${variantId}`} (cart row ${cartRecordId}) for ${extendedPrice}`,
    )
    .toSorted()
    .join(', ');

/** States in which somebody else has the money, or holds it. */
const settledElsewhere = new Set(['AUTHORIZED', 'CAPTURED']);

/**
 * What differs from `placed` in goods and money, in words; undefined when nothing does. A credit's line comes after its
 * row, and nothing is made of either.
 */
export const changeSince = (placed: AssembledOrder, order: AssembledOrder): string | undefined => {
  if (placed.transactionType === AD_HOC_CREDIT) return undefined;
  const changes = amounts
    .filter((name) => placed[name] !== order[name])
    .map((name) => `${name} ${placed[name]} → ${order[name]}`);
  const [goods, now] = [goodsOf(placed), goodsOf(order)];
  if (goods !== now) changes.push(`lines ${goods} → ${now === '' ? 'none' : now}`);
  // Not collected, because it was settled; whether the customer owes it now, only the shop's people know.
  if (settledElsewhere.has(placed.state ?? '') && order.state === 'PENDING')
    changes.push(`state ${placed.state} → PENDING`);
  return changes.length === 0 ? undefined : changes.join('; ');
};
