import { type Kysely, type Migration, Migrator, sql } from 'kysely';
import { LogsterError, reasonOf } from '../../contracts/errors.ts';
import type { GraphTables } from './tables.ts';

/** What databases say differently. */
export interface GraphDialect {
  /** Type of a text that sorts by its code points, in every installation alike. */
  readonly text: string;
  readonly bytes: string;
}

export const SQLITE_DIALECT: GraphDialect = { text: 'text', bytes: 'blob' };
export const POSTGRES_DIALECT: GraphDialect = { text: 'text collate "C"', bytes: 'bytea' };

/**
 * Brings the table to today's form, in the given schema where the database has several. It counts its migrations in
 * a table of its own: another store of the same schema has others. Throws `unavailable` with the migration that
 * failed; nothing of it stays.
 */
export async function migrateGraphs(
  database: Kysely<GraphTables>,
  dialect: GraphDialect,
  schema?: string,
): Promise<void> {
  const migrator = new Migrator({
    db: database,
    provider: { getMigrations: async () => ({ '001-kept-graphs': keptGraphs(dialect) }) },
    migrationTableName: 'kysely_graphs_migration',
    migrationLockTableName: 'kysely_graphs_migration_lock',
    ...(schema === undefined ? {} : { migrationTableSchema: schema }), // made too, where it is not there
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error === undefined) return;
  if (error instanceof LogsterError && !results) throw error; // no migration had begun
  const failed = results?.find((result) => result.status === 'Error')?.migrationName ?? 'the migrations';
  throw new LogsterError(
    'unavailable',
    `Could not bring the store of graphs to today's form (${failed}): ${reasonOf(error)}. A store of a newer Logster needs that one`,
    { cause: error },
  );
}

/** For each filter an index that gives its windows in the order of a list. */
const INDEXES = {
  kept_graphs_by_time: ['window_end'],
  kept_graphs_of_platform: ['platform', 'window_end'],
  kept_graphs_of_endpoint: ['tenant_id', 'endpoint_id', 'window_end'],
  kept_graphs_of_pattern: ['pattern', 'window_end'],
  kept_graphs_by_age: ['kept_at'],
} as const satisfies Record<string, readonly (keyof GraphTables['kept_graphs'])[]>;

function keptGraphs(dialect: GraphDialect): Migration {
  return {
    async up(database: Kysely<GraphTables>) {
      const text = sql.raw(dialect.text);
      await database.schema
        .createTable('kept_graphs')
        .addColumn('inference_id', text, (column) => column.primaryKey())
        .addColumn('tenant_id', text, (column) => column.notNull())
        .addColumn('endpoint_id', text, (column) => column.notNull())
        .addColumn('platform', text, (column) => column.notNull())
        .addColumn('window_start', 'double precision', (column) => column.notNull())
        .addColumn('window_end', 'double precision', (column) => column.notNull())
        .addColumn('model_version', text, (column) => column.notNull())
        .addColumn('attack_prob', 'double precision', (column) => column.notNull())
        .addColumn('because', text, (column) => column.notNull())
        .addColumn('pattern', text, (column) => column.notNull())
        .addColumn('feature_schema', text, (column) => column.notNull())
        .addColumn('content_hash', text, (column) => column.notNull())
        .addColumn('kept_at', 'double precision', (column) => column.notNull())
        .addColumn('bytes', sql.raw(dialect.bytes), (column) => column.notNull())
        .execute();
      for (const [name, columns] of Object.entries(INDEXES))
        await database.schema
          .createIndex(name)
          .on('kept_graphs')
          .columns([...columns])
          .execute();
    },
  };
}
