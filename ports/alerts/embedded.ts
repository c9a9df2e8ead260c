import { openSqliteTurns } from '../sqlite-turns.ts';
import type { AlertStore } from './alerts.ts';
import { migrateAlerts, SQLITE_DIALECT } from './migrations.ts';
import { sqlAlerts } from './sql.ts';
import type { AlertTables } from './tables.ts';

/**
 * Alerts in one SQLite file. Transactions take turns, inside this process and across processes; a transaction
 * that is confirmed survives a killed process and a power cut (one fsync each). Waiting for a turn does not
 * hold the thread; each query does, for some 20 µs to a few ms.
 */
export async function embeddedAlerts(options: { readonly file: string }): Promise<AlertStore> {
  const { file } = options;
  const turns = await openSqliteTurns<AlertTables>(file, (database) =>
    migrateAlerts(database, SQLITE_DIALECT),
  );
  const store = sqlAlerts({ ...turns, name: file });
  return {
    ...store,
    async close() {
      await store.close();
      turns.close();
    },
  };
}
