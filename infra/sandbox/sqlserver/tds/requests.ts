import type { SqlType, Value } from '../engine/types.ts';
import { Reader, Writer } from './bytes.ts';
import { readTypedValue } from './values.ts';

export interface RpcParameter {
  /** With its @; empty when by position. */
  readonly name: string;
  readonly output: boolean;
  readonly type: SqlType;
  readonly value: Value;
}

export interface RpcCall {
  readonly procedure: string;
  readonly parameters: readonly RpcParameter[];
}

const PROCEDURE_IDS: Readonly<Record<number, string>> = {
  1: 'sp_cursor',
  2: 'sp_cursoropen',
  3: 'sp_cursorprepare',
  4: 'sp_cursorexecute',
  5: 'sp_cursorprepexec',
  6: 'sp_cursorunprepare',
  7: 'sp_cursorfetch',
  8: 'sp_cursoroption',
  9: 'sp_cursorclose',
  10: 'sp_executesql',
  11: 'sp_prepare',
  12: 'sp_execute',
  13: 'sp_prepexec',
  14: 'sp_prepexecrpc',
  15: 'sp_unprepare',
};

function skipHeaders(r: Reader): void {
  const start = r.position;
  r.position = start + r.u32();
}

export function readBatch(message: Buffer): string {
  const r = new Reader(message);
  skipHeaders(r);
  return r.bytes(r.left).toString('utf16le');
}

export function readRpc(message: Buffer): RpcCall[] {
  const r = new Reader(message);
  skipHeaders(r);
  const calls: RpcCall[] = [];
  while (r.left > 0) {
    const length = r.u16();
    const procedure = length === 0xffff ? (PROCEDURE_IDS[r.u16()] ?? 'sp_unknown') : r.ucs2(length);
    r.u16();
    const parameters: RpcParameter[] = [];
    while (r.left > 0) {
      const next = r.buffer[r.position];
      if (next === 0xff || next === 0x80) {
        r.u8();
        break;
      }
      const name = r.shortText();
      const flags = r.u8();
      parameters.push({ name, output: (flags & 1) !== 0, ...readTypedValue(r) });
    }
    calls.push({ procedure, parameters });
  }
  return calls;
}

export type TransactionRequest =
  | { readonly k: 'begin'; readonly isolation: number }
  | { readonly k: 'commit' | 'rollback' | 'save'; readonly name: string; readonly thenBegin: boolean }
  | { readonly k: 'unknown'; readonly code: number };

export function readTransactionRequest(message: Buffer): TransactionRequest {
  const r = new Reader(message);
  skipHeaders(r);
  const code = r.u16();
  if (code === 5) return { k: 'begin', isolation: r.left > 0 ? r.u8() : 0 };
  const kinds = { 7: 'commit', 8: 'rollback', 9: 'save' } as const;
  const k = code === 7 || code === 8 || code === 9 ? kinds[code] : undefined;
  if (k === undefined) return { k: 'unknown', code };
  // the name's length is in bytes
  const name = r.left > 0 ? r.ucs2(r.u8() >> 1) : '';
  return { k, name, thenBegin: k !== 'save' && r.left > 0 && (r.u8() & 1) !== 0 };
}

/** Option 1 of PRELOGIN: 0 encrypts at most the login, 1 and 3 all, 2 nothing. */
export function readPrelogin(message: Buffer): { encryption: number } {
  for (let p = 0; p + 4 < message.length && message[p] !== 0xff; p += 5)
    if (message[p] === 1) return { encryption: message[message.readUInt16BE(p + 1)] ?? 2 };
  return { encryption: 2 };
}

export function preloginReply(encryption: number): Buffer {
  const options: [number, Buffer][] = [
    [0, Buffer.from([16, 0, 0x03, 0xe8, 0, 0])],
    [1, Buffer.from([encryption])],
    [2, Buffer.from([0])],
    [3, Buffer.alloc(0)],
    [4, Buffer.from([0])],
  ];
  const head = new Writer();
  let offset = options.length * 5 + 1;
  for (const [token, data] of options) {
    head.u8(token).u16be(offset).u16be(data.length);
    offset += data.length;
  }
  head.u8(0xff);
  for (const [, data] of options) head.bytes(data);
  return head.take();
}

export interface Login {
  readonly packetSize: number;
  readonly host: string;
  readonly user: string;
  readonly password: string;
  readonly application: string;
  readonly database: string;
  /** The client announced UTF-8 support (feature 0x0A). */
  readonly utf8: boolean;
}

export function readLogin(message: Buffer): Login {
  const field = (place: number): string => {
    const offset = message.readUInt16LE(place);
    return message.toString('utf16le', offset, offset + message.readUInt16LE(place + 2) * 2);
  };
  const secret = (place: number): string => {
    const offset = message.readUInt16LE(place);
    const bytes = Buffer.from(message.subarray(offset, offset + message.readUInt16LE(place + 2) * 2));
    for (const [i, byte] of bytes.entries()) {
      const swapped = byte ^ 0xa5;
      bytes[i] = ((swapped << 4) | (swapped >> 4)) & 0xff;
    }
    return bytes.toString('utf16le');
  };
  return {
    packetSize: message.readUInt32LE(8),
    host: field(36),
    user: field(40),
    password: secret(44),
    application: field(48),
    database: field(68),
    utf8: (message[27]! & 0x10) !== 0 && features(message).includes(0x0a),
  };
}

function features(message: Buffer): number[] {
  const found: number[] = [];
  let p = message.readUInt32LE(message.readUInt16LE(56));
  while (p < message.length && message[p] !== 0xff) {
    found.push(message[p]!);
    p += 5 + message.readUInt32LE(p + 1);
  }
  return found;
}
