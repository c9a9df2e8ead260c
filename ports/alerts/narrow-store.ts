import { type Kysely, Migrator, sql } from 'kysely';
import type { Alert } from '../../contracts/alert.ts';
import { type AlertDialect, alertMigrations } from './migrations.ts';
import type { AlertTables } from './tables.ts';

/** A verdict as stores of the first form keep it. */
export interface NarrowVerdict {
  readonly feedback_id: string;
  readonly alert_id: string;
  readonly at: number;
}

/** For tests: writes a store in its first form, with alerts and verdicts, in the schema that the database looks in. */
export async function writeNarrowStore(
  database: Kysely<AlertTables>,
  dialect: AlertDialect,
  stored: {
    readonly alerts: readonly Alert[];
    readonly verdicts: readonly NarrowVerdict[];
    readonly schema?: string;
  },
): Promise<void> {
  const migrator = new Migrator({
    db: database,
    provider: { getMigrations: async () => alertMigrations(dialect) },
    ...(stored.schema === undefined ? {} : { migrationTableSchema: stored.schema }),
  });
  const { error } = await migrator.migrateTo('001-alerts');
  if (error !== undefined) throw error;
  for (const alert of stored.alerts) {
    const { alert_id, tenant_id, endpoint_id, platform, severity, status } = alert;
    const { attack_prob, created_at, last_seen } = alert;
    const body = JSON.stringify(alert);
    const row = { alert_id, tenant_id, endpoint_id, platform, severity, status, body, search_text: '' };
    await database
      .insertInto('alerts')
      .values({ ...row, attack_prob, created_at, last_seen })
      .execute();
  }
  for (const verdict of stored.verdicts) {
    await sql`insert into feedback (feedback_id, alert_id, at, body)
      values (${verdict.feedback_id}, ${verdict.alert_id}, ${verdict.at}, ${JSON.stringify(verdict)})`.execute(
      database,
    );
  }
}

/** For tests: a verdict in the first form, `n` telling it from others. */
export function narrowVerdict(alert: Alert, n: number) {
  const { alert_id, tenant_id, inference_ids, model_version } = alert;
  return {
    ...{ feedback_id: `f${n}`, alert_id, tenant_id, inference_ids, model_version, at: 5000 - n },
    ...{ is_true_positive: n % 2 === 0, notes: `note ${n}`, analyst: 'kim', techniques: [], replaces: null },
  };
}
