import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { SecureContext } from 'node:tls';
import { TLSSocket } from 'node:tls';

export interface Message {
  readonly type: number;
  /** Status bits of its first packet: 0x08 resets the connection, 0x10 keeps its transaction. */
  readonly status: number;
  readonly body: Buffer;
}

const HEADER = 8;
const LAST = 0x01;
const IGNORE = 0x02;
export const PRELOGIN = 0x12;
export const REPLY = 0x04;

/** TDS packets over a socket, with TLS inside when asked for. */
export class Transport {
  packetSize = 4096;
  private readonly socket: Socket;
  private readonly spid: number;
  private readonly onMessage: (message: Message) => void;
  private input: Buffer = Buffer.alloc(0);
  private parts: Buffer[] = [];
  private firstStatus = 0;
  private tls: TLSSocket | undefined;
  /** Until the handshake is over its records travel inside PRELOGIN packets. */
  private handshake = false;
  private handshakeInput: Buffer = Buffer.alloc(0);
  private tunnel: Duplex | undefined;

  constructor(socket: Socket, spid: number, onMessage: (message: Message) => void) {
    this.socket = socket;
    this.spid = spid;
    this.onMessage = onMessage;
    socket.setNoDelay(true);
    socket.on('data', (data: Buffer) => this.guard(() => (this.tls ? this.receiveTls(data) : this.receive(data))));
  }

  /** A message that cannot be understood ends the connection. */
  private guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  }

  destroy(error?: Error): void {
    this.tls?.destroy();
    this.socket.destroy(error);
  }

  get destroyed(): boolean {
    return this.socket.destroyed;
  }

  end(): void {
    (this.tls ?? this.socket).end();
  }

  private receive(data: Buffer): void {
    this.input = this.input.length === 0 ? data : Buffer.concat([this.input, data]);
    while (this.input.length >= HEADER) {
      const length = this.input.readUInt16BE(2);
      if (length < HEADER) throw new Error(`packet of ${length} bytes`);
      if (this.input.length < length) return;
      const type = this.input[0]!;
      const status = this.input[1]!;
      if (this.parts.length === 0) this.firstStatus = status;
      this.parts.push(this.input.subarray(HEADER, length));
      this.input = this.input.subarray(length);
      if ((status & LAST) === 0) continue;
      const body = this.parts.length === 1 ? this.parts[0]! : Buffer.concat(this.parts);
      this.parts = [];
      if ((status & IGNORE) === 0) this.onMessage({ type, status: this.firstStatus, body });
    }
  }

  // --- output ---

  private packet(payload: Buffer, type: number, last: boolean, id: number): Buffer[] {
    const header = Buffer.alloc(HEADER);
    header[0] = type;
    header[1] = last ? LAST : 0;
    header.writeUInt16BE(payload.length + HEADER, 2);
    header.writeUInt16BE(this.spid, 4);
    header[6] = id & 0xff;
    return [header, payload];
  }

  /** Sends whole packets of `payload`; what is left over is returned, unless this is the `last` part of the message. */
  write(
    payload: Buffer,
    last: boolean,
    firstId = 1,
    type = REPLY,
  ): { rest: Buffer; packets: number; drained: Promise<void> | undefined } {
    const size = this.packetSize - HEADER;
    const out: Buffer[] = [];
    let offset = 0;
    let id = firstId;
    while (payload.length - offset > size) {
      out.push(...this.packet(payload.subarray(offset, offset + size), type, false, id++));
      offset += size;
    }
    let rest = payload.subarray(offset);
    if (last) {
      out.push(...this.packet(rest, type, true, id++));
      rest = Buffer.alloc(0);
    }
    return { rest, packets: id - firstId, drained: out.length > 0 ? this.send(Buffer.concat(out)) : undefined };
  }

  private send(bytes: Buffer): Promise<void> | undefined {
    const stream = this.tls ?? this.socket;
    if (stream.destroyed || stream.write(bytes)) return undefined;
    return new Promise((resolve) => {
      const done = (): void => {
        stream.off('drain', done);
        stream.off('close', done);
        resolve();
      };
      stream.once('drain', done);
      stream.once('close', done);
    });
  }

  // --- TLS ---

  startTls(secureContext: SecureContext): void {
    this.handshake = true;
    this.tunnel = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        if (this.handshake) this.socket.write(Buffer.concat(this.packet(chunk, PRELOGIN, true, 1)), done);
        else this.socket.write(chunk, done);
      },
    });
    const tls = new TLSSocket(this.tunnel, { isServer: true, secureContext });
    tls.on('data', (data: Buffer) => this.guard(() => this.receive(data)));
    tls.on('error', (error: Error) => this.socket.destroy(error));
    this.tls = tls;
  }

  private receiveTls(data: Buffer): void {
    if (!this.handshake) {
      this.tunnel!.push(data);
      return;
    }
    this.handshakeInput = Buffer.concat([this.handshakeInput, data]);
    while (this.handshakeInput.length > 0) {
      // the first record outside a PRELOGIN packet is the client's sign that the handshake is over
      if (this.handshakeInput[0] !== PRELOGIN) {
        this.handshake = false;
        this.tunnel!.push(this.handshakeInput);
        return;
      }
      if (this.handshakeInput.length < HEADER) return;
      const length = this.handshakeInput.readUInt16BE(2);
      if (this.handshakeInput.length < length) return;
      this.tunnel!.push(this.handshakeInput.subarray(HEADER, length));
      this.handshakeInput = this.handshakeInput.subarray(length);
    }
  }
}
