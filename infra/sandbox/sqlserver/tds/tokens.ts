import type { OutputColumn } from '../engine/context.ts';
import { SERVER_NAME } from '../engine/functions.ts';
import type { SqlType, Value } from '../engine/types.ts';
import { Writer } from './bytes.ts';
import { COLLATION, writeTypeInfo, writeValue } from './values.ts';

export const DONE = 0xfd;
export const DONE_PROC = 0xfe;
export const DONE_IN_PROC = 0xff;
export const MORE = 0x01;
export const ERROR = 0x02;
export const ATTENTION = 0x20;
const COUNTED = 0x10;

export const COMMAND_CODES = { select: 0xc1, insert: 0xc3, delete: 0xc4, update: 0xc5, other: 0xfd } as const;

export function writeDone(w: Writer, kind: number, status: number, count: number | undefined, command: number): void {
  w.u8(kind)
    .u16(status | (count === undefined ? 0 : COUNTED))
    .u16(command)
    .u64(BigInt(count ?? 0));
}

export function writeColumns(w: Writer, columns: readonly OutputColumn[]): void {
  w.u8(0x81).u16(columns.length);
  for (const { name, type, nullable, identity, table } of columns) {
    // user type; nullable, identity, updateable unknown
    w.u32(0).u16((nullable ? 0x01 : 0) | (identity ? 0x10 : 0) | 0x08);
    writeTypeInfo(w, type, table);
    w.shortText(name);
  }
}

export function writeRow(w: Writer, columns: readonly OutputColumn[], row: readonly Value[]): void {
  w.u8(0xd1);
  for (let i = 0; i < columns.length; i++) writeValue(w, row[i] ?? null, columns[i]!.type);
}

/** ERROR (0xAA) or INFO (0xAB). */
export function writeMessage(
  w: Writer,
  kind: 'error' | 'info',
  message: { number: number; state: number; severity: number; text: string },
): void {
  const text = message.text.slice(0, 4000);
  const length = 4 + 1 + 1 + 2 + text.length * 2 + 1 + SERVER_NAME.length * 2 + 1 + 4;
  w.u8(kind === 'error' ? 0xaa : 0xab)
    .u16(length)
    .i32(message.number)
    .u8(message.state)
    .u8(message.severity)
    .text(text)
    .shortText(SERVER_NAME)
    .shortText('')
    .i32(1);
}

function envChange(w: Writer, body: Writer): void {
  const bytes = body.take();
  w.u8(0xe3).u16(bytes.length).bytes(bytes);
}

export const DATABASE_CHANGED = 1;
export const LANGUAGE_CHANGED = 2;
export const PACKET_SIZE_CHANGED = 4;
export const COLLATION_CHANGED = 7;
export const TRANSACTION_BEGUN = 8;
export const TRANSACTION_COMMITTED = 9;
export const TRANSACTION_ROLLED_BACK = 10;
export const RESET_ACKNOWLEDGED = 18;

export function writeTextChange(w: Writer, type: number, now: string, before: string): void {
  envChange(w, new Writer().u8(type).shortText(now).shortText(before));
}

export function writeBytesChange(w: Writer, type: number, now: Buffer, before: Buffer): void {
  envChange(w, new Writer().u8(type).u8(now.length).bytes(now).u8(before.length).bytes(before));
}

export const NOTHING = Buffer.alloc(0);

/** The 8 bytes by which requests name their transaction. */
export function descriptorOf(id: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(id);
  return bytes;
}

export function writeReturnStatus(w: Writer, status: number): void {
  w.u8(0x79).i32(status);
}

export function writeReturnValue(w: Writer, ordinal: number, name: string, type: SqlType, value: Value): void {
  w.u8(0xac).u16(ordinal).shortText(name).u8(1).u32(0).u16(0);
  writeTypeInfo(w, type);
  writeValue(w, value, type);
}

/** Everything after a successful login but the final DONE. */
export function writeLoginReply(w: Writer, database: string, packetSize: number, utf8: boolean): void {
  writeTextChange(w, DATABASE_CHANGED, database, 'master');
  writeMessage(w, 'info', { number: 5701, state: 2, severity: 0, text: `Changed database context to '${database}'.` });
  writeBytesChange(w, COLLATION_CHANGED, COLLATION, NOTHING);
  writeTextChange(w, LANGUAGE_CHANGED, 'us_english', '');
  writeMessage(w, 'info', { number: 5703, state: 1, severity: 0, text: 'Changed language setting to us_english.' });
  // interface T-SQL, TDS 7.4, product name, version 16.0.1000
  const ack = new Writer().u8(1).u32be(0x74000004).shortText('Microsoft SQL Server').u8(16).u8(0).u16be(1000).take();
  w.u8(0xad).u16(ack.length).bytes(ack);
  writeTextChange(w, PACKET_SIZE_CHANGED, String(packetSize), '4096');
  // FEATUREEXTACK: UTF-8 support is the only feature acknowledged, and it is off
  if (utf8) w.bytes(Buffer.from([0xae, 0x0a, 1, 0, 0, 0, 0, 0xff]));
}
