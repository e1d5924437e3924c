/** What the shop sells: fixed, so that a plan needs no database. Rows are made when they are missing. */
import { guidOf } from './chance.ts';

export type Article = Readonly<{
  productGuid: string;
  variantGuid: string;
  sku: string;
  name: string;
  variantName: string;
  /** Cents. */
  price: bigint;
  /** Cents, when on sale. */
  salePrice: bigint | null;
  /** Pounds, as a decimal. */
  weight: string;
  taxable: boolean;
  /** Percent off from this quantity on. */
  quantityDiscount: Readonly<{ id: number; name: string; from: number; percent: number }> | null;
  colors: readonly string[];
}>;

type Row = readonly [sku: string, name: string, price: bigint, weight: string, extra?: Partial<Article>];

const caseDiscount = { id: 7, name: 'Case price', from: 4, percent: 10 };
const pairDiscount = { id: 3, name: 'Two or more', from: 2, percent: 5 };

const rows: readonly Row[] = [
  ['TEA-ASSAM', 'Assam tea, 250 g', 1_299n, '0.6', { quantityDiscount: caseDiscount }],
  ['TEA-SENCHA', 'Sencha tea, 100 g', 1_875n, '0.3', { quantityDiscount: caseDiscount }],
  ['CUP-STONE', 'Stoneware cup', 1_499n, '0.9', { colors: ['Slate', 'Sand', 'Moss'] }],
  ['CUP-GLASS', 'Double-wall glass', 999n, '0.5', { quantityDiscount: pairDiscount }],
  ['POT-IRON', 'Cast-iron teapot, 0.9 l', 8_950n, '5.1'],
  ['KETTLE', 'Gooseneck kettle', 12_999n, '2.8', { salePrice: 10_999n }],
  ['BOOK-TEA', 'The Tea Almanac', 2_499n, '1.4', { taxable: false }],
  ['BOOK-BREAD', 'Bread, Slowly', 3_150n, '2.2', { taxable: false }],
  ['APRON', 'Linen apron', 4_800n, '0.8', { colors: ['Indigo', 'Natural'] }],
  ['TOWEL', 'Tea towel', 1_199n, '0.2', { quantityDiscount: pairDiscount, colors: ['Check', 'Plain'] }],
  ['JAR-S', 'Storage jar, small', 699n, '0.7', { quantityDiscount: caseDiscount }],
  ['JAR-L', 'Storage jar, large', 1_349n, '1.6', { quantityDiscount: caseDiscount }],
  ['SCALE', 'Kitchen scale', 3_999n, '1.1', { salePrice: 3_399n }],
  ['TIMER', 'Mechanical timer', 1_650n, '0.4'],
  ['GRINDER', 'Hand grinder', 11_900n, '1.9'],
  ['FILTER', 'Paper filters, 100', 549n, '0.3', { quantityDiscount: caseDiscount }],
  ['HONEY', 'Heather honey, 500 g', 1_725n, '1.2', { taxable: false }],
  ['JAM', 'Damson jam', 895n, '0.9', { taxable: false, quantityDiscount: pairDiscount }],
  ['BOARD', 'Olive-wood board', 5_499n, '3.0'],
  ['KNIFE', 'Paring knife', 2_799n, '0.3'],
  ['STICKER', 'Sticker sheet', 99n, '0.1'],
  ['ESPRESSO', 'Lever espresso machine', 149_999n, '24.5'],
];

export const catalog: readonly Article[] = rows.map(([sku, name, price, weight, extra]) => ({
  productGuid: guidOf('product', sku),
  variantGuid: guidOf('variant', sku),
  sku,
  name,
  variantName: '',
  price,
  salePrice: null,
  weight,
  taxable: true,
  quantityDiscount: null,
  colors: [],
  ...extra,
}));
