import { open } from 'node:fs/promises';

/** Whole lines that were appended to a file since the last look. */
export interface Tail {
  more(): Promise<readonly string[]>;
}

/** Reads on from where the file ends now; a file that does not exist yet is empty. */
export const tailOf = async (path: string): Promise<Tail> => {
  let offset = 0;
  const look = async (keep: (fresh: Buffer) => void): Promise<void> => {
    let file;
    try {
      file = await open(path, 'r');
    } catch (error) {
      if ((error as { code?: string }).code === 'ENOENT') return;
      throw error;
    }
    try {
      const { size } = await file.stat();
      const fresh = Buffer.alloc(Math.max(0, size - offset));
      const { bytesRead } = await file.read(fresh, 0, fresh.length, offset);
      keep(fresh.subarray(0, bytesRead));
    } finally {
      await file.close();
    }
  };
  await look((fresh) => (offset = fresh.length));
  return {
    async more() {
      const lines: string[] = [];
      await look((fresh) => {
        const end = fresh.lastIndexOf('\n') + 1;
        offset += end;
        lines.push(
          ...fresh
            .subarray(0, end)
            .toString('utf8')
            .split('\n')
            .filter((line) => line !== ''),
        );
      });
      return lines;
    },
  };
};
