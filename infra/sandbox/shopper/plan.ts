/** What each visit to the shop will be: a pure function of the seed and the visit's number. */
import { type Article, catalog } from './catalog.ts';
import { type Chance, chanceOf, guidOf, shuffled } from './chance.ts';
import { type Person, personOf } from './people.ts';

/** All amounts are in cents. */
export type PlannedLine = Readonly<{
  cartGuid: string;
  article: Article;
  quantity: number;
  color: string | null;
  /** Price of one, on sale or not. */
  unitPrice: bigint;
  /** Percent off for the quantity; 0 for none. */
  discountPercent: number;
  /** Price of the line, discount taken. */
  extended: bigint;
}>;

/** One attempt to pay. `abandons3ds`: asked to authenticate, the shopper fails to. */
export type Card = Readonly<{ token: string; outcome: 'pays' | 'declines' | 'authenticates' | 'fails authentication' }>;

export type PlannedOrder = Readonly<{
  /** OrderNumbers.OrderNumberGUID: reserving it twice is impossible, so an order cannot be placed twice. */
  numberGuid: string;
  orderGuid: string;
  lines: readonly PlannedLine[];
  subtotal: bigint;
  tax: bigint;
  shipping: bigint;
  total: bigint;
  shippingMethod: Readonly<{ id: number; name: string }>;
  notes: string | null;
  /** Tried in turn until one pays. The last one decides. */
  cards: readonly Card[];
}>;

export type Visit = Readonly<{
  index: number;
  /** 1 sells at home, 2 abroad, in another currency. */
  storeId: number;
  personNumber: number;
  person: Person;
  /** As typed this time; the same mailbox may come in another spelling. */
  email: string;
  customerGuid: string;
  lines: readonly PlannedLine[];
  /** Undefined when the cart is abandoned. */
  order: PlannedOrder | undefined;
  /** Whether somebody who abandons the cart had signed in before. */
  signsIn: boolean;
  /** Pauses of the person between steps, milliseconds. */
  pauses: Readonly<{ cart: number; card: number }>;
}>;

/**
 * In each block of visits, in an order drawn by chance: how many end in which way. Fixed numbers, so that a short run
 * shows every kind.
 */
const BLOCK = { pays: 7, authenticates: 1, 'tries again': 1, 'stays declined': 1, abandons: 2 } as const;
type Ending = keyof typeof BLOCK;
const endings = Object.entries(BLOCK).flatMap(([ending, count]) =>
  Array.from({ length: count }, () => ending as Ending),
);

/** Visits after which the numbers of each kind repeat. */
export const VISITS_PER_BLOCK = endings.length;
/** Placed orders in a block. */
export const ORDERS_PER_BLOCK = endings.filter((ending) => ending !== 'abandons').length;

const goodCards = ['pm_card_visa', 'pm_card_visa', 'pm_card_mastercard', 'pm_card_amex', 'pm_card_visa_debit'] as const;
const badCards = [
  'pm_card_chargeDeclined',
  'pm_card_visa_chargeDeclinedInsufficientFunds',
  'pm_card_chargeDeclinedExpiredCard',
  'pm_card_chargeDeclinedIncorrectCvc',
  'pm_card_visa_chargeDeclinedLostCard',
] as const;
const shippingMethods = [
  { id: 1, name: 'Ground', base: 695n, perPound: 45n },
  { id: 2, name: 'Two-Day Air', base: 1_495n, perPound: 120n },
  { id: 3, name: 'Store Pickup', base: 0n, perPound: 0n },
] as const;

const endingOf = (seed: string, index: number): Ending => {
  const block = Math.floor(index / VISITS_PER_BLOCK);
  const order = shuffled(VISITS_PER_BLOCK, chanceOf(seed, 'block', block));
  return endings[order[index % VISITS_PER_BLOCK]!]!;
};

/** Half a cent goes up. */
const share = (amount: bigint, rate: bigint, of: bigint): bigint => (amount * rate + of / 2n) / of;

const planLine = (seed: string, index: number, position: number, article: Article, chance: Chance): PlannedLine => {
  const quantity = chance.happens(0.55) ? 1 : chance.int(2, 6);
  const unitPrice = article.salePrice ?? article.price;
  const discount = article.quantityDiscount;
  const discountPercent = discount !== null && quantity >= discount.from ? discount.percent : 0;
  return {
    cartGuid: guidOf(seed, index, 'cart', position),
    article,
    quantity,
    color: article.colors.length > 0 ? chance.pick(article.colors) : null,
    unitPrice,
    discountPercent,
    extended: share(unitPrice * BigInt(quantity), BigInt(100 - discountPercent), 100n),
  };
};

const cardsOf = (ending: Exclude<Ending, 'abandons'>, chance: Chance): readonly Card[] => {
  const good: Card = { token: chance.pick(goodCards), outcome: 'pays' };
  const bad = (): Card => ({ token: chance.pick(badCards), outcome: 'declines' });
  const secure = 'pm_card_threeDSecure2Required';
  switch (ending) {
    case 'pays':
      return [good];
    case 'authenticates':
      return [{ token: secure, outcome: 'authenticates' }];
    case 'tries again':
      return chance.happens(0.25) ? [{ token: secure, outcome: 'fails authentication' }, good] : [bad(), good];
    case 'stays declined':
      return chance.happens(0.3) ? [bad(), bad()] : [bad()];
  }
};

const planOrder = (
  seed: string,
  index: number,
  person: Person,
  lines: readonly PlannedLine[],
  ending: Exclude<Ending, 'abandons'>,
  chance: Chance,
): PlannedOrder => {
  const sum = (wanted: readonly PlannedLine[]): bigint => wanted.reduce((total, line) => total + line.extended, 0n);
  const subtotal = sum(lines);
  const tax = share(sum(lines.filter((line) => line.article.taxable)), person.ship.taxRate, 100_000n);
  const method = chance.pick(shippingMethods);
  const weight = lines.reduce((total, line) => total + Number(line.article.weight) * line.quantity, 0);
  const shipping = method.base + method.perPound * BigInt(Math.ceil(weight));
  return {
    numberGuid: guidOf(seed, index, 'number'),
    orderGuid: guidOf(seed, index, 'order'),
    lines,
    subtotal,
    tax,
    shipping,
    total: subtotal + tax + shipping,
    shippingMethod: { id: method.id, name: method.name },
    notes: chance.happens(0.15) ? 'Please leave it with a neighbour.' : null,
    cards: cardsOf(ending, chance),
  };
};

/**
 * The visit of a number. Some people come back: they were born at an earlier visit. `abroad`: the share of visits to the
 * second store, from 0 to 1; drawn apart, so that the visits of a seed stay what they are.
 */
export const planVisit = (seed: string, index: number, abroad = 0): Visit => {
  const chance = chanceOf(seed, 'visit', index);
  const ending = endingOf(seed, index);
  const personNumber = index > 0 && chance.happens(0.3) ? chance.int(Math.max(0, index - 40), index - 1) : index;
  const person = personOf(seed, personNumber);
  const count = chance.happens(0.6) ? chance.int(1, 3) : chance.int(4, 8);
  const wanted = shuffled(catalog.length, chance).slice(0, count);
  const lines = wanted.map((article, position) => planLine(seed, index, position, catalog[article]!, chance));
  return {
    index,
    storeId: chanceOf(seed, 'store', index).happens(abroad) ? 2 : 1,
    personNumber,
    person,
    email: chance.happens(0.1) ? person.email.replace(/^./, (letter) => letter.toUpperCase()) : person.email,
    customerGuid: guidOf(seed, index, 'customer'),
    lines,
    order: ending === 'abandons' ? undefined : planOrder(seed, index, person, lines, ending, chance),
    signsIn: chance.happens(0.5),
    pauses: { cart: chance.int(20, 200), card: chance.int(100, 1_500) },
  };
};
