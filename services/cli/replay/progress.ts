import type { WriteStream } from 'node:tty';
import type { Progress } from '../../runtime/replay/compare-stage.ts';

const EVERY_MS = 500;
const ERASE = '\r\u001b[K';

/** One line that is written over, on a terminal; nothing elsewhere. */
export const progressLine = (
  stream: Pick<WriteStream, 'write' | 'isTTY'>,
): Readonly<{ show: (progress: Progress) => void; clear: () => void }> => {
  let shownAt = 0;
  const clear = (): void => {
    if (shownAt > 0) stream.write(ERASE);
    shownAt = 0;
  };
  return {
    show: ({ stage, done, total }) => {
      if (!stream.isTTY || performance.now() - shownAt < EVERY_MS) return;
      shownAt = performance.now();
      const percent = total === 0 ? 100 : Math.floor((100 * done) / total);
      stream.write(`${ERASE}${stage}: ${percent} % of ${total} records`);
    },
    clear,
  };
};
