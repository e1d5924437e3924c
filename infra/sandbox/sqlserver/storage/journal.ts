import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { crc32 } from 'node:zlib';
import type { CatalogChange } from './catalog.ts';
import type { LogPosition } from './lsn.ts';
import type { RowValues } from './table.ts';
import type { ChangeRow, LsnTime } from './cdc.ts';

/** One record of the journal. A commit is one record, so it is there whole or not at all. */
export type Entry =
  | { readonly k: 'catalog'; readonly change: CatalogChange; readonly at: number; readonly position: LogPosition }
  | {
      readonly k: 'commit';
      readonly position: LogPosition;
      readonly beganAt: number;
      readonly endedAt: number;
      /** table object id, operation, row id, new image */
      readonly changes: readonly (readonly [number, 'insert' | 'update' | 'delete', number, RowValues | null])[];
      readonly identities: readonly (readonly [number, number])[];
    }
  | { readonly k: 'identities'; readonly identities: readonly (readonly [number, number])[] }
  | { readonly k: 'initialised' }
  | { readonly k: 'rows'; readonly table: number; readonly rows: readonly (readonly [number, RowValues])[] }
  | { readonly k: 'counters'; readonly table: number; readonly nextRowId: number; readonly nextIdentity: number }
  | { readonly k: 'captured'; readonly instance: string; readonly rows: readonly ChangeRow[] }
  | { readonly k: 'times'; readonly times: readonly LsnTime[] }
  | { readonly k: 'position'; readonly position: LogPosition; readonly nextObjectId: number };

const MAGIC = Buffer.from('TDSJRNL1');
const HEADER = 8;

function frame(entry: Entry): Buffer {
  const payload = serialize(entry);
  const header = Buffer.alloc(HEADER);
  header.writeUInt32LE(payload.length, 0);
  header.writeUInt32LE(crc32(payload), 4);
  return Buffer.concat([header, payload]);
}

function writeAll(descriptor: number, bytes: Buffer, position: number): void {
  let written = 0;
  while (written < bytes.length)
    written += writeSync(descriptor, bytes, written, bytes.length - written, position + written);
}

function isEntry(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && 'k' in value;
}

/** Reads whole records up to the first torn or damaged one. `end` is where the good part stops. */
function readEntries(bytes: Buffer): { entries: Entry[]; end: number } {
  const entries: Entry[] = [];
  let end = MAGIC.length;
  while (end + HEADER <= bytes.length) {
    const length = bytes.readUInt32LE(end);
    const start = end + HEADER;
    // zeros are what a file system may leave behind a size that it recorded too early
    if (length === 0 || start + length > bytes.length) break;
    const payload = bytes.subarray(start, start + length);
    if (crc32(payload) !== bytes.readUInt32LE(end + 4)) break;
    const entry: unknown = deserialize(payload);
    if (!isEntry(entry)) break;
    entries.push(entry);
    end = start + length;
  }
  return { entries, end };
}

/**
 * Append-only file of committed changes. A record is written before anyone may see what it holds, so what a client has
 * seen survives `kill -9`; with `sync` it also survives the machine.
 */
export class Journal {
  private readonly path: string;
  private readonly sync: boolean;
  private descriptor: number;
  size: number;

  private constructor(path: string, descriptor: number, size: number, sync: boolean) {
    this.path = path;
    this.descriptor = descriptor;
    this.size = size;
    this.sync = sync;
  }

  /** Opens or creates the file, cuts a torn tail, and returns what it holds. */
  static open(path: string, sync: boolean): { journal: Journal; entries: Entry[] } {
    mkdirSync(dirname(path), { recursive: true });
    const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
    const fresh = bytes.length < MAGIC.length;
    if (!fresh && !bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw new Error(`${path} is not a journal`);
    const { entries, end } = fresh ? { entries: [], end: 0 } : readEntries(bytes);
    const descriptor = openSync(path, fresh ? 'w' : 'r+');
    if (fresh) writeSync(descriptor, MAGIC, 0, MAGIC.length, 0);
    else ftruncateSync(descriptor, end);
    return { journal: new Journal(path, descriptor, Math.max(end, MAGIC.length), sync), entries };
  }

  append(entry: Entry): void {
    const bytes = frame(entry);
    writeAll(this.descriptor, bytes, this.size);
    this.size += bytes.length;
    if (this.sync) fdatasyncSync(this.descriptor);
  }

  /** Replaces the content by `entries`, atomically. */
  rewrite(entries: Iterable<Entry>): void {
    const temporary = `${this.path}.new`;
    const descriptor = openSync(temporary, 'w');
    let size = writeSync(descriptor, MAGIC);
    for (const entry of entries) {
      const bytes = frame(entry);
      writeAll(descriptor, bytes, size);
      size += bytes.length;
    }
    fsyncSync(descriptor);
    renameSync(temporary, this.path);
    closeSync(this.descriptor);
    this.descriptor = descriptor;
    this.size = size;
  }

  close(): void {
    closeSync(this.descriptor);
  }
}
