/** Where the demo talks: one refreshing line on a terminal, a line now and then elsewhere. */
export interface Screen {
  say(text: string): void;
  /** The state of things; may be dropped when one was shown just before. */
  show(text: string): void;
}

const PLAIN_EVERY_MS = 3_000;

export const openScreen = (stream: NodeJS.WriteStream, now: () => number): Screen => {
  let shown = false;
  let last = Number.NEGATIVE_INFINITY;
  let text = '';
  return {
    say(line) {
      stream.write(`${shown ? '\r\u001b[2K' : ''}${line}\n`);
      shown = false;
    },
    show(line) {
      if (stream.isTTY) {
        stream.write(`\r\u001b[2K${line.slice(0, stream.columns - 1)}`);
        shown = true;
      } else if (line !== text && now() - last >= PLAIN_EVERY_MS) {
        stream.write(`${line}\n`);
        last = now();
        text = line;
      }
    },
  };
};
