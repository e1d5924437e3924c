/** Guards of what is sold: that no sale is lost, no count is taken back, and nobody's change at Stripe goes unseen. */
import type { Mutant } from './mutant.ts';

const item = 'services/order-stream/domain/items/item.ts';
const rows = 'services/order-stream/domain/items/rows.ts';
const stage = 'services/order-stream/stages/items.ts';
const deciders = 'services/order-stream/stages/deciders.ts';
const stock = 'services/adnsf-executor/domain/stock.ts';
const tables = 'services/adnsf-executor/sql/stock.ts';
const stripe = 'services/stripe-executor/catalogue.ts';
const ledger = 'services/erp-ledger/items.ts';
const verify = 'services/cli/verify/items.ts';

const decided = ['test/unit/items/item.test.ts'];
const told = ['test/topology/order-stream/items.test.ts'];
const inShop = ['test/unit/adnsf-executor/stock.test.ts'];
const atStripe = ['test/unit/stripe-executor/catalogue.test.ts'];
const books = ['test/unit/erp-ledger/items.test.ts'];
const sides = ['test/unit/cli/items.test.ts'];

export const itemMutants: readonly Mutant[] = [
  {
    guard: 'item-older-row',
    why: 'a row that is heard late would bring back an old price',
    file: item,
    edits: [
      {
        find: `if (state.item !== null && state.item.place >= place)`,
        replace: `if (state.item !== null && state.item.place === place)`,
      },
    ],
    tests: decided,
  },
  {
    guard: 'item-older-count',
    why: 'a count of the ERP that comes late would be set in the shop',
    file: item,
    edits: [{ find: `known.version >= version) {`, replace: `known.version === version) {` }],
    tests: decided,
  },
  {
    guard: 'item-changed-at-stripe',
    why: 'what somebody renames at Stripe would stay so, and nobody would know',
    file: item,
    edits: [{ find: `ours: metadata['item_digest'] === productDigest(name, active),`, replace: `ours: true,` }],
    tests: decided,
  },
  {
    guard: 'item-price-not-heard-yet',
    why: 'our own price would be taken for somebody else’s when the product is heard of first',
    file: item,
    edits: [
      {
        find: `const isUnheard = defaultPriceId !== null && price === undefined;`,
        replace: `const isUnheard = defaultPriceId === 'none' && price === undefined;`,
      },
    ],
    tests: decided,
  },
  {
    guard: 'item-forgets-what-no-longer-counts',
    why: 'the state of what is sold every minute would grow for ever',
    file: item,
    edits: [
      { find: `.every((token) => live.has(token)),`, replace: `.every((token) => live.has(token) || token !== ''),` },
    ],
    tests: decided,
  },
  {
    guard: 'item-price-that-returns',
    why: 'a price that goes up and down again would stay up at Stripe',
    file: rows,
    edits: [
      {
        find: `\`\${occurredAt}-\${fingerprint(\`\${place} \${contents}\`)}\``,
        replace: `\`\${occurredAt > 0n && place !== '' ? 1790000000000n : 0n}-\${fingerprint(contents)}\``,
      },
    ],
    tests: told,
  },
  {
    guard: 'item-views-say-nothing',
    why: 'a price that is refused would be a letter for each look at its product',
    file: stage,
    edits: [{ find: `    if (same) {`, replace: `    if (same && source.place === '') {` }],
    tests: told,
  },
  {
    guard: 'item-late-image',
    why: 'a redriven image would undo what was told since',
    file: stage,
    edits: [{ find: `if (known == null || known <= place) return false;`, replace: `if (known !== '') return false;` }],
    tests: told,
  },
  {
    guard: 'item-of-nobody',
    why: 'every product that a shop’s people make at Stripe would be a dead letter',
    file: deciders,
    edits: [{ find: `if (isNobodys(record.key)) {`, replace: `if (isNobodys(record.key) && record.key === '') {` }],
    tests: told,
  },
  {
    guard: 'price-last-change-counts',
    why: 'a price that the shop’s people have changed since would be overwritten by an older one of the ERP',
    file: 'workflows/catalogue@1.yaml',
    edits: [{ find: `when: wanted.at > sold.pricedAt and (`, replace: `when: wanted.version > 0 and (` }],
    tests: decided,
  },
  {
    guard: 'price-over-the-known-one',
    why: 'a price that somebody has just typed in the shop would be lost',
    file: 'services/adnsf-executor/domain/prices.ts',
    edits: [
      {
        find: `if (present[0] !== expectedPrice || present[1] !== expectedSalePrice)`,
        replace: `if (present[0] < 0n)`,
      },
    ],
    tests: ['test/unit/adnsf-executor/prices.test.ts'],
  },
  {
    guard: 'stock-older-count',
    why: 'a count that is carried out late would undo the one after it',
    file: stock,
    edits: [
      {
        find: `if (row.mark?.version != null && row.mark.version >= version)`,
        replace: `if (row.mark?.version != null && row.mark.version === version)`,
      },
    ],
    tests: inShop,
  },
  {
    guard: 'stock-less-what-orders-hold',
    why: 'what was sold since the count would be sold again',
    file: stock,
    edits: [{ find: `const level = supply - row.held;`, replace: `const level = supply - 0 * row.held;` }],
    tests: inShop,
  },
  {
    guard: 'stock-by-hand-told-once',
    why: 'every sale would be told to the ERP as a change of its stock',
    file: stock,
    edits: [
      {
        find: `if (row.mark?.supply === supply) return`,
        replace: `if (row.mark?.supply === level) return`,
      },
    ],
    tests: inShop,
  },
  {
    guard: 'stock-orders-from',
    why: 'orders that the ERP never counted would be taken off its stock',
    file: tables,
    edits: [
      {
        find: `AND o.OrderNumber >= @from\nGROUP BY`,
        replace: `AND o.OrderNumber >= @from - @from\nGROUP BY`,
      },
    ],
    tests: inShop,
  },
  {
    guard: 'stock-of-one-size',
    why: 'a size would be counted with what was sold of the others',
    file: tables,
    edits: [{ find: `return !optioned || (same(`, replace: `return place.variantId > 0 || (same(` }],
    tests: inShop,
  },
  {
    guard: 'price-looked-up-after-a-saved-failure',
    why: 'a price that Stripe made although it answered with an error would be made twice',
    file: stripe,
    edits: [
      {
        find: `find: async () => (await oursOf(api, productId)).find(isIt),`,
        replace: `find: async () => (await oursOf(api, productId)).find(() => false),`,
      },
    ],
    tests: atStripe,
  },
  {
    guard: 'price-younger-stays',
    why: 'a command that comes again after days would bring back an old price',
    file: stripe,
    edits: [
      {
        find: `if (timeOf(product.metadata['price_version']) > timeOf(version))`,
        replace: `if (timeOf(product.metadata['price_version']) < 0n)`,
      },
    ],
    tests: atStripe,
  },
  {
    guard: 'product-younger-stays',
    why: 'a command that comes again after days would bring back an old name',
    file: stripe,
    edits: [
      {
        find: `if (timeOf(product.metadata['item_version']) > timeOf(version))`,
        replace: `if (timeOf(product.metadata['item_version']) < 0n)`,
      },
    ],
    tests: atStripe,
  },
  {
    guard: 'product-of-another',
    why: 'another shop’s product on the same account would be taken over',
    file: stripe,
    edits: [
      {
        find: `if (owner !== undefined && owner !== payload.metadata['item_id'])`,
        replace: `if (owner !== undefined && owner === '')`,
      },
    ],
    tests: atStripe,
  },
  {
    guard: 'ledger-supply-by-number',
    why: 'the ERP would have the stock that was heard of last, not the one that was counted last',
    file: ledger,
    edits: [{ find: `max(sequence) AS sequence`, replace: `min(sequence) AS sequence` }],
    tests: books,
  },
  {
    guard: 'verify-counts-what-orders-hold',
    why: 'a stock that somebody changed, and nobody told of, would not be found',
    file: verify,
    edits: [
      {
        find: `else if (stock.level + stock.held !== stock.supply)`,
        replace: `else if (stock.level + stock.held < 0)`,
      },
    ],
    tests: sides,
  },
];
