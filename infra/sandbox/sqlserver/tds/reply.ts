import { Cancelled } from '../errors.ts';
import type { ResultSet } from '../engine/context.ts';
import { Writer } from './bytes.ts';
import * as tokens from './tokens.ts';
import type { Transport } from './transport.ts';

const FLUSH_BYTES = 32 * 1024;

/** The answer to one request. Large results go out while they are made, as fast as the client reads. */
export class Reply {
  readonly writer = new Writer(4096);
  private readonly transport: Transport;
  private packets = 1;
  /** DONE of the last statement: whether more follows is only known later. */
  private held: { status: number; count: number | undefined; command: number } | undefined;
  private inProcedure = false;

  constructor(transport: Transport) {
    this.transport = transport;
  }

  private async flush(): Promise<void> {
    const { rest, packets, drained } = this.transport.write(this.writer.take(), false, this.packets);
    this.packets += packets;
    this.writer.bytes(rest);
    await drained;
  }

  /** Inside an RPC statements end with DONEINPROC; the call itself with {@link endProcedure}. */
  startProcedure(): void {
    this.release(true);
    this.inProcedure = true;
  }

  endProcedure(status: number): void {
    this.inProcedure = false;
    this.held = undefined;
    this.heldProcedure = status;
  }
  private heldProcedure: number | undefined;

  private release(more: boolean): void {
    const flag = more ? tokens.MORE : 0;
    if (this.held) {
      const { status, count, command } = this.held;
      tokens.writeDone(this.writer, tokens.DONE, status | flag, count, command);
      this.held = undefined;
    }
    if (this.heldProcedure !== undefined) {
      tokens.writeDone(this.writer, tokens.DONE_PROC, this.heldProcedure | flag, undefined, 0xe0);
      this.heldProcedure = undefined;
    }
  }

  /** Before any token of a further statement. */
  more(): void {
    this.release(true);
  }

  done(count: number | undefined, command: number, status = 0): void {
    this.release(true);
    if (this.inProcedure) tokens.writeDone(this.writer, tokens.DONE_IN_PROC, status | tokens.MORE, count, command);
    else this.held = { status, count, command };
  }

  /** Streams a result set; returns how many rows. */
  async result({ columns, rows }: ResultSet, signal: AbortSignal): Promise<number> {
    this.more();
    tokens.writeColumns(this.writer, columns);
    let count = 0;
    for (const row of rows) {
      tokens.writeRow(this.writer, columns, row);
      count++;
      if (this.writer.length < FLUSH_BYTES) continue;
      await this.flush();
      // lets an attention that has arrived meanwhile be seen
      if (count % 1024 === 0) await new Promise((resolve) => setImmediate(resolve));
      if (signal.aborted) throw new Cancelled('request cancelled');
    }
    return count;
  }

  error(error: { number: number; state: number; severity: number; message: string }): void {
    this.more();
    const { number, state, severity, message } = error;
    tokens.writeMessage(this.writer, 'error', { number, state, severity, text: message });
  }

  end(): void {
    if (!this.held && this.heldProcedure === undefined) this.done(undefined, 0xfd);
    this.release(false);
    this.transport.write(this.writer.take(), true, this.packets);
  }

  /** Ends the reply of a request that the client has withdrawn, then answers the attention with a message of its own. */
  endCancelled(): void {
    this.end();
    acknowledgeAttention(this.transport);
  }
}

export function acknowledgeAttention(transport: Transport): void {
  const writer = new Writer();
  tokens.writeDone(writer, tokens.DONE, tokens.ATTENTION, undefined, 0);
  transport.write(writer.take(), true);
}
