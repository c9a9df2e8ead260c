import { setTimeout as pause } from 'node:timers/promises';
import { type Driver, Kysely, SqliteDialect, SqliteDriver } from 'kysely';
import { LogsterError } from '../../contracts/errors.ts';
import { isBusy, openSqlite, type Sqlite } from '../sqlite.ts';
import type { AlertStore } from './alerts.ts';
import { migrateAlerts, SQLITE_DIALECT } from './migrations.ts';
import { sqlAlerts } from './sql.ts';
import type { AlertTables } from './tables.ts';

/** How long a transaction waits for another process's before it gives up: far longer than any of ours lasts. */
const TURN_TIMEOUT_MS = 15_000;

/** Between two tries for the turn; a transaction lasts a few milliseconds. */
const TURN_RETRY_MS = 5;

/**
 * Alerts in one SQLite file. Transactions take turns, inside this process and across processes; a transaction
 * that is confirmed survives a killed process and a power cut (one fsync each). Waiting for a turn does not
 * hold the thread; each query does, for some 20 µs to a few ms.
 */
export async function embeddedAlerts(options: { readonly file: string }): Promise<AlertStore> {
  const { file } = options;
  const sqlite = openSqlite({ file, durability: 'full' });
  const writer = kyselyOver(sqlite, file);
  try {
    sqlite.exec('pragma busy_timeout = 0'); // turns are waited for between tries, with the thread free
    await takeTurn(sqlite, file);
    await migrateAlerts(writer, SQLITE_DIALECT); // in one transaction: two processes may start at once
    sqlite.exec('commit');
  } catch (cause) {
    sqlite.close(); // and with it what was not committed
    throw cause;
  }
  const readerSqlite = openSqlite({ file });
  const store = sqlAlerts({ writer, reader: kyselyOver(readerSqlite, file), name: file });
  return {
    ...store,
    async close() {
      await store.close();
      readerSqlite.close(); // kysely closes only what it has used
    },
  };
}

function kyselyOver(sqlite: Sqlite, file: string): Kysely<AlertTables> {
  return new Kysely<AlertTables>({ dialect: new TurnsDialect(sqlite, file) });
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
