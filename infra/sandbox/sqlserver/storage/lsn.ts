/** Log sequence numbers: binary(10) of log file (4), block (4) and slot (2), compared as bytes. */
export type Lsn = Buffer;

export const ZERO_LSN: Lsn = Buffer.alloc(10);

export function lsnOf(file: number, block: number, slot: number): Lsn {
  const lsn = Buffer.alloc(10);
  lsn.writeUInt32BE(file, 0);
  lsn.writeUInt32BE(block, 4);
  lsn.writeUInt16BE(slot, 8);
  return lsn;
}

export function addToLsn(lsn: Lsn, step: 1 | -1): Lsn {
  const result = Buffer.from(lsn);
  for (let i = 9; i >= 0; i--) {
    result[i] = (result[i]! + step) & 0xff;
    if (result[i] !== (step === 1 ? 0 : 0xff)) break;
  }
  return result;
}

/** Position of the log's end. It only grows, also over restarts. */
export interface LogPosition {
  readonly file: number;
  readonly block: number;
}

export const FIRST_POSITION: LogPosition = { file: 0x25, block: 0x1000 };
const SLOTS_PER_BLOCK = 100;
const BLOCKS_PER_FILE = 0xf0000000;

/** The LSNs of one transaction of `changes` log records that starts at `position`. */
export function lsnsOfCommit(
  position: LogPosition,
  changes: number,
): { begin: Lsn; sequence: (i: number) => Lsn; commit: Lsn; end: LogPosition } {
  const { file, block } =
    position.block > BLOCKS_PER_FILE
      ? { file: position.file + 1, block: 0x10 }
      : { ...position, block: position.block + 8 };
  const last = block + Math.ceil((changes + 1) / SLOTS_PER_BLOCK) + 8;
  return {
    begin: lsnOf(file, block, 1),
    sequence: (i) => lsnOf(file, block + Math.floor(i / SLOTS_PER_BLOCK), 2 + (i % SLOTS_PER_BLOCK)),
    commit: lsnOf(file, last, 1),
    end: { file, block: last },
  };
}
