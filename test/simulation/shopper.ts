/** What shoppers and the shop do for one order: checkout statement by statement, then payment. */
import type { OrdersValue } from '../../schemas/generated/types.ts';
import type { OrderPlan } from './scenario.ts';
import type { SimulatedShop, Table } from './shop.ts';
import type { SimulatedStripe } from './stripe.ts';

type Row = Readonly<Record<string, unknown>>;

/** Where in the log the order became complete, and when: what its commands speak of. */
export type Completion = Readonly<{ at: bigint; place: string }>;

export const emailOf = ({ person }: OrderPlan): string => `Person${person}@Example.com`;
export const firstNameOf = ({ person }: OrderPlan): string => `P${person}`;

export const placedAtLocal = 1_790_000_000_000n;
export const cartedAt = 1_789_999_000_000n;

const money = (cents: number): Buffer => {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigInt64BE(BigInt(cents) * 100n);
  return bytes;
};

export const lineCents = (order: OrderPlan, index: number): number => (order.orderNumber % 7) * 100 + (index + 1) * 250;

const lineRow = (order: OrderPlan, index: number, cents: number): Row => ({
  OrderNumber: order.orderNumber,
  ShoppingCartRecID: cartId(order, index),
  CustomerID: order.customerId,
  ProductID: index + 1,
  VariantID: index + 11,
  Quantity: index + 1,
  OrderedProductSKU: `SKU-${index}`,
  OrderedProductName: `Thing ${index}`,
  OrderedProductPrice: money(cents),
  IsTaxable: 1,
});

export const cartId = (order: OrderPlan, index: number): number => (order.orderNumber - 100_000) * 10 + index;

const address = { Address1: '1 Main St', City: 'Springfield', State: 'IL', Zip: '62701', Country: 'United States' };

const nothing = {
  Company: null,
  Address2: null,
  Suite: null,
  Phone: null,
};

const prefixed = (prefix: string, row: Row): Row =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [`${prefix}${name}`, value]));

const billing = prefixed('Billing', { ...nothing, ...address, FirstName: null, LastName: 'Test' });
const shipping = prefixed('Shipping', {
  ...nothing,
  FirstName: null,
  LastName: null,
  Address1: null,
  City: null,
  State: null,
  Zip: null,
  Country: null,
});

const orderRow = (order: OrderPlan): OrdersValue =>
  ({
    ...billing,
    ...shipping,
    OrderNumber: order.orderNumber,
    StoreID: 1,
    ParentOrderNumber: null,
    CustomerID: order.customerId,
    Email: order.kind === 'nameless' ? null : emailOf(order),
    FirstName: firstNameOf(order),
    LastName: 'Test',
    Phone: null,
    ShippingMethod: 'Ground',
    CouponType: order.giftCard > 0 ? 2 : 0,
    CouponDiscountAmount: order.giftCard > 0 ? money(order.giftCard) : null,
    OrderSubtotal: money(order.total),
    OrderTax: money(0),
    OrderShippingCosts: money(0),
    OrderTotal: money(order.total),
    PaymentGateway: null,
    AuthorizationPNREF: order.kind === 'other' ? `auth-${order.orderNumber}` : 'TBD',
    OrderDate: placedAtLocal,
    PaymentMethod: order.kind === 'other' ? 'Credit Card' : 'Stripe',
    TransactionState: null,
    CartType: 0,
    InventoryWasReduced: 0,
    TransactionType: 0,
    ShippedOn: null,
    ShippingTrackingNumber: null,
    RefundReason: null,
    RefundedOn: null,
  }) as unknown as OrdersValue;

/** One shopper with one order: a list of things to do, each when its time has come. */
export class Shopper {
  readonly order: OrderPlan;
  readonly #shop: SimulatedShop;
  readonly #stripe: SimulatedStripe;
  readonly #statements: (() => void)[];
  #paid = 0;
  #edited = 0;
  completed: Completion | undefined;

  /** `known`: customers that have a row already. */
  constructor(order: OrderPlan, shop: SimulatedShop, stripe: SimulatedStripe, known: Set<number>) {
    this.order = order;
    this.#shop = shop;
    this.#stripe = stripe;
    this.#statements = this.#checkout(known);
  }

  get ready(): boolean {
    if (this.#statements.length > 0) return !this.#shop.locked(this.order.orderNumber);
    if (this.#paid >= this.order.attempts.length) return this.#canEdit();
    return this.#shop.orders.get(this.order.orderNumber)?.AuthorizationPNREF?.startsWith('pi_') === true;
  }

  act(): void {
    const statement = this.#statements.shift();
    if (statement !== undefined) {
      statement();
      return;
    }
    if (this.#paid >= this.order.attempts.length) {
      this.#edit();
      return;
    }
    const intent = this.#shop.orders.get(this.order.orderNumber)!.AuthorizationPNREF!;
    this.#stripe.confirm(intent, this.order.attempts[this.#paid++]!, this.order);
  }

  get #customer(): { id: string } | undefined {
    return this.#stripe.customers.find(
      ({ metadata }) => metadata['customer_key'] === emailOf(this.order).toLowerCase(),
    );
  }

  #canEdit(): boolean {
    const edit = this.order.edits?.[this.#edited];
    if (edit === undefined || this.order.kind === 'nameless') return false;
    if (edit === 'shop') return true;
    const customer = this.#customer;
    return customer !== undefined && this.#stripe.isCalm(customer.id);
  }

  #edit(): void {
    const edit = this.order.edits![this.#edited++]!;
    const firstName = `${edit}-${this.order.orderNumber}-${this.#edited}`;
    if (edit === 'stripe') {
      this.#stripe.changeCustomer(this.#customer!.id, { name: `${firstName} Test` });
      return;
    }
    const row = this.#shop.customers.get(this.order.customerId);
    if (row !== undefined) this.#shop.putCustomer(row.CustomerID, { ...row, FirstName: firstName });
  }

  /** The shop rewrites the row as it is, as maintenance does. */
  touch(): void {
    const row = this.#shop.orders.get(this.order.orderNumber);
    if (row !== undefined) this.#shop.put({ ...row });
  }

  #checkout(known: Set<number>): (() => void)[] {
    const { order } = this;
    const shop = this.#shop;
    const key = String(order.customerId);
    const number = order.orderNumber;
    const doubled = (write: () => void, again: () => void): (() => void)[] =>
      order.doubled ? [write, again] : [write];
    const write = (table: Table, op: string, before: Row | null, after: Row): (() => void)[] =>
      doubled(
        () => void shop.write(table, key, op, before, after),
        () => void shop.write(table, key, 'u', after, after),
      );
    const put = (
      change: Partial<OrdersValue>,
      then: (completion: Completion) => void = () => undefined,
    ): (() => void)[] =>
      doubled(
        () => then(shop.put({ ...(shop.orders.get(number) ?? orderRow(order)), ...change })),
        () => void shop.put({ ...shop.orders.get(number)! }),
      );
    const customer = {
      CustomerID: order.customerId,
      Email: order.kind === 'nameless' ? '' : emailOf(order),
      FirstName: firstNameOf(order),
      LastName: 'Test',
      Phone: null,
      IsRegistered: 1,
      Active: 1,
    };
    const carts = Array.from({ length: order.lines }, (_, index) => ({
      ShoppingCartRecID: cartId(order, index),
      CustomerID: order.customerId,
      VariantID: index + 11,
      Quantity: index + 1,
      CartType: 0,
      CreatedOn: cartedAt,
    }));
    const isNew = !known.has(order.customerId);
    known.add(order.customerId);
    const state = order.kind === 'other' ? 'CAPTURED' : 'PENDING';
    return [
      ...(isNew
        ? doubled(
            () => void shop.putCustomer(order.customerId, customer),
            () => void shop.putCustomer(order.customerId, { ...shop.customers.get(order.customerId)! }),
          )
        : []),
      ...carts.flatMap((cart) => write('carts', 'c', null, cart)),
      ...put({}),
      ...carts.flatMap((_, index) => write('orderLines', 'c', null, lineRow(order, index, lineCents(order, index)))),
      ...carts.flatMap((_, index) => {
        const [before, after] = [lineCents(order, index), lineCents(order, index) * (index + 1)];
        return write('orderLines', 'u', lineRow(order, index, before), lineRow(order, index, after));
      }),
      ...put({ TransactionState: state, InventoryWasReduced: 1 }, (completion) => (this.completed = completion)),
      ...carts.flatMap((cart) => [
        () => {
          shop.write('carts', key, 'd', cart, null);
          shop.tombstone('carts', key);
        },
      ]),
      ...(order.touched ? put({ Phone: null }) : []),
    ];
  }
}
