import { type Kysely, type Migration, Migrator, sql } from 'kysely';
import { LogsterError, reasonOf } from '../../contracts/errors.ts';
import { widerFeedback } from './migrate-feedback.ts';
import type { AlertTables } from './tables.ts';

/** What databases say differently. */
export interface AlertDialect {
  /** Type of a number that grows with every row and is never used twice. */
  readonly growingId: string;
  /** Type of a text that sorts by its code points, in every installation alike. */
  readonly text: string;
  /** Makes the database itself refuse to change or remove rows of a table. */
  protect(database: Kysely<AlertTables>, table: keyof AlertTables): Promise<void>;
}

/** SQLite's words for it. */
export const SQLITE_DIALECT: AlertDialect = {
  growingId: 'integer primary key autoincrement',
  text: 'text',
  async protect(database, table) {
    for (const change of ['update', 'delete']) {
      await sql`${sql.raw(`create trigger ${table}_refuses_${change} before ${change} on ${table}
        begin select raise(abort, '${table} is append-only: ${change} refused'); end`)}`.execute(database);
    }
  },
};

/** PostgreSQL's words for it. */
export const POSTGRES_DIALECT: AlertDialect = {
  growingId: 'bigint generated always as identity primary key',
  text: 'text collate "C"', // indexes in a language's order break when the system's rules for it change
  async protect(database, table) {
    const refuses = `${table}_refuses_change`;
    await sql`${sql.raw(`create function ${refuses}() returns trigger language plpgsql as $$
      begin raise exception '${table} is append-only: % refused', lower(tg_op); end $$`)}`.execute(database);
    await sql`${sql.raw(`create trigger ${refuses} before update or delete or truncate on ${table}
      for each statement execute function ${refuses}()`)}`.execute(database);
  },
};

/**
 * Brings the tables to today's form, in the given schema where the database has several. Throws `unavailable`
 * with the migration that failed; nothing of it stays.
 */
export async function migrateAlerts(
  database: Kysely<AlertTables>,
  dialect: AlertDialect,
  schema?: string,
): Promise<void> {
  const migrator = new Migrator({
    db: database,
    provider: { getMigrations: async () => alertMigrations(dialect) },
    ...(schema === undefined ? {} : { migrationTableSchema: schema }), // made too, where it is not there
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error === undefined) return;
  if (error instanceof LogsterError && !results) throw error; // no migration had begun
  const failed = results?.find((result) => result.status === 'Error')?.migrationName ?? 'the migrations';
  throw new LogsterError(
    'unavailable',
    `Could not bring the alert store to today's form (${failed}): ${reasonOf(error)}. A store of a newer Logster needs that one`,
    { cause: error },
  );
}

/** Every step from nothing to today's form, by name. Only ever added to: a store remembers those it went through. */
export function alertMigrations(dialect: AlertDialect): Record<string, Migration> {
  return {
    '001-alerts': alertsMigration(dialect),
    '002-wider-feedback': { up: (database: Kysely<AlertTables>) => widerFeedback(database, dialect) },
  };
}

function alertsMigration(dialect: AlertDialect): Migration {
  return {
    async up(database: Kysely<AlertTables>) {
      await createAlerts(database, dialect);
      await createRecords(database, dialect);
      await dialect.protect(database, 'audit');
    },
  };
}

async function createAlerts(database: Kysely<AlertTables>, dialect: AlertDialect): Promise<void> {
  const text = sql.raw(dialect.text);
  await database.schema
    .createTable('alerts')
    .addColumn('alert_id', text, (column) => column.primaryKey())
    .addColumn('tenant_id', text, (column) => column.notNull())
    .addColumn('endpoint_id', text, (column) => column.notNull())
    .addColumn('platform', text, (column) => column.notNull())
    .addColumn('severity', text, (column) => column.notNull())
    .addColumn('status', text, (column) => column.notNull())
    .addColumn('attack_prob', 'double precision', (column) => column.notNull())
    .addColumn('created_at', 'double precision', (column) => column.notNull())
    .addColumn('last_seen', 'double precision', (column) => column.notNull())
    .addColumn('search_text', text, (column) => column.notNull())
    .addColumn('body', text, (column) => column.notNull())
    .execute();
  await database.schema
    .createIndex('alerts_of_endpoint')
    .on('alerts')
    .columns(['tenant_id', 'endpoint_id', 'platform', 'created_at'])
    .execute();
  await database.schema
    .createIndex('alerts_of_tenant')
    .on('alerts')
    .columns(['tenant_id', 'last_seen'])
    .execute();
  await database.schema.createIndex('alerts_by_time').on('alerts').column('last_seen').execute();
  await database.schema
    .createTable('alert_techniques')
    .addColumn('technique', text, (column) => column.notNull())
    .addColumn('alert_id', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('alert_techniques_key', ['technique', 'alert_id'])
    .execute();
  await database.schema
    .createIndex('techniques_of_alert')
    .on('alert_techniques')
    .column('alert_id')
    .execute();
}

async function createRecords(database: Kysely<AlertTables>, dialect: AlertDialect): Promise<void> {
  const growingId = sql.raw(dialect.growingId);
  const text = sql.raw(dialect.text);
  await database.schema
    .createTable('inferences_taken')
    .addColumn('inference_id', text, (column) => column.primaryKey())
    .addColumn('at', 'double precision', (column) => column.notNull())
    .execute();
  await database.schema.createIndex('inferences_by_time').on('inferences_taken').column('at').execute();
  // names of tables and columns are fixed here; only types differ between databases
  await sql`create table feedback (seq ${growingId}, feedback_id ${text} not null unique, alert_id ${text} not null,
    at double precision not null, body text not null)`.execute(database);
  await database.schema.createIndex('feedback_of_alert').on('feedback').column('alert_id').execute();
  await database.schema.createIndex('feedback_by_time').on('feedback').column('at').execute();
  await sql`create table audit (seq ${growingId}, at double precision not null, alert_id ${text} not null,
    tenant_id ${text} not null, changed_by text not null, change text not null, before text, after text not null)`.execute(
    database,
  );
  await database.schema.createIndex('audit_of_alert').on('audit').column('alert_id').execute();
  await sql`create table outbox (id ${growingId}, body text not null)`.execute(database);
}
