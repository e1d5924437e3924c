/** What a disk and LMDB say, by what is to be done about it. */
import { DiskUnwritableError, TaskCorruptedError } from './errors.ts';

/** `ENOSPC`, `EDQUOT`, `EFBIG`, `EIO`, `EROFS`, and `MDB_MAP_FULL`: as names (Node) and as numbers (LMDB). */
const unwritable: ReadonlySet<unknown> = new Set([
  ...['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO', 'EROFS'],
  ...[28, 122, 27, 5, 30, -30792],
]);

const asUnwritable = (error: unknown): DiskUnwritableError | undefined => {
  if (error instanceof DiskUnwritableError) return error;
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (!unwritable.has(code)) return undefined;
  return new DiskUnwritableError(`the disk takes no writes: ${String(message)}`, { cause: error });
};

/** Of files beside the store. Throws `DiskUnwritableError` when the disk refuses, and anything else as it is. */
export const writing = <T>(use: () => T): T => {
  try {
    return use();
  } catch (error) {
    throw asUnwritable(error) ?? error;
  }
};

/** Of the store itself. Throws `DiskUnwritableError` when the disk refuses; any other trouble is `TaskCorruptedError`. */
export const trusting = <T>(use: () => T): T => {
  try {
    return use();
  } catch (cause) {
    if (cause instanceof TaskCorruptedError) throw cause;
    throw asUnwritable(cause) ?? new TaskCorruptedError('the local store cannot be used', { cause });
  }
};
