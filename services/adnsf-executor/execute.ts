/**
 * One command, one transaction: the effect on the order, return, customer, stock or price and the memory of the command,
 * or neither.
 */
import type { CommandResult, SetItemPrice } from '../../schemas/generated/types.ts';
import type {
  AdnsfCommand,
  AdnsfCustomerCommand,
  AdnsfItemCommand,
  AdnsfOrderCommand,
  AdnsfReturnCommand,
  AdnsfStockCommand,
} from '../../schemas/topics.ts';
import type { Stores } from '../platform/variables.ts';
import { PoisonError, RetriableError } from '../runtime/errors.ts';
import { outcomeText, parseOutcome } from './domain/applied.ts';
import { decideCustomer, standingOf } from './domain/customers.ts';
import { decide } from './domain/decide.ts';
import type { StoreFacts } from './domain/decision.ts';
import { type OrderRow, stateOf } from './domain/order-row.ts';
import { decidePrice } from './domain/prices.ts';
import { decideReturn, returnStateOf } from './domain/returns.ts';
import { decideStock } from './domain/stock.ts';
import { type AppliedRow, CommandKnownError, type Shop, type ShopTransaction } from './shop.ts';

type Executed =
  | Readonly<{ kind: 'done'; row: AppliedRow; replayed: boolean }>
  | Readonly<{ kind: 'refused'; code: string; message: string; state: string | undefined }>;

const storeOf = (stores: Stores, { storeId }: Pick<OrderRow, 'storeId'>): StoreFacts => {
  const store = stores[String(storeId)];
  if (!store) throw new PoisonError('store_unknown', `store ${storeId} is not in MILLRACE_STORES`);
  return store;
};

type About<C extends AdnsfCommand, What extends string> = Readonly<Record<C['type'], What>>;

/** What a command is about decides which row it looks at. A new command must be named here, or nothing compiles. */
const ABOUT: About<AdnsfOrderCommand, 'order'> &
  About<AdnsfCustomerCommand, 'customer'> &
  About<AdnsfItemCommand, 'item'> &
  About<AdnsfReturnCommand, 'return'> = {
  LinkPayment: 'order',
  MarkOrderPaid: 'order',
  RecordPaymentDecline: 'order',
  RecordRefund: 'order',
  ReverseRefund: 'order',
  RecordRefundRefusal: 'order',
  RecordDispute: 'order',
  MarkOrderAuthorized: 'order',
  VoidOrder: 'order',
  MarkShipped: 'order',
  RecordRecurringPayment: 'order',
  RecordRecurringEnd: 'order',
  UpdateShopCustomer: 'customer',
  EraseShopCustomer: 'customer',
  SetInventory: 'item',
  CountStock: 'item',
  SetItemPrice: 'item',
  RecordReturnRefunded: 'return',
  ReverseReturnRefund: 'return',
  RestockReturn: 'return',
};

const isAboutCustomer = (command: AdnsfCommand): command is AdnsfCustomerCommand => ABOUT[command.type] === 'customer';
const isAboutItem = (command: AdnsfCommand): command is AdnsfItemCommand => ABOUT[command.type] === 'item';
const isAboutReturn = (command: AdnsfCommand): command is AdnsfReturnCommand => ABOUT[command.type] === 'return';

const orderNumberOf = (command: AdnsfCommand): number =>
  isAboutCustomer(command) || isAboutItem(command) ? 0 : command.payload.orderNumber;

/** What the command is about, as results name it. */
export const subjectOf = (command: AdnsfCommand): string =>
  String(
    isAboutCustomer(command)
      ? command.payload.customerId
      : isAboutItem(command)
        ? command.payload.variantId
        : command.payload.orderNumber,
  );

/** A command found remembered must be about the same order: ids are business identity and never reused. */
const replay = (command: AdnsfCommand, row: AppliedRow): Executed => {
  const orderNumber = orderNumberOf(command);
  if (row.orderNumber !== orderNumber)
    throw new PoisonError(
      'command_id_reused',
      `${command.commandId} was applied to order ${row.orderNumber}, not ${orderNumber}`,
    );
  return { kind: 'done', row, replayed: true };
};

const onCustomer = async (shop: ShopTransaction, command: AdnsfCustomerCommand, guard: string): Promise<Executed> => {
  const { customerId } = command.payload;
  const row = await shop.customer(customerId);
  if (!row) {
    const message = `there is no customer ${customerId}`;
    if (command.type !== 'EraseShopCustomer')
      return { kind: 'refused', code: 'customer_not_found', message, state: undefined };
    // Nothing is left to forget, and nothing to remember it by.
    const outcome = outcomeText({ outcome: 'already', before: 'gone', after: 'gone' });
    return { kind: 'done', row: { outcome, orderNumber: 0, appliedOn: command.occurredAt }, replayed: false };
  }
  const before = standingOf(row);
  const account =
    command.type === 'UpdateShopCustomer' ? await shop.otherAccount(command.payload.email, customerId) : undefined;
  const decision = decideCustomer(command, row, account);
  if (decision.kind === 'refuse')
    return { kind: 'refused', code: decision.code, message: decision.message, state: before };
  if (decision.kind === 'apply' && !(await shop.changeCustomer(row, decision.change)))
    throw new RetriableError(`customer ${customerId} changed while ${command.commandId} looked at them`);
  const outcome =
    decision.kind === 'apply'
      ? outcomeText({ outcome: 'applied', before, after: decision.after })
      : outcomeText({ outcome: decision.outcome, before, after: before });
  return { kind: 'done', row: await shop.remember(guard, 0, outcome), replayed: false };
};

const onStock = async (shop: ShopTransaction, command: AdnsfStockCommand, guard: string): Promise<Executed> => {
  const { variantId, color, size } = command.payload;
  const row = await shop.stock(
    { variantId, color, size },
    command.type === 'SetInventory' ? command.payload.ordersFrom : null,
  );
  if (!row) {
    const message = `there is no variant ${variantId}`;
    return { kind: 'refused', code: 'variant_not_found', message, state: undefined };
  }
  const decision = decideStock(command, row);
  if (decision.kind === 'refuse')
    return { kind: 'refused', code: decision.code, message: decision.message, state: undefined };
  if (decision.kind === 'apply' && !(await shop.changeStock(row, decision.change)))
    throw new RetriableError(`the stock of variant ${variantId} changed while ${command.commandId} looked at it`);
  const outcome =
    decision.kind === 'apply'
      ? outcomeText({ outcome: 'applied', before: decision.before, after: decision.after })
      : outcomeText({ outcome: decision.outcome, before: decision.standing, after: decision.standing });
  return { kind: 'done', row: await shop.remember(guard, 0, outcome), replayed: false };
};

const onPrice = async (shop: ShopTransaction, command: SetItemPrice, guard: string): Promise<Executed> => {
  const { variantId } = command.payload;
  const row = await shop.price(variantId);
  if (!row) {
    const message = `there is no variant ${variantId}`;
    return { kind: 'refused', code: 'variant_not_found', message, state: undefined };
  }
  const decision = decidePrice(command, row);
  if (decision.kind === 'refuse')
    return { kind: 'refused', code: decision.code, message: decision.message, state: undefined };
  if (decision.kind === 'apply' && !(await shop.changePrice(row, decision.change)))
    throw new RetriableError(`the price of variant ${variantId} changed while ${command.commandId} looked at it`);
  const outcome = outcomeText({
    outcome: decision.kind === 'apply' ? 'applied' : decision.outcome,
    before: '',
    after: decision.after,
  });
  return { kind: 'done', row: await shop.remember(guard, 0, outcome), replayed: false };
};

const onOrder = async (
  shop: ShopTransaction,
  command: AdnsfOrderCommand,
  stores: Stores,
  guard: string,
): Promise<Executed> => {
  const order = await shop.order(command.payload.orderNumber);
  if (!order) {
    const message = `there is no order ${command.payload.orderNumber}`;
    return { kind: 'refused', code: 'order_not_found', message, state: undefined };
  }
  const before = stateOf(order);
  const decision = decide(command, order, storeOf(stores, order));
  if (decision.kind === 'refuse')
    return { kind: 'refused', code: decision.code, message: decision.message, state: before };
  if (decision.kind === 'apply' && !(await shop.change(order, decision.change)))
    throw new RetriableError(`order ${order.orderNumber} changed while ${command.commandId} looked at it`);
  const rowVersion = await shop.rowVersion(order.orderNumber);
  const version = rowVersion === undefined ? {} : { rowVersion };
  const outcome =
    decision.kind === 'apply'
      ? outcomeText({ outcome: 'applied', before, after: decision.after, ...version })
      : outcomeText({ outcome: decision.outcome, before, after: before, ...version });
  const row = await shop.remember(guard, order.orderNumber, outcome);
  return { kind: 'done', row, replayed: false };
};

const onReturn = async (
  shop: ShopTransaction,
  command: AdnsfReturnCommand,
  stores: Stores,
  guard: string,
): Promise<Executed> => {
  const { returnId } = command.payload;
  const row = await shop.orderReturn(returnId);
  if (!row)
    return { kind: 'refused', code: 'return_not_found', message: `there is no return ${returnId}`, state: undefined };
  const before = returnStateOf(row);
  const decision = decideReturn(command, row, storeOf(stores, row));
  if (decision.kind === 'refuse')
    return { kind: 'refused', code: decision.code, message: decision.message, state: before };
  const changed = decision.kind === 'apply' ? await shop.changeReturn(row, decision.change) : true;
  if (changed === 'no_shelf')
    return {
      kind: 'refused',
      code: 'no_shelf',
      message: `return ${returnId}: the shop has no row of stock for what comes back`,
      state: before,
    };
  if (!changed) throw new RetriableError(`return ${returnId} changed while ${command.commandId} looked at it`);
  const outcome =
    decision.kind === 'apply'
      ? outcomeText({ outcome: 'applied', before, after: decision.after })
      : outcomeText({ outcome: decision.outcome, before, after: before });
  return { kind: 'done', row: await shop.remember(guard, row.orderNumber, outcome), replayed: false };
};

const attempt = async (
  shop: ShopTransaction,
  command: AdnsfCommand,
  stores: Stores,
  guard: string,
): Promise<Executed> => {
  const known = await shop.applied(guard);
  if (known) return replay(command, known);
  if (isAboutCustomer(command)) return onCustomer(shop, command, guard);
  if (isAboutItem(command))
    return command.type === 'SetItemPrice' ? onPrice(shop, command, guard) : onStock(shop, command, guard);
  return isAboutReturn(command) ? onReturn(shop, command, stores, guard) : onOrder(shop, command, stores, guard);
};

const asResult = (command: AdnsfCommand, commandAt: bigint, executed: Executed): CommandResult => {
  const { commandId, orderId, type, target } = command;
  const about = {
    commandId,
    orderId,
    type,
    target,
    requestId: null,
    balanceTransactions: [],
    invoiceLines: [],
    creditNotes: [],
  };
  if (executed.kind === 'refused')
    return {
      ...about,
      status: 'refused',
      objectId: null,
      objectStatus: executed.state ?? null,
      errorCode: executed.code,
      errorMessage: executed.message,
      replayed: false,
      detail: executed.state === undefined ? {} : { before: executed.state, after: executed.state },
      completedAt: commandAt,
    };
  const applied = parseOutcome(executed.row.outcome);
  if (!applied)
    throw new PoisonError('outcome_unreadable', `${commandId} is remembered with '${executed.row.outcome}'`);
  return {
    ...about,
    status: 'succeeded',
    objectId: subjectOf(command),
    objectStatus: applied.after,
    errorCode: null,
    errorMessage: null,
    replayed: executed.replayed,
    detail: { ...applied },
    completedAt: executed.row.appliedOn,
  };
};

/**
 * Executes a command that was written at `commandAt` (epoch milliseconds). It is remembered under its id; a repair under
 * its own, so that the order's state decides again whether there is anything to do, once.
 * @throws the errors of the engine
 */
export const execute = async (
  shop: Shop,
  stores: Stores,
  command: AdnsfCommand,
  commandAt: bigint,
  repair?: string,
): Promise<CommandResult> => {
  const guard = repair ?? command.commandId;
  const run = () => shop.transaction((transaction) => attempt(transaction, command, stores, guard));
  let executed: Executed;
  try {
    executed = await run();
  } catch (error) {
    if (!(error instanceof CommandKnownError)) throw error;
    executed = await run();
  }
  return asResult(command, commandAt, executed);
};
