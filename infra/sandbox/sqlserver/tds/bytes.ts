/** Grows as it is written to; what TDS tokens are made with. Numbers are little-endian unless said otherwise. */
export class Writer {
  private buffer: Buffer;
  private position = 0;

  constructor(size = 256) {
    this.buffer = Buffer.allocUnsafe(size);
  }

  get length(): number {
    return this.position;
  }

  private room(bytes: number): number {
    const start = this.position;
    const needed = start + bytes;
    if (needed > this.buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.buffer.length * 2));
      this.buffer.copy(larger, 0, 0, start);
      this.buffer = larger;
    }
    this.position = needed;
    return start;
  }

  u8(value: number): this {
    const at = this.room(1);
    this.buffer[at] = value;
    return this;
  }

  u16(value: number): this {
    const at = this.room(2);
    this.buffer.writeUInt16LE(value, at);
    return this;
  }

  u16be(value: number): this {
    const at = this.room(2);
    this.buffer.writeUInt16BE(value, at);
    return this;
  }

  i16(value: number): this {
    const at = this.room(2);
    this.buffer.writeInt16LE(value, at);
    return this;
  }

  u32(value: number): this {
    const at = this.room(4);
    this.buffer.writeUInt32LE(value, at);
    return this;
  }

  u32be(value: number): this {
    const at = this.room(4);
    this.buffer.writeUInt32BE(value, at);
    return this;
  }

  i32(value: number): this {
    const at = this.room(4);
    this.buffer.writeInt32LE(value, at);
    return this;
  }

  u64(value: bigint): this {
    const at = this.room(8);
    this.buffer.writeBigUInt64LE(BigInt.asUintN(64, value), at);
    return this;
  }

  f32(value: number): this {
    const at = this.room(4);
    this.buffer.writeFloatLE(value, at);
    return this;
  }

  f64(value: number): this {
    const at = this.room(8);
    this.buffer.writeDoubleLE(value, at);
    return this;
  }

  /** An unsigned integer of any width. */
  uint(value: bigint, width: number): this {
    const at = this.room(width);
    let rest = value;
    for (let i = 0; i < width; i++) {
      this.buffer[at + i] = Number(rest & 0xffn);
      rest >>= 8n;
    }
    return this;
  }

  bytes(value: Uint8Array): this {
    const at = this.room(value.length);
    this.buffer.set(value, at);
    return this;
  }

  ucs2(text: string): this {
    const at = this.room(text.length * 2);
    this.buffer.write(text, at, 'utf16le');
    return this;
  }

  /** B_VARCHAR: length in characters as one byte. */
  shortText(text: string): this {
    return this.u8(text.length).ucs2(text);
  }

  /** US_VARCHAR: length in characters as two bytes. */
  text(text: string): this {
    return this.u16(text.length).ucs2(text);
  }

  take(): Buffer {
    const taken = this.buffer.subarray(0, this.position);
    this.buffer = Buffer.allocUnsafe(256);
    this.position = 0;
    return taken;
  }
}

/** Reads a TDS message. Reading past its end throws RangeError. */
export class Reader {
  readonly buffer: Buffer;
  position: number;

  constructor(buffer: Buffer, position = 0) {
    this.buffer = buffer;
    this.position = position;
  }

  get left(): number {
    return this.buffer.length - this.position;
  }

  private step(bytes: number): number {
    const at = this.position;
    if (at + bytes > this.buffer.length) throw new RangeError('message is shorter than it says');
    this.position = at + bytes;
    return at;
  }

  u8(): number {
    return this.buffer[this.step(1)]!;
  }

  u16(): number {
    return this.buffer.readUInt16LE(this.step(2));
  }

  i16(): number {
    return this.buffer.readInt16LE(this.step(2));
  }

  u32(): number {
    return this.buffer.readUInt32LE(this.step(4));
  }

  i32(): number {
    return this.buffer.readInt32LE(this.step(4));
  }

  u64(): bigint {
    return this.buffer.readBigUInt64LE(this.step(8));
  }

  i64(): bigint {
    return this.buffer.readBigInt64LE(this.step(8));
  }

  f32(): number {
    return this.buffer.readFloatLE(this.step(4));
  }

  f64(): number {
    return this.buffer.readDoubleLE(this.step(8));
  }

  uint(width: number): bigint {
    const at = this.step(width);
    let value = 0n;
    for (let i = width - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.buffer[at + i]!);
    return value;
  }

  bytes(length: number): Buffer {
    const at = this.step(length);
    return this.buffer.subarray(at, at + length);
  }

  ucs2(characters: number): string {
    return this.bytes(characters * 2).toString('utf16le');
  }

  shortText(): string {
    return this.ucs2(this.u8());
  }
}
