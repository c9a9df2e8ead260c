import { setTimeout as pause } from 'node:timers/promises';
import { type Driver, Kysely, SqliteDialect, SqliteDriver } from 'kysely';
import { LogsterError } from '../contracts/errors.ts';
import { isBusy, openSqlite, type Sqlite } from './sqlite.ts';

/** How long a transaction waits for another process's before it gives up: far longer than any of ours lasts. */
const TURN_TIMEOUT_MS = 15_000;

/** Between two tries for the turn; a transaction lasts a few milliseconds. */
const TURN_RETRY_MS = 5;

/** One SQLite file opened twice, so that reads go on while a transaction is open. */
export interface SqliteTurns<Tables> {
  /** Its transactions take turns across processes and survive a power cut. */
  readonly writer: Kysely<Tables>;
  readonly reader: Kysely<Tables>;
  /** After both were destroyed: kysely closes only what it has used. */
  close(): void;
}

/**
 * Opens a SQLite file whose tables `migrate` brings to today's form, in one transaction: several processes may
 * start at once. Waiting for a turn does not hold the thread; each query does.
 */
export async function openSqliteTurns<Tables>(
  file: string,
  migrate: (database: Kysely<Tables>) => Promise<void>,
): Promise<SqliteTurns<Tables>> {
  const sqlite = openSqlite({ file, durability: 'full' });
  const writer = kyselyOver<Tables>(sqlite, file);
  try {
    sqlite.exec('pragma busy_timeout = 0'); // turns are waited for between tries, with the thread free
    await takeTurn(sqlite, file);
    await migrate(writer);
    sqlite.exec('commit');
  } catch (cause) {
    sqlite.close(); // and with it what was not committed
    throw cause;
  }
  const readerSqlite = openSqlite({ file });
  return {
    writer,
    reader: kyselyOver<Tables>(readerSqlite, file),
    close() {
      readerSqlite.close();
      sqlite.close();
    },
  };
}

function kyselyOver<Tables>(sqlite: Sqlite, file: string): Kysely<Tables> {
  return new Kysely<Tables>({ dialect: new TurnsDialect(sqlite, file) });
}

/** SQLite whose transactions hold the write lock from their first moment. */
class TurnsDialect extends SqliteDialect {
  readonly #sqlite: Sqlite;
  readonly #file: string;

  constructor(sqlite: Sqlite, file: string) {
    super({ database: sqlite });
    this.#sqlite = sqlite;
    this.#file = file;
  }

  override createDriver(): Driver {
    return new TurnsDriver(this.#sqlite, this.#file);
  }
}

/**
 * Begins and ends without prepared statements: libsql leaves one that met a busy file in progress, and while
 * any is in progress SQLite refuses to commit.
 */
class TurnsDriver extends SqliteDriver {
  readonly #sqlite: Sqlite;
  readonly #file: string;

  constructor(sqlite: Sqlite, file: string) {
    super({ database: sqlite });
    this.#sqlite = sqlite;
    this.#file = file;
  }

  override beginTransaction(): Promise<void> {
    return takeTurn(this.#sqlite, this.#file);
  }

  override async commitTransaction(): Promise<void> {
    this.#sqlite.exec('commit');
  }

  override async rollbackTransaction(): Promise<void> {
    this.#sqlite.exec('rollback');
  }
}

async function takeTurn(sqlite: Sqlite, file: string): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += TURN_RETRY_MS) {
    try {
      return sqlite.exec('begin immediate');
    } catch (cause) {
      if (!isBusy(cause)) throw cause;
      if (waitedMs >= TURN_TIMEOUT_MS) {
        const message = `Another process has been writing to ${file} for ${TURN_TIMEOUT_MS / 1000} s; end it or try again`;
        throw new LogsterError('unavailable', message, { cause });
      }
      await pause(TURN_RETRY_MS);
    }
  }
}
