/**
 * The shop's database: rows, row locks, transactions, and the log of changes that the connector reads. The executor
 * meets it through its own port; the shopper writes to it statement by statement.
 */
import type { OrdersValue } from '../../schemas/generated/types.ts';
import { decimalFromBytes, decimalText } from '../../services/order-stream/domain/money.ts';
import type { CustomerChange, CustomerRow } from '../../services/adnsf-executor/domain/customers.ts';
import type { Change } from '../../services/adnsf-executor/domain/decision.ts';
import type { OrderRow } from '../../services/adnsf-executor/domain/order-row.ts';
import {
  CommandKnownError,
  type AppliedRow,
  type Shop,
  type ShopTransaction,
} from '../../services/adnsf-executor/shop.ts';
import { RetriableError } from '../../services/runtime/errors.ts';
import { never, type Process, type World } from './world.ts';

export type Table = 'customers' | 'carts' | 'orderLines' | 'orders';
type Row = Readonly<Record<string, unknown>>;

/** One change as the connector will write it. */
export type LoggedChange = Readonly<{ table: Table; key: string; value: object | null; at: bigint }>;

const lockTimeoutMs = 15_000;

/** Columns of a Customer row. */
export type CustomerRecord = Readonly<{
  CustomerID: number;
  Email: string;
  FirstName: string | null;
  LastName: string | null;
  Phone: string | null;
  IsRegistered: number;
  Active: number;
}>;

type Lock = { owner: object; readonly waiting: (() => void)[] };

const decimal = (bytes: Uint8Array | null): string => decimalText(decimalFromBytes(bytes ?? new Uint8Array(1), 4));

export class SimulatedShop {
  readonly #world: World;
  readonly orders = new Map<number, OrdersValue>();
  readonly customers = new Map<number, CustomerRecord>();
  /** What people see on the order: one line per decline. */
  readonly notes = new Map<number, string[]>();
  readonly applied = new Map<string, AppliedRow>();
  readonly log: LoggedChange[] = [];
  readonly #locks = new Map<string, Lock>();
  #position = 0x1000;

  constructor(world: World) {
    this.#world = world;
  }

  // The log

  /** Writes one change to the log. Returns when it happened, epoch milliseconds. */
  write(table: Table, key: string, op: string, before: Row | null, after: Row | null): { at: bigint; place: string } {
    this.#position += 0x10;
    const block = this.#position.toString(16).padStart(8, '0');
    const at = BigInt(this.#world.now);
    const source = {
      ts_ms: at,
      snapshot: 'false',
      change_lsn: `00000025:${block}:0001`,
      commit_lsn: `00000025:${block}:0002`,
      event_serial_no: 1n,
    };
    this.log.push({ table, key, at, value: { before, after, source, op } });
    this.#world.version++;
    return { at, place: `${source.commit_lsn}/${source.change_lsn}/000001` };
  }

  tombstone(table: Table, key: string): void {
    this.log.push({ table, key, at: BigInt(this.#world.now), value: null });
  }

  /** Inserts or changes an order row, as the shop or the executor does. */
  put(row: OrdersValue): { at: bigint; place: string } {
    const number = row.OrderNumber ?? 0;
    const before = this.orders.get(number) ?? null;
    this.orders.set(number, row);
    return this.write('orders', String(row.CustomerID), before === null ? 'c' : 'u', before, row);
  }

  /** Inserts or changes a customer, or deletes one. */
  putCustomer(customerId: number, row: CustomerRecord | null): { at: bigint; place: string } {
    const before = this.customers.get(customerId) ?? null;
    if (row === null) this.customers.delete(customerId);
    else this.customers.set(customerId, row);
    const op = row === null ? 'd' : before === null ? 'c' : 'u';
    return this.write('customers', String(customerId), op, before, row);
  }

  /** Whether somebody is in the middle of changing the order. */
  locked(orderNumber: number): boolean {
    return this.#locks.has(`order ${orderNumber}`);
  }

  // The executor's side

  port(process: Process): Shop {
    return {
      transaction: async (work) => {
        if (process.state === 'dead') return never();
        const transaction = new OpenTransaction(this.#world, this, process, this.#locks);
        try {
          const result = await work(transaction);
          await transaction.commit();
          return result;
        } catch (error) {
          transaction.rollback();
          throw error;
        }
      },
      close: () => Promise.resolve(),
    };
  }
}

class OpenTransaction implements ShopTransaction {
  readonly #world: World;
  readonly #shop: SimulatedShop;
  readonly #process: Process;
  readonly #locks: Map<string, Lock>;
  readonly #held = new Set<string>();
  readonly #todo: (() => void)[] = [];
  #over = false;

  constructor(world: World, shop: SimulatedShop, process: Process, locks: Map<string, Lock>) {
    this.#world = world;
    this.#shop = shop;
    this.#process = process;
    this.#locks = locks;
    process.onDeath.push(() => this.rollback());
  }

  applied(commandId: string): Promise<AppliedRow | undefined> {
    return this.#statement(`looks for ${commandId}`, `command ${commandId}`, false, () =>
      this.#world.without === 'applied-commands' ? undefined : this.#shop.applied.get(commandId),
    );
  }

  order(orderNumber: number): Promise<OrderRow | undefined> {
    return this.#statement(`reads order ${orderNumber}`, `order ${orderNumber}`, true, () => {
      const row = this.#shop.orders.get(orderNumber);
      if (row === undefined) return undefined;
      return {
        orderNumber,
        storeId: row.StoreID ?? 1,
        state: row.TransactionState,
        paymentReference: row.AuthorizationPNREF,
        total: decimal(row.OrderTotal),
        couponType: row.CouponType ?? 0,
        couponAmount: row.CouponDiscountAmount === null ? null : decimal(row.CouponDiscountAmount),
        shipped: row.ShippedOn !== null,
      };
    });
  }

  change(row: OrderRow, change: Change): Promise<boolean> {
    return this.#statement(`changes order ${row.orderNumber} (${change.kind})`, undefined, false, () => {
      const present = this.#shop.orders.get(row.orderNumber);
      if (present?.TransactionState !== row.state || present.AuthorizationPNREF !== row.paymentReference) return false;
      this.#afterwards(() => this.#apply(row.orderNumber, change));
      return true;
    });
  }

  /** Nothing is kept in stock here. */
  stock(): Promise<undefined> {
    return this.#statement('reads a stock', undefined, false, () => undefined);
  }

  price(): Promise<undefined> {
    return this.#statement('reads a price', undefined, false, () => undefined);
  }

  changePrice(): Promise<boolean> {
    return this.#statement('changes a price', undefined, false, () => false);
  }

  changeStock(): Promise<boolean> {
    return this.#statement('changes a stock', undefined, false, () => false);
  }

  /** Nobody gives anything back in this shop. */
  orderReturn(returnId: number): Promise<undefined> {
    return this.#statement(`reads return ${returnId}`, undefined, true, () => undefined);
  }

  changeReturn(): Promise<boolean> {
    return Promise.reject(new Error('no return was read'));
  }

  customer(customerId: number): Promise<CustomerRow | undefined> {
    return this.#statement(`reads customer ${customerId}`, `customer ${customerId}`, true, () => {
      const row = this.#shop.customers.get(customerId);
      if (row === undefined) return undefined;
      return {
        customerId,
        email: row.Email,
        firstName: row.FirstName,
        lastName: row.LastName,
        phone: row.Phone,
        registered: row.IsRegistered === 1,
        active: row.Active === 1,
        billing: null,
      };
    });
  }

  otherAccount(email: string, than: number): Promise<number | undefined> {
    return this.#statement(
      `looks for an account`,
      undefined,
      false,
      () =>
        [...this.#shop.customers.values()]
          .filter((row) => row.CustomerID !== than && row.IsRegistered === 1)
          .find((row) => row.Email.toLowerCase() === email.toLowerCase())?.CustomerID,
    );
  }

  changeCustomer(row: CustomerRow, change: CustomerChange): Promise<boolean> {
    return this.#statement(`changes customer ${row.customerId} (${change.kind})`, undefined, false, () => {
      const present = this.#shop.customers.get(row.customerId);
      if (present?.Email !== row.email) return false;
      this.#afterwards(() => {
        const now = this.#shop.customers.get(row.customerId)!;
        const columns =
          change.kind === 'anonymous'
            ? { Email: '', FirstName: null, LastName: null, Phone: null, Active: 0 }
            : { Email: change.email, FirstName: change.firstName, LastName: change.lastName, Phone: change.phone };
        this.#shop.putCustomer(row.customerId, { ...now, ...columns });
      });
      return true;
    });
  }

  rowVersion(orderNumber: number): Promise<string> {
    return this.#statement(`looks at the version of order ${orderNumber}`, undefined, false, () =>
      new Date(this.#world.now).toISOString().slice(0, -1),
    );
  }

  remember(commandId: string, orderNumber: number, outcome: string): Promise<AppliedRow> {
    return this.#statement(`remembers ${commandId} as ${outcome}`, `command ${commandId}`, true, () => {
      const row = { outcome, orderNumber, appliedOn: BigInt(this.#world.now) };
      if (this.#world.without !== 'applied-commands' && this.#shop.applied.has(commandId))
        throw new CommandKnownError(`${commandId} is known`);
      this.#todo.push(() => this.#shop.applied.set(commandId, row));
      return row;
    });
  }

  commit(): Promise<void> {
    const { faults } = this.#world;
    return this.#ask('commits at the shop', (resolve, reject) => {
      if (faults.strikes('shop-commit-fails')) {
        this.rollback();
        reject(new RetriableError('simulated: the connection was lost before the commit'));
        return;
      }
      const lost = faults.strikes('shop-commit-unknown');
      for (const each of this.#todo) each();
      this.#end();
      if (lost) reject(new RetriableError('simulated: the connection was lost at the commit'));
      else resolve();
    });
  }

  rollback(): void {
    if (this.#over) return;
    this.#end();
  }

  /** With the memory of the command when it commits, or, in a broken shop, on its own. */
  #afterwards(apply: () => void): void {
    if (this.#world.without === 'one-shop-transaction') apply();
    else this.#todo.push(apply);
  }

  #apply(orderNumber: number, change: Change): void {
    const row = this.#shop.orders.get(orderNumber)!;
    this.#world.say(() => `  shop: order ${orderNumber} ${change.kind}`);
    switch (change.kind) {
      case 'link':
        this.#shop.put({ ...row, AuthorizationPNREF: change.paymentIntentId, PaymentGateway: change.gateway });
        return;
      case 'authorized':
        this.#shop.put({ ...row, TransactionState: 'AUTHORIZED' });
        return;
      case 'paid':
        this.#shop.put({ ...row, TransactionState: 'CAPTURED' });
        return;
      case 'declined':
        this.#shop.notes.set(orderNumber, [...(this.#shop.notes.get(orderNumber) ?? []), change.note]);
        this.#shop.put({ ...row, TransactionState: 'REFUSED' });
        return;
      case 'shipped':
        throw new Error('no warehouse ships in this shop');
      case 'voided':
      case 'refunded':
      case 'unrefunded':
      case 'noted': {
        this.#shop.notes.set(orderNumber, [...(this.#shop.notes.get(orderNumber) ?? []), change.note]);
        const state = { voided: 'VOIDED', refunded: 'REFUNDED', unrefunded: 'CAPTURED', noted: row.TransactionState }[
          change.kind
        ];
        this.#shop.put({ ...row, TransactionState: state });
        return;
      }
    }
  }

  #ask<T>(label: string, act: (resolve: (value: T) => void, reject: (error: Error) => void) => void): Promise<T> {
    const process = this.#process;
    if (process.state === 'dead') return never();
    return new Promise<T>((resolve, reject) => {
      const told = `${process.name}: ${label}`;
      this.#world.later(process, true, told, () => {
        if (this.#over) return;
        act(
          (value) => this.#world.answer(process, `${told}: answered`, () => resolve(value)),
          (error) => {
            this.#world.say(() => `  ✗ ${error.message}`);
            this.#world.answer(process, `${told}: answered`, () => reject(error));
          },
        );
      });
    });
  }

  #statement<T>(label: string, lock: string | undefined, keep: boolean, run: () => T): Promise<T> {
    const { faults } = this.#world;
    return this.#ask<T>(label, (resolve, reject) => {
      if (faults.strikes('shop-away')) {
        this.rollback();
        reject(new RetriableError('simulated: the shop is away'));
        return;
      }
      if (faults.strikes('shop-deadlock')) {
        this.rollback();
        reject(new RetriableError('simulated: chosen as the victim of a deadlock'));
        return;
      }
      const go = () => {
        if (this.#over) return;
        try {
          resolve(run());
        } catch (error) {
          reject(error as Error);
        }
        if (lock !== undefined && !keep && !this.#held.has(lock)) this.#release(lock);
      };
      if (lock === undefined) go();
      else this.#lock(lock, go, reject, keep);
    });
  }

  #lock(name: string, then: () => void, reject: (error: Error) => void, keep: boolean): void {
    const held = this.#locks.get(name);
    if (held === undefined || held.owner === this) {
      if (held === undefined) this.#locks.set(name, { owner: this, waiting: [] });
      if (keep) this.#held.add(name);
      then();
      return;
    }
    this.#world.say(() => `  ${this.#process.name} waits for ${name}`);
    let given = false;
    const cancel = this.#world.timer(undefined, lockTimeoutMs, () => {
      if (given || this.#over) return;
      given = true;
      this.rollback();
      reject(new RetriableError('simulated: lock request timed out'));
    });
    held.waiting.push(() => {
      if (given) return;
      given = true;
      cancel();
      if (!this.#over) this.#lock(name, then, reject, keep);
    });
  }

  #release(name: string): void {
    const lock = this.#locks.get(name);
    if (lock?.owner !== this) return;
    this.#locks.delete(name);
    for (const next of lock.waiting) next();
  }

  #end(): void {
    this.#over = true;
    for (const name of this.#held) this.#release(name);
    this.#held.clear();
  }
}
