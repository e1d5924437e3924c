/**
 * Reads an LMDB file page by page without LMDB, and says whether it can be handed to it. LMDB trusts what it maps: over
 * damaged pages it misses keys, gives pages in use away, or dies. The format is that of lmdb-js 3 (data version 2, 64-bit
 * little-endian), where lists of free pages may have gaps (0) and runs (minus the length, then the first page).
 */
import { closeSync, openSync, readSync } from 'node:fs';

export type FileEntry = Readonly<{ table: string; key: Buffer; value: Buffer }>;

/** What is wrong with the file. */
export class DamagedFileError extends Error {
  override readonly name = 'DamagedFileError';
}

const magic = 0xbeefc0de;
const dataVersion = 2;
const headerBytes = 24;
const nodeBytes = 8;
const treeBytes = 48;
/** Flags of the environment, kept in the tree of free pages (whose keys are integers). */
const environmentFlags = 0x4008;
const branch = 0x01;
const leaf = 0x02;
const overflow = 0x04;
const meta = 0x08;
const onOverflow = 0x01;
const isTree = 0x02;
const noRoot = 0xffff_ffff_ffff_ffffn;

type Tree = Readonly<{
  flags: number;
  depth: number;
  branches: bigint;
  leaves: bigint;
  overflows: bigint;
  entries: bigint;
  root: bigint;
}>;

type Meta = Readonly<{ pageBytes: number; free: Tree; main: Tree; last: bigint; transaction: bigint }>;

const ensure: (sound: boolean, what: string) => asserts sound = (sound, what) => {
  if (!sound) throw new DamagedFileError(what);
};

const treeAt = (bytes: Buffer, at: number): Tree => ({
  flags: bytes.readUInt16LE(at + 4),
  depth: bytes.readUInt16LE(at + 6),
  branches: bytes.readBigUInt64LE(at + 8),
  leaves: bytes.readBigUInt64LE(at + 16),
  overflows: bytes.readBigUInt64LE(at + 24),
  entries: bytes.readBigUInt64LE(at + 32),
  root: bytes.readBigUInt64LE(at + 40),
});

const metaOf = (page: Buffer, number: number): Meta => {
  const at = headerBytes;
  ensure(
    page.readBigUInt64LE(0) === BigInt(number) && page.readUInt16LE(18) === meta,
    `page ${number} is not a head of the file`,
  );
  ensure(page.readUInt32LE(at) === magic, 'it has another magic number');
  ensure(page.readUInt32LE(at + 4) === dataVersion && page.readBigUInt64LE(at + 8) === 0n, 'it has another version');
  const free = treeAt(page, at + 24);
  ensure(free.flags === environmentFlags, 'the flags of its heads are unknown');
  return {
    pageBytes: page.readUInt32LE(at + 24),
    free,
    main: treeAt(page, at + 24 + treeBytes),
    last: page.readBigUInt64LE(at + 24 + 2 * treeBytes),
    transaction: page.readBigUInt64LE(at + 32 + 2 * treeBytes),
  };
};

const inBytes = (a: Buffer, b: Buffer): number => a.compare(b);

class LmdbFile {
  readonly #file: number;
  #pageBytes = 0;
  #last = 0n;
  #transaction = 0n;
  readonly #used = new Set<number>();

  constructor(file: number) {
    this.#file = file;
  }

  *entries(): Generator<FileEntry> {
    const head = this.#head();
    if (head === undefined) return;
    const free: Buffer[] = [];
    for (const { value } of this.#tree(head.free, (a, b) => Number(a.readBigUInt64LE() - b.readBigUInt64LE())))
      free.push(value);
    for (const { key, value, flags } of this.#tree(head.main, inBytes)) {
      ensure(flags === isTree && value.length === treeBytes, 'there is a value outside its tables');
      const tree = treeAt(value, 0);
      ensure(tree.flags === 0, 'a table has unknown flags');
      // lmdb-js ends names with a zero.
      const table = key.subarray(0, key.at(-1) === 0 ? -1 : undefined).toString();
      for (const entry of this.#tree(tree, inBytes)) {
        ensure((entry.flags & isTree) === 0, 'there is a table inside a table');
        yield { table, key: entry.key, value: entry.value };
      }
    }
    // Pages that are free come last: none may be in use.
    for (const list of free) this.#free(list);
    ensure(BigInt(this.#used.size) + 2n === this.#last + 1n, 'there are pages that are neither used nor free');
  }

  /** The head that counts, undefined when nothing was ever written. */
  #head(): Meta | undefined {
    const first = Buffer.alloc(headerBytes + 144);
    ensure(readSync(this.#file, first, 0, first.length, 0) === first.length, 'it has no head');
    const one = metaOf(first, 0);
    const { pageBytes } = one;
    ensure(pageBytes >= 512 && pageBytes <= 65536 && (pageBytes & (pageBytes - 1)) === 0, 'its pages have no size');
    const second = Buffer.alloc(first.length);
    ensure(readSync(this.#file, second, 0, second.length, pageBytes) === second.length, 'it has one head only');
    const other = metaOf(second, 1);
    ensure(other.pageBytes === pageBytes, 'its heads differ');
    const head = one.transaction >= other.transaction ? one : other;
    const apart = head.transaction - (head === one ? other : one).transaction;
    ensure(apart === 1n || head.transaction === 0n, 'its heads are not of two transactions in a row');
    this.#pageBytes = pageBytes;
    this.#last = head.last;
    this.#transaction = head.transaction;
    return head;
  }

  #claim(number: bigint, count: bigint, what: string): number {
    ensure(number >= 2n && count >= 1n && number + count - 1n <= this.#last, `${what} ${number} is not in the file`);
    for (let page = Number(number); page < Number(number + count); page++) {
      ensure(!this.#used.has(page), `page ${page} is used twice`);
      this.#used.add(page);
    }
    return Number(number);
  }

  #read(number: number, count: number): Buffer {
    const bytes = Buffer.allocUnsafe(count * this.#pageBytes);
    const read = readSync(this.#file, bytes, 0, bytes.length, number * this.#pageBytes);
    ensure(read === bytes.length, `page ${number} is cut off`);
    ensure(bytes.readBigUInt64LE(0) === BigInt(number), `page ${number} is another one`);
    ensure(bytes.readBigUInt64LE(8) <= this.#transaction, `page ${number} is of a transaction to come`);
    return bytes;
  }

  *#tree(
    tree: Tree,
    compare: (a: Buffer, b: Buffer) => number,
  ): Generator<Readonly<{ key: Buffer; value: Buffer; flags: number }>> {
    if (tree.root === noRoot) {
      ensure(tree.entries === 0n && tree.depth === 0, 'a tree without a root is not empty');
      return;
    }
    const found = { branches: 0n, leaves: 0n, overflows: 0n, entries: 0n };
    let last: Buffer | undefined;
    // Pages to visit, with the least key each may have, and the least of what follows it.
    const stack: { number: bigint; depth: number; from: Buffer | undefined; to: Buffer | undefined }[] = [
      { number: tree.root, depth: 1, from: undefined, to: undefined },
    ];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      const { depth, from, to } = next;
      const page = this.#read(this.#claim(next.number, 1n, 'page'), 1);
      const nodes = this.#nodes(page, depth === tree.depth ? leaf : branch);
      if (depth < tree.depth) {
        found.branches++;
        ensure(nodes.length >= 2, 'a branch has less than two ways');
        const children = nodes.map(({ key, low, flags }, index) => ({
          number: BigInt(low) + (BigInt(flags) << 32n),
          depth: depth + 1,
          from: index === 0 ? from : key,
          to: nodes[index + 1]?.key ?? to,
        }));
        stack.push(...children.reverse());
        continue;
      }
      found.leaves++;
      for (const { key, low, flags, data } of nodes) {
        ensure((flags & ~(onOverflow | isTree)) === 0, 'a value has unknown flags');
        ensure(last === undefined || compare(last, key) < 0, 'keys are not in order');
        ensure(from === undefined || compare(from, key) <= 0, 'a key is before its branch');
        ensure(to === undefined || compare(key, to) < 0, 'a key is behind its branch');
        last = key;
        found.entries++;
        if ((flags & onOverflow) === 0) {
          ensure(data + low <= page.length, 'a value goes beyond its page');
          yield { key, value: page.subarray(data, data + low), flags };
          continue;
        }
        ensure(data + 24 <= page.length, 'a value goes beyond its page');
        // A shorter value may have taken the pages of a longer one.
        const count = page.readBigUInt64LE(data + 16);
        ensure(headerBytes + low <= Number(count) * this.#pageBytes, 'a long value is longer than its pages');
        const first = this.#claim(page.readBigUInt64LE(data), count, 'page');
        const pages = this.#read(first, Number(count));
        ensure(pages.readUInt16LE(18) === overflow && BigInt(pages.readUInt32LE(20)) === count, 'a long value is none');
        found.overflows += count;
        yield { key, value: pages.subarray(headerBytes, headerBytes + low), flags: flags & ~onOverflow };
      }
    }
    for (const [name, count] of Object.entries(found))
      ensure(count === tree[name as keyof typeof found], `a tree has ${count} ${name}, and says otherwise`);
  }

  #nodes(page: Buffer, kind: number) {
    const [flags, lower, upper] = [page.readUInt16LE(18), page.readUInt16LE(20), page.readUInt16LE(22)];
    ensure(flags === kind, 'a page is of another kind');
    ensure(lower % 2 === 0 && lower <= upper && headerBytes + upper <= page.length, 'a page has no sound bounds');
    return Array.from({ length: lower / 2 }, (_, index) => {
      const at = headerBytes + page.readUInt16LE(headerBytes + 2 * index);
      ensure(at >= headerBytes + upper && at + nodeBytes <= page.length, 'an entry is outside its page');
      const data = at + nodeBytes + page.readUInt16LE(at + 6);
      ensure(data <= page.length, 'a key goes beyond its page');
      return {
        low: page.readUInt32LE(at),
        flags: page.readUInt16LE(at + 4),
        key: page.subarray(at + nodeBytes, data),
        data,
      };
    });
  }

  #free(list: Buffer): void {
    ensure(list.length >= 8 && list.length % 8 === 0, 'a list of free pages has no length');
    const count = list.readBigUInt64LE(0);
    ensure(count < BigInt(list.length / 8), 'a list of free pages is cut off');
    for (let at = 8; at <= Number(count) * 8; at += 8) {
      const page = list.readBigInt64LE(at);
      if (page === 0n) continue;
      if (page > 0n) this.#claim(page, 1n, 'free page');
      else {
        at += 8;
        ensure(at <= Number(count) * 8, 'a run of free pages has no beginning');
        this.#claim(list.readBigInt64LE(at), -page, 'free page');
      }
    }
  }
}

/**
 * Every value in the file, table by table in the order of keys. Throws `DamagedFileError` as soon as something does not
 * fit, at the latest after the last value. The buffers are good until the next one.
 */
export function* readLmdbFile(path: string): Generator<FileEntry> {
  const file = openSync(path, 'r');
  try {
    yield* new LmdbFile(file).entries();
  } finally {
    closeSync(file);
  }
}
