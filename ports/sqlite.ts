import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'libsql';
import { LogsterError, reasonOf } from '../contracts/errors.ts';

/** What SQLite can keep of ours. */
export type SqlValue = string | number | null;
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** An open SQLite file. Every call holds the thread until it is done. */
export interface Sqlite {
  /** A statement for libraries that bring their own SQL. */
  prepare(sql: string): SqlStatement;
  run(sql: string, values?: readonly SqlValue[]): { readonly changes: number; readonly lastRowId: number };
  all(sql: string, values?: readonly SqlValue[]): readonly SqlRow[];
  exec(sql: string): void;
  /** All or nothing, and no other writer meanwhile. */
  write<T>(run: () => T): T;
  /** Several reads of one state of the file, whatever others write meanwhile. */
  read<T>(run: () => T): T;
  close(): void;
}

export interface SqlStatement {
  /** Whether it answers with rows. */
  readonly reader: boolean;
  run(values: readonly unknown[]): { readonly changes: number; readonly lastInsertRowid: number | bigint };
  all(values: readonly unknown[]): unknown[];
  iterate(values: readonly unknown[]): IterableIterator<unknown>;
}

export interface SqliteOptions {
  readonly file: string;
  readonly pageSizeBytes?: number;
  /** `normal` survives a killed process; `full` also a power cut, at one fsync per transaction. */
  readonly durability?: 'normal' | 'full';
  /** How long a call waits, holding the thread, for another process that writes. */
  readonly waitMs?: number;
  /** Pages the write-ahead log may grow to before they are carried over into the file. */
  readonly checkpointPages?: number;
}

/** Prepared statements kept per connection; our queries come in far fewer shapes. */
const STATEMENTS_KEPT = 200;

/**
 * Opens or creates a SQLite file in WAL mode: readers never wait for a writer, writers wait for each other.
 * Throws `unavailable` where the file cannot be opened or is no database.
 */
export function openSqlite(options: SqliteOptions): Sqlite {
  const {
    file,
    pageSizeBytes = 4096,
    durability = 'normal',
    waitMs = 5000,
    checkpointPages = 1000,
  } = options;
  const connection = connect(file, [
    `busy_timeout = ${waitMs}`,
    `page_size = ${pageSizeBytes}`,
    'journal_mode = WAL',
    `synchronous = ${durability}`,
    `wal_autocheckpoint = ${checkpointPages}`,
    'cache_size = -32768', // 32 MiB: holds the inner pages of the indexes at ten million rows
  ]);
  const statements = new Map<string, Database.Statement>();
  const prepared = (sql: string): Database.Statement => preparedOnce(connection, statements, sql);
  const explained = <T>(run: () => T): T => {
    try {
      return run();
    } catch (cause) {
      throw explain(file, cause);
    }
  };
  return {
    prepare: (sql) =>
      explained(() => {
        const statement = connection.prepare(sql);
        return {
          reader: statement.reader,
          run: (values) => explained(() => statement.run(values as unknown[])),
          all: (values) => explained(() => statement.all(values as unknown[])),
          iterate: (values) => explained(() => statement.iterate(values as unknown[])),
        };
      }),
    run: (sql, values = []) =>
      explained(() => {
        const { changes, lastInsertRowid } = prepared(sql).run(values as SqlValue[]);
        return { changes, lastRowId: Number(lastInsertRowid) };
      }),
    all: (sql, values = []) => explained(() => prepared(sql).all(values as SqlValue[]) as SqlRow[]),
    exec: (sql) => explained(() => void connection.exec(sql)),
    write: (run) => explained(() => bracketed(connection, 'begin immediate', run)),
    read: (run) => explained(() => bracketed(connection, 'begin', run)),
    close() {
      statements.clear();
      if (connection.open) connection.close();
    },
  };
}

function preparedOnce(
  connection: Database.Database,
  statements: Map<string, Database.Statement>,
  sql: string,
): Database.Statement {
  const known = statements.get(sql);
  if (known) return known;
  const statement = connection.prepare(sql);
  const [oldest] = statements.keys();
  if (statements.size >= STATEMENTS_KEPT && oldest !== undefined) statements.delete(oldest);
  statements.set(sql, statement);
  return statement;
}

function bracketed<T>(connection: Database.Database, begin: string, run: () => T): T {
  connection.exec(begin);
  try {
    const result = run();
    connection.exec('commit');
    return result;
  } catch (cause) {
    if (connection.inTransaction) connection.exec('rollback');
    throw cause;
  }
}

function connect(file: string, pragmas: readonly string[]): Database.Database {
  try {
    mkdirSync(dirname(file), { recursive: true });
    const connection = new Database(file);
    for (const pragma of pragmas) connection.pragma(pragma);
    return connection;
  } catch (cause) {
    throw new LogsterError(
      'unavailable',
      `Cannot open ${file}: ${reasonOf(cause)}. Check that it is a Logster store and that this user may write there`,
      { cause },
    );
  }
}

/** True where another process held the file for longer than we waited. */
export function isBusy(thrown: unknown): boolean {
  const cause = thrown instanceof LogsterError ? thrown.cause : thrown;
  return sqliteCodeOf(cause).startsWith('SQLITE_BUSY');
}

function explain(file: string, cause: unknown): unknown {
  if (!sqliteCodeOf(cause).startsWith('SQLITE_')) return cause;
  const way = isBusy(cause)
    ? 'another process has been writing to it for too long; end that one or try again'
    : reasonOf(cause);
  return new LogsterError('unavailable', `Cannot use ${file}: ${way}`, { cause });
}

function sqliteCodeOf(thrown: unknown): string {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown ? String(thrown.code) : '';
}
