import { openSqliteTurns } from '../sqlite-turns.ts';
import type { GraphStore } from './graphs.ts';
import { migrateGraphs, SQLITE_DIALECT } from './migrations.ts';
import { sqlGraphs } from './sql.ts';
import type { GraphTables } from './tables.ts';

/**
 * Graphs in one SQLite file, which several processes may have open at once. What `keep` confirmed survives a killed
 * process and a power cut: one transaction and one fsync a call, which hold the thread for a few milliseconds.
 */
export async function embeddedGraphs(options: { readonly file: string }): Promise<GraphStore> {
  const { file } = options;
  const turns = await openSqliteTurns<GraphTables>(file, (database) =>
    migrateGraphs(database, SQLITE_DIALECT),
  );
  const store = sqlGraphs({ ...turns, name: file });
  return {
    ...store,
    async close() {
      await store.close();
      turns.close();
    },
  };
}
