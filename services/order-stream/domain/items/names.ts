/** Names and numbers of what is sold, as the shop's rows and Stripe's objects have them. */
import { fingerprint } from '../fingerprint.ts';
import { textOrNull } from '../shop.ts';

/** The locale whose names go out, where the shop has several. */
const LOCALE = 'en-US';

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const unescaped = (text: string): string =>
  text.replaceAll(/&(#x[0-9a-fA-F]{1,6}|#\d{1,7}|\w+);/g, (whole, name: string) => {
    if (!name.startsWith('#')) return entities[name] ?? whole;
    const code = name.startsWith('#x') ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });

/**
 * A text of the shop, which may be `<ml><locale name="en-US">Mug</locale>…</ml>`: the one of our locale, else the first.
 * Blanks are collapsed.
 */
export const localised = (text: string | null | undefined): string => {
  const whole = text ?? '';
  const locales = [...whole.matchAll(/<locale\s+name=["']([^"']*)["']\s*>([\s\S]*?)<\/locale>/gi)];
  const chosen = locales.find(([, name]) => name?.toLowerCase() === LOCALE.toLowerCase()) ?? locales[0];
  const found = chosen === undefined ? (/^\s*<ml>/i.test(whole) ? '' : whole) : unescaped(chosen[2] ?? '');
  return found.replaceAll(/\s+/g, ' ').trim();
};

/** A product and its variant as one name. Variants of products that have only one are seldom named. */
export const itemName = (product: string, variant: string): string =>
  variant === '' ? product : `${product} - ${variant}`;

export const skuOf = (sku: string | null, suffix: string | null): string | null =>
  textOrNull(`${textOrNull(sku) ?? ''}${textOrNull(suffix) ?? ''}`);

/** How colour or size is chosen on a line, without what it adds to the price (`Red[+2.00]`). */
export const optionOf = (text: string | null | undefined): string | null =>
  textOrNull((text ?? '').replace(/\[.*$/s, ''));

/** How the shop counts a product: its columns of these names. */
export type Counting = Readonly<{
  TrackInventoryBySizeAndColor: number | null;
  TrackInventoryBySize: number | null;
  TrackInventoryByColor: number | null;
}>;

/** What was chosen on a line of an order. */
export type Chosen = Readonly<{ ChosenColor: string | null; ChosenSize: string | null }>;

export const isCountedByOption = ({ TrackInventoryBySizeAndColor: by }: Counting): boolean => by === 1;

/**
 * Colour and size of the Inventory row that units of a line are counted in, given what was chosen: of what the product is
 * not counted by, nothing. Only of products that are counted by option.
 */
export const countedAs = (
  counting: Counting,
  chosen: Chosen,
): Readonly<{ color: string | null; size: string | null }> => ({
  color: counting.TrackInventoryByColor === 1 ? optionOf(chosen.ChosenColor) : null,
  size: counting.TrackInventoryBySize === 1 ? optionOf(chosen.ChosenSize) : null,
});

/** A word for a colour and a size, for ids. */
export const whichOf = (color: string | null, size: string | null): string =>
  color === null && size === null ? 'all' : fingerprint(JSON.stringify([color, size]));

export const itemKeyOf = (variantId: number): string => `item:${variantId}`;

const PRODUCT = 'adnsf_item_';

export const stripeProductIdOf = (variantId: number): string => `${PRODUCT}${variantId}`;

export const lookupKeyOf = (variantId: number): string => `${PRODUCT}${variantId}`;

/** The item that a product at Stripe stands for; null for products that are not ours. */
export const itemOfProduct = (productId: string | null): string | null => {
  const [, number] = /^adnsf_item_([1-9]\d{0,9})$/.exec(productId ?? '') ?? [];
  return number === undefined || Number(number) > 0x7fff_ffff ? null : itemKeyOf(Number(number));
};

/** Tells whether name and `active` of a product are as a command left them, which wrote this beside them. */
export const productDigest = (name: string | null, active: boolean): string =>
  fingerprint(JSON.stringify([name, active]));
