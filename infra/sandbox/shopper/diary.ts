/** Which visits were begun and which are done, so that the next run goes on with new ones and finishes the old. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';

const pageSchema = z.strictObject({ next: z.int().min(0), open: z.array(z.int().min(0)) });
type Page = z.output<typeof pageSchema>;

export interface Diary {
  /** Visits that were begun by an earlier run and not finished. */
  readonly unfinished: readonly number[];
  /** The number of a visit never begun before; noted before it is handed out. */
  begin(): Promise<number>;
  finish(visit: number): Promise<void>;
}

const isMissing = (error: unknown): boolean => (error as { code?: string }).code === 'ENOENT';

/** A diary without a file forgets. One seed has one page. @throws when the file is not a diary */
export const openDiary = async (path: string | undefined, seed: string, first = 0): Promise<Diary> => {
  const pages = new Map<string, Page>();
  if (path !== undefined) {
    try {
      const book = z.record(z.string(), pageSchema).parse(JSON.parse(await readFile(path, 'utf8')));
      for (const [name, page] of Object.entries(book)) pages.set(name, page);
    } catch (error) {
      if (!isMissing(error)) throw new Error(`${path} is not a shopper's diary: ${String(error)}`, { cause: error });
    }
  }
  const page = pages.get(seed) ?? { next: first, open: [] };
  pages.set(seed, page);
  const open = new Set(page.open);
  let writing = Promise.resolve();
  const write = (): Promise<void> => {
    page.open = [...open];
    const text = `${JSON.stringify(Object.fromEntries(pages))}\n`;
    if (path === undefined) return writing;
    writing = writing.then(async () => {
      await mkdir(dirname(path), { recursive: true });
      const draft = `${path}.${process.pid}.tmp`;
      await writeFile(draft, text);
      await rename(draft, path);
    });
    return writing;
  };
  return {
    unfinished: [...open].sort((a, b) => a - b),
    async begin() {
      const visit = page.next;
      page.next += 1;
      open.add(visit);
      await write();
      return visit;
    },
    async finish(visit) {
      open.delete(visit);
      await write();
    },
  };
};
