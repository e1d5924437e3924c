/** Makes the catalog's rows in the shop when they are missing, and finds their ids. */
import { type Article, catalog } from './catalog.ts';
import { guid, int, money, type SqlSession, text } from './sql.ts';

export type ArticleIds = Readonly<{ productId: number; variantId: number }>;
/** By SKU. */
export type Shelf = ReadonlyMap<string, ArticleIds>;

const idOf = async (sql: SqlSession, query: string, value: string): Promise<number | undefined> => {
  const { rows } = await sql.run(query, { guid: guid(value) });
  return rows[0]?.['id'] as number | undefined;
};

const ensure = async (find: () => Promise<number | undefined>, make: () => Promise<unknown>): Promise<number> => {
  const known = await find();
  if (known !== undefined) return known;
  await make();
  const made = await find();
  if (made === undefined) throw new Error('a row that was just inserted is not there');
  return made;
};

const ensureArticle = async (sql: SqlSession, article: Article): Promise<ArticleIds> => {
  const productId = await ensure(
    () => idOf(sql, 'SELECT ProductID AS id FROM dbo.Product WHERE ProductGUID = @guid', article.productGuid),
    () =>
      sql.run('INSERT INTO dbo.Product (ProductGUID, Name, SKU) VALUES (@guid, @name, @sku)', {
        guid: guid(article.productGuid),
        name: text(article.name),
        sku: text(article.sku),
      }),
  );
  const variantId = await ensure(
    () => idOf(sql, 'SELECT VariantID AS id FROM dbo.ProductVariant WHERE VariantGUID = @guid', article.variantGuid),
    () =>
      sql.run(
        `INSERT INTO dbo.ProductVariant (VariantGUID, IsDefault, Name, ProductID, Price, SalePrice, Weight, IsTaxable, Inventory)
         VALUES (@guid, 1, @name, @product, CAST(@price AS money), NULLIF(CAST(@sale AS money), 0), CAST(@weight AS money), @taxable, 1000000)`,
        {
          guid: guid(article.variantGuid),
          name: text(article.variantName),
          product: int(productId),
          price: money(article.price),
          sale: money(article.salePrice ?? 0n),
          weight: text(article.weight),
          taxable: int(article.taxable ? 1 : 0),
        },
      ),
  );
  return { productId, variantId };
};

export const fillShelf = async (sql: SqlSession): Promise<Shelf> => {
  const shelf = new Map<string, ArticleIds>();
  for (const article of catalog) shelf.set(article.sku, await ensureArticle(sql, article));
  return shelf;
};
