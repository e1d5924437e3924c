/** Two ledgers beside one another, row by row. */
import BetterSqlite from 'better-sqlite3';

/** Rows of one table that only one of two ledgers has. A row that differs is one of each. */
export type TableDifference = Readonly<{ table: string; missing: number; surplus: number; example: string }>;

const readOnly = (path: string): BetterSqlite.Database => {
  const database = new BetterSqlite(path, { readonly: true, fileMustExist: true });
  database.defaultSafeIntegers(true);
  return database;
};

/** A copy of a ledger as of one moment, however busy it is. */
export const snapshotLedger = async (path: string, into: string): Promise<void> => {
  const database = readOnly(path);
  try {
    await database.backup(into);
  } finally {
    database.close();
  }
};

/** Positions of a ledger's partitions of a topic. */
export const positionsIn = (path: string, topic: string): ReadonlyMap<number, bigint> => {
  const database = readOnly(path);
  try {
    const rows = database
      .prepare<[string], [bigint, bigint]>('SELECT partition, next_offset FROM consumed WHERE topic = ?')
      .raw()
      .all(topic);
    return new Map(rows.map(([partition, offset]) => [Number(partition), offset]));
  } finally {
    database.close();
  }
};

const rowText = (row: object): string =>
  JSON.stringify(row, (_name, part: unknown) => {
    if (typeof part === 'bigint') return String(part);
    return part;
  });

/** Tables that differ; none when both ledgers say the same. `missing`: in `expected`, and not in `actual`. */
export const compareLedgers = (expected: string, actual: string): readonly TableDifference[] => {
  const database = readOnly(actual);
  try {
    database.prepare('ATTACH ? AS expected').run(expected);
    const tablesOf = (schema: string): readonly string[] =>
      database
        .prepare<[], string>(`SELECT name FROM ${schema}.sqlite_master WHERE type = 'table' ORDER BY name`)
        .pluck()
        .all();
    return [...new Set([...tablesOf('expected'), ...tablesOf('main')])].flatMap((table) => {
      const only = (here: string, there: string): readonly object[] =>
        database.prepare<[], object>(`SELECT * FROM ${here}."${table}" EXCEPT SELECT * FROM ${there}."${table}"`).all();
      const [missing, surplus] = [only('expected', 'main'), only('main', 'expected')];
      const [example] = [...missing, ...surplus];
      if (example === undefined) return [];
      return [{ table, missing: missing.length, surplus: surplus.length, example: rowText(example) }];
    });
  } finally {
    database.close();
  }
};
