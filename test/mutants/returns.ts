/** Guards of returns: that each is paid back once, by whichever hand, and put back on the shelf once. */
import type { Mutant } from './mutant.ts';

const returns = 'services/order-stream/domain/returns.ts';
const rows = 'services/order-stream/domain/return-rows.ts';
const credits = 'services/order-stream/domain/shop-refunds.ts';
const assembly = 'services/order-stream/stages/assembly.ts';
const shop = 'services/adnsf-executor/domain/returns.ts';
const ledger = 'services/erp-ledger/returns.ts';
const verify = 'services/cli/verify/returns.ts';

const decided = ['test/unit/order-stream/returns.test.ts'];
const rowTests = ['test/topology/order-stream/returns.test.ts'];
const shopTests = ['test/unit/adnsf-executor/returns.test.ts'];
const books = ['test/unit/erp-ledger/returns.test.ts'];
const judged = ['test/unit/cli/returns.test.ts'];

export const returnMutants: readonly Mutant[] = [
  {
    guard: 'return-goods-have-come',
    why: 'a return that was only approved would be paid back before its goods are there',
    file: returns,
    edits: [{ find: `(told.state === 'APPROVED' && !told.goodsExpected)`, replace: `told.state === 'APPROVED'` }],
    tests: decided,
  },
  {
    guard: 'return-first-image-counts',
    why: 'what is asked of Stripe would depend on which image was heard of first',
    file: returns,
    edits: [{ find: `(known === null || earlier(told, known))`, replace: `known === null` }],
    tests: decided,
  },
  {
    guard: 'return-not-beyond-what-was-paid',
    why: 'returns would be asked for that come to more than the payment',
    file: returns,
    edits: [{ find: `if (payable.amount! > left)`, replace: `if (payable.amount! > left && left < 0n)` }],
    tests: decided,
  },
  {
    guard: 'return-not-beyond-what-was-bought',
    why: 'one piece would be paid back and put on the shelf twice',
    file: returns,
    edits: [{ find: `if (all > bought) return true;`, replace: `if (all > bought && bought < 0) return true;` }],
    tests: decided,
  },
  {
    guard: 'return-paid-by-hand',
    why: 'a return that somebody paid back at Stripe, and said so, would be paid again',
    file: returns,
    edits: [{ find: `return refund.returnId === String(id);`, replace: `return false;` }],
    tests: decided,
  },
  {
    guard: 'return-maybe-paid-by-hand',
    why: 'a return that somebody paid back at Stripe without a word would be paid again',
    file: returns,
    edits: [{ find: `if (maybe !== undefined) return held`, replace: `if (maybe?.id === '') return held` }],
    tests: decided,
  },
  {
    guard: 'return-by-credit',
    why: 'a return that names a credit would be paid back by both',
    file: returns,
    edits: [
      {
        find: `if ((latest.creditOrderNumber ?? 0) > 0) return nothing;`,
        replace: `if ((latest.creditOrderNumber ?? 0) < 0) return nothing;`,
      },
    ],
    tests: decided,
  },
  {
    guard: 'return-maybe-by-credit',
    why: 'a credit for a return that does not name it would be paid beside it',
    file: returns,
    edits: [{ find: `if (credit !== undefined && latest`, replace: `if (credit?.orderNumber === 0 && latest` }],
    tests: decided,
  },
  {
    guard: 'credit-maybe-of-return',
    why: 'a credit that is written for a return that was paid back would be paid as well',
    file: credits,
    edits: [{ find: `paidAs === null ? (maybe?.id ?? null) : null`, replace: `maybe === undefined ? null : null` }],
    tests: decided,
  },
  {
    guard: 'return-own-image',
    why: 'what our own command wrote would be a word of the shop',
    file: returns,
    edits: [
      {
        find: `!isOwn(told) && (told.state === REFUNDED || told.state === CLOSED)`,
        replace: `told.state === REFUNDED`,
      },
    ],
    tests: decided,
  },
  {
    guard: 'return-order-known',
    why: 'a return of an order that its customer does not have would wait for ever, and nobody would hear of it',
    file: rows,
    edits: [
      {
        find: `  if (order === undefined || order.transactionType === AD_HOC_CREDIT)`,
        replace: `  if (order === undefined) throw new Error(name);\n  if (order.transactionType === AD_HOC_CREDIT)`,
      },
    ],
    tests: rowTests,
  },
  {
    guard: 'return-stays-with-its-order',
    why: 'a return whose order number is changed would be paid back by both orders',
    file: rows,
    edits: [{ find: `before.orderId !== reading.told.orderId`, replace: `before.orderId === ''` }],
    tests: rowTests,
  },
  {
    guard: 'return-twin-image',
    why: 'the shop writes every row twice: a wrong one would be two letters',
    file: assembly,
    edits: [
      { find: `(known.sent !== null || known.image === image)) return;`, replace: `known.sent !== null) return;` },
    ],
    tests: rowTests,
  },
  {
    guard: 'return-superseded',
    why: 'an old letter that is redriven would bring back what the shop has put right since',
    file: assembly,
    edits: [{ find: `known.place !== null && known.place > place`, replace: `known.place === ''` }],
    tests: rowTests,
  },
  {
    guard: 'return-amount-in-shop',
    why: 'a return would be marked as paid back over another amount than it says',
    file: shop,
    edits: [{ find: `  if (owed !== amount)`, replace: `  if (owed < 0n)` }],
    tests: shopTests,
  },
  {
    guard: 'return-restocked-once',
    why: 'goods that are on the shelf would be put there again',
    file: shop,
    edits: [{ find: `  if (row.restocked) return`, replace: `  if (row.restocked && row.state === '') return` }],
    tests: shopTests,
  },
  {
    guard: 'return-stock-put-back-by-shop',
    why: 'goods of an order that the shop has put back on the shelf would be counted twice',
    file: shop,
    edits: [{ find: `  if (!row.stockTaken) return`, replace: `  if (row.state === '') return` }],
    tests: shopTests,
  },
  {
    guard: 'return-has-a-shelf',
    why: 'goods that are counted nowhere would be called put back',
    file: 'services/adnsf-executor/sql/returns.ts',
    edits: [
      {
        find: `if (!(await restock(connection, row, change))) return 'no_shelf';`,
        replace: `await restock(connection, row, change);`,
      },
    ],
    tests: shopTests,
  },
  {
    guard: 'ledger-goods-were-out',
    why: 'more would come back to the stock than was sold',
    file: ledger,
    edits: [{ find: `quantity <= 0 || BigInt(quantity) > out`, replace: `quantity <= 0` }],
    tests: books,
  },
  {
    guard: 'verify-return-paid-once',
    why: 'a return that was paid back twice would not be found',
    file: verify,
    edits: [{ find: `  if (standing.length > 1)`, replace: `  if (standing.length > 2)` }],
    tests: judged,
  },
];
