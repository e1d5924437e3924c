/** One guard of the design, and how the code looks without it. */
export type Mutant = Readonly<{
  /** Its name, for the table and for `--only`. */
  guard: string;
  /** What goes wrong without it. */
  why: string;
  /** Where it is, from the root of the checkout. */
  file: string;
  /** Snippets of that file, each there exactly once, and what replaces them. */
  edits: readonly Readonly<{ find: string; replace: string }>[];
  /** The test files of which one has to notice. They need no stack. */
  tests: readonly string[];
}>;

/** The code with the guard removed. Throws when a snippet is not there exactly once: the mutant is stale then. */
export const mutated = (source: string, { guard, file, edits }: Mutant): string =>
  edits.reduce((text, { find, replace }) => {
    const parts = text.split(find);
    if (parts.length !== 2)
      throw new Error(`${guard} is stale: ${parts.length - 1} places in ${file} read\n${find}\nand it takes exactly 1`);
    return parts.join(replace);
  }, source);
