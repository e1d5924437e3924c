/** An order to end a process at a named moment, handed over in a file. */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

/** Names the variable with the path of the file. */
export const TRAP_FILE = 'MILLRACE_TEST_TRAP_FILE';

const trapSchema = z.strictObject({
  /** As `observe.passing` tells it. */
  point: z.string(),
  /** Of this stage only. */
  stage: z.string().optional(),
  /** Passings to let by before. */
  skip: z.int().nonnegative(),
});
export type Trap = Readonly<z.output<typeof trapSchema>>;

const sprungFile = (file: string): string => `${file}.sprung`;

export const setTrap = (file: string, trap: Trap): void => {
  rmSync(sprungFile(file), { force: true });
  writeFileSync(`${file}.draft`, JSON.stringify(trap));
  renameSync(`${file}.draft`, file);
};

export const readTrap = (file: string): Trap | undefined =>
  existsSync(file) ? trapSchema.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined;

/** Takes the order away, so that the next start does not find it. */
export const markSprung = (file: string): void => {
  renameSync(file, sprungFile(file));
};

export const hasSprung = (file: string): boolean => existsSync(sprungFile(file));

export const clearTrap = (file: string): void => {
  rmSync(file, { force: true });
};
