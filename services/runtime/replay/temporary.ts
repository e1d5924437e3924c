/** Stores that live as long as somebody uses them: on disk, so that memory stays bounded, and gone with `close`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diskBackends } from '../disk-store.ts';
import type { OpenBackend } from '../store.ts';

/** Each opening begins empty. `remove` takes away what was not closed. */
export const temporaryBackends = (): Readonly<{ openBackend: OpenBackend; remove: () => void }> => {
  const base = mkdtempSync(join(tmpdir(), 'millrace-replay-'));
  let opened = 0;
  return {
    openBackend: async (task) => {
      const directory = join(base, String(opened++));
      const backend = await diskBackends(directory)(task);
      return {
        ...backend,
        close: async () => {
          await backend.close();
          rmSync(directory, { recursive: true, force: true });
        },
      };
    },
    remove: () => rmSync(base, { recursive: true, force: true }),
  };
};
